"""Many runs at once: bulk retries, imports, a client that empties its buffer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import HOUR, SECOND, spell_duration, spell_exact_duration

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_GAPS = (2 * SECOND, 15 * SECOND)
"""Runs that follow one another within so much may be one burst."""
_FEWEST = 8
_TIMES_USUAL = 4.0
"""A burst has so many times the runs that the hour around it would bring in that time."""
_IMPROBABLE = 1e-9
_LONGEST = HOUR // 2
"""What lasts longer is no burst but a rate."""
_ALIKE = 1.5
"""Bursts whose sizes differ by less than this factor are written as one."""


@dataclass(frozen=True, slots=True)
class Burst:
    first: int
    """Index of its first arrival, and of the one after its last."""
    after: int


def find_bursts(times: Times, begin: int, end: int, resolution: int = 1) -> list[Burst]:
    """Stretches of ascending arrivals (µs) that come far closer together than those of the hour around them.

    Arrivals with the same time stamp came within `resolution`: those of a minute are no burst where only minutes are stamped.
    """
    from scipy.special import gammainc

    found: list[Burst] = []
    for gap in _GAPS:
        edges = np.flatnonzero(np.diff(times) > gap) + 1
        firsts, afters = np.concatenate([[0], edges]), np.concatenate([edges, [len(times)]])
        for first, after in zip(firsts.tolist(), afters.tolist(), strict=True):
            size = after - first
            if (
                size < _FEWEST
                or times[after - 1] - times[first] > _LONGEST
                or any(burst.first < after and first < burst.after for burst in found)
            ):
                continue
            low, high = max(begin, int(times[first]) - HOUR), min(end, int(times[after - 1]) + HOUR)
            around = int(np.searchsorted(times, high, side="right") - np.searchsorted(times, low)) - size
            span = int(times[after - 1] - times[first]) + max(gap, resolution)
            usual = around * span / max(high - low - span, 1)
            # gammainc(k, m) is the chance of k or more where m are usual (Poisson).
            if size >= _TIMES_USUAL * usual and gammainc(size, max(usual, 1e-9)) < _IMPROBABLE:
                found.append(Burst(first, after))
    return sorted(found, key=lambda burst: burst.first)


def spell_bursts(times: Times, bursts: list[Burst], begin: int) -> list[tuple[str, Mask]]:
    """(arrivals as a scenario writes them, which arrivals they stand for): bursts of a like size together, a fixed period as such."""
    by_size = sorted(bursts, key=lambda burst: burst.after - burst.first)
    groups: list[list[Burst]] = []
    for burst in by_size:
        smallest = groups[-1][0].after - groups[-1][0].first if groups else 0
        if groups and burst.after - burst.first <= _ALIKE * smallest:
            groups[-1].append(burst)
        else:
            groups.append([burst])
    return [_spell_group(times, sorted(group, key=lambda burst: burst.first), begin) for group in groups]


def _spell_group(times: Times, group: list[Burst], begin: int) -> tuple[str, Mask]:
    members = np.zeros(len(times), np.bool_)
    for burst in group:
        members[burst.first : burst.after] = True
    size = round(float(np.mean([burst.after - burst.first for burst in group])))
    spans = [int(times[burst.after - 1] - times[burst.first]) for burst in group]
    over = spell_duration(float(np.median(spans)) * size / max(size - 1, 1))
    starts = np.array([int(times[burst.first]) - begin for burst in group])
    gaps = np.diff(starts)
    if len(starts) >= 3 and np.ptp(gaps) <= SECOND:
        period = round(float(gaps.mean()) / SECOND) * SECOND if abs(gaps.mean() % SECOND) < 1000 else round(float(gaps.mean()))
        when = f"every: {spell_exact_duration(period)}, first: {spell_exact_duration(int(starts[0]))}"
    else:
        when = f"at: [{', '.join(spell_exact_duration(int(at)) for at in starts)}]"
    return f"{{burst: {{size: {size}, over: {over}, {when}}}}}", members
