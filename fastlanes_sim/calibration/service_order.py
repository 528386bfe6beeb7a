"""What services have beyond a distribution: they may depend on the hour, on a regular instant, on the load, on the run before. Startups may
depend on the same, and on the time without runs before them, after which an adaptor or a worker is cold.

Each is fitted to what the ones before it leave, in the order of how much they explain. It is written only where chance would show as much
in less than one of 10,000 samples, and where it explains at least 1 % of the variance of the logarithm (of startups, which matter less and
are measured with what goes on around them, 5 %).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.local_time import local_hours
from fastlanes_sim.calibration.ranks import ranks
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, format_number, spell_exact_duration, spell_number
from fastlanes_sim.scenario.dependence import Idle, Load, Tick
from fastlanes_sim.traffic.dependent_durations import idle_factors, tick_factors

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LEVEL = 1e-4
_FEWEST = 300
_EXPLAINED, _EXPLAINED_OF_STARTUPS = 0.01, 0.05
_SMALLEST_CORRELATION, _SMALLEST_OF_STARTUPS = 0.1, 0.25
_MOST_IMMEDIATE = 0.05
"""Share of startups that are too short to be told from what comes before them."""
_TICKS = tuple(
    (every, within) for every in (10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR) for within in (30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE)
)
_WINDOWS = (MINUTE, 10 * MINUTE, HOUR)
_IDLE = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR)


@dataclass(frozen=True, slots=True)
class ServiceOrder:
    text: str
    """As a scenario writes `service_factors` and `startup_factors`."""
    factors: Floats
    """Of each run; its duration is one of the distribution times this."""
    words: str


def service_order(inserted: Times, services: Times, requested: Times, timezone: str) -> ServiceOrder | None:
    """What the services of one trigger depend on; None where nothing is to be seen.

    Args:
        inserted: µs since 1970 of the runs whose services are known, ascending.
        services: theirs, µs.
        requested: of all runs of the trigger, ascending.
    """
    return _order(inserted, services, requested, timezone, "services", {}, (_EXPLAINED, _SMALLEST_CORRELATION))


def startup_order(inserted: Times, startups: Times, requested: Times, timezone: str) -> ServiceOrder | None:
    """The same of startups, which may also be longer after a time without requests."""
    if len(startups) and (startups == 0).mean() > _MOST_IMMEDIATE:
        return None
    further = {"idle": lambda left: _idle(left, inserted, requested)}
    return _order(inserted, startups, requested, timezone, "startups", further, (_EXPLAINED_OF_STARTUPS, _SMALLEST_OF_STARTUPS))


_Look = Callable[[Floats], "_Found | None"]


def _order(
    inserted: Times, durations: Times, requested: Times, timezone: str, what: str, further: dict[str, _Look], least: tuple[float, float]
) -> ServiceOrder | None:
    if len(durations) < _FEWEST or durations.std() == 0:
        return None
    least_explained, least_correlation = least
    logs = np.log(np.maximum(durations.astype(np.float64), 1.0))
    scale, parts, words = np.ones(len(durations)), {}, []
    candidates: dict[str, _Look] = {
        "hours": lambda left: _hours(left, inserted, timezone),
        "tick": lambda left: _tick(left, inserted),
        "load": lambda left: _load(left, inserted, requested),
        **further,
    }
    while candidates:
        left = logs - np.log(scale)
        looked = {name: look(left) for name, look in candidates.items()}
        found = {name: part for name, part in looked.items() if part is not None and part.explained >= least_explained}
        if not found:
            break
        best = max(found, key=lambda name: found[name].explained)
        del candidates[best]
        scale = scale * found[best].factors
        parts[best] = found[best].text
        words.append(found[best].words)
    previous = _previous(logs - np.log(scale))
    if previous > least_correlation:
        parts = {"previous": spell_number(previous, 3), **parts}
        words.append(f"like that of the run before (correlation {previous:.2f})")
    if not parts:
        return None
    text = "{" + ", ".join(f"{name}: {part}" for name, part in parts.items()) + "}"
    return ServiceOrder(text, scale, f"{what} are {', '.join(words)}")


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    factors: Floats
    explained: float
    """Share of the variance."""
    words: str


def _explained(logs: Floats, factors: Floats, parameters: int) -> float:
    """Share of the variance of the logarithm that factors explain, 0 where chance may do as much (F test)."""
    from scipy.special import fdtrc

    left = logs - np.log(factors)
    share = 1 - float(left.var() / logs.var())
    if share < _EXPLAINED:
        return 0.0
    free = len(logs) / _lasting(left) - parameters - 1
    if free <= 0:
        return 0.0
    ratio = share / parameters / max((1 - share) / free, 1e-12)
    return share if fdtrc(parameters, free, ratio) < _LEVEL else 0.0


def _lasting(logs: Floats) -> float:
    """How many runs say as much as one independent run, where each is like the one before (effective sample size of an AR(1) process)."""
    correlation = float(np.corrcoef(logs[1:], logs[:-1])[0, 1]) if logs.std() > 0 else 0.0
    correlation = min(max(correlation, 0.0), 0.999)
    return (1 + correlation) / (1 - correlation)


def _hours(logs: Floats, inserted: Times, timezone: str) -> _Found | None:
    """By the hour of the local day, in as few steps as the Schwarz criterion allows."""
    _, hour = local_hours(inserted, timezone)
    counts, sums = (
        np.bincount(hour, minlength=24).astype(np.float64),
        np.bincount(hour, logs - logs.mean(), minlength=24).astype(np.float64),
    )
    edges = _steps(counts, sums, float(logs.var()) * math.log(len(logs)) * _lasting(logs))
    if len(edges) < 2:
        return None
    bounds = [*edges, 24]
    level = np.zeros(24)
    for since, until in pairwise(bounds):
        level[since:until] = sums[since:until].sum() / max(counts[since:until].sum(), 1.0)
    factors = np.exp(level)[hour]
    centre = float(factors.mean())
    explained = _explained(logs, factors / centre, 2 * len(edges))
    steps = {since: float(np.exp(level[since])) / centre for since in edges}
    text = "{" + ", ".join(f'"{since:02d}:00": {spell_number(factor)}' for since, factor in steps.items()) + "}"
    times = max(steps.values()) / min(steps.values())
    return _Found(text, factors / centre, explained, f"{format_number(times, 2)} times as long at the slowest hours") if explained else None


def _steps(counts: Floats, sums: Floats, penalty: float) -> list[int]:
    """Where a day is cut into stretches of one mean: the most of Σ sum²/count, less a penalty for each."""
    total, added = np.concatenate([[0.0], counts.cumsum()]), np.concatenate([[0.0], sums.cumsum()])
    best, came_from = [0.0] + [-math.inf] * 24, [0] * 25
    for until in range(1, 25):
        for since in range(until):
            runs = total[until] - total[since]
            gain = best[since] - penalty * 1.5 + ((added[until] - added[since]) ** 2 / runs if runs else 0.0)
            if gain > best[until] + 1e-9:
                best[until], came_from[until] = gain, since
    edges, at = [], 24
    while at:
        at = came_from[at]
        edges.append(at)
    return edges[::-1]


def _tick(logs: Floats, inserted: Times) -> _Found | None:
    best: _Found | None = None
    variance = float(logs.var())
    for every, within in _TICKS:
        near = inserted % DAY % every < within
        share = float(near.mean())
        if min(share, 1 - share) * len(near) < 20:
            continue
        longer = float(logs[near].mean() - logs[~near].mean())
        if share * (1 - share) * longer**2 < _EXPLAINED * variance:
            continue  # what a factor of two levels explains
        factor = math.exp(longer)
        tick = Tick.model_construct(every=every, within=within, factor=factor)
        factors = tick_factors(tick, inserted)
        explained = _explained(logs, factors, len(_TICKS))
        if explained and (best is None or explained > best.explained):
            spelled = f"{{every: {spell_exact_duration(every)}, within: {spell_exact_duration(within)}, factor: {spell_number(factor)}}}"
            words = f"{format_number(factor, 2)} times as long right after every {spell_exact_duration(every)}"
            best = _Found(spelled, factors, explained, words)
    return best


def _load(logs: Floats, inserted: Times, requested: Times) -> _Found | None:
    """By the requests shortly before; the slope is that of the mean service."""
    best: _Found | None = None
    lengths = np.exp(logs)
    for within in _WINDOWS:
        ends = np.searchsorted(requested, inserted, side="left")
        before = (ends - np.searchsorted(requested, inserted - within, side="left")).astype(np.float64)
        usual = float(before.mean())
        if usual < 1 or before.std() == 0:
            continue
        more = before / usual - 1
        slope = float((more * (lengths / lengths.mean() - 1)).sum() / (more**2).sum())
        if not 0.02 <= abs(slope) <= 10:
            continue
        load = Load.model_construct(within=within, usual=usual, slope=slope)
        factors = np.maximum(1 + slope * more, 0.1)
        explained = _explained(logs, factors, 2 * len(_WINDOWS))
        if explained and (best is None or explained > best.explained):
            spelled = f"{{within: {spell_exact_duration(within)}, usual: {spell_number(usual)}, slope: {spell_number(load.slope)}}}"
            how = "longer" if slope > 0 else "shorter"
            best = _Found(spelled, factors, explained, f"{how} when many runs came in the last {spell_exact_duration(within)}")
    return best


def _idle(logs: Floats, inserted: Times, requested: Times) -> _Found | None:
    """After so much time without a request."""
    best: _Found | None = None
    for after in _IDLE:
        idle = Idle.model_construct(after=after, factor=math.e)
        cold = np.log(idle_factors(idle, requested))[np.searchsorted(requested, inserted, side="left")] > 0
        if cold.sum() < 20 or (~cold).sum() < 20:
            continue
        factor = math.exp(float(logs[cold].mean() - logs[~cold].mean()))
        factors = np.where(cold, factor, 1.0)
        explained = _explained(logs, factors, len(_IDLE))
        if explained and factor > 1 and (best is None or explained > best.explained):
            spelled = f"{{after: {spell_exact_duration(after)}, factor: {spell_number(factor)}}}"
            words = f"{format_number(factor, 2)} times as long after {spell_exact_duration(after)} without runs"
            best = _Found(spelled, factors, explained, words)
    return best


def _previous(logs: Floats) -> float:
    """Correlation of the normal scores of runs that follow one another, 0 where it may be chance."""
    from scipy.special import ndtri

    scores = ndtri((ranks(logs) - 0.5) / len(logs))
    correlation = float(np.corrcoef(scores[1:], scores[:-1])[0, 1])
    return min(correlation, 0.999) if correlation > max(_SMALLEST_CORRELATION, 4 / math.sqrt(len(logs))) else 0.0
