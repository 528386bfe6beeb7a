"""How large a share of runs is beyond something, from replications: an interval that counts what was not seen.

Runs of one replication are not independent: those that wait long wait together. So n runs are worth n / d independent ones, where d, the
design effect, is the variance of the share between replications over what independent runs would have. The interval is that of Clopper
and Pearson (Biometrika 26:404, 1934) for so many runs, with Student's t for the noise of d, as Korn and Graubard do it for clustered
surveys (Survey Methodology 24:193, 1998). Where no run is beyond, it reaches to about 3.7 d / n: it never has the width zero.

Few runs beyond say nothing of d. Then it is taken where more is seen: at the nearest threshold beyond which there are `ENOUGH` independent
runs' worth. That errs on the safe side, for the longer the waits, the smaller the clusters. docs/coverage.md counts all of this.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fastlanes_sim.experiments.confidence_intervals import TELL_SPREAD, hall, t_quantile

Floats = npt.NDArray[np.float64]
ENOUGH = 45
"""Independent runs' worth beyond a threshold that tell how much runs depend on each other."""
SEVERAL = 5
"""Runs beyond, per replication, from which on the interval may be narrower than that of independent runs."""


def design_effect(beyond: Floats, runs: Floats) -> float:
    """The variance of the share between replications over that of independent runs; 0 where no run is beyond, or all are.

    Args:
        beyond: runs of each replication that are beyond.
        runs: of each replication.
    """
    count, whole = len(runs), float(runs.sum())
    share = float(beyond.sum()) / whole
    if not 0 < share < 1:
        return 0.0
    residuals = beyond - share * runs
    return count / (count - 1) * float(residuals @ residuals) / (share * (1 - share) * whole)


def share_interval(beyond: Floats, runs: Floats, level: float, least: Callable[[], float] = lambda: 1.0) -> tuple[float, float]:
    """The interval of the share of all runs.

    Args:
        beyond: runs of each replication that are beyond.
        runs: of each replication; those without runs count for nothing.
        least: the design effect to assume where so few runs are beyond (or are not) that they say nothing of it.
    """
    beyond, runs = beyond[runs > 0], runs[runs > 0]
    if len(runs) < 2:
        return 0.0, 1.0
    count, whole, seen = len(runs), float(runs.sum()), float(beyond.sum())
    share, few, effect = seen / whole, min(seen, whole - seen), design_effect(beyond, runs)
    if few < ENOUGH * max(effect, 1.0):
        effect = max(effect, least(), 1.0)
    elif few < SEVERAL * count or (not effect and count < TELL_SPREAD):
        effect = max(effect, 1.0)
    low, high = _clopper_pearson(share, whole, effect, count, (1 - level) / 2)
    if few and effect:
        # The variance of a share of skewed days is itself too small most of the time: end by end what reaches farther.
        days = share + (beyond - share * runs) * count / whole
        low, high = min(low, -hall(-days, (1 - level) / 2)), max(high, hall(days, (1 - level) / 2))
    return max(0.0, low), min(1.0, high)


def _clopper_pearson(share: float, whole: float, effect: float, count: int, error: float) -> tuple[float, float]:
    from scipy.special import betaincinv, ndtri

    if not effect:
        return share, share
    worth = whole / effect * (float(ndtri(1 - error)) / t_quantile(count - 1, 1 - 2 * error)) ** 2
    if effect >= 1:
        worth = min(worth, whole)
    seen = share * worth
    low = 0.0 if share == 0 else float(betaincinv(seen, worth - seen + 1, error))
    high = 1.0 if share == 1 else float(betaincinv(seen + 1, worth - seen, 1 - error))
    return low, high


def binomial_interval(least: int, most: int, count: int, level: float) -> tuple[float, float]:
    """The interval of a share of which `least` to `most` of `count` independent ones are (Clopper and Pearson, Biometrika 26:404, 1934)."""
    from scipy.special import betaincinv

    error = (1 - level) / 2
    low = 0.0 if not least else float(betaincinv(least, count - least + 1, error))
    return low, 1.0 if most == count else float(betaincinv(most + 1, count - most, 1 - error))


def count_interval(counts: Floats, level: float, most: float = math.inf) -> tuple[float, float]:
    """The interval of the mean of rare counts over replications, which is wider than Student's where little was seen.

    Garwood's (Biometrika 28:437, 1936) for as many independent events as the counts are worth by their dispersion. Dispersion says little
    where few replications have any: then the upper end is also that of occasions, one a replication that has any, times that of how many
    come together, whose number is taken for geometric; the two are as unlikely together as one of them. Where nothing was seen nobody
    knows how many come together: it may be all, in as many replications as may have any.

    Args:
        most: as many as one replication can have.

    Returns:
        (inf, -inf) where so much was seen that there is nothing to widen.
    """
    from scipy.special import gammaincinv, ndtri

    count, seen, error = len(counts), float(counts.sum()), (1 - level) / 2
    if count < 2:
        return 0.0, math.inf
    if not seen:
        return 0.0, at_most_with(1 - error, count) * most
    dispersion = count * float(counts.var(ddof=1)) / seen
    if seen >= ENOUGH * max(dispersion, 1.0) and (dispersion or count >= TELL_SPREAD):
        return math.inf, -math.inf
    dispersion = max(dispersion, 1.0)  # few counts agree, or nearly do, by chance
    worth = seen / dispersion * (float(ndtri(1 - error)) / t_quantile(count - 1, level)) ** 2
    low, high, each = float(gammaincinv(worth, error)), float(gammaincinv(worth + 1, 1 - error)), seen / worth / count
    return low * each, max(high * each, _by_occasions(counts, error))


def _by_occasions(counts: Floats, error: float) -> float:
    """The upper end where some replications have none: of the number of those that have any, and of how many these have."""
    from scipy.special import betaincinv, gammaincinv

    seen, some = float(counts.sum()), int(np.count_nonzero(counts))
    if some == len(counts):
        return 0.0
    occasions = float(gammaincinv(some + 1, 1 - error)) / some
    # A geometric number ends with each of `seen` with a chance that is `some` / `seen`: Clopper and Pearson's lower end of that.
    size = some / seen / float(betaincinv(some, seen - some + 1, error))
    return seen / len(counts) * math.exp(math.hypot(math.log(occasions), math.log(size)))


def at_most_with(level: float, many: int) -> float:
    """The share of so many independent ones that something can be of which none showed it: 1 - (1 - level)^(1 / many)."""
    return 1.0 if many < 1 else 1 - math.pow(1 - level, 1 / many)
