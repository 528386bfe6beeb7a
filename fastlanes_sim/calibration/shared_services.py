"""Services that grow with the number of runs at once: runs share something, the processors of a worker or a system outside.

That they do is seen by how many others are at it when a run starts, for that does not depend on its own service. What they share, who and
how much, is the most likely of some systems: with the work that a system leaves of each run (`shared_systems`), the likelihood of what was
seen is that of the works (lognormal, by kind of run), times the rate at which each run worked at its end.

Services that change with time (hours, a system that others load as well) grow with the number of runs, too, where runs come in the same
hours. So a system is fitted only if it is far likelier than that, and if the work that it leaves no longer depends on how many there were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.ranks import ranks
from fastlanes_sim.calibration.shared_systems import Kind, SharedSystem, Usage, alone, usages, work
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FEWEST = 300
_CORRELATED, _LEVEL = 0.1, 1e-6
_MOST_KINDS, _MOST_RUNS = 50, 5_000
"""Of more runs of a kind some blocks are looked at: none of the correlations that matter is missed among so many."""
_BLOCK, _LONGER_BLOCKS = 40, (1, 4, 16, 64)
"""Runs that start one after another: about at one time. Services that change with time may do so in longer blocks."""
_TICKS, _PHASE = (10 * MINUTE, 30 * MINUTE, HOUR), 30 * SECOND
"""Services may be longer for some time behind each of these."""
_MOST_JUDGED = 50_000
"""Runs of which the likelihood is computed: those from the middle of the export, which follow one another."""
_ENDED = (State.SUCCESS, State.FAILED, State.CRASHED, State.EXCEPTION)
_LEAST_GROWTH = 1.2
"""From the quietest to the busiest fifth of the runs: less is not worth a line."""
_LEFT, _LEFT_LEVEL = 0.05, 0.01
"""A correlation that may be left: so small a one, or one that chance exceeds so often."""
_SURE, _TIMES_AS_SURE = 30.0, 2.5
"""A system must raise the logarithm of the likelihood by so much, and so many times as much as time does. In samples without sharing it
was 2 times as much at most, in nearly all with it 3.4 times at least (`studies.together`)."""
_AS_LIKELY, _TIMES_AS_LIKELY = 200.0, 1.5
"""Where workers are full for long, sharing looks like time. By so much more than time it must raise it to be worth a word; or so many times
as much, where services grow among runs of one time."""
_CLEARLY = 5.0
"""And by so much more where other users have it, or its capacity is not a whole number."""
_MOST_USERS = 12
"""Workflows that are tried as users though their services do not grow, those with most runs."""
_NARROWEST = 1e-3
"""Of the standard deviation of logarithms: services that are all alike are no surer than that."""
_SHORTEST = 0.01
"""Of the median service."""
_COARSE = 16


@dataclass(frozen=True, slots=True)
class Growth:
    """The services of one kind of run grow with the runs at once."""

    kind: int
    workflow: int
    """Index into `Export.workflows`."""
    among: str
    """Whose runs count most: `of its own`, `on its worker` or `of all workflows`."""
    correlation: float
    """Of ranks."""
    times: float
    """How many times as long services are in the busiest fifth of the runs as in the quietest."""
    at_one_time: bool
    """It is beyond chance among runs that start about when they do, too."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is known of what the runs of an export share."""

    growths: tuple[Growth, ...]
    """Of every kind of run where it is beyond chance, those with most runs first."""
    likely: tuple[SharedSystem, ...]
    """The most likely systems of those that were tried; empty where none is more likely than no sharing."""
    left: float = 0.0
    """The largest rank correlation with the number of runs that these leave."""
    explains: bool = False
    """Whether what they leave may be chance."""
    is_sure: bool = False
    """Whether they are far likelier than services that change with time."""

    @property
    def fitted(self) -> tuple[SharedSystem, ...]:
        """What the scenario has."""
        return self.likely if self.explains and self.is_sure else ()


NOTHING = Sharing((), ())


def sharing(export: Export, kinds: npt.NDArray[np.int32] | None = None) -> Sharing:
    """Whether services grow with the runs at once, and what explains it.

    Args:
        export: the runs.
        kinds: number of the kind of each: its trigger, where that is known. Runs of different kinds have different services anyway, and may
            come together. Default: its workflow.
    """
    kinds = export.workflow if kinds is None else kinds
    known = np.flatnonzero((export.started_at != NEVER) & (export.finished_at > export.started_at) & np.isin(export.state, _ENDED))
    counts = np.bincount(kinds[known])
    found = []
    seen = _Usages(export)
    for kind in np.argsort(-counts, kind="stable")[:_MOST_KINDS].tolist():
        if counts[kind] < _FEWEST:
            break
        mine = _Runs.of(export, known[kinds[known] == kind], kind)
        best = max(_grown(mine, seen), key=lambda one: one.correlation, default=None)
        if best is not None:
            found.append(best)
    return _explained(export, known, kinds, tuple(found), seen) if found else NOTHING


