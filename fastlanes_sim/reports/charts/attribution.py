"""What the waits were made of, stacked by cause: a bar a lane for all its runs and for the slowest, and over time a panel a lane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import HOUR, MILLISECOND, MINUTE, SECOND, format_duration, format_share
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.reports.charts.axes import SPANS, spans_of, time_axis
from fastlanes_sim.reports.charts.marks import told
from fastlanes_sim.reports.charts.style import CAUSE_COLOURS
from fastlanes_sim.reports.labels import lane_title, titled
from fastlanes_sim.results.explanation import Explanation, OverTime, over_time
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.rules.causes import Cause

_UNITS = {HOUR: "hours", MINUTE: "minutes", SECOND: "seconds", MILLISECOND: "milliseconds"}


def height(explanations: Sequence[Explanation]) -> float:
    """Inches that the figure wants."""
    many = max(1, len(explanations))
    return 1.6 + 0.9 * many + 2.1 * many


def attribution(figure: Any, found: Simulated) -> Any:
    """Bars above, below a panel for each lane and whatever is told apart. Returns the Figure."""
    explanations = found.explanations_shown
    lanes = max(1, len(explanations))
    above, *panels = figure.subplots(1 + lanes, 1, height_ratios=[0.5 + 0.9 * lanes, *[2.1] * lanes])
    bars(above, explanations)
    edges = spans_of(found.log.ended_on, SPANS)
    for panel, why in zip(panels, explanations, strict=False):
        split = over_time(found.log, found.attribution, np.flatnonzero(found.observed.members(why.scope)), edges)
        stacked(
            panel, split, found.log.ended_on, f"{titled(why.name)}: mean wait{', by when runs were inserted' if why.name in LANES else ''}"
        )
        if panel is not panels[-1]:
            panel.set_xlabel("")
    causes = [cause for cause in Cause if any(why.all.micros[cause] for why in explanations)]
    if causes:
        from matplotlib.patches import Patch

        handles = [Patch(facecolor=CAUSE_COLOURS[cause.label], label=cause.label) for cause in causes]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(causes)), columnspacing=1.2, fontsize=11)
    return figure


def bars(ax: Any, explanations: Sequence[Explanation]) -> Any:
    """Shares of the wait, the mean wait behind each bar; one bar for all runs of a lane and one for its slowest."""
    rows = [
        (f"{lane_title(why.name)}, {name}", split)
        for why in explanations
        for name, split in (("all", why.all), ("slowest 1 %", why.slowest))
    ]
    for place, (_, split) in enumerate(rows):
        left = 0.0
        for cause in Cause:
            share = split.share(cause)
            look: dict[str, Any] = {"color": CAUSE_COLOURS[cause.label], "height": 0.72, "edgecolor": "white", "linewidth": 0.6}
            (bar,) = ax.barh(place, 100 * share, left=left, **look)
            if share:
                bar.set_gid(f"{rows[place][0]}: {cause.label}, {format_share(share)}, {format_duration(split.mean(cause))} on average")
            left += 100 * share
        ax.annotate(format_duration(split.mean()), (101, place), va="center", annotation_clip=False)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 100)
    ax.grid(False, axis="y")
    ax.set_xlabel("Share of the wait (%); on the right its mean")
    ax.set_title("Why runs waited")
    if not rows:
        ax.annotate("no runs", (0.5, 0.5), xycoords="axes fraction", ha="center")
    return ax


def stacked(ax: Any, split: OverTime, until: int, title: str) -> Any:
    """The mean wait of the runs inserted in each span of time, stacked by cause."""
    unit = time_axis(ax, until)
    highest = float(split.mean.sum(axis=1).max(initial=0))
    scale = next((scale for scale in _UNITS if highest >= 2 * scale), MILLISECOND)
    base = np.zeros(len(split.runs) + 1)
    for cause in Cause:
        mean = split.mean[:, cause]
        if mean.any():
            top = base + np.append(mean, mean[-1]) / scale
            ax.fill_between(split.edges / unit, base, top, step="post", color=CAUSE_COLOURS[cause.label], linewidth=0)
            for place in np.flatnonzero(mean):
                middle, said = (split.edges[place] + split.edges[place + 1]) / 2, format_duration(mean[place])
                about = f"{counted(int(split.runs[place]), 'run')} inserted from {format_duration(int(split.edges[place]))} on"
                told(ax, middle / unit, top[place], f"{cause.label}: {said}, the mean of {about}")
            base = top
    ax.set_ylim(0, max(highest / scale * 1.08, 1e-3))
    ax.set_ylabel(_UNITS[scale].capitalize())
    ax.fmt_ydata = lambda value: format_duration(value * scale)
    ax.set_title(title, fontsize=12)
    return ax
