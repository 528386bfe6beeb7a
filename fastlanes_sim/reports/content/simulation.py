"""What is said of one simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.measures.values import ends
from fastlanes_sim.reports.content.answers import answer, strain
from fastlanes_sim.reports.content.rows import (
    REPLICAS_HEAD,
    attribution_rows,
    lane_rows,
    lost_slot_sentences,
    replicas_rows,
    stopped_workloop_sentences,
    utilisation_rows,
)
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
from fastlanes_sim.reports.content.work_order_words import RESPONSES, response_rows, response_sentences, work_order_sentences
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.objectives import ONE_SAMPLE, Case, cases, cut_short
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.sharing_words import sharing_sentences
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.summary import origin, summary

if TYPE_CHECKING:
    import pandas as pd


MOST_SCOPES = 12
"""Projects and workflows in the table."""


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """The verdicts, why runs waited, and a table a subject."""

    found: Simulated
    kind: ClassVar = ReportKind.SIMULATION
    stem: ClassVar = "summary"

    @property
    def title(self) -> str:
        return f"{self.found.scenario.scenario.name}, seed {self.found.seed}"

    @property
    def question(self) -> str:
        return question_of(self.found.scenario)

    @property
    def answer(self) -> str:
        """The verdicts, and the objective that matters most."""
        found = self.found
        strains = [strain(one.slo, *(ends(one.value) if one.value is not None else (math.nan, math.nan))) for one in found.verdicts]
        return answer(self.cases, found.verdicts, strains, found.worst_remark, interrupted=found.log.interrupted)

    @property
    def facts(self) -> Facts:
        return facts(self.found.scenario, f"one sample (seed {self.found.seed}); --replications gives intervals")

    @property
    def cases(self) -> list[Case]:
        """The objectives as CI sees them."""
        log, scenario = self.found.log, self.found.scenario
        interrupted = cut_short(log.ended_on) if log.interrupted else ""
        return cases(scenario.scenario.name, scenario, self.found.verdicts, interrupted=interrupted, sample=ONE_SAMPLE)

    @property
    def sentences(self) -> list[str]:
        """What the figures by lane do not show; slots that were lost and workloops that have stopped, a sentence each; then why runs
        waited, a sentence a lane or other scope, the one whose slowest runs waited longest first."""
        found = self.found
        waited = sorted((why for why in found.waited if why.scope not in found.remarked), key=lambda why: -why.slowest.mean())
        remarks = (f"{one}." for one in found.remarks)
        calls = [*response_sentences(found.responses_explained), *work_order_sentences(found), *sharing_sentences(found)]
        return [*remarks, *lost_slot_sentences(found), *stopped_workloop_sentences(found), *(why.sentence for why in waited), *calls]

    @property
    def tables(self) -> list[Table]:
        """Those that the command line prints."""
        found = self.found
        lanes = [lane for lane in LANES if found.observed.counts(lane).runs]
        tables = [
            Table("Lanes", ["", *map(lane_title, lanes)], lane_rows(found.observed, lanes)),
            Table("Workloops", ["worker", "workloop", "slots", "runs", "busy"], utilisation_rows(found.utilisation)),
        ]
        if found.replicas is not None:
            tables.append(Table("Replicas", REPLICAS_HEAD, replicas_rows(found.replicas)))
        if found.scope_waits:
            tables.insert(0 if found.remarks else len(tables), self.scopes_table)
        tables += [self.waits_table] if found.waited else []
        return [*tables, self.responses_table] if found.responses_explained else tables

    @property
    def scopes_table(self) -> Table:
        """Projects and workflows, those first that waited longest."""
        waits = self.found.scope_waits
        heading = f"Who waited longest{f', the first {MOST_SCOPES} of {len(waits):,}' if len(waits) > MOST_SCOPES else ''}"
        rows = [
            [
                str(one.scope),
                lane_title(one.lane),
                f"{one.runs:,}",
                *map(format_duration, (one.p50, one.p95, one.longest)),
                f"{one.waiting:,}",
            ]
            for one in waits[:MOST_SCOPES]
        ]
        return Table(heading, ["", "lane", "runs", "wait p50", "wait p95", "wait max", "not started"], rows)

    @property
    def waits_table(self) -> Table:
        """The mean wait by cause of each lane that waited, of all its runs and of the slowest."""
        heads = [head for why in self.found.waited for head in (lane_title(why.name), "slowest 1 %")]
        return Table("Why runs waited (mean)", ["", *heads], attribution_rows(self.found.waited))

    @property
    def responses_table(self) -> Table:
        """The mean response by part of each workflow whose runs waited for others, of all its runs and of the slowest."""
        heads = [head for why in self.found.responses_explained for head in (why.name, "slowest 1 %")]
        return Table(RESPONSES, ["", *heads], response_rows(self.found.responses_explained))

    @property
    def metadata(self) -> dict[str, object]:
        """What a file of runs says of its origin."""
        return origin(self.found.scenario.scenario.name, self.found.scenario.hash, self.found.seed) | {
            "units": "times are instants in UTC to the microsecond; columns that end in _s are seconds",
        }

    def summary(self) -> dict[str, object]:
        """The content of summary.json: plain values, times in seconds."""
        return summary(self.found)

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The table of runs."""
        return {"runs": self.found.runs}

    def portions(self) -> Iterator[pd.DataFrame]:
        """The table of runs, of which not all is in memory at a time."""
        return self.found.runs_in_portions()
