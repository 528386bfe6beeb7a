"""Slots: how full workloops were over time, and which run held which slot when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastlanes_sim.core.escaping import mathtext
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration, format_number
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.reports.charts.axes import BINS, spans_of, time_axis
from fastlanes_sim.reports.charts.marks import handle, or_nothing, told
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.results.series import busy_slots as busy_steps
from fastlanes_sim.results.series import mean_in_bins
from fastlanes_sim.results.slot_occupancy import by_token, holds, lines_of, slot_numbers
from fastlanes_sim.results.utilisation import busy_together, utilisation
from fastlanes_sim.results.worker_processes import come_and_go, most_slots
from fastlanes_sim.rules.creation import Queue

_MOST_LINES = 60
"""Slots that a Gantt chart shows: more would be thinner than a line."""


_MOST_TOLD = 120
"""Moments of a row that a page tells of under the pointer."""


def height(deployment: Deployment) -> float:
    """Inches that the figure of `busy_slots` wants."""
    return 1.9 + 1.3 * len(by_token(deployment))


def busy_slots(ax: Any, deployment: Deployment, table: RunTable, log: RunLog) -> Any:
    """How full each workloop was over time: one row a token of the layout (workers that have the same one together).

    A row is as high as its slots, where workers come and go as the most there were at once; the line on top of it is its capacity. In long
    simulations a row shows the mean of each moment.
    """
    unit = time_axis(ax, log.ended_on)
    places = by_token(deployment)
    entries = utilisation(deployment, log)
    names = list(places)
    rows = {name: busy_steps(log, places[name]) for name in names}
    # All rows alike: means beside exact steps would not compare.
    coarse = log.ended_on >= BINS and max(len(series.times) for series in rows.values()) > 2 * BINS
    for row, name in enumerate(reversed(names)):
        mine = [entry for entry in entries if entry.workloop == name]
        slots, busy = sum(entry.slots for entry in mine), busy_together(mine)
        if come_and_go(deployment, log):
            slots = max(1, most_slots(log, [sum(loop.capacity for loop in w.workloops if loop.id == name) for w in deployment.workers]))
        base = row * 1.45
        series = rows[name]
        times, counts = series.times, series.counts.astype(np.float64)
        if coarse:
            edges = spans_of(log.ended_on, BINS)
            means = mean_in_bins(series, edges)
            times, counts = edges, np.append(means, means[-1])
        colour = _workloop_colour(name)
        ax.fill_between(times / unit, base, base + counts / slots, step="post", color=colour, alpha=0.75, linewidth=0)
        for when, count in zip(*_told_at(times, counts), strict=True):
            told(ax, when / unit, base + count / slots, f"{name}: {format_number(count)} of {slots} busy at {format_duration(round(when))}")
        ax.axhline(base, color="black", linewidth=0.8)
        ax.axhline(base + 1, color=REFERENCE, linewidth=1.4, linestyle=(0, (5, 2)))
        workers = len({w for w, _ in places[name]})
        beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        many = f" on {workers} {'processes' if come_and_go(deployment, log) else 'workers'}" if workers > 1 else ""
        ax.annotate(mathtext(name + many), (0, base + 1), xytext=(2, 4), weight="bold", **beside)
        figures = f"{slots} slot{'s' if slots > 1 else ''}, {100 * busy:.0f} % busy"
        ax.annotate(figures, (1, base + 1), xytext=(-2, 4), ha="right", **beside)
    ax.set_ylim(0, max(1.45 * len(names), 1.45))
    ticks = [row * 1.45 + part for row in range(len(names)) for part in (0, 1)]
    ax.set_yticks(ticks, ["0", "all"] * len(names))
    ax.grid(False, axis="y")
    ax.set_ylabel("Slots busy")
    ax.set_title("Busy slots of each workloop")
    return ax


def gantt(
    ax: Any, deployment: Deployment, table: RunTable, log: RunLog, begin: int = 0, end: int | None = None, marks: Iterable[int] = ()
) -> Any:
    """Which run held which slot from `begin` to `end` (µs; None: to the end of the log): a line a slot, a bar a run, coloured by lane; a
    dotted line at each of the instants `marks`.

    The worker does not number its slots: a run is drawn in the lowest that is free. The light parts of a bar are before the run's start and
    after its end, the black part is a slot that is lost for good (W-13a).
    """
    from matplotlib.ticker import MaxNLocator

    end = log.ended_on if end is None else min(end, log.ended_on)
    unit = time_axis(ax, max(end, 1))
    held = holds(log)
    numbers = slot_numbers(held)
    names: list[str] = []
    first: dict[tuple[int, int], int] = {}
    for w, worker in enumerate(deployment.workers):
        for i, loop in enumerate(worker.workloops):
            first[w, i] = len(names)
            lines = lines_of(held, numbers, w, i, loop.capacity)
            whose = f"{worker.name} " if len(deployment.workers) > 1 else ""
            names += [mathtext(f"{whose}{loop.id}") if slot == 0 else "" for slot in range(lines)]
    inside = np.flatnonzero((held.begins <= end) & (held.ends >= begin))
    places = np.array([first[w, i] for w, i in zip(held.worker[inside].tolist(), held.workloop[inside].tolist(), strict=True)], np.int64)
    places += numbers[inside]
    runs = held.run[inside]
    started = np.where(log.started_at[runs] < 0, held.ends[inside], log.started_at[runs]).clip(held.begins[inside], held.ends[inside])
    finished = np.where(log.finished_at[runs] < 0, held.ends[inside], log.finished_at[runs]).clip(started, held.ends[inside])
    leaked = np.where(log.leaked_at[runs] < 0, held.ends[inside], log.leaked_at[runs]).clip(finished, held.ends[inside])
    shown = [queue for queue in Queue if (table.queue[runs] == queue).any()]
    for queue in shown:
        members = (table.queue[runs] == queue) & (places < _MOST_LINES)
        colour = LANE_COLOURS[queue.label]
        parts = (
            (held.begins[inside], started, colour, 0.4),
            (started, finished, colour, 0.95),
            (finished, leaked, colour, 0.4),
            (leaked, held.ends[inside], "black", 0.6),
        )
        for number, (left, right, shade, alpha) in enumerate(parts):
            mine = members if number < 2 else members & (right > left)
            look = {"color": shade, "alpha": alpha, "height": 0.8, "edgecolor": "white", "linewidth": 0.3}
            bars = ax.barh(places[mine], (right - left)[mine] / unit, left=left[mine] / unit, **look)
            for bar, run, since, until in zip(bars, runs[mine], held.begins[inside][mine], held.ends[inside][mine], strict=True):
                workflow = deployment.workflows[int(table.workflow[run])].name
                length = format_duration(int(until - since))
                bar.set_gid(f"{workflow} ({lane_title(queue.label)}) held the slot for {length} from {format_duration(int(since))} on")
    for line in sorted(first.values())[1:]:
        ax.axhline(line - 0.5, color=REFERENCE, linewidth=0.8)
    for instant in marks:
        ax.axvline(instant / unit, color="black", linewidth=1.6, linestyle=":")
    lines = min(len(names), _MOST_LINES)
    ax.set_xlim(begin / unit, max(end, begin + 1) / unit)
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    ax.set_ylim(lines - 0.5, -0.5)
    ax.set_yticks(range(lines), names[:lines], fontsize=10)
    ax.grid(False, axis="y")
    cut = f" (the first {lines} of {len(names)} slots)" if lines < len(names) else ""
    ax.set_title(f"Which runs held the slots{cut}", pad=32 if shown else 10)  # the legend lies in between
    if shown:
        handles = [handle(marker="s", markersize=9, color=LANE_COLOURS[queue.label], linestyle="none") for queue in shown]
        names = [lane_title(queue.label) for queue in shown]
        ax.legend(handles, names, loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=3, columnspacing=1, handletextpad=0.2, fontsize=11)
    return or_nothing(ax, bool(shown))


def _told_at(times: Any, counts: Any) -> tuple[Any, Any]:
    """The places at which a row is told: every so many, where there are many."""
    places = np.unique(np.linspace(0, len(times) - 1, min(len(times), _MOST_TOLD)).astype(int))
    return times[places], counts[places]


def _workloop_colour(token: str) -> str:
    """The colour of the lane that the token names first; grey for one that takes runs of every lane."""
    return "#7A7A7A" if "*" in token else LANE_COLOURS.get(token.split(":")[0].split(">")[0], "#7A7A7A")
