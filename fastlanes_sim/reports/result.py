"""One simulation's result as the Python interface hands it out. Everything in it is computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration, parse_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.reports.objectives import Case, cases, cut_short
from fastlanes_sim.reports.reportable import Table
from fastlanes_sim.reports.style import lane_title, shown
from fastlanes_sim.reports.text import REPLICAS_HEAD, attribution_rows, lane_rows, replicas_rows, utilisation_rows
from fastlanes_sim.results.attribution import Attribution, attribute
from fastlanes_sim.results.explanation import Explanation, explain
from fastlanes_sim.results.metrics import LANES, Metrics
from fastlanes_sim.results.run_times import Metric
from fastlanes_sim.results.slo import Verdict, judge, overall
from fastlanes_sim.results.summary import origin, summary
from fastlanes_sim.results.utilisation import Utilisation, utilisation
from fastlanes_sim.results.worker_processes import Replicas, replicas
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.slo import parse_slo

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.experiments.advise import Advice
    from fastlanes_sim.reports.html.page import Page


class Loaded(Protocol):
    """What a result needs to know of a loaded scenario."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def hash(self) -> str: ...
    @property
    def source(self) -> Path: ...
    @property
    def text(self) -> str: ...
    @property
    def slo_lines(self) -> tuple[int, ...]: ...
    @property
    def overrides(self) -> Mapping[str, object]: ...
    @property
    def warnings(self) -> tuple[Problem, ...]: ...


