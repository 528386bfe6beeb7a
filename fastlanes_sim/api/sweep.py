"""A grid of design points, as `sweep` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.experiments.surface import Surface, fit_surface
from fastlanes_sim.experiments.sweep import Sweep
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.reports.content.sweep import SweepReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page
    from fastlanes_sim.scenario.load import LoadedScenario


class SweepResult(Sweep, Facade):
    """Replications of every design point of a grid.

    Example:
        found = sweep("scenarios/quickstart.yaml", {"workers.0.replicas": [1, 2, 3]})
        found.frame                 # pandas, one row a point and measure
        found.values                # one row a point, replication and measure
        found.plot("p99(fast_lane.wait)")
    """

    @classmethod
    def from_plain(cls, found: Sweep) -> SweepResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> SweepReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return SweepReport(self)

    @property
    def first(self) -> LoadedScenario:
        """The scenario of the first point that is valid."""
        return self.report.first

    @property
    def common(self) -> LoadedScenario:
        """The scenario with what is laid over it at every point."""
        return self.report.common

    @property
    def drawn(self) -> list[Measure]:
        """The measures that have a chart: what the objectives bound, or the first that were measured."""
        return self.report.drawn

    def surface(self, measure: str | Measure) -> Surface:
        """What a measure would come to between the points, by a quadratic with its own error: no simulation.

        Raises:
            FastlanesError: a factor is no number, or there are too few points.

        Example:
            found.surface("p99(fast_lane.wait)").at({"traffic": 1.3})     # µs: value, low, high
        """
        return fit_surface(self, measure)

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.sweep import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.sweep import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One with a chart for each of `drawn`; none of more than two factors."""
        figure = self.figure()
        return {} if figure is None else {self.report.stem: figure}

    def figure(self) -> Figure | None:
        """A chart for each of `drawn`, one below the other; None of more than two factors."""
        from fastlanes_sim.reports.figures.sweep import all_measures

        drawn: Figure | None = all_measures(self)
        return drawn

    def plot(self, measure: str | None = None, ax: Axes | None = None) -> Axes:
        """One measure over the factors: lines with intervals over one, a heat map over two. Returns the Axes.

        Args:
            measure: such as `p99(fast_lane.response)`; by default the first that an objective speaks of.

        Raises:
            ValueError: there are more than two factors.
        """
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.sweep import over_factors

        axes: Axes = over_factors(self, measure, ax, shown)
        return axes
