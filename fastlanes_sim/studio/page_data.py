"""What was computed, as plain data for the page. Numbers and sentences are those of the verbs and reports; here they are laid out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastlanes_sim.api.comparison import ComparisonResult
from fastlanes_sim.api.replicated import ReplicatedResult
from fastlanes_sim.api.result import Result
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.experiments.compare import Difference
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import worst
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.reports.charts.axes import SPANS, round_width, spans_of
from fastlanes_sim.reports.charts.latency import mark_of
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.results.frame import MEANINGS
from fastlanes_sim.results.quantile_bands import wait_bands
from fastlanes_sim.results.series import busy_slots, mean_in_bins
from fastlanes_sim.results.slot_occupancy import by_token
from fastlanes_sim.results.worker_processes import come_and_go, most_slots
from fastlanes_sim.rules.causes import Cause

Plain = dict[str, Any]
_POINTS = 140
"""Of a curve: more than pixels of its chart tell apart."""
_TICKS = 6
"""Of an axis of time, at most one more."""
_LATE = 6
"""Runs that are listed as the slowest."""


def of_simulation(found: Result) -> Plain:
    """The first answer, of replication 0."""
    lanes, end = _lanes(found), found.log.ended_on
    return {
        "hash": found.scenario.hash,
        "headline": found.report.answer,
        "outcome": worst(one.verdict for one in found.verdicts) if found.verdicts else "",
        "cases": [_case(one) for one in found.report.cases],
        "sentences": found.report.sentences,
        "counts": {lane: found.observed.counts(lane).runs for lane in lanes},
        "horizon": end,
        "ticks": [(at, format_duration(at)) for at in range(0, end + 1, round_width(end, _TICKS))] if end else [],
        "curves": _both_curves(found, lanes),
        "bands": [_band(found, lane) for lane in lanes],
        "busy": _busy(found),
        "causes": _causes(found),
        "late": _late(found),
        "cost": _cost(found),
    }


def of_pinned(found: Result) -> Plain:
    """Of the simulation of what is pinned: the curves that the page draws beside those of the current one."""
    return {"hash": found.scenario.hash, "curves": _both_curves(found, _lanes(found))}


def of_replications(found: ReplicatedResult, of: int) -> Plain:
    """What is known after some replications: verdicts, and intervals that are to become narrower."""
    estimates = []
    for one in found.measures:
        e = found.estimate(one)
        numbers = {"low": e.low, "mean": e.mean, "high": e.high}
        estimates.append(
            {"name": one.text, "shown": one.show(e.mean), "from": one.show(e.low), "to": one.show(e.high)}
            | {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        )
    intervals = {one.slo.text: _interval(found, one.slo) for one in found.verdicts}
    return {
        "hash": found.scenario.hash,
        "replications": len(found.values),
        "of": of,
        "outcome": worst(one.verdict for one in found.verdicts) if found.verdicts else "",
        "headline": found.report.answer,
        "cases": [_case(one) | {"interval": intervals.get(one.objective)} for one in found.report.cases],
        "estimates": estimates,
        "notes": found.report.sentences,
    }


def _interval(found: ReplicatedResult, slo: Objective) -> Plain | None:
    """Of an objective, beside its bound; None where a number of it is not known, or it is about days."""
    e = found.estimate(slo.measure)
    if slo.days is not None or not e.replications or not all(map(math.isfinite, (e.low, e.mean, e.high, slo.bound))):
        return None
    words = f"{slo.measure.show(e.low)} to {slo.measure.show(e.high)}, bound {slo.measure.show(slo.bound)}"
    return {"low": e.low, "mean": e.mean, "high": e.high, "bound": slo.bound, "most": slo.is_upper_bound, "words": words}


def of_comparison(found: ComparisonResult, replications: int) -> Plain:
    """What got better than what is pinned, what worse, and what changed without being either, each in words."""
    sides: dict[str, list[str]] = {"better": [], "worse": [], "changed": [], "same": []}
    for one in found.differences:
        sides[_side(one)].append(one.words)
    return {"answer": found.report.answer, "replications": replications, "notes": found.report.unfinished, **sides}


def of_life(found: Result, run: int) -> Plain:
    """The life of one run, as `explain` prints it."""
    from fastlanes_sim.reports.text.run_life import text

    life = found.life(run)
    return {"run": run, "text": text(life, found.start, found.scenario.scenario.timezone)}


def _side(one: Difference) -> str:
    e = one.estimate
    if not e.replications or not (math.isfinite(e.low) or math.isfinite(e.high)) or e.low <= 0 <= e.high:
        return "same"
    if one.measure.better is None:
        return "changed"
    is_more = e.low > 0
    return "better" if is_more == (one.measure.better == "more") else "worse"


def _case(one: Case) -> Plain:
    return {"objective": one.objective, "outcome": one.outcome, "measured": one.measured, "line": one.line}


def _lanes(found: Result) -> list[str]:
    """Those that have runs."""
    return [lane for lane in LANES[:-1] if found.observed.counts(lane).runs]


def _both_curves(found: Result, lanes: list[str]) -> Plain:
    return {time: _curves(found, time, lanes) for time in ("wait", "response")}


def _curves(found: Result, time: str, lanes: list[str]) -> Plain:
    curves = []
    for lane in lanes:
        spans = found.observed.durations(lane, time)
        if not len(spans):
            continue
        levels = sorted({round(1 - float(rest), 6) for rest in np.geomspace(1, 0.5 / len(spans), _POINTS)} | {1.0})
        points = [(value.value_us, level) for level in levels if (value := spans.quantile(level)) is not None and value.exact]
        curves.append({"lane": lane, "title": lane_title(lane), "runs": len(spans), "open": len(spans.censored), "points": points})
    marks = []
    for verdict in found.verdicts:
        mark = mark_of(verdict.slo) if verdict.slo.measure.name == time else None
        if mark is not None and mark[0] in lanes:
            marks.append({"lane": mark[0], "x": mark[1], "y": mark[2], "text": mark[3], "outcome": verdict.verdict})
    return {"curves": curves, "marks": marks}


def _band(found: Result, lane: str) -> Plain:
    bands = wait_bands(found.log, found.observed, lane, spans_of(found.log.ended_on, SPANS))
    median, p90, _, longest = (_numbers(bands.values(level)) for level in range(4))
    return {
        "lane": lane, "title": lane_title(lane), "edges": bands.edges.tolist(), "median": median, "p90": p90, "longest": longest,
        "unstarted": bands.unstarted.tolist(),
    }  # fmt: skip


def _numbers(values: Any) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def _busy(found: Result) -> list[Plain]:
    edges = spans_of(found.log.ended_on, SPANS)
    rows = []
    for token, places in by_token(found.deployment).items():
        series = busy_slots(found.log, places)
        mean = mean_in_bins(series, edges) if series.times[-1] >= edges[-1] else np.zeros(len(edges) - 1)
        rows.append({"token": token, "slots": max(1, _slots(found, token)), "edges": edges.tolist(), "mean": mean.tolist()})
    return rows


def _causes(found: Result) -> list[Plain]:
    rows = []
    for why in found.waited:
        shares = [
            {
                "cause": cause.label,
                "meaning": MEANINGS[cause],
                "share": why.slowest.share(cause),
                "mean": format_duration(why.slowest.mean(cause)),
            }
            for cause in Cause
            if why.slowest.share(cause) >= 0.005
        ]
        rows.append({"name": lane_title(why.name), "runs": why.slowest.runs, "mean": format_duration(why.slowest.mean()), "shares": shares})
    return rows


def _late(found: Result) -> list[Plain]:
    """The runs that waited longest, the longest first."""
    waits, members = found.observed.interval("wait"), np.flatnonzero(found.observed.members("all"))
    chosen = members[np.argsort(-waits.length[members], kind="stable")[:_LATE]]
    names = found.observed.places.workflows
    rows = []
    for run in chosen.tolist():
        project, workflow = names[int(found.table.workflow[run])]
        shown = format_duration(int(waits.length[run]))
        rows.append({
            "run": run, "at": int(found.log.inserted_at[run]), "wait": int(waits.length[run]), "started": bool(waits.complete[run]),
            "shown": shown, "workflow": f"{project}/{workflow}", "when": format_duration(int(found.log.inserted_at[run])),
        })  # fmt: skip
    return rows


def _slots(found: Result, token: str | None = None) -> int:
    """Of the workloops with this token, or of all; where workers come and go, as many as were there at once, at most."""
    workers = found.deployment.workers
    slots = [sum(loop.capacity for loop in worker.workloops if token in (None, loop.id)) for worker in workers]
    return most_slots(found.log, slots) if come_and_go(found.deployment, found.log) else sum(slots)


def _cost(found: Result) -> str:
    """`5 slots in 1 worker, 43 % busy`"""
    time = found.observed.slot_time
    busy = time.held / time.there if time.there else 0.0
    coming = found.replicas
    slots, workers = _slots(found), len(found.deployment.workers) if coming is None else coming.most
    most = "" if coming is None else "at most "
    return f"{most}{how_many(slots, 'slot')} in {how_many(workers, 'worker')}, {100 * busy:.0f} % busy"


def how_many(number: int, what: str) -> str:
    """`1 worker`, `1,200 workers`"""
    return f"{number:,} {what}{'s' if number != 1 else ''}"
