"""Runs that call others, on deployments written by hand: each rule of docs/chains.md shows in the log of both engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Project
from fastlanes_sim.results.called_runs import left_engine, standstills
from fastlanes_sim.results.response_parts import Part, response_parts
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import ROUND_TRIP_50_MS, SECOND, attempt, call, deployment, run, simplified, table, worker
from tests.support.engines import BOTH_ENGINES
from tests.support.strategies import whole_deployments, whole_tables

MICROSECOND = 1e-6
both = pytest.mark.parametrize("simulate", BOTH_ENGINES)


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def slots(count: int, **settings) -> Deployment:
    """So many slots that take a run at once."""
    return deployment(worker(f"*:{count}", dispatch="ideal"), **settings)


def states(log: RunLog) -> list[str]:
    return [State(state).name.lower() for state in log.state.tolist()]


# --- when calls are made (K-2 to K-4) ---


@both
def test_a_call_without_waiting_comes_after_its_part_of_the_service(simulate):
    """K-2, K-4. From 1 to 11 s, and it calls after 4 s of that."""
    log = simulate(slots(2), table([run(1, 10, calls=[call(4, 3)])]))
    assert seconds(log.inserted_at) == [1, 5]
    assert seconds(log.ended_at) == [11, 8]


@both
def test_calls_come_in_order_also_those_of_one_instant(simulate):
    """K-3, K-8. At its start, after 4 s twice, at its end: one slot serves what is called one after the other, in that order."""
    calls = [call(0, 1), call(4, 2), call(4, 3), call(10, 4)]
    log = simulate(slots(1), table([run(1, 10, calls=calls)]))
    assert seconds(log.inserted_at) == [1, 1, 5, 5, 11]
    assert seconds(log.started_at) == [1, 11, 12, 14, 17]
    assert seconds(log.ended_at) == [11, 12, 14, 17, 21]


@both
def test_a_called_run_calls_others(simulate):
    """K-1. Called at 5 s, it calls at 6 s, and that one at 6.5 s."""
    deepest = call(0.5, 1)
    log = simulate(slots(5), table([run(1, 10, calls=[call(4, 3, calls=[call(1, 2, calls=[deepest])])])]))
    assert seconds(log.inserted_at) == [1, 5, 6, 6.5]


@both
def test_the_run_that_waits_does_its_own_work_when_it_is_answered(simulate):
    """K-5. It works from 1 to 5 s, waits until 8 s, and does the other 6 s of its work."""
    log = simulate(slots(2), table([run(1, 10, calls=[call(4, 3, waits=30)])]))
    assert seconds(log.inserted_at) == [1, 5]
    assert seconds(log.ended_at) == [14, 8]
    assert seconds(log.freed_at) == [14, 8]


@both
def test_two_waits_one_after_the_other(simulate):
    """K-2, K-5. Works 1 s, waits 3 s, works 1 s, waits 2 s, works 8 s."""
    log = simulate(slots(2), table([run(1, 10, calls=[call(1, 3, waits=30), call(2, 2, waits=30)])]))
    assert seconds(log.inserted_at) == [1, 2, 6]
    assert seconds(log.ended_at) == [16, 5, 8]


@both
def test_an_answer_is_an_answer_whichever_end_the_run_has(simulate):
    """K-5. The first is killed at its timeout after 3 s, the second fails."""
    calls = [call(4, 10, waits=30, timeout=3, fails=True), call(4, 1, waits=30, outcome=State.FAILED, fails=True)]
    log = simulate(slots(2), table([run(1, 10, calls=calls)]))
    assert states(log) == ["success", "killed", "failed"]
    assert seconds(log.ended_at) == [15, 8, 9]


@both
def test_message_by_message(simulate):
    """K-5, W-13. 50 ms a round trip. Lightning learns of the end of the run that is called 20 ms and two round trips after it, and only
    then its caller's own work goes on."""
    deployed = deployment(worker("default:1"), worker("fast_lane:1"), latency=ROUND_TRIP_50_MS, debounce=0)
    log = simulate(deployed, table([run(1, 10, "default", calls=[call(4, 3, waits=30)])]))
    caller, called = range(2)
    assert log.inserted_at[called] == log.started_at[caller] + 4 * SECOND
    assert log.finished_at[called] == log.started_at[called] + 3 * SECOND
    assert log.ended_at[called] == log.finished_at[called] + 120_000
    assert log.finished_at[caller] == log.ended_at[called] + 6 * SECOND


# --- no answer (K-5, K-6) ---


@both
@pytest.mark.parametrize(("fails", "ends", "state"), [(True, 35, "failed"), (False, 41, "success")])
def test_one_slot_that_waits_for_itself_is_a_deadlock_until_the_timeout(simulate, fails: bool, ends: float, state: str):
    """K-5, L-20. The caller waits from 5 to 35 s for a run that needs its own slot, and then fails, or does the rest of its work."""
    log = simulate(slots(1), table([run(1, 10, calls=[call(4, 3, waits=60, fails=fails)])]))
    assert seconds(log.ended_at) == [ends, ends + 3]
    assert states(log) == [state, "success"]