class _Usages:
    """The runs of an export that may share something. Those of all workflows are put together once."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self._known: dict[str, list[Usage]] = {}
        self.everybody = tuple(range(len(export.workflows)))
        self.has_workers = export.worker is not None and len(np.unique(export.worker[export.worker >= 0])) > 1

    def of(self, kind: Kind, workflows: tuple[int, ...]) -> list[Usage]:
        if workflows != self.everybody:
            return list(usages(self.export, kind, workflows))
        key = "on its worker" if kind == "cores" else "everybody"
        if key not in self._known:
            self._known[key] = list(usages(self.export, kind, workflows))
        return self._known[key]

    def among(self, workflow: int) -> dict[str, tuple[Kind, tuple[int, ...]]]:
        """Those whose runs may count for the services of a workflow, by what they are called."""
        found: dict[str, tuple[Kind, tuple[int, ...]]] = {"of all workflows": ("processors", self.everybody)}
        if len(self.everybody) > 1:
            found["of its own"] = ("processors", (workflow,))
        if self.has_workers:
            found["on its worker"] = ("cores", self.everybody)
        return found

    def at_start(self, kind: Kind, workflows: tuple[int, ...], rows: Times) -> Floats:
        """How many others were at it when these started; 0 where that is not known."""
        started = self.export.started_at[rows]
        if kind != "cores":
            return next(iter(self.of(kind, workflows))).before(started)
        assert self.export.worker is not None, "cores belong to workers, which have names"
        found = np.zeros(len(rows))
        for usage in self.of(kind, workflows):
            mine = self.export.worker[rows] == self.export.worker[usage.rows[0]]
            found[mine] = usage.before(started[mine])
        return found


@dataclass(frozen=True, slots=True)
class _Runs:
    """Some runs of one kind, by their start."""

    kind: int
    workflow: int
    rows: Times
    lasts: Floats
    load: Floats
    """Runs of this kind that started in the ten minutes before."""
    block: Times
    """Numbers of those that start one after another."""

    @classmethod
    def of(cls, export: Export, rows: Times, kind: int, most: float = _MOST_RUNS) -> _Runs:
        """At least one."""
        rows = rows[np.argsort(export.started_at[rows], kind="stable")]
        started = export.started_at[rows]
        load = (np.arange(len(rows)) - np.searchsorted(started, started - 10 * MINUTE)).astype(np.float64)
        block = np.arange(len(rows)) // _BLOCK
        if len(rows) > most:
            chosen = np.rint(np.linspace(0, len(rows) // _BLOCK - 1, int(most) // _BLOCK)).astype(np.int64)
            some = np.flatnonzero(np.isin(block, chosen))
            rows, started, load, block = rows[some], started[some], load[some], np.unique(block[some], return_inverse=True)[1]
        return cls(kind, int(export.workflow[rows[0]]), rows, (export.finished_at[rows] - started).astype(np.float64), load, block)


def _grown(runs: _Runs, seen: _Usages) -> Iterator[Growth]:
    """Of one workflow, among each of those whose runs may count."""
    logs = np.log(runs.lasts)
    if logs.std() < 1e-6:
        return
    for name, users in seen.among(runs.workflow).items():
        at_once = seen.at_start(*users, runs.rows)
        low, high = np.quantile(at_once, (0.2, 0.8))
        times = math.exp(float(logs[at_once >= high].mean() - logs[at_once <= low].mean()))
        if times < _LEAST_GROWTH or low == high:
            continue
        correlation, at_one_time = _correlation(logs, at_once), _at_one_time(logs, at_once, runs)
        if _is_sure(correlation, logs):
            yield Growth(runs.kind, runs.workflow, name, correlation, times, _is_sure(at_one_time, logs))


def _is_sure(correlation: float, logs: Floats) -> bool:
    return correlation >= _CORRELATED and _by_chance(correlation, logs) <= _LEVEL


def _correlation(logs: Floats, at_once: Floats) -> float:
    """Spearman's."""
    if logs.std() == 0 or at_once.std() == 0:
        return 0.0
    return float(np.corrcoef(ranks(logs), ranks(at_once))[0, 1])


def _at_one_time(logs: Floats, at_once: Floats, runs: _Runs) -> float:
    """The same among runs that start about when each does."""
    first, second = (_within(ranks(values), runs.block) for values in (logs, at_once))
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _within(values: Floats, group: Times) -> Floats:
    """Less the mean of its group."""
    means = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return np.asarray(values - means[group], np.float64)


def _by_chance(correlation: float, logs: Floats) -> float:
    """How probable so large a correlation is. Runs that are like the one before say less (effective size of an AR(1) process)."""
    from scipy.special import ndtr

    lasting = min(max(float(np.corrcoef(logs[1:], logs[:-1])[0, 1]), 0.0), 0.99)
    free = max(len(logs) * (1 - lasting) / (1 + lasting) - 27, 1.0)
    return float(2 * ndtr(-abs(math.atanh(min(correlation, 0.999999))) * math.sqrt(free)))


