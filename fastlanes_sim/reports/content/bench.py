"""What is said of the benchmark suite: a leaderboard, then a table a workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import SECOND, format_number
from fastlanes_sim.deployment.fingerprint import traffic_hash
from fastlanes_sim.experiments.verdicts import interval_text, mean_text
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.reports.content.setting import Facts
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import versions
from fastlanes_sim.suite.bench import CLAIMS, DEFAULT, FAST, FORMULA, LATE, MANUAL, MEASURES, UTILISATION, Bench, Cell, Score

if TYPE_CHECKING:
    import pandas as pd

_NAMED = 3
"""Layouts that the answer names."""
_NAMES = {name: parse_measure(name) for name in MEASURES}


@dataclass(frozen=True, slots=True)
class BenchReport:
    """Who is ahead, every score, and a table a workload."""

    found: Bench
    kind: ClassVar = ReportKind.BENCH
    stem: ClassVar = "bench"

    @property
    def title(self) -> str:
        found = self.found
        quick = ", quick" if found.quick else ""
        return f"{found.suite.name}{quick}: {counted(len(found.workloads), 'workload')}, {counted(len(found.layouts), 'layout')}"

    @property
    def question(self) -> str:
        return "Which layout is best over all workloads?"

    @property
    def answer(self) -> str:
        """Who is ahead, with the composite score and its interval."""
        found, ahead = self.found, [layout for layout, score in self.by_score if score.rank == 1]
        several = "First together, the differences are within noise: " if len(ahead) > 1 else "First: "
        scores = ", ".join(f"{layout} ({score_text(found.composite[layout])})" for layout in ahead[:_NAMED])
        scores += f" and {len(ahead) - _NAMED} more" if len(ahead) > _NAMED else ""
        return f"{several}{scores}. {found.reference} is 100, less is better"

    @property
    def facts(self) -> Facts:
        found = self.found
        quick = ", quick: not the suite's numbers" if found.quick else ""
        evidence = f"{counted(found.replications, 'replication')} of each workload{quick}"
        return [("layouts", ", ".join(found.layouts)), ("workloads", ", ".join(found.workloads)), ("evidence", evidence)]

    @property
    def cases(self) -> list[Case]:
        """A leaderboard has no objectives."""
        return []

    @property
    def sentences(self) -> list[str]:
        found = self.found
        seeds = sorted({cell.scenario.scenario.seed for cell in found.cells.values()})
        said = [
            FORMULA.format(reference=found.reference),
            f"{counted(found.replications, 'replication')} of each workload, the same runs for every layout; "
            f"seeds {', '.join(map(str, seeds))}.",
            "Values are means over the replications [95 % interval].",
        ]
        if found.changes:
            said.append("Laid over every workload: " + ", ".join(f"{path}={value}" for path, value in found.changes.items()) + ".")
        if found.quick:
            said.append("Quick: shorter horizons and few replications, a smoke test. These are not the suite's numbers.")
        return said

    @property
    def tables(self) -> list[Table]:
        """The leaderboard, every score, then a table a workload."""
        return [self.leaderboard, self.matrix, *(self._workload(name) for name in self.found.workloads)]

    @property
    def leaderboard(self) -> Table:
        found = self.found
        rows = [
            [
                str(score.rank),
                layout,
                found.layouts[layout],
                score_text(score),
                str(sum(found.scores[workload][layout].rank == 1 for workload in found.workloads)),
            ]
            for layout, score in self.by_score
        ]
        return Table("Leaderboard", ["rank", "layout", "WORKER_WORKLOOPS", "composite score", "workloads ranked 1"], rows)

    @property
    def matrix(self) -> Table:
        """Every score, with its rank."""
        scores, layouts = self.found.scores, self.found.layouts
        rows = [
            [workload, *(f"{format_number(scores[workload][layout].value)} ({scores[workload][layout].rank})" for layout in layouts)]
            for workload in self.found.workloads
        ]
        return Table("Scores and ranks", ["workload", *layouts], rows)

    def _workload(self, name: str) -> Table:
        head = [
            "layout", "workloops", "fast lane: p99 response", "504s", "default: p95 wait", "manual: p95 wait", "busy", "slot-hours",
            "claims a minute", "score", "rank",
        ]  # fmt: skip
        found = self.found
        rows = [self._row(layout, cell, found.scores[name][layout]) for layout, cell in found.of(name).items()]
        return Table(f"{name}: {found.workloads[name].question}", head, rows)

    def _row(self, layout: str, cell: Cell, score: Score) -> list[str]:
        found = {name: cell.estimate(name) for name in MEASURES}
        means = [mean_text(_NAMES[name], found[name]) for name in (LATE, DEFAULT, MANUAL, UTILISATION)]
        cost = ["–" if cell.slot_hours is None else f"{cell.slot_hours:g}", f"{cell.claims_a_minute.mean:,.0f}"]
        first = interval_text(_NAMES[FAST], found[FAST])
        return [layout, cell.layout, first, *means, *cost, format_number(score.value), str(score.rank)]

    @property
    def by_score(self) -> list[tuple[str, Score]]:
        """Layouts and composite scores, the best first."""
        return sorted(self.found.composite.items(), key=lambda item: (item[1].rank, item[1].value))

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        found = self.found
        return {"suite": found.suite.name, "quick": found.quick, "replications": found.replications, "versions": versions()}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares, claims."""
        found = self.found
        return self.metadata | {
            "changes": dict(found.changes),
            "formula": FORMULA.format(reference=found.reference),
            "layouts": dict(found.layouts),
            "composite": {layout: _score_json(score) for layout, score in found.composite.items()},
            "workloads": {
                name: {
                    "question": workload.question,
                    **_origin(found.cells[name, found.reference]),
                    "layouts": {layout: _cell_json(cell, found.scores[name][layout]) for layout, cell in found.of(name).items()},
                }
                for name, workload in found.workloads.items()
            },
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The store has every value; a suite writes no table of them."""
        return {}


def score_text(score: Score) -> str:
    """With its interval, where it has one."""
    if score.low == score.high:
        return format_number(score.value)
    return f"{format_number(score.value)} [{format_number(score.low)}, {format_number(score.high)}]"


def _origin(cell: Cell) -> dict[str, object]:
    """What all layouts of a workload have in common."""
    plain = cell.scenario.scenario
    return {"seed": plain.seed, "horizon_s": plain.horizon / SECOND, "slots": cell.slots, "scenario_hash": traffic_hash(plain)}


def _cell_json(cell: Cell, score: Score) -> dict[str, object]:
    return {
        "workloops": cell.layout,
        "slot_hours": cell.slot_hours,
        "claims_a_minute": cell.claims_a_minute.to_json(),
        "statistics": {
            name: {"unit": one.unit.name, **cell.estimate(name).to_json(one.scale)} for name, one in _NAMES.items() if name != CLAIMS
        },
        "score": _score_json(score),
    }


def _score_json(score: Score) -> dict[str, object]:
    ends = {"low": score.low, "high": score.high}
    return {"value": score.value, "rank": score.rank} | {name: end if math.isfinite(end) else None for name, end in ends.items()}
