"""The figures of a comparison: differences, and deployments side by side, with their intervals."""

from __future__ import annotations

import math
from typing import Any

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.estimates import Ends, deployments, short
from fastlanes_sim.reports.charts.style import REFERENCE, NewFigure, paper, styled
from fastlanes_sim.reports.figures.replications import in_words, interval_rows


def differences(found: Comparison, ax: Any = None, on: NewFigure = paper) -> Any:
    """The paired differences of every time with their intervals, in seconds. Returns the Axes."""
    several, names = len(found.pairs) > 1, short(found.results)
    rows: list[tuple[str, Ends | None]] = []
    for a, b in found.pairs:
        rows += [(f"{names[b]}\nagainst {names[a]}", None)] if several else []
        rows += [
            (one.measure.text, (e.mean / SECOND, e.low / SECOND, e.high / SECOND))
            for one in found.of_pair(a, b)
            if one.measure.unit is TIME and math.isfinite((e := one.estimate).high - e.low)
        ]
    a, b = found.pairs[0]
    title = f"Paired differences, {100 * found.level:g} % together" if several else f"{names[b]}\nagainst {names[a]}"
    ax = interval_rows(ax, on, rows, "← shorter      difference      longer →", title, _in_words)
    ax.axvline(0, color=REFERENCE, linewidth=1.2, linestyle=":")
    return ax


def _in_words(seconds: float) -> str:
    """`12 s shorter`"""
    if not seconds:
        return "0"
    return f"{in_words(abs(seconds))}\N{NO-BREAK SPACE}{TIME.more if seconds > 0 else TIME.less}"


def side_by_side(found: Comparison, ax: Any = None, on: NewFigure = paper) -> Any:
    """Every time's mean with its interval, the deployments beside each other. Returns the Axes."""
    names = short(found.results)
    rows = {
        one.text: {names[label]: (e.mean, e.low, e.high) for label, result in found.results.items() for e in [result.estimate(one)]}
        for one in found.measures
        if one.unit is TIME and all(result.estimate(one).replications for result in found.results.values())
    }
    with styled():
        height = 2 + 0.28 * len(found.results) + 0.26 * max(2, len(found.results)) * max(1, len(rows))
        title = f"{100 * found.level:g} % intervals of {len(found.results)} deployments"
        return deployments(ax or on(8, height).subplots(), rows, title)
