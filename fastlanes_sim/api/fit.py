"""A fitted scenario beside its export, as `calibrate(…).check()` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.api.facade import shared_fields
from fastlanes_sim.calibration.fit_check import FitCheck
from fastlanes_sim.core.escaping import html
from fastlanes_sim.results.files import write_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class FitResult(FitCheck):
    """Whether a fitted scenario behaves like the export that it was fitted to.

    Example:
        found = calibrate("runs.csv", layout="fast_lane:1 manual>*:4").check()
        found.rejected                       # what the scenario does not have; nothing: it behaves like the export
        found.causes                         # why
    """

    @classmethod
    def from_plain(cls, found: FitCheck) -> FitResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    def text(self) -> str:
        """The verdict, what differs with its size, and why."""
        from fastlanes_sim.reports.text.fit import text

        return text(self)

    def summary(self) -> dict[str, Any]:
        """Everything as plain values for JSON; times in seconds, null where infinite."""
        return self.to_json()

    def plot(self) -> list[Axes]:
        """Runs and waits of the export over those of the fit, lane by lane. Returns the Axes, two a lane."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.fit import fit_figure

        return list(fit_figure(self, shown).axes)

    def write(self, folder: str | Path) -> list[Path]:
        """Write fit.json and fit.png; returns the files."""
        from fastlanes_sim.reports.figures.fit import fit_figure
        from fastlanes_sim.reports.figures.png import save_figure

        values = Path(folder) / "fit.json"
        write_summary(values, self.to_json())
        return [values, save_figure(fit_figure(self), Path(folder) / "fit.png")]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.text().splitlines()[0]}>"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return f"<pre>{html(self.text())}</pre>"
