"""Why a fit does not behave like its export: what the runs of the export have and independent draws from distributions have not.

Two kinds of evidence. *Tests* on the export alone look for an order in services (along the hours, along the load, from one run to the next)
and in arrivals (clumps, days that differ, a trend). *Simulations* of mixtures say how much of the waits each explains: the export's own
arrivals and services in their order, and the same with services in random order within each workflow and lane.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fastlanes_sim.calibration.compared import Compared
from fastlanes_sim.calibration.fit_sample import Floats, RunSample, Times
from fastlanes_sim.calibration.fit_simulation import FitSimulation
from fastlanes_sim.calibration.ranks import rank_correlation
from fastlanes_sim.core.large_arrays import aside
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, format_duration, format_number
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.creation import QUEUES
from fastlanes_sim.traffic.streams import stream

_LEVEL = 1e-4
_FEWEST = 100
_CORRELATED = 0.1
_STRETCHES, _STRETCH = 20, 10_000
"""Of very many services, so many stretches of so many runs are looked at: chance shows no correlation of 0.1 among them."""
_NOT_WORTH_A_WORD = 100 * MILLISECOND
_EXPLAINS = 1.5
"""Factor by which a percentile must change for something to explain it."""
_HAS_IT_TOO = 0.5
"""An order explains nothing if the fit has this part of it."""
_DRAWN = 2
"""Replications that are drawn again to look for the orders that the fit has."""
_STEPS = ((MINUTE, "a minute"), (HOUR, "an hour"), (DAY, "a day"))


@dataclass(frozen=True, slots=True)
class Cause:
    words: str
    size: float
    """Comparable only roughly: a correlation or the logarithm of a ratio."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is kept of the arrivals of a sample."""

    clumps: tuple[float, ...]
    """Of each of `_STEPS`, the variance of the runs to their mean."""
    place: float
    """Where the runs lie on average: -1 at the start of the span, 1 at its end; NaN without runs."""


@dataclass(frozen=True, slots=True)
class RejectedWaits:
    """The rejected waits that were simulated in one way, and that way."""

    rejected: Sequence[Compared]
    simulated: Callable[[RunTable], RunSample]
    """Of runs whose services are as measured."""


def pattern(sample: RunSample, horizon: int) -> Pattern:
    """Of the arrivals of a sample."""
    clumps = tuple(_clumps(sample.inserted, step, horizon) for step, _ in _STEPS)
    return Pattern(clumps, 2 * float(sample.inserted.mean()) / horizon - 1 if len(sample.inserted) else math.nan)


def causes(export: Export, seen: RunSample, fit: FitSimulation, patterns: Sequence[Pattern], waits: Sequence[RejectedWaits]) -> list[Cause]:
    """What explains the rejected statistics, the largest first.

    Args:
        patterns: of the arrivals of each replication.
        waits: what is rejected of them, the most real first. The first that simulations explain says why.
    """
    orders = missing_orders(seen, (fit.traffic(fit.drawn(replication)) for replication in range(_DRAWN)))
    found = sorted([*orders, *_arrivals(seen, patterns, fit.scenario.horizon)], key=lambda cause: -cause.size)
    told = [one for one in waits if one.rejected]
    if not told:
        return found
    table = fit.replayed(export)
    for one in told:
        explained = list(_mixtures(table, one, fit.seed))
        if explained:
            return [*explained, *found]
    return found


def missing_orders(seen: RunSample, fitted: Iterable[RunSample]) -> list[Cause]:
    """Orders in the services of the export that those of the fit have not, or have much less of: of the fit, some replications."""
    found = dict(_services(seen))
    for sample in fitted if found else ():
        known = dict(_services(sample))
        found = {name: cause for name, cause in found.items() if name not in known or known[name].size < _HAS_IT_TOO * cause.size}
    return list(found.values())


