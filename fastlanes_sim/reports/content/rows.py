"""Cells of the tables on one simulation, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import DAY, SECOND, format_duration
from fastlanes_sim.measures.stopped_workloops import PREDICTS_NOTHING
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.results.lane_table import interval_statistics
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.split import Split
from fastlanes_sim.results.utilisation import Utilisation, busy_together
from fastlanes_sim.results.worker_processes import Replicas
from fastlanes_sim.rules.causes import Cause

_ROWS = (("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("max", "max"))
COUNTS = (
    ("504s", "gateway_timeouts"),
    ("lost", "lost"),
    ("killed", "killed"),
    ("failed", "failed"),
    ("open at the end", "open"),
)
_INCIDENTS = (("503s", "unavailable"), ("never came", "missed"), ("cut off", "cut_off"))
"""Shown only where there are any."""
_MOST_ROWS = 12
"""Workloops listed one by one; beyond that, workers with the same token share a row."""


def lane_rows(observed: Observed, lanes: Sequence[str]) -> list[list[str]]:
    """Name and one cell a lane, for each number."""
    counts = {lane: observed.counts(lane) for lane in lanes}
    rows = [["runs", *(f"{counts[lane].runs:,}" for lane in lanes)]]
    metrics_shown: tuple[IntervalName, ...] = ("wait", "response")
    for time in metrics_shown:
        measured = [interval_statistics(observed, lane, time) for lane in lanes]
        rows += [[f"{time} {title}", *(str(getattr(m, name) or "–") for m in measured)] for title, name in _ROWS]
    incidents = [(title, name) for title, name in _INCIDENTS if getattr(observed.counts("all"), name)]
    rows += [[title, *(f"{getattr(counts[lane], name):,}" for lane in lanes)] for title, name in (*COUNTS, *incidents)]
    rows += _work_order_rows(observed, lanes) if observed.table.has_calls else []
    return rows + (_caller_rows(observed, lanes) if observed.callers.try_again_or_are_refused else [])


def _work_order_rows(observed: Observed, lanes: Sequence[str]) -> list[list[str]]:
    """Of the work orders whose first request is of the lane, where runs call others."""
    orders = observed.work_orders
    measured = [interval_statistics(observed, lane, "work_order_response") for lane in lanes]
    return [
        ["work orders", *(f"{orders.number(observed.rows(lane)):,}" for lane in lanes)],
        ["their runs", *(f"{int(orders.runs[observed.rows(lane)].sum()):,}" for lane in lanes)],
        *([f"their response {title}", *(str(getattr(m, name) or "–") for m in measured)] for title, name in _ROWS),
    ]


def _caller_rows(observed: Observed, lanes: Sequence[str]) -> list[list[str]]:
    """What sync callers saw, where that is more than their one request's run."""
    counts = [observed.callers.counts(observed.rows(lane)) for lane in lanes]
    response = [observed.durations(lane, "caller_response").quantile(0.95) for lane in lanes]
    return [
        ["429s", *(f"{observed.counts(lane).refused - observed.counts(lane).unavailable:,}" for lane in lanes)],
        ["callers", *(f"{c.callers:,}" for c in counts)],
        ["their requests", *(f"{c.requests:,}" for c in counts)],
        ["callers gave up", *(f"{c.gave_up:,}" for c in counts)],
        ["caller response p95", *(str(value or "–") for value in response)],
        ["work for nobody", *(format_duration(c.abandoned_s * SECOND) for c in counts)],
    ]


def utilisation_rows(entries: Sequence[Utilisation]) -> list[list[str]]:
    """Worker, workloop, slots, runs, busy."""
    groups: dict[Any, list[Utilisation]] = {}
    for place, entry in enumerate(entries):
        groups.setdefault(place if len(entries) <= _MOST_ROWS else entry.workloop, []).append(entry)
    rows = []
    for group in groups.values():
        slots, busy = sum(entry.slots for entry in group), busy_together(group)
        many = "workers" if group[0].on_duty is None else "processes"
        name = group[0].worker if len(group) == 1 else f"{len(group)} {many}"
        rows.append([name, group[0].workloop, f"{slots:,}", f"{sum(entry.runs for entry in group):,}", f"{100 * busy:.1f} %"])
    return rows


REPLICAS_HEAD = ["processes", "replica hours", "mean", "most at once", "stopped", "killed", "crashed"]


def replicas_rows(found: Replicas) -> list[list[str]]:
    """One row, under `REPLICAS_HEAD`."""
    exits = (found.exits.term, found.exits.kill, found.exits.crash)
    return [
        [f"{found.processes:,}", f"{found.replica_hours:,.2f}", f"{found.mean:.2f}", f"{found.most:,}", *(f"{count:,}" for count in exits)]
    ]


def lost_slot_sentences(found: Simulated) -> list[str]:
    """`3 of 20 slots of worker-1 lost since 10:42`, a sentence a process that has lost any (W-13a)."""
    return [
        f"{entry.lost:,} of {counted(entry.slots, 'slot')} of {entry.worker} lost since {_clock(found, entry.since)}"
        + ("." if entry.until is None else f", until its process ended at {_clock(found, entry.until)}.")
        for entry in found.lost_slots
    ]


def stopped_workloop_sentences(found: Simulated) -> list[str]:
    """`The workloop fast_lane:1 of worker-1 has asked for no run since 10:42 …`, a sentence a workloop that has stopped for good (W-6)."""
    return [
        f"The workloop {name} of {worker} has asked for no run since {_clock(found, since)}, and will not by itself (W-6). Whether "
        f"and when that happens depends on milliseconds: {PREDICTS_NOTHING}, --replications 100 shows how often it happens."
        for worker, name, since in found.stopped
    ]


def _clock(found: Simulated, instant: int) -> str:
    """The local time, with the date where the simulation lasts longer than a day."""
    local = (found.start + timedelta(microseconds=instant)).astimezone(ZoneInfo(found.scenario.scenario.timezone))
    return local.strftime("%H:%M" if found.deployment.horizon <= DAY else "%Y-%m-%d %H:%M")


def attribution_rows(explanations: Sequence[Explanation]) -> list[list[str]]:
    """The wait, then the cause's name and two cells a lane: the mean of all its runs, and of the slowest."""
    return split_rows("wait", Cause, [split for why in explanations for split in (why.all, why.slowest)])


def split_rows(whole: str, parts: Iterable[Cause | Part], splits: Sequence[Split]) -> list[list[str]]:
    """The whole time, then each part's name, and a cell a split: its mean."""
    rows = [[whole, *(format_duration(split.mean()) for split in splits)]]
    for part in parts:
        if any(split.micros[part] for split in splits):
            rows.append([part.label, *(format_duration(split.mean(part)) if split.micros[part] else "–" for split in splits)])
    return rows
