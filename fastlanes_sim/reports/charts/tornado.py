"""A tornado: what a measure comes to at the two ends of each value's range, the widest on top; beside it the shares of the variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastlanes_sim.core.units import format_number
from fastlanes_sim.reports.charts.estimates import wrapped
from fastlanes_sim.reports.charts.marks import handle, or_nothing
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE

LOW, HIGH = "#56B4E9", "#E69F00"
"""Of the bar towards the low and the high end of a range."""
_ROOM = 0.12
"""Share of the width that is left at either side for the ends in words."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value: what the measure comes to at either end of its range, and the ends in words; NaN where that is not known."""

    name: str
    at_low: float
    at_high: float
    low: str
    high: str


def tornado(ax: Any, bars: Sequence[Bar], *, base: float, label: str, title: str, bound: float | None = None) -> Any:
    """A bar a value, from the top; the line is the scenario as it is.

    Args:
        base: what the measure comes to as the scenario is.
        label: the measure and its unit.
        bound: what an objective says, as a dotted line.
    """
    known = [one for one in bars if math.isfinite(one.at_low) and math.isfinite(one.at_high) and math.isfinite(base)]
    for place, one in enumerate(known):
        for end, text, colour in sorted(((one.at_low, one.low, LOW), (one.at_high, one.high, HIGH)), key=lambda of: -abs(of[0] - base)):
            bar = ax.barh(place, end - base, left=base, color=colour, height=0.6, edgecolor="white", linewidth=0.6)
            bar[0].set_gid(f"{one.name} {text}: {format_number(end, 4)}")
        for at, text in _labels(one, base):
            right = at >= base
            where = {"xytext": (4 if right else -4, 0), "textcoords": "offset points", "ha": "left" if right else "right"}
            ax.annotate(text, (at, place), va="center", fontsize=9, **where)
    ends = [end for one in known for end in (one.at_low, one.at_high)] + [base] * math.isfinite(base)
    if ends:
        reach = max(max(ends) - min(ends), abs(base) * 1e-3, 1e-9)
        shown = bound if bound is not None and min(ends) - reach < bound < max(ends) + reach else base
        ax.set_xlim(min(*ends, shown) - _ROOM * reach * 1.6, max(*ends, shown) + _ROOM * reach * 1.6)
        ax.axvline(base, color=REFERENCE, linewidth=1.2)
        if bound is not None and shown == bound:
            ax.axvline(bound, color=LANE_COLOURS["fast_lane"], linewidth=1.4, linestyle=":")
    ax.set_yticks(range(len(known)), [wrapped(one.name, 26) for one in known], fontsize=10)
    ax.set_ylim(len(known) - 0.4, -0.6)
    ax.grid(False, axis="y")
    ax.set_xlabel(label)
    ax.set_title(wrapped(title, 52))
    if known:
        handles = [handle(color=colour, linewidth=7, label=label) for colour, label in ((LOW, "low end"), (HIGH, "high end"))]
        ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2, ncols=2, fontsize=10, handlelength=0.8)
    return or_nothing(ax, bool(known))


def _labels(one: Bar, base: float) -> list[tuple[float, str]]:
    """Where the ends are written: each at its own, or where both lie on one side of the line together at the farther one."""
    if (one.at_low - base) * (one.at_high - base) < 0:
        return [(one.at_low, one.low), (one.at_high, one.high)]
    return [(max(one.at_low, one.at_high, key=lambda at: abs(at - base)), f"{one.low} to {one.high}")]


def shares(ax: Any, rows: Sequence[tuple[float, float] | None]) -> Any:
    """Total indices with their intervals, a row a value in the order of the tornado beside it; None has no row of its own."""
    for place, row in enumerate(rows):
        if row is not None:
            total, half = (100 * number for number in row)
            ax.plot([max(total - half, 0), min(total + half, 100)], [place, place], color=LANE_COLOURS["default"], linewidth=2.2)
            ax.plot(min(max(total, 0), 100), place, "o", color=LANE_COLOURS["default"])
    ax.set_xlim(-4, 104)
    ax.set_yticks(range(len(rows)), [""] * len(rows))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel("% of the variance")
    return ax
