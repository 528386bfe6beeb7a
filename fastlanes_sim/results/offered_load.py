"""What arrives, against what there is to serve it: the load of the busiest set of lanes, and of the busiest limit.

A deployment finishes what arrives only if every set of lanes has slots enough that take at least one of them (Hall's condition), and every
project and workflow a limit that lets its work through. It is known before anything is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED, RunTable
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.rules.claim import passes_filter, sanitise_queues
from fastlanes_sim.rules.creation import QUEUES
from fastlanes_sim.rules.undisturbed import until_freed, until_launch


@dataclass(frozen=True, slots=True)
class Load:
    """Work that arrives within the horizon, as a part of what can be done in it."""

    share: float
    """1 and more: it cannot be finished; infinite where nobody serves it."""
    whose: str
    """`default and fast_lane on 5 slots`, `project clinic within its limit of 2`."""


def held_time(deployment: Deployment, table: RunTable) -> npt.NDArray[np.float64]:
    """µs that each run holds a slot if nothing goes wrong: its startup, its service up to the timeout, and what is said on its channel
    before and after (W-13, W-15)."""
    held: npt.NDArray[np.float64] = (
        table.startup_time + np.minimum(table.service_time, table.timeout) + _on_the_channel(deployment, table)
    ).astype(np.float64)
    return held


def arriving(deployment: Deployment, table: RunTable) -> tuple[RunTable, npt.NDArray[np.float64]]:
    """What arrives: first requests alone, as if nobody asked again, and all that these call and what that calls, as if it arrived with them
    (K-1). And how many µs each waits for what it calls, if that is served at once (K-5)."""
    first = table.first_requests
    if not table.has_calls:
        return table.rows(slice(first)), np.broadcast_to(0.0, first)
    caller, inserted_at = table.called_by, table.inserted_at.copy()
    called, depths = np.flatnonzero(caller != NEVER), []
    while len(called):
        known = inserted_at[caller[called]] != IF_ASKED
        if not known.any():  # what is called by further attempts
            break
        depths.append(called[known])
        inserted_at[depths[-1]] = inserted_at[caller[depths[-1]]]
        called = called[~known]
    held, waits = held_time(deployment, table), np.zeros(len(table), np.float64)
    for depth in reversed(depths):
        waited = depth[table.patience[depth] != NEVER]
        longest = np.minimum(table.patience[waited], deployment.lightning.webhook_timeout)
        np.add.at(waits, caller[waited], np.minimum(held[waited] + waits[waited], longest))
    here = np.flatnonzero(inserted_at != IF_ASKED)
    return replace(table.rows(here), inserted_at=inserted_at[here]), waits[here]


def offered_load(deployment: Deployment, table: RunTable) -> Load:
    """The highest, of what arrives (`arriving`). Work that would not fit into the rest of the horizon is left out."""
    table, waits = arriving(deployment, table)
    work = large_arrays.empty(len(table), np.float64)
    for part in large_arrays.portions(len(table)):
        some = table.rows(part)
        held = held_time(deployment, some) + waits[part]
        work[part] = np.minimum(held, np.maximum(deployment.horizon - some.inserted_at, 0)) / deployment.horizon
    return max(_loads(deployment, table, work), key=lambda load: load.share, default=Load(0.0, "nothing"))


def _loads(deployment: Deployment, table: RunTable, work: npt.NDArray[np.float64]) -> Iterator[Load]:
    of_lane = np.bincount(table.queue, weights=work, minlength=len(QUEUES))
    busy = [lane for lane in range(len(QUEUES)) if of_lane[lane]]
    takes = _slots(deployment)
    for many in range(1, len(busy) + 1):
        for lanes in combinations(busy, many):
            slots = sum(capacity for queues, capacity in takes if queues & set(lanes))
            names = " and ".join(QUEUES[lane] for lane in lanes)
            share = float(of_lane[list(lanes)].sum()) / slots if slots else math.inf
            yield Load(share, f"{names} on {slots:,} slot{'s' if slots != 1 else ''}")
    of_workflow = np.bincount(table.workflow, weights=work, minlength=len(deployment.workflows))
    of_project = np.zeros(len(deployment.projects))
    for one, amount in zip(deployment.workflows, of_workflow, strict=True):
        project = deployment.projects[one.project]
        if one.concurrency is not None:  # L-12: it is numbered apart from the others
            yield Load(float(amount) / one.concurrency, f"workflow {project.name}/{one.name} within its limit of {one.concurrency:,}")
        else:
            of_project[one.project] += amount
    for project, amount in zip(deployment.projects, of_project, strict=True):
        if project.concurrency is not None:
            yield Load(float(amount) / project.concurrency, f"project {project.name} within its limit of {project.concurrency:,}")


def _slots(deployment: Deployment) -> list[tuple[set[int], int]]:
    """Of each workloop the lanes that it takes (L-5 to L-7), and how many slots it has."""
    has_queues = deployment.lightning.ruleset.has_queues
    return [
        (
            {lane for lane, name in enumerate(QUEUES) if not has_queues or passes_filter(name, sanitise_queues(list(loop.queues)))},
            loop.capacity,
        )
        for worker in lasting_workers(deployment)
        for loop in worker.workloops
    ]


def lasting_workers(deployment: Deployment) -> list[Worker]:
    """Of a replica's processes the last: what a fleet that is deployed or restarted comes to. Of an autoscaled one all there can be."""
    return [worker for worker in deployment.workers if worker.stops_at is None]


def _on_the_channel(deployment: Deployment, table: RunTable) -> npt.NDArray[np.int64]:
    """Of each run, µs that it holds its slot for messages alone; nothing where workers are ideal."""
    if all(worker.dispatch == "ideal" or worker.run_channel == "simplified" for worker in deployment.workers):
        return np.zeros(len(table), np.int64)
    ways = deployment.latency.up, deployment.latency.message, deployment.latency.down
    kinds, place = np.unique(np.stack([table.credentials, table.has_input]), axis=1, return_inverse=True)
    before = [until_launch(*ways, int(credentials), bool(has_input)) for credentials, has_input in kinds.T]
    return np.array(before, np.int64)[place.ravel()] + until_freed(*ways)
