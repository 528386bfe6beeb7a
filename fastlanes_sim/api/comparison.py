"""Deployments compared on the same runs, as `compare` returns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.api.replicated import ReplicatedResult
from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.reports.content.comparison import ComparisonReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page


class ComparisonResult(Comparison, Facade):
    """Every pair of deployments, their differences with paired intervals.

    Example:
        found = compare("scenarios/quickstart.yaml", layouts=["*:5", "fast_lane:1 manual>*:4"])
        [difference.words for difference in found.differences]
        found.deployments["*:5"].estimate("p99(fast_lane.wait)")
    """

    @classmethod
    def from_plain(cls, found: Comparison) -> ComparisonResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> ComparisonReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return ComparisonReport(self)

    @property
    def deployments(self) -> dict[str, ReplicatedResult]:
        """By label: the layout, the file, or both."""
        return {label: ReplicatedResult.from_plain(result) for label, result in self.results.items()}

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.comparison import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.comparison import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One: the paired differences of every time."""
        from fastlanes_sim.reports.figures.comparison import differences

        return {self.report.stem: differences(self).figure}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The paired differences of every time with their intervals, in seconds. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.comparison import differences

        axes: Axes = differences(self, ax, shown)
        return axes

    def plot_deployments(self, ax: Axes | None = None) -> Axes:
        """Every time's mean with its interval, the deployments beside each other. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.comparison import side_by_side

        axes: Axes = side_by_side(self, ax, shown)
        return axes
