"""Which value decides, as `sensitivity` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.experiments.sensitivity import Sensitivity
from fastlanes_sim.reports.content.sensitivity import SensitivityReport

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page


class SensitivityResult(Sensitivity, Facade):
    """What each uncertain value does to each measure, alone and together with the others.

    Example:
        found = sensitivity("scenarios/quickstart.yaml", ["traffic=0.5..2"])
        found.frame                           # pandas, one row a value and measure
        found.thresholds                      # where objectives turn
        found.plot()                          # a tornado
    """

    @classmethod
    def from_plain(cls, found: Sensitivity) -> SensitivityResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> SensitivityReport:
        """What is said of it, as data: title, objectives, sentences, tables."""
        return SensitivityReport(self)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a value and measure, the value that decides first.

        Columns: statistic, unit, rank, path, name; base, low and high of the value (seconds, a second, or plain); at_low and at_high, the
        measure at these ends (seconds, shares or runs); effect, effect_half_width and effect_spread of the screening; first and total index
        with their half-widths. NaN where there is none.
        """
        return self.report.frames()[self.report.stem]

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.sensitivity import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.sensitivity import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One: a tornado for each measure."""
        from fastlanes_sim.reports.figures.sensitivity import all_measures

        return {self.report.stem: all_measures(self)}

    def plot(self, measure: str | None = None, ax: Axes | None = None) -> Axes:
        """The tornado of one measure, by default the first that an objective speaks of. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.sensitivity import one_measure

        axes: Axes = one_measure(self, measure, ax, shown)
        return axes