def _services(seen: RunSample) -> Iterator[tuple[str, Cause]]:
    """Orders in the services with their names, each on the logarithm less the mean of its workflow and lane."""
    ended = ~np.isnan(seen.service)
    if ended.sum() < _FEWEST:
        return
    runs = seen.part(_some(np.flatnonzero(ended)))
    logs, group = np.log(np.maximum(runs.service, 1.0)), runs.workflow.astype(np.int64) * len(QUEUES) + runs.queue
    logs = logs - (np.bincount(group, logs) / np.maximum(np.bincount(group), 1))[group]
    if logs.std() < 1e-6:
        return
    order = np.lexsort((runs.inserted, group))
    same = group[order][1:] == group[order][:-1]
    following = _correlation(logs[order][1:][same], logs[order][:-1][same])
    if following is not None and following > 0:
        yield "previous", Cause(f"the service of a run is like that of the run before it (correlation {following:.2f})", following)
    hour = (runs.inserted // HOUR) % 24
    share, slowest, quickest = _between(logs, hour)
    if share:
        times = format_number(math.exp(slowest - quickest), 2)
        yield "hours", Cause(f"services depend on the hour of the day: at the slowest they are {times} times as long", share)
    minute = (runs.inserted // MINUTE) % 60
    share, slowest, _ = _between(logs, (minute == 0).astype(np.int64))
    if share:
        first = float(logs[minute == 0].mean() - logs[minute != 0].mean())
        words = f"services of runs that come in the first minute of an hour are {format_number(math.exp(first), 2)} times as long as others"
        yield "tick", Cause(words, share)
    load = np.searchsorted(seen.inserted, runs.inserted, side="left") - np.searchsorted(seen.inserted, runs.inserted - 10 * MINUTE)
    with_load = _correlation(logs, load.astype(np.float64))
    if with_load is not None:
        how = "longer" if with_load > 0 else "shorter"
        words = f"services are {how} when many runs come: they follow the arrivals of ten minutes (correlation {with_load:.2f})"
        yield "load", Cause(words, abs(with_load))


def _some(rows: Times) -> Times:
    """All, or of many some stretches of rows that follow one another, spread evenly."""
    if len(rows) <= _STRETCHES * _STRETCH:
        return rows
    begins = np.linspace(0, len(rows) - _STRETCH, _STRETCHES).astype(np.int64)
    return np.asarray(rows[(begins[:, None] + np.arange(_STRETCH)).ravel()])


def _correlation(a: Floats, b: Floats) -> float | None:
    """Spearman's, where it is significant and large enough to matter."""
    if len(a) < _FEWEST or a.std() == 0 or b.std() == 0:
        return None
    rank, p = rank_correlation(a, b)
    return rank if p < _LEVEL and abs(rank) >= _CORRELATED else None


def _between(logs: Floats, group: Times) -> tuple[float, float, float]:
    """(share of the variance that lies between groups, the largest and the smallest mean); 0 where that may be chance."""
    from scipy.special import fdtrc

    counts = np.bincount(group)
    told = np.flatnonzero(counts >= 5)
    if len(told) < 2:
        return 0.0, 0.0, 0.0
    means = np.bincount(group, logs)[told] / counts[told]
    between = float((counts[told] * (means - logs.mean()) ** 2).sum())
    within = float(((logs - logs.mean()) ** 2).sum()) - between
    free = len(logs) - len(told)
    ratio = between / (len(told) - 1) / max(within / free, 1e-12)
    share = between / max(between + within, 1e-12)
    if fdtrc(len(told) - 1, free, ratio) > _LEVEL or share < _CORRELATED**2:
        return 0.0, 0.0, 0.0
    return math.sqrt(share), float(means.max()), float(means.min())


def _arrivals(seen: RunSample, patterns: Sequence[Pattern], horizon: int) -> Iterator[Cause]:
    """What arrivals have that those of the fit have not, of all runs together."""
    own = pattern(seen, horizon)
    for place, (step, what) in enumerate(_STEPS):
        mine, theirs = own.clumps[place], [one.clumps[place] for one in patterns]
        if horizon >= 5 * step and not min(theirs) / 1.5 <= mine <= 1.5 * max(theirs):
            usual = float(np.median(theirs))
            how = "more" if mine > usual else "less"
            in_export, in_fit = format_number(mine), format_number(usual)
            words = f"the runs of {what} vary {how}: variance to mean is {in_export} in the export and {in_fit} in the fit"
            yield Cause(words, abs(math.log(max(mine, 1e-3) / max(usual, 1e-3))))
    others = [one.place for one in patterns if not math.isnan(one.place)]
    if others and not min(others) - 0.02 <= own.place <= max(others) + 0.02:
        half = seen.inserted < horizon // 2
        words = f"the rate has a trend: {int(half.sum()):,} runs in the first half, {int((~half).sum()):,} in the second"
        yield Cause(words, abs(own.place))


def _clumps(inserted: Times, step: int, horizon: int) -> float:
    steps = max(horizon // step, 1)
    counts = np.bincount(inserted // step, minlength=steps)[:steps].astype(np.float64)
    return float(counts.var() / counts.mean()) if counts.mean() else 0.0


def _mixtures(table: RunTable, waits: RejectedWaits, seed: int) -> Iterator[Cause]:
    """The rejected wait that is furthest off, with the export's own runs, and with their services in random order."""
    worst = max(waits.rejected, key=lambda one: one.off)
    lane = QUEUES.index(worst.scope)
    own = _wait(waits.simulated(table), lane, worst.p)
    loose = _wait(waits.simulated(_shuffled(table, seed)), lane, worst.p)
    shown = f"{worst.scope}.{worst.name}"
    if _apart(own, worst.observed):
        words = (
            f"the workers: with the export's own runs, as they came, the model gives {shown} {_show(own)} and the export has "
            f"{_show(worst.observed)}; check the layout with validate"
        )
        yield Cause(words, _distance(own, worst.observed))
        return
    if _apart(own, loose):
        words = (
            f"the order of the services: with the export's own runs the model gives {shown} {_show(own)}, and {_show(loose)} with the "
            "same services in random order"
        )
        yield Cause(words, _distance(own, loose))
    if _apart(loose, worst.fitted):
        words = (
            f"the arrivals: with those of the export, and services in random order, the model gives {shown} {_show(loose)}, and "
            f"{_show(worst.fitted)} with those of the fit"
        )
        yield Cause(words, _distance(loose, worst.fitted))


def _distance(a: float, b: float) -> float:
    """The logarithm of their ratio; what never happens counts as a year."""
    a, b = (min(x, 365.0 * DAY) + _NOT_WORTH_A_WORD for x in (a, b))
    return abs(math.log(a / b))


def _apart(a: float, b: float) -> bool:
    return _distance(a, b) > math.log(_EXPLAINS)


def _wait(sample: RunSample, lane: int, p: float) -> float:
    waits = np.sort(sample.wait[sample.queue == lane])
    return float(waits[min(int(p * len(waits)), len(waits) - 1)])


def _shuffled(table: RunTable, seed: int) -> RunTable:
    """The same runs, with service, timeout and outcome of another one of the same workflow and lane."""
    random = stream(seed, 0, "fit check", "order")
    place = np.arange(len(table), dtype=np.int32)
    group = table.workflow * np.int32(len(QUEUES)) + table.queue
    order = np.argsort(group, kind="stable").astype(np.int32)
    edges = np.flatnonzero(np.diff(group[order])) + 1
    for rows in np.split(order, edges):
        place[rows] = random.permutation(rows)
    service, timeout, outcome = (aside(column[place]) for column in (table.service_time, table.timeout, table.outcome))
    return replace(table, service_time=service, timeout=timeout, outcome=outcome)


def _show(us: float) -> str:
    return format_duration(us) if math.isfinite(us) else "no end"
