"""What must hold in every simulation, on random deployments and traffic."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from hypothesis import given

from fastlanes_sim.core.run_log import COLUMNS, NEVER
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.polling import inside
from fastlanes_sim.rules.process import Stage
from tests.support.strategies import deployments, tables


@given(deployments(), tables())
def test_every_simulation_keeps_its_books(deployed: Deployment, runs: RunTable):
    log = simulate_reference(deployed, runs)
    claimed, started, ended = (column != NEVER for column in (log.claimed_at, log.started_at, log.ended_at))
    state = log.state

    # L-1: the state and the timestamps tell the same story, and nothing happens beyond the horizon.
    assert (ended == (state >= State.SUCCESS)).all()
    assert ((state == State.AVAILABLE) == ~claimed).all()
    assert (started[state == State.STARTED]).all()
    assert not started[state == State.CLAIMED].any()
    assert (claimed >= started).all()
    assert max(log.claimed_at.max(initial=0), log.started_at.max(initial=0), log.ended_at.max(initial=0)) <= deployed.horizon

    # Timestamps in order.
    assert (log.claimed_at[claimed] >= log.inserted_at[claimed]).all()
    assert (log.started_at[started] >= log.claimed_at[started]).all()
    assert (log.ended_at[ended] >= log.claimed_at[ended]).all()

    # L-19: no finish takes other than its service time, no run outlives its timeout.
    finished = state == State.SUCCESS
    assert (log.ended_at[finished] - log.started_at[finished] == runs.service_time[finished]).all()
    killed = state == State.KILLED
    assert (log.ended_at[killed] - log.started_at[killed] == runs.timeout[killed]).all()

    # Who claimed it served its queue (L-6), where there are queues.
    names = ["default", "fast_lane", "manual"]
    for index in np.flatnonzero(claimed):
        loop = deployed.workers[log.worker[index]].workloops[log.workloop[index]]
        if deployed.lightning.ruleset.has_queues:
            assert "*" in loop.queues or names[runs.queue[index]] in loop.queues

    assert no_slot_is_double_booked(deployed, log)


def no_slot_is_double_booked(deployed: Deployment, log) -> bool:
    """W-1: a workloop never runs more at once than it has slots, unless tokens are verified (W-8). With its process a run leaves its slot
    (F-4, F-5), whatever Lightning thinks of it."""
    for w, spec in enumerate(deployed.workers):
        gone = [time for time, worker, stage in log.lives if worker == w and stage is Stage.GONE]
        for i, loop in enumerate(spec.workloops):
            mine = np.flatnonzero((log.worker == w) & (log.workloop == i) & (log.started_at != NEVER))
            if spec.verification is not None:
                continue
            # An end that the janitor wrote is not the worker's: the slot may be held longer, never shorter.
            changes = [(log.started_at[r], 1) for r in mine]
            for r in mine:
                left = [time for time in gone if time >= log.started_at[r]]
                if log.ended_at[r] != NEVER:
                    left.append(log.ended_at[r])
                changes += [(min(left), -1)] if left else []
            held = 0
            for _, change in sorted(changes):  # at one instant ends come before starts
                held += change
                if held > loop.capacity:
                    return False
    return True


@given(deployments(), tables())
def test_every_request_is_accounted_for(deployed: Deployment, runs: RunTable):
    """C-8, C-9"""
    log = simulate_reference(deployed, runs)
    inserted, refused = log.inserted_at != NEVER, log.refused_at != NEVER
    asked = np.where(inserted, log.inserted_at, log.refused_at)
    ended = log.ended_at != NEVER
    lost = log.state == State.LOST

    # Requests = inserted + refused + missed; inserted = ended + lost + open. While Lightning is down it inserts nothing (I-1 to I-3).
    assert not (inserted & refused).any()
    counts = Observed(runs, log, deployed).counts("all")
    assert (asked != NEVER).sum() == counts.runs + counts.refused + counts.missed
    assert counts.runs == (ended & ~lost).sum() + counts.lost + counts.open
    down = np.array([inside(instant, deployed.incidents.down) for instant in asked.tolist()], np.bool_)
    assert not (down & inserted).any()
    project = np.array([workflow.project for workflow in deployed.workflows])[runs.workflow]
    over = np.zeros(len(runs), np.bool_)
    for span in deployed.incidents.over_quota:  # L-28
        over |= ~down & (project == span.project) & (span.begins <= asked) & (asked < span.ends)
    assert not (over & inserted).any()
    is_told = runs.sync | (runs.queue == Queue.FAST_LANE)
    assert (refused & (down | (over & ~is_told))).sum() == counts.unavailable + counts.missed
    for column in (log.claimed_at, log.started_at, log.ended_at):
        assert (column[~inserted] == NEVER).all()

    # Every first request comes at its time; a further one exactly when the one before was answered 504, 429 or 503, so long after.
    due = np.where((runs.inserted_at <= deployed.horizon), runs.inserted_at, NEVER)
    for row in np.flatnonzero(runs.next_attempt != NEVER):  # attempts stand behind, in order
        following, when = runs.next_attempt[row], NEVER
        delay = (runs.after_outage if down[row] else runs.after_refusal)[row]
        if refused[row] and delay != NEVER:
            when = log.refused_at[row] + delay
        elif inserted[row]:
            gives_up, delay = log.inserted_at[row] + deployed.lightning.webhook_timeout, runs.after_timeout[row]
            for begins, _ in deployed.incidents.down:
                if runs.sync[row] and log.inserted_at[row] < begins <= gives_up:  # I-5
                    gives_up, delay = begins - 1, runs.after_outage[row] + 1 if runs.after_outage[row] != NEVER else NEVER
            if delay != NEVER and (not ended[row] or lost[row] or log.ended_at[row] > gives_up):  # L-20: the janitor sends no reply
                when = gives_up + delay
        due[following] = when if when <= deployed.horizon else NEVER
    assert (asked == due).all()

    # Otherwise, quotas apart, only the fast lane of a project with a limit refuses, and only there.
    refused &= ~down & ~over
    for number, spec in enumerate(deployed.projects):
        mine = (project == number) & (runs.queue == Queue.FAST_LANE)
        if spec.fast_lane_limit is None:
            assert not refused[project == number].any()
            continue
        assert not refused[(project == number) & ~mine].any()
        for row in np.flatnonzero(mine & (inserted | refused)):  # while Lightning was up
            # What was inserted or ended at that very instant may or may not count: the order within an instant is not in the log.
            active = mine & inserted & (np.arange(len(runs)) != row)
            surely = active & (log.inserted_at < asked[row]) & (~ended | (log.ended_at > asked[row]))
            perhaps = active & (log.inserted_at <= asked[row]) & (~ended | (log.ended_at >= asked[row]))
            assert perhaps.sum() >= spec.fast_lane_limit if refused[row] else surely.sum() < spec.fast_lane_limit


@given(deployments(), tables())
def test_the_same_table_gives_the_same_log(deployed: Deployment, runs: RunTable):
    first, second = (simulate_reference(deployed, runs, record_claims=True) for _ in range(2))
    assert first.claims == second.claims
    assert first.wake_ups == second.wake_ups
    for name in COLUMNS:
        assert np.array_equal(getattr(first, name), getattr(second, name))


@given(deployments(), tables())
def test_no_workloop_claims_beyond_its_capacity(deployed: Deployment, runs: RunTable):
    """W-1, W-6: claims unanswered and runs held together stay within the slots, unless tokens are verified (W-8). A process that an
    autoscaler starts anew knows nothing of the claims of the one before (F-1)."""
    log = simulate_reference(deployed, runs, record_claims=True)
    starts = [(time, worker) for time, worker, stage in log.lives if stage == Stage.STARTED]
    exits = {number: [time for time, worker, _ in log.exits if worker == number] for number in range(len(deployed.workers))}
    of_workloop: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in log.claims:
        of_workloop[row.worker, row.workloop].append(row)
    for row in log.claims:
        spec = deployed.workers[row.worker]
        if spec.verification is not None:
            continue
        began = max(time for time, worker in starts if worker == row.worker and time <= row.pushed_at)
        unanswered = sum(
            began <= other.pushed_at <= row.pushed_at
            and (other.replied_at is None or other.replied_at > row.pushed_at)
            and row.pushed_at - (other.pushed_at if other.sent_at is None else other.sent_at) < spec.claim_timeout
            and not any(other.pushed_at <= time <= row.pushed_at for time in exits[row.worker])
            for other in of_workloop[row.worker, row.workloop]
        )
        assert unanswered <= spec.workloops[row.workloop].capacity
