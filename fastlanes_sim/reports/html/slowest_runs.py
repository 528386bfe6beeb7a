"""The page's charts of slow runs: how far the tail goes, when it was, and which runs held the slots while the slowest one waited."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MINUTE, SECOND, format_duration
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.reports import charts
from fastlanes_sim.reports.charts.axes import SPANS, spans_of
from fastlanes_sim.reports.charts.style import paper
from fastlanes_sim.reports.html.page import Chart
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.report import Table
from fastlanes_sim.results.quantile_bands import wait_bands
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.creation import Queue

_LONGER_THAN = (SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE)
_SHORTEST_WINDOW, _LONGEST_WINDOW = MINUTE, 15 * MINUTE
_MOST_HOLDS = 600
"""Runs that the Gantt chart shows: with more it would be a surface, and the page large."""
_MOST_ROWS = 40


def tail(result: Simulated) -> Chart:
    """How often runs waited longer than so long."""
    lanes = [*_lanes(result), *map(str, result.told_apart)]
    figure = paper(8, 5)
    charts.latency_ccdf(figure.subplots(), result.observed, "wait", result.told_apart)
    rows = []
    for length in _LONGER_THAN:
        shares = [result.observed.durations(lane, "wait").share_above(length) for lane in lanes]
        rows.append([format_duration(length), *("–" if share is None else str(share) for share in shares)])
    label = "Which share of each lane's runs waited longer than so long, a curve a lane, both axes logarithmic."
    table = Table("Share of runs that waited longer", ["than", *map(lane_title, lanes)], rows)
    return Chart("How often runs waited longer", label, inline(figure, "tail", label), [table])


def bands(result: Simulated) -> Chart:
    """Percentiles of the wait by when runs were inserted, a panel a lane."""
    lanes = _lanes(result) or ["default"]
    figure = paper(8, 0.6 + 3.2 * len(lanes))
    axes = figure.subplots(len(lanes), 1, squeeze=False)[:, 0]
    for ax, lane in zip(axes, lanes, strict=True):
        charts.percentile_bands(ax, result.log, result.observed, lane)
    for ax in axes[:-1]:
        ax.set_xlabel("")
    edges = spans_of(result.log.ended_on, SPANS)
    numbers = []
    for lane in lanes:
        found = wait_bands(result.log, result.observed, lane, edges)
        rows = [
            [
                span(edges, i),
                f"{found.runs[i]:,}",
                *("–" if value is None else str(value) for value in found.quantiles[i]),
                f"{found.unstarted[i]:,}",
            ]
            for i in range(len(edges) - 1)
        ]
        head = ["inserted", "runs", "wait p50", "p90", "p99", "longest", "never started"]
        numbers.append(Table(f"Wait of {lane_title(lane)} runs over time", head, rows))
    label = "The median, p90, p99 and longest wait of each lane's runs, by when they were inserted."
    return Chart("Percentiles of the wait over time", label, inline(figure, "bands", label), numbers)


def slots_meanwhile(result: Simulated) -> list[Chart]:
    """Which runs held the slots around the wait of the slowest run: of the lane that misses an objective, or of all. None where no run held
    one."""
    log, table = result.log, result.table
    lanes = _lanes(result)
    if not lanes:
        return []
    waits = result.observed.interval("wait")
    scopes = [str(verdict.slo.measure.scope) for verdict in result.verdicts if verdict.verdict != "met"]
    missed = [scope for scope in scopes if scope in lanes]
    members = np.flatnonzero(result.observed.members(missed[0] if missed else "all"))
    run = int(members[np.argmax(waits.length[members])])
    lane = Queue(int(table.queue[run])).label
    inserted = int(log.inserted_at[run])
    started = inserted + int(waits.length[run])
    begin, end = _window(inserted, started, log.ended_on)
    held = holds(log)
    inside = np.flatnonzero((held.begins <= end) & (held.ends >= begin))
    inside = inside[np.argsort(held.begins[inside], kind="stable")]
    if not len(inside):
        return []
    if len(inside) > _MOST_HOLDS:
        end = max(int(held.begins[inside[_MOST_HOLDS]]), begin + SECOND)
        inside = inside[:_MOST_HOLDS]
    slots = sum(loop.capacity for worker in result.deployment.workers for loop in worker.workloops)
    figure = paper(8, 2.4 + 0.22 * min(slots, 60))
    charts.gantt(figure.subplots(), result.deployment, table, log, begin, end, marks=(inserted, started))
    never = "had not started" if int(log.started_at[run]) == NEVER else "started"
    which = f"The slowest {lane_title(lane)} run was inserted {format_duration(inserted)} after the start and"
    shown = "dotted lines" if started <= end else "dotted line; the end of its wait lies on the right of what is shown"
    words = f"Each bar is a run in its slot. {which} {never} {format_duration(started - inserted)} later: the {shown}."
    rows = [
        [
            format_duration(int(held.begins[place])),
            format_duration(int(held.ends[place] - held.begins[place])),
            result.deployment.workers[int(held.worker[place])].workloops[int(held.workloop[place])].id,
            lane_title(Queue(int(table.queue[held.run[place]])).label),
            result.deployment.workflows[int(table.workflow[held.run[place]])].name,
        ]
        for place in inside[:_MOST_ROWS]
    ]
    more = f", the first {_MOST_ROWS} of {len(inside):,}" if len(inside) > _MOST_ROWS else ""
    numbers = Table(f"Runs that held a slot{more}", ["from", "for", "workloop", "lane", "workflow"], rows)
    return [Chart("Who held the slots while the slowest run waited", words, inline(figure, "gantt", words), [numbers], words)]


def _lanes(result: Simulated) -> list[str]:
    """Those that have runs."""
    return [lane for lane in LANES[:-1] if result.observed.counts(lane).runs]


def span(edges: Any, place: int) -> str:
    """From when to when, in words."""
    return f"{format_duration(int(edges[place]))} – {format_duration(int(edges[place + 1]))}"


def _window(inserted: int, started: int, ended_on: int) -> tuple[int, int]:
    """What is shown: the wait with something before and after it, or where it is very long its beginning."""
    margin = max(min((started - inserted) // 10, MINUTE), (_SHORTEST_WINDOW - (started - inserted)) // 2, 5 * SECOND)
    begin = max(inserted - margin, 0)
    return begin, min(started + margin, begin + _LONGEST_WINDOW, ended_on)
