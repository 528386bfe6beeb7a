"""The check of a fit in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastlanes_sim.calibration.fit_check import FitCheck

_MOST = 10


def text(found: FitCheck) -> str:
    """The verdict; each difference with its size, the largest first; and why."""
    rejected = found.rejected
    lines = [found.words, *(f"  {one.words}" for one in rejected[:_MOST])]
    if len(rejected) > _MOST:
        lines.append(f"  and {len(rejected) - _MOST} more")
    if found.causes:
        lines += ["Why:", *(f"  {cause.words}" for cause in found.causes)]
    elif rejected:
        lines.append("Why: not known. A replay of the export keeps everything that the fit loses (replay: FILE in a scenario).")
    return "\n".join(lines)
