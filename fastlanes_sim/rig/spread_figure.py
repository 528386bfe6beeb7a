"""The figure of sessions: each percentile as it was predicted, beside what each session showed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE, NewFigure, paper, styled
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.rig.repeats import Beside


def predicted_beside_observed(rows: Sequence[Beside], on: NewFigure = paper) -> Any:
    """A row a percentile: a line over all replications, a bar at their median, a dot a session. Returns the Figure."""
    finite = [x for row in rows for x in (*row.observed, row.predicted, row.low, row.high) if math.isfinite(x)] or [SHORTEST]
    edge = max(finite) * 1.2
    with styled():
        figure = on(8, 1.4 + 0.34 * max(len(rows), 3))
        ax = figure.subplots()
        for place, row in enumerate(rows):
            colour = LANE_COLOURS[row.lane]
            ax.plot([_within(row.low, edge), _within(row.high, edge)], [place, place], color=REFERENCE, linewidth=5, alpha=0.3)
            ax.plot(_within(row.predicted, edge), place, marker="|", markersize=13, markeredgewidth=2.2, color=REFERENCE)
            seen = [_within(x, edge) for x in row.observed]
            ax.plot(seen, [place] * len(seen), marker="o", markersize=5.5, linestyle="none", color=colour, markerfacecolor="none")
        ax.set_yticks(range(len(rows)), [f"{lane_title(row.lane)}, {row.interval} p{100 * row.p:g}" for row in rows])
        ax.invert_yaxis()
        duration_axis(ax.xaxis, min(finite), edge)
        ax.plot([], [], color=REFERENCE, linewidth=5, alpha=0.3, label="predicted: all replications")
        ax.plot([], [], marker="|", markersize=13, markeredgewidth=2.2, linestyle="none", color=REFERENCE, label="predicted: median")
        ax.plot([], [], marker="o", markersize=5.5, linestyle="none", color=REFERENCE, markerfacecolor="none", label="observed: a session")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        return figure


def _within(us: float, edge: float) -> float:
    """What is longer than the session ends at its edge."""
    return max(SHORTEST, min(us, edge))
