"""The waits under several deployments side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.core.escaping import mathtext
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis, nines_axis
from fastlanes_sim.reports.charts.marks import curve, handle, lowest
from fastlanes_sim.reports.charts.style import REFERENCE, SERIES_COLOURS, SERIES_DASHES
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.results.observed import Observed


def waits_by_deployment(figure: Any, deployments: Sequence[tuple[str, Observed]], reference_us: int = 30 * SECOND, title: str = "") -> Any:
    """The wait under several deployments: the fast lane on the left, the default lane on the right, a curve a deployment.

    Each curve's p99 is marked (an arrow where it is a lower bound) and named in the legend; a dotted line shows `reference_us`.
    """
    lanes = ("fast_lane", "default")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    low, high, most = float("inf"), float(reference_us), 1
    handles, names = [], []
    for place, (label, observed) in enumerate(deployments):
        look = {"color": SERIES_COLOURS[place % len(SERIES_COLOURS)], "linestyle": SERIES_DASHES[place % len(SERIES_DASHES)]}
        p99s = []
        for ax, lane in zip(axes, lanes, strict=True):
            spans = observed.durations(lane, "wait")
            p99 = spans.quantile(0.99)
            if p99 is None:
                continue
            curve(ax, spans, **look)
            marker = {"marker": "o" if p99.exact else ">", "markersize": 9, "markeredgecolor": "white", "linestyle": "none", "zorder": 5}
            ax.plot(max(p99.value_us, SHORTEST), 0.99, color=look["color"], **marker)
            p99s.append(f"{lane_title(lane)} {p99}")
            low, high, most = min(low, lowest(spans)), max(high, float(spans.ages[-1])), max(most, len(spans))
        handles.append(handle(**look))
        names.append(mathtext(f"{label}. p99: {', '.join(p99s)}" if p99s else f"{label}: no runs"))
    for ax, lane in zip(axes, lanes, strict=True):
        ax.set_title(f"{lane_title(lane).capitalize()}: wait")
        ax.set_xlabel("From insertion to start (log scale)")
        ax.axvline(reference_us, color=REFERENCE, linewidth=1.4, linestyle=":")
        where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate(format_duration(reference_us), (reference_us, 1), xytext=(4, -13), color=REFERENCE, fontsize=11, **where)
        nines_axis(ax, most)
        duration_axis(ax.xaxis, low if low < float("inf") else SECOND, high)
    axes[0].set_ylabel("Runs that waited at most this long")
    if title:
        figure.suptitle(mathtext(title), fontsize=15, weight="bold")
    if handles:
        figure.legend(handles, names, loc="outside lower center", fontsize=11, handlelength=3.5)
    return figure
