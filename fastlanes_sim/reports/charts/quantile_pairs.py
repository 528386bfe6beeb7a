"""Quantiles of what was simulated over those of what was observed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fastlanes_sim.reports.charts.axes import SHORTEST
from fastlanes_sim.reports.charts.style import REFERENCE


def quantile_pairs(ax: Any, points: Sequence[tuple[float, float, float, float]], colour: str, size: float) -> tuple[float, float]:
    """Draw (observed, simulated, low, high) of each quantile: the band spans the replications, and on the line both agree.

    Args:
        points: in µs; those that are not finite are left out.
        size: of a mark, in points.

    Returns:
        The least and the greatest duration that both axes need.
    """
    finite = [point for point in points if all(map(math.isfinite, point))]
    observed, simulated, low, high = ([max(x, SHORTEST) for x in column] for column in zip(*finite, strict=True)) if finite else ([],) * 4
    every = [*observed, *simulated, *low, *high] or [SHORTEST]
    least, most = min(every), max(max(every), 100 * min(every))
    ends = [least / 10, most * 10]
    ax.plot(ends, ends, color=REFERENCE, linewidth=1.2, linestyle=(0, (4, 2)), label="both agree")
    ax.fill_between(observed, low, high, color=colour, alpha=0.2, linewidth=0, label="all replications")
    ax.plot(observed, simulated, marker="o", markersize=size, linestyle="none", color=colour, label="quantiles")
    return least, most
