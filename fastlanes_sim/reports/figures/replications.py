"""The figure of replications: means with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.estimates import Ends, intervals, wrapped
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled


def means(found: Replicated, ax: Any = None, on: NewFigure = paper) -> Any:
    """Every time's mean with its interval, in seconds. Without an Axes, on a new figure. Returns the Axes."""
    rows = [(one.text, found.estimate(one)) for one in found.measures if one.unit is TIME]
    ends = [(name, (e.mean / SECOND, e.low / SECOND, e.high / SECOND)) for name, e in rows]
    return interval_rows(ax, on, ends, "Time", f"{counted(len(found.values), 'replication')}, {100 * found.level:g} % intervals", in_words)


def in_words(seconds: float) -> str:
    """`3 m 20 s`"""
    return TIME.show(seconds * SECOND)


def interval_rows(
    ax: Any, on: NewFigure, rows: Sequence[tuple[str, Ends | None]], label: str, title: str, show: Callable[[float], str]
) -> Any:
    """A row an estimate in seconds, on a figure as high as they need where there is no Axes. Returns the Axes."""
    with styled():
        if ax is None:
            lines = sum(wrapped(name).count("\n") + 1 for name, _ in rows)
            ax = on(8, 1.8 + 0.2 * wrapped(title).count("\n") + max(0.55 * max(1, len(rows)), 0.24 * lines)).subplots()
        ax = intervals(ax, rows, label, title, show)
        seconds_axis(ax.xaxis)
        return ax
