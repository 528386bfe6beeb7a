"""What several charts draw: the steps of a distribution, handles of legends, what stands where there is nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.reports.charts.axes import SHORTEST
from fastlanes_sim.reports.charts.style import REFERENCE

_MOST_STEPS = 4_000
"""Of a curve; more are thinned out, far below what pixels can show."""


def curve(ax: Any, spans: Durations, *, longer: bool = False, **look: Any) -> tuple[Any, Any]:
    """Draw the share of all that was complete by each duration, from 0 on; with `longer` the share that was not. Returns what was drawn."""
    values, counts = np.unique(np.maximum(spans.complete, SHORTEST), return_counts=True)
    share = np.cumsum(counts) / len(spans)
    if len(values) > _MOST_STEPS:  # more steps than pixels, by far: keep them dense where the axis is wide, at the top
        keep = np.unique(np.searchsorted(share, 1 - np.geomspace(1, 0.5 / len(spans), _MOST_STEPS)).clip(0, len(values) - 1))
        values, share = values[keep], share[keep]
    ends = max(float(spans.ages[-1]), SHORTEST)
    x = np.concatenate([[SHORTEST / 10, values[0] if len(values) else ends], values, [ends]])
    y = np.concatenate([[0, 0], share, [share[-1] if len(share) else 0]])
    if longer:
        left = (1 - y) > 0.5 / len(spans)  # where none is left a log axis has no place
        x, y = x[left], (1 - y)[left]
        if left[-1] < 1:
            x, y = np.append(x, ends), np.append(y, y[-1])
    ax.plot(x, y, drawstyle="steps-post", **look)
    return x, y


def lowest(spans: Durations) -> float:
    """Where a curve begins to matter, on a log axis: neither a stray shortest value nor a run that has only just begun widens the axis."""
    return max(float(spans.complete[len(spans.complete) // 100] if len(spans.complete) else spans.ages[-1]), SHORTEST)


def told(ax: Any, x: float, y: float, text: str) -> None:
    """An undrawn point: what a page tells there under the pointer."""
    from matplotlib.lines import Line2D

    ax.add_line(Line2D([x], [y], linestyle="none", gid=text))


def told_curve(ax: Any, x: Any, y: Any, name: str, *, steps: bool = True) -> None:
    """An undrawn line along the top of what is filled: what a page tells there under the pointer."""
    ax.plot(x, y, linestyle="none", gid=name, drawstyle="steps-post" if steps else "default")


def handle(**kwargs: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **kwargs)


def or_nothing(ax: Any, something: bool) -> Any:
    if not something:
        ax.annotate("no runs", (0.5, 0.5), xycoords="axes fraction", ha="center", color=REFERENCE)
    return ax
