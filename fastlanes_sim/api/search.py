"""The cheapest deployment, as `search` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.experiments.search import Search, Trial
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.content.search import SearchReport

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page


class SearchResult(Search, Facade):
    """What to deploy, how sure that is, and every layout that was tried.

    Example:
        found = search("scenarios/cron_storm.yaml", range(1, 9))
        found.recommended.candidate.layout    # None where no layout will do, or none is decided
        found.frame                           # pandas, one row a layout and measure
    """

    @classmethod
    def from_plain(cls, found: Search) -> SearchResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> SearchReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return SearchReport(self)

    @property
    def outcome(self) -> Outcome:
        """Met where something can be recommended, missed where nothing of the family will do."""
        return self.report.outcome

    @property
    def best_of_cost(self) -> list[Trial]:
        """The frontier: of each cost that was tried the layout that is recommended, or nearest to meeting the objectives."""
        return self.report.best_of_cost

    @property
    def frame(self) -> pd.DataFrame:
        """One row a layout that was tried and a measure, in seconds, shares or runs; each interval has the search's confidence."""
        return self.report.frames()[self.report.stem]

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.search import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.search import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One: the frontier."""
        from fastlanes_sim.reports.figures.search import cost_frontier

        return {self.report.stem: cost_frontier(self).figure}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The frontier: cost against the first objective's measure. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.search import cost_frontier

        axes: Axes = cost_frontier(self, ax, shown)
        return axes
