"""How likely the services of runs are by what they may share, and by what changes with time.

With the work that a system leaves of each run (`shared_systems`), the likelihood of what was seen is that of the works (lognormal, by kind
of run), times the rate at which each run worked at its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.shared_runs import KindOfRuns, Usages, within
from fastlanes_sim.calibration.shared_systems import Kind, SharedSystem, Usage, work
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.exports.export import Export

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LONGER_BLOCKS = (1, 4, 16, 64)
"""Services that change with time may do so in blocks that are so many times as long."""
_TICKS, _PHASE = (10 * MINUTE, 30 * MINUTE, HOUR), 30 * SECOND
"""Services may be longer for some time behind each of these."""
_MOST_JUDGED = 50_000
"""Runs of which the likelihood is computed: those from the middle of the export, which follow one another."""
_CLEARLY = 5.0
"""A system must raise the logarithm of the likelihood by so much more where other users have it, or its capacity is no whole number."""
_MOST_USERS = 12
"""Workflows that are tried as users though their services do not grow, those with most runs."""
_NARROWEST = 1e-3
"""Of the standard deviation of logarithms: services that are all alike are no surer than that."""
_SHORTEST = 0.01
"""Of the median service."""
_COARSE = 16


@dataclass(frozen=True, slots=True)
class Likely:
    """Systems, and how much more likely the services are with them than without."""

    systems: tuple[SharedSystem, ...]
    gain: float
    """Of the logarithm of the likelihood."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The runs whose services are judged: those of some kinds that started in a stretch of time."""

    is_judged: Mask
    """Of the export."""
    since: int
    until: int
    kinds: npt.NDArray[np.int32]
    """Of each run of the export."""
    least: Floats
    """By kind, µs: works that are shorter count as that long. They are not worth more."""

    @classmethod
    def of(cls, export: Export, rows: Times, kinds: npt.NDArray[np.int32]) -> Judged:
        """Of many of these runs, those from the middle."""
        rows = rows[np.argsort(export.started_at[rows], kind="stable")]
        spare = max(len(rows) - _MOST_JUDGED, 0) // 2
        rows = rows[spare : len(rows) - spare]
        is_judged = np.zeros(len(export), np.bool_)
        is_judged[rows] = True
        lasts = export.finished_at[rows] - export.started_at[rows]
        least = np.ones(int(kinds.max()) + 1)
        for kind in np.unique(kinds[rows]):
            least[kind] = max(float(np.median(lasts[kinds[rows] == kind])) * _SHORTEST, 1.0)
        return cls(is_judged, int(export.started_at[rows[0]]), int(export.started_at[rows[-1]]), kinds, least)

    def during(self, usage: Usage) -> Usage:
        """The runs that began in that stretch."""
        here = slice(*np.searchsorted(usage.begins, (self.since, self.until + 1)))
        return Usage(usage.rows[here], usage.begins[here], usage.ends[here])

    def likelihood(self, parts: Sequence[Usage], kind: Kind, capacity: float) -> float:
        """Its logarithm, up to a constant, of the judged runs among these: their works are lognormal, by kind."""
        logs, rates, kinds = [], 0.0, []
        for usage in parts:
            mine = np.flatnonzero(self.is_judged[usage.rows])
            of_usage = work(usage, kind, capacity)
            if not of_usage.is_possible:
                return -math.inf
            kinds.append(self.kinds[usage.rows[mine]])
            logs.append(np.log(np.maximum(of_usage.lasts[mine], self.least[kinds[-1]])))
            rates += float(np.log(of_usage.rates[mine]).sum())
        if not logs:
            return 0.0
        works, of_kind = np.concatenate(logs), np.concatenate(kinds)
        runs = np.bincount(of_kind)
        means = np.bincount(of_kind, works) / np.maximum(runs, 1)
        squares = np.bincount(of_kind, (works - means[of_kind]) ** 2)
        spread = np.log(np.maximum(squares / np.maximum(runs, 1), _NARROWEST**2)) / 2
        return rates - float(works.sum()) - float((runs * spread).sum())


def likeliest(seen: Usages, judged: Judged, grown: tuple[int, ...]) -> Likely:
    """The most likely of the systems that may be shared where the services of these workflows grow."""
    best = max((_likely(systems, judged, seen) for systems in _tried(seen, grown)), key=lambda one: one.gain)
    if len(best.systems) > 1 or best.systems[0].kind == "cores":
        return best
    others = np.argsort(-np.bincount(seen.export.workflow), kind="stable")[:_MOST_USERS].tolist()
    return _with_likelier_users(best, judged, seen, others)


