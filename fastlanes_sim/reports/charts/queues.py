"""How many runs were waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.reports.charts.axes import BINS, spans_of, time_axis
from fastlanes_sim.reports.charts.style import SERIES_DASHES, scope_colours
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.series import depth_of, highest_in_bins
from fastlanes_sim.rules.creation import QUEUES


def queue_depth(ax: Any, table: RunTable, log: RunLog, observed: Observed, scopes: Sequence[Scope] = ()) -> Any:
    """How many runs of each lane were waiting for a claim, over time; in long simulations the highest number of each moment. The
    same of other scopes, with dashes: their runs are among those of the lanes."""
    unit = time_axis(ax, log.ended_on)
    highest, colours = 0, scope_colours(scopes)
    for lane in (*QUEUES, *map(str, scopes)):
        if not observed.counts(lane).runs:
            continue
        is_lane = lane in QUEUES
        series = depth_of(log, observed.members(lane))
        times, counts = series
        if len(times) > 4 * BINS and log.ended_on >= BINS:
            edges = spans_of(log.ended_on, BINS)
            times, counts = edges, np.append(highest_in_bins(series, edges), series.counts[-1])
        if is_lane:
            ax.fill_between(times / unit, counts, step="post", color=colours[lane], alpha=0.2, linewidth=0)
        dashes = "-" if is_lane else SERIES_DASHES[1]
        above = 3 if lane == "fast_lane" or not is_lane else 2
        look = {"color": colours[lane], "linewidth": 1.6, "linestyle": dashes, "zorder": above}
        ax.step(times / unit, counts, where="post", gid=f"{lane_title(lane)} waiting", **look)
        highest = max(highest, max(counts.tolist(), default=0))
    ax.set_title("Runs waiting to be claimed")
    ax.set_ylabel("Runs")
    ax.set_ylim(0, max(1, highest) * 1.08)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    return ax
