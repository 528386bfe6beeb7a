"""One simulation, as `simulate` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.api.facade import Facade
from fastlanes_sim.core.escaping import html
from fastlanes_sim.core.units import format_duration, parse_duration
from fastlanes_sim.measures.judge import overall
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.reports.content.simulation import SimulationReport
from fastlanes_sim.reports.exporters.manager import standard_plan
from fastlanes_sim.results.run_life import RunLife, run_life, slowest_run, slowest_work_order
from fastlanes_sim.results.simulated import Simulated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.experiments.advice import Advice
    from fastlanes_sim.reports.html.page import Page


@dataclass(frozen=True, eq=False, repr=False)
class Result(Simulated, Facade):
    """One simulation of a scenario. Everything in it is computed when it is first asked for.

    Example:
        result = simulate("scenarios/quickstart.yaml")
        result.runs                                              # pandas, one row a run
        result.observed.durations("fast_lane", "wait").quantile(0.99)
        [verdict.verdict for verdict in result.verdicts]         # "met", "missed" or "undecided"
        result.plot_latency()
        result.write("results/quickstart")
    """

    @property
    def report(self) -> SimulationReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return SimulationReport(self)

    def text(self) -> str:
        """What the command line prints, in 80 columns and without colour."""
        from fastlanes_sim.reports.text.simulation import text

        return text(self)

    def page(self, advice: Sequence[Advice] = ()) -> Page:
        """The report as a page, with `advice` where there is any; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.simulation import page

        return page(self, advice)

    def figures(self) -> Mapping[str, Figure]:
        """Attribution (where it was recorded), cdf, wait and slots."""
        from fastlanes_sim.reports.figures.simulation import all_figures

        return all_figures(self)

    def write(self, folder: str | Path, *, charts: bool = True, format: str = "parquet") -> list[Path]:
        """Write the table of runs (runs.parquet, runs.csv or runs.arrow), summary.json and, if wanted, the charts; returns the files.

        Args:
            format: of the table of runs: `parquet`, `csv` or `arrow`.

        Raises:
            OSError: a file cannot be written.
        """
        plan = standard_plan(self.report.kind, self.report.stem, Path(folder), charts=charts, runs=format)
        return plan.write(self.exportable())

    def life(self, run: int) -> RunLife:
        """What happened to one run and when, what held it back, and (simulated with `record_claims=True`) which claims passed it by.

        Args:
            run: its number, as in the column `run` of `runs`.

        Raises:
            FastlanesError: there is no such run, or the scenario was simulated with `attribution=False`.
        """
        return run_life(self, run)

    def slowest(self, scope: str = "all") -> int:
        """The number of the run that waited longest, of a lane, a project or a workflow.

        Raises:
            FastlanesError: there is no such scope, or it has no runs.
        """
        return slowest_run(self, scope)

    def slowest_work_order(self, scope: str = "all") -> int:
        """The number of the first request that led to the longest work order (docs/chains.md), of a lane, a project or a workflow.

        Raises:
            FastlanesError: there is no such scope, or it has no work orders.
        """
        return slowest_work_order(self, scope)

    def plot_latency(self, ax: Axes | None = None, time: IntervalName = "wait") -> Axes:
        """The distribution of an interval, a curve a lane, with the objectives. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import styled
        from fastlanes_sim.reports.figures.simulation import latency

        with styled():
            axes: Axes = latency(self, time, ax or _axes(5.4))
            return axes

    def plot_tail(self, ax: Axes | None = None, time: IntervalName = "wait") -> Axes:
        """How often an interval took longer than so long, a curve a lane, both axes logarithmic. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import styled

        with styled():
            axes: Axes = charts.latency_ccdf(ax or _axes(5.4), self.observed, time, self.told_apart)
            return axes

    def plot_bands(self, lane: str = "fast_lane", ax: Axes | None = None) -> Axes:
        """Percentiles of a lane's wait over time. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import styled

        with styled():
            axes: Axes = charts.percentile_bands(ax or _axes(5), self.log, self.observed, lane)
            return axes

    def plot_gantt(self, begin: str = "0s", end: str | None = None, ax: Axes | None = None) -> Axes:
        """Which run held which slot, from `begin` to `end` (times since the start, such as "6h"; None: the simulation's end)."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import styled

        until = None if end is None else parse_duration(end)
        lines = sum(loop.capacity for worker in self.deployment.workers for loop in worker.workloops)
        with styled():
            there = ax or _axes(2.2 + 0.22 * min(lines, 60))
            axes: Axes = charts.gantt(there, self.deployment, self.table, self.log, parse_duration(begin), until)
            return axes

    def plot_wait(self, ax: Axes | None = None) -> Axes:
        """Each run's wait over time; on its own figure with the queues' depth below. Returns the (upper) Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import shown, styled
        from fastlanes_sim.reports.figures.simulation import wait

        with styled():
            if ax is None:
                ax = wait(self, shown)
            else:
                charts.wait_over_time(ax, self.table, self.log, self.observed, self.told_apart)
            axes: Axes = ax
            return axes

    def plot_attribution(self, figure: Figure | None = None) -> Figure:
        """What the waits were made of: by lane, and over time a panel a lane. Returns the Figure."""
        from fastlanes_sim.reports.charts.style import shown, styled
        from fastlanes_sim.reports.figures.simulation import attribution

        with styled():
            drawn: Figure = attribution(self, figure, shown)
            return drawn

    def plot_replicas(self, ax: Axes | None = None) -> Axes:
        """How many worker processes there were over time, and how many of them accepted runs. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import styled

        with styled():
            axes: Axes = charts.replicas(ax or _axes(3), self.log)
            return axes

    def plot_slots(self, ax: Axes | None = None) -> Axes:
        """How full each workloop was over time. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.charts.style import styled

        with styled():
            axes: Axes = charts.busy_slots(ax or _axes(5), self.deployment, self.table, self.log)
            return axes

    def __repr__(self) -> str:
        counts = self.observed.counts("all")
        verdict = f", objectives {overall(self.verdicts)}" if self.verdicts else ""
        runs = f"{counts.runs:,} runs in {format_duration(self.log.ended_on)}, {counts.open:,} open"
        return f"<Result of {self.scenario.scenario.name}, seed {self.seed}: {runs}{verdict}>"

    def _repr_html_(self) -> str:
        """For notebooks: the tables that the command line prints."""
        verdicts = [[verdict.verdict.upper(), verdict.slo.text, verdict.text] for verdict in self.verdicts]
        return "".join(
            [
                f"<p>{html(repr(self)[1:-1])}{' (interrupted)' if self.log.interrupted else ''}</p>",
                _html_table(["verdict", "objective", "measured"], verdicts) if verdicts else "",
                *(_html_table(table.head, table.rows) for table in self.tables),
            ]
        )


def _axes(height: float) -> Any:
    """On a figure of pyplot's, which a notebook shows."""
    from fastlanes_sim.reports.charts.style import shown

    return shown(8, height).subplots()


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html(text)}</{tag}>" for text in texts) + "</tr>"

    return "<table><thead>" + cells("th", head) + "</thead><tbody>" + "".join(cells("td", row) for row in rows) + "</tbody></table>"