def gain_of_time(export: Export, judged: Judged, kind: int) -> float:
    """How much likelier the services of a kind are if they change with time: from block to block, or with the minute of a tick, and
    with the load; or if each is like the one before. What parameters are worth is taken off (Schwarz, Annals of Statistics 6, 1978)."""
    runs = KindOfRuns.of(export, np.flatnonzero(judged.is_judged & (judged.kinds == kind)), kind, math.inf)
    logs, started = np.log(runs.lasts), export.started_at[runs.rows]
    blocks = [runs.block // longer for longer in _LONGER_BLOCKS]
    phases = [started % every // _PHASE for every in _TICKS]
    found = [(_without_load(logs, group, runs.load), len(np.unique(group)) + 1) for group in (*blocks, *phases)]
    first, second = logs[:-1] - logs.mean(), logs[1:] - logs.mean()
    if first.std() > 0:
        found.append((second - first * float(first @ second) / float(first @ first), 1))
    usual = max(logs.std(), _NARROWEST)
    gains = (len(logs) * math.log(usual / max(left.std(), _NARROWEST)) - some * math.log(len(logs)) / 2 for left, some in found)
    return max(0.0, *gains)


def _without_load(logs: Floats, group: Times, load: Floats) -> Floats:
    """What a group's mean and the load leave."""
    left, load = within(logs, group), within(load, group)
    return left - load * float(left @ load) / float(load @ load) if load.std() > 0 else left


def _tried(seen: Usages, grown: tuple[int, ...]) -> Iterator[list[tuple[Kind, tuple[int, ...]]]]:
    """Who may share what: those whose services grow one system, each of them one of its own, all workflows one, all the cores."""
    kinds: tuple[Kind, ...] = ("processors", "concurrency")
    for kind in kinds:
        yield [(kind, grown)]
        if len(grown) > 1:
            yield [(kind, (workflow,)) for workflow in grown]
        if grown != seen.everybody:
            yield [(kind, seen.everybody)]
    if seen.has_workers:
        yield [("cores", seen.everybody)]


def _likely(systems: Sequence[tuple[Kind, tuple[int, ...]]], judged: Judged, seen: Usages) -> Likely:
    """Each with its most likely capacity."""
    found, gain = [], 0.0
    for kind, workflows in systems:
        parts = [part for part in map(judged.during, seen.of(kind, workflows)) if len(part.rows)]
        most = int(max((usage.steps()[1].max(initial=1) for usage in parts), default=1))
        likelihood = partial(judged.likelihood, parts, kind)
        capacity, value = _best_capacity(likelihood, most, kind != "concurrency")
        found.append(SharedSystem(kind, workflows, capacity))
        gain += value - likelihood(most)  # as many places as runs: nobody shares
    return Likely(tuple(found), gain)


def _with_likelier_users(best: Likely, judged: Judged, seen: Usages, others: Sequence[int]) -> Likely:
    """The same system, used by one workflow more or less as long as that is clearly likelier: who uses it a little does not grow much."""
    while True:
        users = best.systems[0].workflows
        changed = [tuple(sorted({*users} ^ {one})) for one in others if {*users} != {one}]
        found = max((_likely([(best.systems[0].kind, one)], judged, seen) for one in changed), key=lambda one: one.gain, default=best)
        if found.gain < best.gain + _CLEARLY:
            return best
        best = found


def _best_capacity(likelihood: Callable[[float], float], most: int, may_be_fraction: bool) -> tuple[float, float]:
    """(the most likely one, its likelihood): by whole numbers that lie ever closer, then by tenths where these are clearly better."""
    low, high = 1, most
    known: dict[float, float] = {}
    while True:
        grid = np.unique(np.rint(np.geomspace(low, high, _COARSE)).astype(np.int64)).tolist()
        known |= {one: likelihood(one) for one in grid if one not in known}
        best = max(grid, key=known.__getitem__)
        place = grid.index(best)
        low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
        if high - low <= 2:
            break
    capacity, value = float(best), known[best]
    if may_be_fraction:
        tenths = {one / 10: likelihood(one / 10) for one in range(10 * best - 9, 10 * best + 10) if one > 0 and one % 10}
        nearest = max(tenths, key=tenths.__getitem__)
        if tenths[nearest] > value + _CLEARLY:
            capacity, value = nearest, tenths[nearest]
    return capacity, value