@both
@pytest.mark.parametrize(("parents", "is_stuck"), [(2, False), (3, True)])
def test_three_slots_are_stuck_as_soon_as_three_wait(simulate, parents: int, is_stuck: bool):
    """The exact condition of a deadlock: all slots that could take what is called are held by runs that wait. Two of three leave one slot
    for two called runs of 1 s each: the callers are answered after 1 and 2 s."""
    log = simulate(slots(3), table([run(1, 2, calls=[call(1, 1, waits=30)]) for _ in range(parents)]))
    ended = seconds(log.ended_at[:parents])
    assert ended == ([33] * 3 if is_stuck else [4, 5])


@both
def test_a_caller_gives_up_sooner_than_lightning(simulate):
    """K-5, K-6. It waits 2 s, and the run that it called goes on."""
    log = simulate(slots(2), table([run(1, 10, calls=[call(4, 3, waits=2)])]))
    assert seconds(log.ended_at) == [13, 8]


@both
@pytest.mark.parametrize(("service", "is_answered"), [(2, True), (2 + MICROSECOND, False)])
def test_an_answer_at_the_very_end_of_the_patience_is_in_time(simulate, service: float, is_answered: bool):
    """K-5, K-8"""
    log = simulate(slots(2), table([run(1, 10, calls=[call(4, service, waits=2, fails=True)])]))
    assert states(log)[0] == ("success" if is_answered else "failed")


@both
@pytest.mark.parametrize("waits", [None, 30.0])
@pytest.mark.parametrize("fails", [True, False])
def test_a_call_that_is_refused_is_unanswered(simulate, waits: float | None, fails: bool):
    """K-6, C-7. The project has one run in the fast lane already, and takes no other."""
    deployed = replace(slots(5), projects=(Project("project", fast_lane_limit=1),))
    calls = [call(4, 3, waits=waits, fails=fails), call(9, 1, "default")]
    log = simulate(deployed, table([run(0, 20, "fast_lane"), run(1, 10, calls=calls)]))
    assert seconds(log.refused_at) == [None, None, 5, None]
    assert seconds(log.ended_at) == ([20, 5, None, None] if fails else [20, 11, None, 11])
    assert states(log)[1] == ("failed" if fails else "success")


@both
def test_lightning_that_goes_down_breaks_the_connection(simulate):
    """K-5, I-5. It is down from 6 to 20 s: no answer comes, though the run that was called ends at 8 s."""
    deployed = slots(2, incidents=Incidents(down=((6 * SECOND, 20 * SECOND),)))
    log = simulate(deployed, table([run(1, 10, calls=[call(4, 3, waits=30, fails=True)])]))
    assert seconds(log.ended_at) == [6, 8]
    assert states(log) == ["failed", "success"]


# --- timeouts, ends of processes, lost runs (K-7, K-8) ---


@both
def test_the_timeout_includes_the_time_that_a_run_waits(simulate):
    """K-7, L-19. Killed 9 s after its start, while it waits; the other call is never made, and the run that it called goes on."""
    log = simulate(slots(2), table([run(1, 10, timeout=9, calls=[call(4, 30, waits=30), call(5, 1)])]))
    assert seconds(log.inserted_at) == [1, 5, None]
    assert seconds(log.ended_at) == [10, 35, None]
    assert states(log)[:2] == ["killed", "success"]


@both
@pytest.mark.parametrize("waits", [5.0, None])
def test_what_ends_at_the_instant_of_the_timeout_has_ended(simulate, waits: float | None):
    """K-8, L-19. 10 s of work, and 5 s more of waiting: with a timeout of just that it succeeds."""
    calls = [call(4, 5, waits=waits)] if waits else [call(4, 1)]
    log = simulate(slots(2), table([run(1, 10, timeout=10 + (waits or 0), calls=calls)]))
    assert states(log)[0] == "success"


@both
def test_the_timeout_before_the_end_of_the_patience(simulate):
    """K-8. Both at 10 s: it is killed, and not failed."""
    log = simulate(slots(2), table([run(1, 10, timeout=9, calls=[call(4, 30, waits=5, fails=True)])]))
    assert states(log)[0] == "killed"


@both
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "simplified"])
def test_with_its_process_a_caller_is_gone_and_nobody_is_answered(simulate, is_whole: bool):
    """K-7, W-24. The caller's process crashes at 7 s, while it waits for a run on another one, which goes on; a second call never comes."""
    deployed = deployment(worker("default:1", stops_at=7 * SECOND), worker("fast_lane:1"), debounce=0)
    deployed = deployed if is_whole else simplified(deployed)
    log = simulate(deployed, table([run(1, 10, calls=[call(2, 10, waits=30), call(9, 1)])]))
    assert [time is None for time in seconds(log.inserted_at)] == [False, False, True]
    assert [time is None for time in seconds(log.ended_at)] == [True, False, True]


