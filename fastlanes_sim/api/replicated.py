"""Replications, as `replicate` returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.reports.content.replications import ReplicationsReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.experiments.advice import Advice
    from fastlanes_sim.reports.html.page import Page


class ReplicatedResult(Replicated, Facade):
    """Replications of a scenario, with intervals.

    Example:
        found = replicate("scenarios/quickstart.yaml", 30)
        found.estimate("p99(fast_lane.wait)").mean      # µs; `.low` and `.high` are the interval's ends
        found.frame                                     # pandas, one row a replication and measure
    """

    @classmethod
    def from_plain(cls, found: Replicated) -> ReplicatedResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> ReplicationsReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return ReplicationsReport(self)

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.replications import text

        return text(self)

    def page(self, advice: Sequence[Advice] = ()) -> Page:
        """The report as a page, with `advice` where there is any; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.replications import page

        return page(self, advice)

    def figures(self) -> Mapping[str, Figure]:
        """One: every time's mean with its interval."""
        from fastlanes_sim.reports.figures.replications import means

        return {self.report.stem: means(self).figure}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every time's mean with its interval, in seconds. Without an Axes, on a new figure. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.replications import means

        axes: Axes = means(self, ax, shown)
        return axes