@dataclass(frozen=True, slots=True)
class _Likely:
    """Systems, and how much more likely the services are with them than without."""

    systems: tuple[SharedSystem, ...]
    gain: float
    """Of the logarithm of the likelihood."""


@dataclass(frozen=True, slots=True)
class _Judged:
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
    def of(cls, export: Export, rows: Times, kinds: npt.NDArray[np.int32]) -> _Judged:
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
        works, of_kind = np.concatenate(logs), np.concatenate(kinds)
        runs = np.bincount(of_kind)
        means = np.bincount(of_kind, works) / np.maximum(runs, 1)
        squares = np.bincount(of_kind, (works - means[of_kind]) ** 2)
        spread = np.log(np.maximum(squares / np.maximum(runs, 1), _NARROWEST**2)) / 2
        return rates - float(works.sum()) - float((runs * spread).sum())


def _explained(export: Export, known: Times, kinds: npt.NDArray[np.int32], growths: tuple[Growth, ...], seen: _Usages) -> Sharing:
    """The most likely of the systems that may be shared, and whether it explains the growth; nothing, where time may."""
    grown = tuple(sorted({one.workflow for one in growths}))
    judged = _Judged.of(export, known[np.isin(export.workflow[known], grown)], kinds)
    best = max((_likely(systems, judged, seen) for systems in _tried(seen, grown)), key=lambda one: one.gain)
    if len(best.systems) == 1 and best.systems[0].kind != "cores":
        others = np.argsort(-np.bincount(export.workflow), kind="stable")[:_MOST_USERS].tolist()
        best = _with_likelier_users(best, judged, seen, others)
    of_time = sum(_gain_of_time(export, judged, kind) for kind in np.unique(kinds[judged.is_judged]).tolist())
    is_sure = best.gain > _TIMES_AS_SURE * of_time + _SURE
    is_likely = best.gain > of_time + _AS_LIKELY
    is_seen = best.gain > _TIMES_AS_LIKELY * of_time + _SURE and any(one.at_one_time for one in growths)
    if not (is_sure or is_likely or is_seen):
        return NOTHING
    left = list(_left(export, known, kinds, best.systems, growths, seen))
    explains = all(abs(correlation) <= _LEFT or chance > _LEFT_LEVEL for correlation, chance in left)
    if not explains and not (is_sure or is_seen):
        return NOTHING
    return Sharing(growths, best.systems, max((correlation for correlation, _ in left), key=abs), explains, is_sure)


def _gain_of_time(export: Export, judged: _Judged, kind: int) -> float:
    """How much likelier the services of a kind are if they change with time: from block to block, or with the minute of a tick, and
    with the load; or if each is like the one before. What parameters are worth is taken off (Schwarz, Annals of Statistics 6, 1978)."""
    runs = _Runs.of(export, np.flatnonzero(judged.is_judged & (judged.kinds == kind)), kind, math.inf)
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
    left, load = _within(logs, group), _within(load, group)
    return left - load * float(left @ load) / float(load @ load) if load.std() > 0 else left


def _tried(seen: _Usages, grown: tuple[int, ...]) -> Iterator[list[tuple[Kind, tuple[int, ...]]]]:
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


def _likely(systems: Sequence[tuple[Kind, tuple[int, ...]]], judged: _Judged, seen: _Usages) -> _Likely:
    """Each with its most likely capacity."""
    found, gain = [], 0.0
    for kind, workflows in systems:
        parts = [judged.during(usage) for usage in seen.of(kind, workflows)]
        most = int(max((usage.before(usage.begins).max(initial=0) for usage in parts), default=0)) + 1
        likelihood = partial(judged.likelihood, parts, kind)
        capacity, value = _best_capacity(likelihood, most, kind != "concurrency")
        found.append(SharedSystem(kind, workflows, capacity))
        gain += value - likelihood(most)  # as many places as runs: nobody shares
    return _Likely(tuple(found), gain)


def _with_likelier_users(best: _Likely, judged: _Judged, seen: _Usages, others: Sequence[int]) -> _Likely:
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


def _left(
    export: Export,
    known: Times,
    kinds: npt.NDArray[np.int32],
    systems: Sequence[SharedSystem],
    growths: Sequence[Growth],
    seen: _Usages,
) -> Iterator[tuple[float, float]]:
    """(rank correlation of the works with the number of runs, how probable it is by chance) of each kind that grew."""
    own = alone(export, systems)
    for one in growths:
        runs = _Runs.of(export, known[kinds[known] == one.kind], one.kind)
        logs = np.log(np.maximum(own.finished_at[runs.rows] - own.started_at[runs.rows], 1).astype(np.float64))
        users = [(system.kind, system.workflows) for system in systems if one.workflow in system.workflows]
        at_once = seen.at_start(*(users or [seen.among(one.workflow)[one.among]])[0], runs.rows)
        # Works that change with time correlate without regard to it; among few at one time, a work is in the mean that it is compared with.
        correlation = min(_at_one_time(logs, at_once, runs), _correlation(logs, at_once), key=abs)
        yield correlation, _by_chance(abs(correlation), logs) if logs.std() > 0 else 1.0
