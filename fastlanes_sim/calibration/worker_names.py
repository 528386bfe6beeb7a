"""What the names of workers tell of an export whose rows say who claimed them: how many there were, and which of them died.

A process has a name of its own, and one that replaces it another. So names come and go with deploys; what counts is how many were there at
once, and whether one that went was followed by another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.held_slots import Mask, held_a_slot, most_at_once
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import HOUR
from fastlanes_sim.exports.export import Export
from fastlanes_sim.scenario.schedule import at_epoch

_LEVEL = 1e-4
"""Chance that a living worker would have claimed nothing for so long."""
_REPLACED_WITHIN = HOUR
_FEWEST = 10
"""Claims of a worker of which anything can be said."""


@dataclass(frozen=True, slots=True)
class SeenWorker:
    """µs since 1970."""

    number: int
    """By first claim, from 1."""
    first: int
    last: int
    """Its claims."""
    claims: int
    most: int
    """Runs that it had at once."""


@dataclass(frozen=True, slots=True)
class SeenWorkers:
    workers: tuple[SeenWorker, ...]
    """By first claim."""
    at_once: int
    """How many there usually were: the median over all claims of those between their first and their last."""
    died: tuple[SeenWorker, ...]
    """Those that stopped claiming before the export ends, of which chance would not tell, and that no other followed."""

    @property
    def most(self) -> int:
        """Runs at once, of any worker."""
        return max(worker.most for worker in self.workers)

    def notes(self, deployed: Deployed, replicas: int | None) -> Iterator[str]:
        """What a planner must know; `replicas`: of the deployment that is said to have served the export."""
        if replicas is not None and not deployed.guessed and replicas != self.at_once:
            yield (
                f"The export names {_workers(self.at_once)} at once, the deployment has {replicas}. Waits were made by those of the export."
            )
        for worker in self.died:
            yield (
                f"Worker {worker.number} claimed its last run on {at_epoch(worker.last):%Y-%m-%d %H:%M} (UTC), nobody followed it, and the "
                "export goes on: it died, or was taken away. This scenario has it all the time."
            )


def seen_workers(export: Export) -> SeenWorkers | None:
    """None where no row names its worker, or hardly any."""
    if export.worker is None:
        return None
    known = np.flatnonzero((export.worker >= 0) & (export.claimed_at != NEVER))
    if len(known) < max(_FEWEST, 0.5 * len(export)):
        return None
    order = known[np.argsort(export.claimed_at[known], kind="stable")]
    claimed, who = export.claimed_at[order], export.worker[order]
    names = list(dict.fromkeys(who.tolist()))
    held = held_a_slot(export)
    workers = tuple(_seen(export, order[who == name], held, number) for number, name in enumerate(names, 1))
    begun = np.searchsorted(np.sort([one.first for one in workers]), claimed, side="right")
    gone = np.searchsorted(np.sort([one.last for one in workers]), claimed, side="left")
    return SeenWorkers(workers, int(np.median(begun - gone)), tuple(_died(workers, claimed)))


def _seen(export: Export, rows: np.ndarray, held: Mask, number: int) -> SeenWorker:
    claimed, known = export.claimed_at[rows], rows[held[rows]]
    most = max(most_at_once(export.claimed_at[known], export.finished_at[known]), 1)
    return SeenWorker(number, int(claimed[0]), int(claimed[-1]), len(rows), most)


def _died(workers: tuple[SeenWorker, ...], claimed: np.ndarray) -> Iterator[SeenWorker]:
    followed: set[int] = set()
    for worker in sorted(workers, key=lambda one: one.last):
        if worker.claims < _FEWEST:
            continue
        during = int(np.searchsorted(claimed, worker.last, side="right") - np.searchsorted(claimed, worker.first, side="left"))
        after = len(claimed) - int(np.searchsorted(claimed, worker.last, side="right"))
        share = min(worker.claims / during, 1 - 1e-9)
        if after * math.log1p(-share) > math.log(_LEVEL):
            continue
        heir = next((one.number for one in workers if _follows(one, worker) and one.number not in followed), None)
        if heir is None:
            yield worker
        else:
            followed.add(heir)


def _follows(one: SeenWorker, gone: SeenWorker) -> bool:
    """A rolling deploy starts the new process before it stops the old one."""
    return one.number != gone.number and abs(one.first - gone.last) <= _REPLACED_WITHIN and one.first > gone.first


def _workers(count: int) -> str:
    return f"{count} worker{'s' if count != 1 else ''}"
