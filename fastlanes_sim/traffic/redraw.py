"""The same traffic up to an instant and other traffic afterwards: what clones of a simulation meet (`experiments.rare_events`).

Engines are causal and draw nothing, so a log up to an instant depends on what the run table holds up to that instant alone. Two tables that
agree up to it give logs that agree up to it. What may be drawn anew is therefore everything of which the log does not say anything yet:
arrivals after the instant, services and startups of runs that nobody has claimed, and how much longer a run takes that is being served.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import BulkRetry, Cron, Trigger
from fastlanes_sim.traffic.sources import sources_of

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def why_not(scenario: Scenario) -> str:
    """Why its traffic after an instant depends on that before it by more than the log shows, in words; empty where it does not."""
    if scenario.replay is not None:
        return "its runs are those of a file, which cannot be drawn again"
    if any(group.cores is not None for group in scenario.workers):
        return "how far a run has come on shared cores cannot be seen"
    for workflow in placed_workflows(scenario):
        if workflow.settings.calls or workflow.settings.uses:
            return f"how far a run of {workflow.full_name} has come, which calls others or uses resources, cannot be seen"
        for trigger in workflow.settings.triggers:
            if reason := _remembers(trigger, scenario.traffic):
                return f"{reason} of {workflow.full_name} after an instant depends on what came before it"
    return ""


def _remembers(trigger: Trigger, traffic: float) -> str:
    """What of this trigger depends on the past."""
    arrivals = getattr(trigger, "arrivals", None)
    if arrivals is not None and (arrivals.gaps is not None or arrivals.days is not None or arrivals.modulated is not None):
        return "the rate (`gaps`, `days` or `modulated`)"
    if isinstance(trigger, BulkRetry) and not trigger.from_job and trigger.arrivals.has_rate:
        return "the queue of background jobs (a bulk retry at a rate)"
    if traffic != 1 and isinstance(trigger, Cron | BulkRetry):
        return "the number of runs of a tick (`traffic`)"
    for factors, name in ((trigger.service_factors, "service"), (trigger.startup_factors, "startup")):
        if factors is not None and (factors.previous or factors.load is not None or factors.idle is not None):
            return f"the {name} (`previous`, `load` or `idle`)"
    return ""


def exchangeable(scenario: Scenario) -> Mask:
    """Of each source, whether its services and startups do not depend on when a run is requested: then one may stand for another.

    Of none where runs use resources or share what a worker has (R-1 to R-5): there the log does not show how far a service has come.
    """
    shares = bool(scenario.resources) or any(group.cores is not None or group.memory is not None for group in scenario.workers)
    triggers = [source.trigger for source in sources_of(scenario)]
    return np.array([not shares and one.service_factors is None and one.startup_factors is None for one in triggers], np.bool_)


def redrawn(table: RunTable, log: RunLog, fresh: RunTable, at: int, may_swap: Mask) -> RunTable:
    """`table` up to and including the instant `at` (µs), `fresh` afterwards.

    Args:
        table: what was simulated.
        log: what became of it: decides which services are still unknown at `at`.
        fresh: another draw of the same scenario, independent of both.
        may_swap: of each source, see `exchangeable`.

    Returns:
        A table with the distribution of the scenario's traffic, given the log up to `at`. Simulated, its log is the same up to `at`.
    """
    kept, mine = _first_requests(table, at), _first_requests(fresh, at)
    head = table.rows(_with_attempts(table, np.arange(kept)))
    if not (table.has_log_lines or fresh.has_log_lines):  # lines are written while a run is served, and show how long it will take
        head = _with_other_marks(head, log, fresh, kept, mine, at, may_swap)
    return head.followed_by(fresh.rows(_with_attempts(fresh, np.arange(mine, fresh.first_requests))))


def _first_requests(table: RunTable, at: int) -> int:
    return int(np.searchsorted(table.inserted_at[: table.first_requests], at, side="right"))


def _with_attempts(table: RunTable, rows: Rows) -> Rows:
    """These rows and whatever further attempts their callers might make."""
    found = [rows]
    while table.has_attempts and len(found[-1]):
        following = table.next_attempt[found[-1]]
        found.append(following[following != NEVER])
    return np.concatenate(found)


def _with_other_marks(head: RunTable, log: RunLog, fresh: RunTable, kept: int, mine: int, at: int, may_swap: Mask) -> RunTable:
    """The services and startups that the log does not show yet, from those of `fresh` that are not used otherwise.

    Of a run that is being served, the first service that is longer than what it has had. Where there are too few of them a run keeps its
    own, which has the same distribution; whether there are does not depend on it.
    """
    service, startup = head.service_time.copy(), head.startup_time.copy()
    began, started, ended = log.began_at[:kept], log.started_at[:kept], log.finished_at[:kept]
    unknown = (began == NEVER) | (began > at)
    served = (started != NEVER) & (started <= at) & ((ended == NEVER) | (ended > at))
    for source in np.flatnonzero(may_swap):
        own = head.source[:kept] == source
        if not (own & (unknown | served)).any():
            continue
        pool = np.flatnonzero(fresh.source[:mine] == source)
        waiting = np.flatnonzero(own & unknown)[: len(pool)]
        service[waiting], startup[waiting] = fresh.service_time[pool[: len(waiting)]], fresh.startup_time[pool[: len(waiting)]]
        candidates = fresh.service_time[pool[len(waiting) :]]
        for row in np.flatnonzero(own & served):
            longer = np.flatnonzero(candidates > at - started[row])
            if len(longer):
                service[row], candidates = candidates[longer[0]], candidates[longer[0] + 1 :]
    return replace(head, service_time=service, startup_time=startup)
