"""How many runs were waiting."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.reports.charts.axes import BINS, spans_of, time_axis
from fastlanes_sim.reports.charts.style import LANE_COLOURS
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.series import highest_in_bins
from fastlanes_sim.results.series import queue_depth as depth_steps
from fastlanes_sim.rules.creation import Queue


def queue_depth(ax: Any, table: RunTable, log: RunLog, observed: Observed) -> Any:
    """How many runs of each lane were waiting for a claim, over time; in long simulations the highest number of each moment."""
    unit = time_axis(ax, log.ended_on)
    highest = 0
    for queue in Queue:
        lane = queue.label
        if not observed.counts(lane).runs:
            continue
        series = depth_steps(table, log, queue)
        times, counts = series
        if len(times) > 4 * BINS and log.ended_on >= BINS:
            edges = spans_of(log.ended_on, BINS)
            times, counts = edges, np.append(highest_in_bins(series, edges), series.counts[-1])
        ax.fill_between(times / unit, counts, step="post", color=LANE_COLOURS[lane], alpha=0.2, linewidth=0)
        ax.step(times / unit, counts, where="post", color=LANE_COLOURS[lane], linewidth=1.6, zorder=3 if lane == "fast_lane" else 2)
        highest = max(highest, max(counts.tolist(), default=0))
    ax.set_title("Runs waiting to be claimed")
    ax.set_ylabel("Runs")
    ax.set_ylim(0, max(1, highest) * 1.08)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    return ax
