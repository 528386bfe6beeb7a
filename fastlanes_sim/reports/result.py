"""One simulation's result as the Python interface hands it out. Everything in it is computed when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from fastlanes_sim.log import RunLog
from fastlanes_sim.results.attribution import Attribution, attribute
from fastlanes_sim.results.explanation import Explanation, explain
from fastlanes_sim.results.intervals import Metric
from fastlanes_sim.results.metrics import LANES, Metrics
from fastlanes_sim.results.slo import Verdict, judge, overall
from fastlanes_sim.results.summary import summary, versions
from fastlanes_sim.results.utilisation import Utilisation, utilisation
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.slo import parse_slo
from fastlanes_sim.traffic.table import RunTable
from fastlanes_sim.units import format_duration

if TYPE_CHECKING:
    import pandas as pd


class Loaded(Protocol):
    """What a result needs to know of a loaded scenario."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def hash(self) -> str: ...


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
        return Metrics(self.table, self.log, self.deployment.lightning.webhook_timeout)

    @cached_property
    def utilisation(self) -> list[Utilisation]:
        """One entry a workloop of each worker."""
        return utilisation(self.deployment, self.table, self.log)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One for each of the scenario's objectives, in its order."""
        return [judge(parse_slo(text), self.metrics) for text in self.scenario.scenario.slos]

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

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run; `results.frame.COLUMNS` says what the columns mean."""
        from fastlanes_sim.results.frame import runs_frame

        attribution = None if self.log.changes is None else self.attribution
        return runs_frame(self.table, self.log, self.deployment, self.start, attribution=attribution)

    @property
    def metadata(self) -> dict[str, object]:
        """What a file of runs says of its origin."""
        return {
            "scenario": self.scenario.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.seed,
            "versions": versions(),
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
        )

    def plot_latency(self, ax: Any = None, metric: Metric = "wait") -> Any:
        """The distribution of an interval, a curve a lane, with the objectives. Returns the Axes."""
        from fastlanes_sim.reports import charts
        from fastlanes_sim.reports.style import styled

        with styled():
            return charts.latency_cdf(ax or _axes(5.4), self.metrics, metric, [verdict.slo for verdict in self.verdicts])

    def plot_wait(self, ax: Any = None) -> Any:
        """Each run's wait over time; on its own figure with the queues' depth below. Returns the (upper) Axes."""
        from fastlanes_sim.reports import charts, pictures
        from fastlanes_sim.reports.style import styled

        with styled():
            if ax is not None:
                return charts.wait_over_time(ax, self.table, self.log, self.metrics)
            import matplotlib.pyplot as plt

            return pictures.draw_wait(plt.figure(figsize=(8, 7), layout="constrained"), self)

    def plot_attribution(self, figure: Any = None) -> Any:
        """What the waits were made of: by lane, and over time a panel a lane. Returns the Figure."""
        from fastlanes_sim.reports import waits
        from fastlanes_sim.reports.style import paper, styled

        with styled():
            return waits.attribution(figure or paper(8, waits.height(self.explanations)), self)

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
        from fastlanes_sim.reports.style import lane_title
        from fastlanes_sim.reports.text import lane_rows, utilisation_rows

        lanes = [lane for lane in LANES if self.metrics.counts(lane).runs]
        verdicts = [[verdict.verdict.upper(), verdict.slo.text, verdict.text] for verdict in self.verdicts]
        return "".join(
            [
                f"<p>{escape(repr(self)[1:-1])}{' (interrupted)' if self.log.interrupted else ''}</p>",
                _html_table(["verdict", "objective", "measured"], verdicts) if verdicts else "",
                _html_table(["", *map(lane_title, lanes)], lane_rows(self.metrics, lanes)),
                _html_table(["worker", "workloop", "slots", "runs", "busy"], utilisation_rows(self.utilisation)),
            ]
        )


def _axes(height: float) -> Any:
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(8, height), layout="constrained").subplots()


def _html_table(head: list[str], rows: list[list[str]]) -> str:
    def cells(tag: str, texts: list[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts) + "</tr>"

    return "<table><thead>" + cells("th", head) + "</thead><tbody>" + "".join(cells("td", row) for row in rows) + "</tbody></table>"
