"""How many worker processes there were."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.reports.charts.axes import time_axis
from fastlanes_sim.reports.charts.marks import handle, told_curve
from fastlanes_sim.reports.charts.style import REFERENCE, SERIES_COLOURS
from fastlanes_sim.results.worker_processes import on_duty, running


def replicas(ax: Any, log: RunLog) -> Any:
    """Processes that accept runs over time, and above them those that cost without accepting any: they start or drain."""
    unit = time_axis(ax, log.ended_on)
    serving, there = on_duty(log), running(log)
    colour = SERIES_COLOURS[1]
    ax.fill_between(serving.times / unit, serving.counts, step="post", color=colour, alpha=0.5, linewidth=0)
    ax.step(there.times / unit, there.counts, where="post", color=REFERENCE, linewidth=1.2, gid="processes")
    told_curve(ax, serving.times / unit, serving.counts, "accepting runs")
    ax.set_title("Replicas")
    ax.set_ylabel("Processes")
    ax.set_ylim(0, max(1, int(there.counts.max(initial=0))) * 1.15)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    handles = [handle(color=colour, linewidth=8, alpha=0.5), handle(color=REFERENCE, linewidth=1.2)]
    ax.legend(
        handles, ["accepting runs", "starting or draining as well"], loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, fontsize=11
    )
    return ax
