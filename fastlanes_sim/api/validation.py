"""An export replayed through the deployment that is said to have served it, as `validate` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.api.facade import shared_fields
from fastlanes_sim.calibration.validate import Validation
from fastlanes_sim.core.escaping import html
from fastlanes_sim.results.files import write_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class ValidationResult(Validation):
    """Whether the model agrees with what happened, lane by lane.

    Example:
        found = validate("runs.csv", layout="fast_lane:1 manual>*:4")
        found.rejected                       # the lanes in which it does not agree; none: it agrees in all
        found.lanes[0].wait[1].ratio         # predicted to observed, at p95 of the wait
    """

    @classmethod
    def from_plain(cls, found: Validation) -> ValidationResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    def text(self) -> str:
        """The verdict, and a line a lane."""
        from fastlanes_sim.reports.text.validation import text

        return text(self)

    def summary(self) -> dict[str, Any]:
        """Everything as plain values for JSON; times in seconds, null where infinite."""
        return self.to_json()

    def plot(self) -> list[Axes]:
        """A QQ plot of the waits, one a lane. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.validation import qq_plots

        return list(qq_plots(self, shown).axes)

    def write(self, folder: str | Path) -> list[Path]:
        """Write validation.json and qq.png; returns the files."""
        from fastlanes_sim.reports.figures.png import save_figure
        from fastlanes_sim.reports.figures.validation import qq_plots

        values = Path(folder) / "validation.json"
        write_summary(values, self.to_json())
        return [values, save_figure(qq_plots(self), Path(folder) / "qq.png")]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.text().splitlines()[0]}>"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return f"<pre>{html(self.text())}</pre>"