@both
def test_a_lost_run_still_calls(simulate):
    """K-7, L-18. Its timeout is 10 s and nothing of its start reaches Lightning, so it is lost at 13 s by the janitor; it is killed at its
    timeout by its worker, after the call at 9 s of its work."""
    deployed = deployment(
        worker("*:2", mute=((int(1.5 * SECOND), 2 * SECOND),)), janitor_first=SECOND, janitor_period=SECOND, grace_period=0
    )
    log = simulate(deployed, table([run(1, 20, timeout=10, calls=[call(8, 1)])]))
    assert log.inserted_at[1] == log.started_at[0] + 8 * SECOND


@both
def test_attempts_call_as_first_requests_do(simulate):
    """C-3, K-1. The first request's run calls at 5 s; its caller gets a 504 at 31 s and asks again, and that run calls too."""
    again = attempt(10, after_timeout=2, calls=[call(1, 1)])
    log = simulate(slots(9), table([run(1, 40, "fast_lane", again=[again], calls=[call(4, 3)])]))
    assert seconds(log.inserted_at) == [1, 33, 5, 34]


# --- what must hold in every simulation ---


@both
@settings(max_examples=settings().max_examples // 2)
@given(deployed=whole_deployments(), runs=whole_tables(calls=True))
def test_calls_keep_their_books(simulate, deployed: Deployment, runs: RunTable):
    """K-1, K-5, K-7: every called run has a caller that was in its engine then; nobody waits for a run that is not there; each row comes at
    most once, and is inserted, refused, or not called at all."""
    log = simulate(deployed, runs)
    caller = runs.called_by
    called = np.flatnonzero((caller != NEVER) & ((log.inserted_at != NEVER) | (log.refused_at != NEVER)))
    asked_at = np.maximum(log.inserted_at, log.refused_at)[called]
    of = caller[called]
    assert ((log.inserted_at[called] != NEVER) ^ (log.refused_at[called] != NEVER)).all()
    assert (log.received_at[of] != NEVER).all()
    ended = log.finished_at[of] != NEVER
    assert (asked_at[ended] <= log.finished_at[of][ended]).all()
    # The calls of a run are made in order, and none after one that was not made.
    before = np.flatnonzero(runs.next_call != NEVER)
    after = runs.next_call[before]
    made = np.isin(after, called)
    assert np.isin(before[made], called).all()
    # Whoever is in its engine at the end works, or waits for a run that is there and has not ended.
    micros = response_parts(runs, log, still := standstills(runs, log, deployed.lightning.webhook_timeout, deployed.incidents.down)).micros
    for row in np.flatnonzero((log.started_at != NEVER) & (log.ended_at == NEVER) & (log.finished_at == NEVER)).tolist():
        if left_engine(log, np.array([row]))[0] != NEVER:
            continue
        own, waits = int(micros[row, Part.OWN]), still.of(row)
        coming = [one for one in np.flatnonzero(caller == row).tolist() if log.inserted_at[one] == log.refused_at[one] == NEVER]
        bound = min([int(runs.service_time[row]), *(int(runs.call_at[one]) for one in coming)])
        awaited = [one for one, end in zip(still.called[waits], still.ends[waits], strict=True) if end == log.ended_on]
        assert own < bound or (own == bound and awaited)
        assert all(log.inserted_at[one] != NEVER and log.ended_at[one] == NEVER for one in awaited)
    # Own work stands still while a run waits: it takes its service, and as long as it waits.
    succeeded = np.flatnonzero((log.state == State.SUCCESS) & (log.finished_at != NEVER) & (log.started_at != NEVER))
    waited = np.zeros(len(runs), np.int64)
    for row in called[runs.patience[called] != NEVER]:
        until = waits_until(deployed, runs, log, row)
        waited[caller[row]] += until - max(log.inserted_at[row], log.refused_at[row])
    np.testing.assert_array_equal(log.finished_at[succeeded] - log.started_at[succeeded], runs.service_time[succeeded] + waited[succeeded])


def waits_until(deployed: Deployment, runs: RunTable, log: RunLog, row: int) -> int:
    """K-5, from the log alone."""
    if log.inserted_at[row] == NEVER:
        return int(log.refused_at[row])
    inserted_at = int(log.inserted_at[row])
    down = next((begins for begins, _ in deployed.incidents.down if begins > inserted_at), None)
    until = inserted_at + min(int(runs.patience[row]), deployed.lightning.webhook_timeout)
    until = until if down is None else min(until, down)
    ended = int(log.ended_at[row])
    return ended if ended != NEVER and ended <= until else until
