"""Waits over time: run by run, or as bands of percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.scopes import LANES, Scope
from fastlanes_sim.reports.charts.axes import SHORTEST, SPANS, duration_axis, spans_of, time_axis
from fastlanes_sim.reports.charts.marks import handle, or_nothing, told_curve
from fastlanes_sim.reports.charts.style import LANE_COLOURS, LANE_MARKERS, REFERENCE, scope_colours
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.quantile_bands import wait_bands

_MOST_DOTS = 4_000
"""Runs of one lane that are drawn one by one; more are drawn as a band."""
_MOST_MARKS = 1_500
"""Of these each dot is a shape of its own, which a dark page can recolour; more are one image, for the file's sake."""
_BINS = 150
"""Bins of time of a band."""


def wait_over_time(ax: Any, table: RunTable, log: RunLog, observed: Observed, scopes: Sequence[Scope] = ()) -> Any:
    """How long each run waited, by when it was inserted. Runs that never started are triangles at the age that they reached.

    Runs of `scopes` are drawn apart, and not once more with their lane.

    A lane of many runs is a band from its shortest to its longest wait, with the median.
    """
    unit = time_axis(ax, log.ended_on)
    waits = observed.interval("wait")
    low, high, any_open, any_band = float("inf"), 0.0, False, False
    colours, apart = scope_colours(scopes), np.zeros(len(table), np.bool_)
    members: dict[str, Any] = {}
    for scope in map(str, scopes):
        members[scope] = observed.members(scope) & ~apart
        apart |= members[scope]
    members = {lane: observed.members(lane) & ~apart for lane in LANES[:-1]} | members
    for lane, rows in members.items():
        runs = np.flatnonzero(rows)
        if not len(runs):
            continue
        colour, is_above = colours[lane], lane != "default"
        when, length = log.inserted_at[runs] / unit, np.maximum(waits.length[runs], SHORTEST)
        late = ~waits.complete[runs]
        shortest = float(length.max() if late.all() else length[~late].min())
        length = np.where(late, np.maximum(length, shortest), length)  # the youngest triangles stay on the chart
        low, high = min(low, shortest), max(high, float(length.max()))
        any_open |= bool(late.any())
        if len(runs) > _MOST_DOTS:
            any_band = True
            _band(ax, when, length, late, colour, lane_title(lane))
        else:
            size = 14 if is_above else 7
            ax.scatter(
                when[~late], length[~late], s=size, marker=LANE_MARKERS.get(lane, "P"), color=colour, alpha=0.65, linewidths=0,
                label=lane_title(lane), zorder=3 if is_above else 2, rasterized=len(runs) > _MOST_MARKS,
            )  # fmt: skip
            _triangles(ax, when[late], length[late], colour)
    ax.set_ylabel("Wait (log scale)")
    duration_axis(ax.yaxis, low if high else SECOND, high or 100 * SECOND)
    rows = 0
    if high:
        handles, labels = ax.get_legend_handles_labels()
        handles = [handle(marker="o", markersize=8, color=_colour_of(h), linestyle="none") for h in handles]
        if any_band:
            handles += [handle(linewidth=1.6, color=REFERENCE), handle(linewidth=8, color=REFERENCE, alpha=0.25)]
            labels += ["median of many", "shortest to longest"]
        if any_open:
            handles.append(handle(marker="^", markersize=8, color=REFERENCE, markerfacecolor="none", linestyle="none"))
            labels.append("never started (so far)")
        columns = 4 if not scopes else 3
        rows = -(-len(handles) // columns)
        look = {"ncols": columns, "columnspacing": 1, "handletextpad": 0.2, "fontsize": 11}
        ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 0.99), **look)
    ax.set_title("Wait of each run, from insertion to start", pad=10 + 22 * rows)  # the legend lies in between
    return or_nothing(ax, bool(high))


def percentile_bands(ax: Any, log: RunLog, observed: Observed, lane: str) -> Any:
    """The wait of a lane's runs by when they were inserted: the median as a line, p90, p99 and the longest as lighter and lighter bands.

    Above a span in which runs never started stands a triangle: there the percentiles are lower bounds.
    """
    unit = time_axis(ax, log.ended_on)
    bands = wait_bands(log, observed, lane, spans_of(log.ended_on, SPANS))
    edges, there = bands.edges / unit, bands.runs > 0
    median, p90, p99, longest = (np.maximum(bands.values(level), SHORTEST) for level in range(4))
    colour, beneath = LANE_COLOURS[lane], median
    corners = np.repeat(edges, 2)[1:-1]  # both ends of each span: one between two empty ones is drawn too
    for values, alpha, name in ((p90, 0.45, "p90"), (p99, 0.28, "p99"), (longest, 0.14, "the longest")):
        low, high = np.repeat(beneath, 2), np.repeat(values, 2)
        ax.fill_between(corners, low, high, color=colour, alpha=alpha, linewidth=0, label=f"to {name}")
        told_curve(ax, edges, np.append(values, values[-1]), name)
        beneath = values
    ax.step(edges, np.append(median, median[-1]), where="post", color=colour, linewidth=1.8, label="median")
    late = np.flatnonzero(bands.unstarted)
    if len(late):
        middle = (edges[late] + edges[late + 1]) / 2
        ax.scatter(
            middle, longest[late] * 1.25, s=26, marker="^", facecolors="none", edgecolors=colour, linewidths=0.9, label="some not started"
        )
    ax.set_title(f"Wait of {lane_title(lane)} runs, by when they were inserted", pad=32 if there.any() else 10)
    ax.set_ylabel("Wait (log scale)")
    top = float(np.nanmax(longest, initial=0)) if there.any() else 0.0
    duration_axis(ax.yaxis, float(np.nanmin(median)) if there.any() else SECOND, top * 1.3 or 100 * SECOND)
    if there.any():
        ax.legend(
            loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=5, columnspacing=1, handletextpad=0.4, handlelength=1.2, fontsize=11
        )
    return or_nothing(ax, bool(there.any()))


def _band(ax: Any, when: Any, length: Any, late: Any, colour: str, label: str) -> None:
    """A band and its median where every run started; triangles at the median age where some have not."""
    edges = np.linspace(0, ax.get_xlim()[1], _BINS + 1)
    place = np.digitize(when, edges) - 1
    first = np.flatnonzero(np.diff(place, prepend=-1))
    parts = np.split(length, first[1:])  # runs come in the order of insertion
    bins = place[first].clip(0, len(edges) - 2)
    middle = (edges[bins] + edges[bins + 1]) / 2
    unknown = np.array([bool(p.any()) for p in np.split(late, first[1:])])
    low, median, high = (np.where(unknown, np.nan, [f(p) for p in parts]) for f in (np.min, np.median, np.max))
    ax.fill_between(middle, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.plot(middle, median, color=colour, linewidth=1.6, label=label)
    ages = [float(np.median(p[late_ones])) for p, late_ones in zip(parts, np.split(late, first[1:]), strict=True) if late_ones.any()]
    _triangles(ax, middle[unknown], ages, colour)


def _triangles(ax: Any, when: Any, age: Any, colour: str) -> None:
    ax.scatter(when, age, s=26, marker="^", facecolors="none", edgecolors=colour, linewidths=0.9, zorder=4)


def _colour_of(artist: Any) -> Any:
    return artist.get_color() if hasattr(artist, "get_color") else artist.get_facecolor()[0][:3]
