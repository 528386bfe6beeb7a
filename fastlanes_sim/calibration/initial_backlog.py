"""Runs that were waiting already when an export begins: it does not have them, but the waits of its first runs show them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.held_slots import held_a_slot
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.exports.export import Export

Times = npt.NDArray[np.int64]
_FEWEST = 5
"""First runs that must have waited, each longer than nearly all later ones."""
_LATER = 0.95
_HIDDEN = 0.3
"""Share of the slots that runs of the export leave free while its first run waits. What is less, its own runs explain."""
_SHORTEST = 5 * SECOND
"""Shorter waits are the polling of workers."""


@dataclass(frozen=True, slots=True)
class Backlog:
    runs: int
    """How many were in front of the first run of the export."""
    first_wait: int
    """µs that the first run of the export waited."""
    drained: int
    """µs from the window's beginning until the waits were those of later runs."""


def initial_backlog(export: Export, runs: npt.NDArray[np.int64], begin: int) -> Backlog | None:
    """What waited in front of a lane's runs when the window began; None where its first runs waited no longer than later ones,
    or waited for other runs of the export.

    Lanes are served in order of insertion, so what was in front of the first run of the export has been claimed before it. The pace is
    that of the claims right after it, while runs still waited. To this come the runs that occupied the slots at the beginning: a
    simulation begins with free slots, and fills them from the backlog. They had a part of their service left, on average
    (1 + cv²)/2 of it (the residual time of a renewal process).

    Args:
        runs: the lane's rows in the export, in order.
        begin: of the window, µs since 1970.
    """
    runs = runs[export.claimed_at[runs] != NEVER]
    inserted, claimed = export.inserted_at[runs], export.claimed_at[runs]
    waits = claimed - inserted
    if len(runs) < 4 * _FEWEST or waits[0] < _SHORTEST:
        return None
    usual = float(np.quantile(waits, 0.25))
    calm = np.flatnonzero(waits <= max(2 * usual, usual + SECOND))
    many = int(calm[0]) if len(calm) else len(waits)
    later = waits[many:]
    if many < _FEWEST or not len(later) or float(np.median(waits[:many])) <= float(np.quantile(later, _LATER)):
        return None
    claims = np.sort(claimed[:many])
    first, span = int(claims[0]), int(claims[-1] - claims[0])
    if span <= 0 or first <= begin:
        return None
    hidden = 1 - _occupied(export, begin, first) / max(_occupied(export, first, first + span), 1e-9)
    pace = (many - 1) / span
    ahead = round(hidden * (pace * (first - begin) + _busy(export, runs[:many], first + span // 2)))
    if hidden < _HIDDEN or ahead < 1:
        return None
    return Backlog(ahead, int(waits[0]), int(inserted[many - 1]) - begin)


def _occupied(export: Export, since: int, until: int) -> float:
    """Slots that runs of the export occupied on average between two instants."""
    here = np.flatnonzero(held_a_slot(export) & (export.claimed_at < until))
    claimed, finished = export.claimed_at[here], export.finished_at[here]
    ends = np.where(finished == NEVER, until, finished)
    return float(np.maximum(np.minimum(ends, until) - np.maximum(claimed, since), 0).sum()) / (until - since)


def _busy(export: Export, runs: npt.NDArray[np.int64], at: int) -> float:
    """Slots that these runs occupied at an instant, each weighted with the part of a service that is left on average."""
    runs = runs[held_a_slot(export)[runs]]
    claimed, finished = export.claimed_at[runs], export.finished_at[runs]
    known = finished != NEVER
    occupied = int(((claimed <= at) & ((finished > at) | ~known)).sum())
    lengths = (finished - claimed)[known].astype(np.float64)
    variation = float(lengths.var() / lengths.mean() ** 2) if len(lengths) > 1 and lengths.mean() > 0 else 0.0
    return occupied * (1 + min(variation, 1.0)) / 2


def shared_out(total: int, weights: npt.NDArray[np.int64]) -> list[int]:
    """A number of runs in proportion to weights, whole, adding up to it (the largest remainders are rounded up)."""
    exact = total * weights / max(int(weights.sum()), 1)
    shares = np.floor(exact).astype(np.int64)
    order = np.argsort(shares - exact, kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return [int(share) for share in shares]