@dataclass
class Result:
    scenario: Loaded
    """The scenario as it was loaded, with the overrides of this run."""
    deployment: Deployment
    table: RunTable
    log: RunLog
    seed: int

    @property
    def start(self) -> datetime:
        """The instant of time 0, in UTC."""
        scenario = self.scenario.scenario
        return scenario.start.replace(tzinfo=ZoneInfo(scenario.timezone)).astimezone(UTC)

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.table, self.log, self.deployment.lightning.webhook_timeout, self.deployment.incidents.down)

    @cached_property
    def utilisation(self) -> list[Utilisation]:
        """One entry a workloop of each worker."""
        return utilisation(self.deployment, self.table, self.log)

    @cached_property
    def replicas(self) -> Replicas | None:
        """Of all workers together, where any comes or goes (docs/failures.md)."""
        return replicas(self.log) if self.deployment.workers_come_and_go else None

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One for each of the scenario's objectives, in its order."""
        return [judge(parse_slo(text), self.metrics) for text in self.scenario.scenario.slos]

    @property
    def title(self) -> str:
        return f"{self.scenario.scenario.name}, seed {self.seed}"

    @property
    def cases(self) -> list[Case]:
        """The objectives as CI sees them."""
        interrupted = cut_short(self.log.ended_on) if self.log.interrupted else ""
        return cases(self.scenario.scenario.name, self.scenario, self.verdicts, interrupted=interrupted)

    @property
    def sentences(self) -> list[str]:
        """Why runs waited, a sentence a lane."""
        return [why.sentence for why in self.waited]

    @property
    def tables(self) -> list[Table]:
        """Those that the command line prints."""
        lanes = [lane for lane in LANES if self.metrics.counts(lane).runs]
        tables = [
            Table("Lanes", ["", *map(lane_title, lanes)], lane_rows(self.metrics, lanes)),
            Table("Workloops", ["worker", "workloop", "slots", "runs", "busy"], utilisation_rows(self.utilisation)),
        ]
        if self.replicas is not None:
            tables.append(Table("Replicas", REPLICAS_HEAD, replicas_rows(self.replicas)))
        return [*tables, self.waits_table] if self.waited else tables

    @property
    def waits_table(self) -> Table:
        """The mean wait by cause of each lane that waited, of all its runs and of the slowest."""
        heads = [head for why in self.waited for head in (lane_title(why.lane), "slowest 1 %")]
        return Table("Why runs waited (mean)", ["", *heads], attribution_rows(self.waited))

    @cached_property
    def attribution(self) -> Attribution:
        """Why each run waited, in µs by cause.

        Raises:
            FastlanesError: the scenario was simulated with `attribution=False`.
        """
        return attribute(self.deployment, self.table, self.log)

    @cached_property
    def explanations(self) -> list[Explanation]:
        """One a lane that has runs: what its waits were made of, of all its runs and of the slowest. Empty where that was not recorded."""
        return [] if self.log.changes is None else explain(self.deployment, self.table, self.log, self.attribution)

    @property
    def waited(self) -> list[Explanation]:
        """Those lanes' `explanations` of which any run waited."""
        return [why for why in self.explanations if why.cause is not None]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run; `results.frame.COLUMNS` says what the columns mean."""
        from fastlanes_sim.results.frame import runs_frame

        attribution = None if self.log.changes is None else self.attribution
        return runs_frame(self.table, self.log, self.deployment, self.start, attribution=attribution)

    @property
    def metadata(self) -> dict[str, object]:
        """What a file of runs says of its origin."""
        return origin(self.scenario.scenario.name, self.scenario.hash, self.seed) | {
            "units": "times are instants in UTC to the microsecond; columns that end in _s are seconds",
        }

    def summary(self) -> dict[str, object]:
        """The content of summary.json: plain values, times in seconds."""
        return summary(
            name=self.scenario.scenario.name,
            scenario_hash=self.scenario.hash,
            seed=self.seed,
            horizon_us=self.deployment.horizon,
            log=self.log,
            metrics=self.metrics,
            utilisation=self.utilisation,
            verdicts=self.verdicts,
            explanations=self.explanations,
            replicas=self.replicas,
        )

    def page(self, advice: Sequence[Advice] = ()) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.result_page import result_page

        return result_page(self, advice)

    def plot_latency(self, ax: Any = None, metric: Metric = "wait") -> Any:
        """The distribution of an interval, a curve a lane, with the objectives. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.latency_cdf(ax or _axes(5.4), self.metrics, metric, [verdict.slo for verdict in self.verdicts])

    def plot_tail(self, ax: Any = None, metric: Metric = "wait") -> Any:
        """How often an interval took longer than so long, a curve a lane, both axes logarithmic. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.latency_ccdf(ax or _axes(5.4), self.metrics, metric)

    def plot_bands(self, lane: str = "fast_lane", ax: Any = None) -> Any:
        """Percentiles of a lane's wait over time. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.percentile_bands(ax or _axes(5), self.log, self.metrics, lane)

    def plot_gantt(self, begin: str = "0s", end: str | None = None, ax: Any = None) -> Any:
        """Which run held which slot, from `begin` to `end` (times since the start, as "6h"; None: the simulation's end)."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        until = None if end is None else parse_duration(end)
        lines = sum(loop.capacity for worker in self.deployment.workers for loop in worker.workloops)
        with styled():
            axes = ax or _axes(2.2 + 0.22 * min(lines, 60))
            return charts.gantt(axes, self.deployment, self.table, self.log, parse_duration(begin), until)

    def plot_wait(self, ax: Any = None) -> Any:
        """Each run's wait over time; on its own figure with the queues' depth below. Returns the (upper) Axes."""
        from fastlanes_sim.reports import charts, pictures
        from fastlanes_sim.reports.style import styled

        with styled():
            if ax is not None:
                return charts.wait_over_time(ax, self.table, self.log, self.metrics)
            return pictures.draw_wait(shown(8, 7), self)

    def plot_attribution(self, figure: Any = None) -> Any:
        """What the waits were made of: by lane, and over time a panel a lane. Returns the Figure."""
        from fastlanes_sim.reports.charts import attribution as waits
        from fastlanes_sim.reports.style import styled

        with styled():
            return waits.attribution(figure or shown(8, waits.height(self.explanations)), self)

    def plot_replicas(self, ax: Any = None) -> Any:
        """How many workers' processes there were over time, and how many on duty. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.replicas(ax or _axes(3), self.log)

    def plot_slots(self, ax: Any = None) -> Any:
        """How full each workloop was over time. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.busy_slots(ax or _axes(5), self.deployment, self.table, self.log)

    def __repr__(self) -> str:
        counts = self.metrics.counts("all")
        verdict = f", objectives {overall(self.verdicts)}" if self.verdicts else ""
        runs = f"{counts.runs:,} runs in {format_duration(self.log.ended_on)}, {counts.open:,} open"
        return f"<Result of {self.scenario.scenario.name}, seed {self.seed}: {runs}{verdict}>"

    def _repr_html_(self) -> str:
        """For notebooks: the tables that the command line prints."""
        verdicts = [[verdict.verdict.upper(), verdict.slo.text, verdict.text] for verdict in self.verdicts]
        return "".join(
            [
                f"<p>{escape(repr(self)[1:-1])}{' (interrupted)' if self.log.interrupted else ''}</p>",
                _html_table(["verdict", "objective", "measured"], verdicts) if verdicts else "",
                *(_html_table(table.head, table.rows) for table in self.tables),
            ]
        )


def _axes(height: float) -> Any:
    return shown(8, height).subplots()


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts) + "</tr>"

    return "<table><thead>" + cells("th", head) + "</thead><tbody>" + "".join(cells("td", row) for row in rows) + "</tbody></table>"
