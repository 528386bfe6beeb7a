"""What runs lost because they share more than slots (docs/resources.md), from the run table and the run log alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Resource
from fastlanes_sim.results.called_runs import Standstills
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def shares_more_than_slots(deployment: Deployment) -> bool:
    """Whether any run can be held up by others in its slot (R-1 to R-4)."""
    return bool(deployment.resources) or any(worker.cores is not None for worker in deployment.workers)


def held_up(table: RunTable, log: RunLog, still: Standstills, resources: Sequence[Resource]) -> Times:
    """µs by run: how much longer it was in its engine than its own work takes alone and than it waited for runs that it had called. That is
    the time in a line (R-1), between refusals (R-3), and lost by sharing (R-2, R-4).

    It is known of runs that did all of their work; of others it is 0: a run that was killed or lost, that failed early (R-3, K-6), or that
    is still under way does not say how much of its work was done.
    """
    found = np.zeros(len(table), np.int64)
    if not len(table):
        return found
    rows = np.flatnonzero(did_its_work(table, log, resources))
    stood = np.zeros(len(table), np.int64)
    np.add.at(stood, still.caller, still.ends - still.begins)
    found[rows] = log.finished_at[rows] - log.started_at[rows] - table.service_time[rows] - stood[rows]
    return found


def did_its_work(table: RunTable, log: RunLog, resources: Sequence[Resource]) -> Mask:
    """The runs that came to the end of their service, as far as the log says so without doubt: one that fails anyway may have failed early
    as well, by a refusal (R-3) or because a call was not answered (K-6)."""
    whole: Mask = (log.started_at != NEVER) & (log.finished_at != NEVER) & (log.state == table.outcome) & (table.outcome != State.KILLED)
    whole &= (table.outcome != State.FAILED) | ~_may_fail_early(table, resources)
    return whole


def _may_fail_early(table: RunTable, resources: Sequence[Resource]) -> Mask:
    found = np.zeros(len(table), np.bool_)
    if table.has_calls:
        caller = table.called_by
        found[caller[(caller != NEVER) & table.fails_unanswered]] = True
    if table.has_uses:
        gives_up = np.array([bool(one.attempts) for one in resources], np.bool_)
        user = np.repeat(np.arange(len(table)), np.diff(table.use_first))
        found[user[gives_up[table.use_of]]] = True
    return found


def out_of_memory(deployment: Deployment, table: RunTable, log: RunLog) -> Mask:
    """The runs that were killed at their launch because their worker had no memory for them (R-5). Not those, if any, whose startup alone
    takes longer than their timeout: the log does not tell these from what is killed at its timeout."""
    limited = np.array([*(worker.memory is not None for worker in deployment.workers), False], np.bool_)
    at_once = np.where(log.started_at == NEVER, table.startup_time < table.timeout, log.started_at == log.finished_at)
    found: Mask = (log.state == State.KILLED) & (table.memory > 0) & limited[log.worker] & (log.finished_at != NEVER) & at_once
    return found
