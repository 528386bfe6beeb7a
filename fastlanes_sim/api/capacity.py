"""The highest traffic within the objectives, as `highest_traffic` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.experiments.capacity_search import Carried
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.content.capacity_search import CapacityReport

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page


class CapacityResult(Carried, Facade):
    """The highest factor of the traffic at which every objective holds, and the lowest at which one does not.

    Example:
        found = highest_traffic("scenarios/quickstart.yaml", [1, 2, 3, 4])
        found.carries, found.fails            # None where nothing was shown
        found.frame                           # pandas, one row a factor and measure
    """

    @classmethod
    def from_plain(cls, found: Carried) -> CapacityResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> CapacityReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return CapacityReport(self)

    @property
    def outcome(self) -> Outcome:
        """Whether the objectives hold at the lowest factor."""
        return self.report.outcome

    @property
    def frame(self) -> pd.DataFrame:
        """One row a factor that was tried and a measure, in seconds, shares or runs."""
        return self.report.frames()[self.report.stem]

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.capacity_search import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.capacity_search import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One: the first objective's measure over the traffic."""
        from fastlanes_sim.reports.figures.capacity_search import over_traffic

        return {self.report.stem: over_traffic(self).figure}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The first objective's measure over the traffic. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.capacity_search import over_traffic

        axes: Axes = over_traffic(self, ax, shown)
        return axes
