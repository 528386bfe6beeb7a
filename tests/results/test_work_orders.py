"""Work orders as a whole, what responses were made of, and the critical path: on stories told by hand, and on random ones (K-1 to K-8)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Resource
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.judge import judge
from fastlanes_sim.results.called_runs import standstills
from fastlanes_sim.results.critical_path import CriticalPaths
from fastlanes_sim.results.held_up import did_its_work, out_of_memory
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.response_parts import Part, ResponseParts, response_parts
from fastlanes_sim.results.wait_stretches import WaitStretches
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import SECOND, attempt, call, deployment, run, simplified, table, worker
from tests.support.engines import BOTH_ENGINES
from tests.support.strategies import sharing, whole_deployments, whole_tables

both = pytest.mark.parametrize("simulate", BOTH_ENGINES)


def slots(count: int, **settings) -> Deployment:
    """So many slots that take a run at once."""
    return deployment(worker(f"*:{count}", dispatch="ideal"), **settings)


def observed(deployed: Deployment, *rows, simulate=simulate_reference) -> Observed:
    runs = table(rows)
    return Observed(runs, simulate(deployed, runs), deployed)


def responses(found: Observed, scope: str = "all") -> tuple[list[float], list[float]]:
    spans = found.durations(scope, "work_order_response")
    return (spans.complete / SECOND).tolist(), (spans.censored / SECOND).tolist()


def parts(deployed: Deployment, runs: RunTable, log: RunLog) -> ResponseParts:
    still = standstills(runs, log, deployed.lightning.webhook_timeout, deployed.incidents.down)
    return response_parts(runs, log, still, deployed.resources)


# --- from the first insertion to the last end ---


@both
def test_a_work_order_ends_with_the_last_run_that_it_causes(simulate):
    """K-1. The caller is there from 1 to 11 s, what it calls from 5 to 8 s, and what that calls from 6 to 26 s: 25 s. The other caller's
    work order ends with itself, after 12 s."""
    deep = call(4, 3, calls=[call(1, 20)])
    found = observed(slots(9), run(1, 10, calls=[deep]), run(2, 12, "manual", calls=[call(1, 2)]), simulate=simulate)
    assert responses(found) == ([12, 25], [])
    assert responses(found, "manual") == ([12], [])
    assert responses(found, "fast_lane") == ([], []), "those that are called belong to their caller's work order"
    assert found.work_orders.runs.tolist() == [3, 2, 0, 0, 0]
    assert found.work_orders.root.tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(("horizon", "complete", "censored"), [(4, [], [3]), (8, [], [7]), (20, [], [19]), (40, [25], [])])
def test_a_work_order_is_open_as_long_as_any_of_its_runs(horizon: int, complete: list, censored: list):
    """Until 11 s the caller is, and until 26 s what it called; a bound that it has passed is missed, the others are open."""
    found = observed(slots(9, horizon=horizon * SECOND), run(1, 10, calls=[call(4, 21)]))
    assert responses(found) == (complete, censored)
    if censored:
        assert judge(parse_objective("max(work_order_response) < 3s"), found).verdict == "missed"
        assert judge(parse_objective("max(work_order_response) < 60s"), found).verdict == "undecided"


@pytest.mark.parametrize(
    ("horizon", "complete", "censored"),
    [(32, [], [31]), (50, [], [49]), (70, [55], [])],
    ids=["about to ask again", "asks again", "is over"],
)
def test_further_attempts_belong_to_it(horizon: int, complete: list, censored: list):
    """C-3. A first run from 1 to 31.5 s, 504 at 31 s, asked again at 33 s, and that run calls one from 43 to 56 s. Between 31.5 and 33 s
    none of its runs is open, and yet it is not over."""
    again = attempt(10, after_timeout=2, calls=[call(10, 13)])
    found = observed(slots(9, horizon=horizon * SECOND), run(1, 30.5, "fast_lane", sync=True, again=[again]))
    assert responses(found) == (complete, censored)


def test_a_request_that_was_refused_begins_with_the_attempt_that_was_not():
    """C-7. One run of the fast lane at a time: refused at 4 s, asked again and taken at 14 s, over at 15 s. Another is refused for good."""
    deployed = slots(5)
    deployed = replace(deployed, projects=(replace(deployed.projects[0], fast_lane_limit=1),))
    sync = {"sync": True}
    refused = run(4, 1, "fast_lane", again=[attempt(1, after_refusal=10)], **sync)
    found = observed(deployed, run(0, 10, "fast_lane", **sync), refused, run(5, 1, "fast_lane", **sync))
    assert responses(found) == ([1, 10], [])


def test_without_calls_and_attempts_it_is_the_response():
    found = observed(slots(1), run(1, 10), run(2, 5))
    assert responses(found) == ([10, 14], [])


@pytest.mark.parametrize(("horizon", "is_open", "length"), [(13, True, 12), (16, True, 15), (90, False, 67.002)])
def test_a_lost_run_that_will_still_call_keeps_its_work_order_open(horizon: int, is_open: bool, length: float):
    """K-7, L-18. Its timeout of 10 s counts from its start at 7 s for its worker, and from its claim at 1 s for Lightning, which hears of
    no start: lost at 12 s. At 13 s no run is open, and yet at 15 s it calls one, which ends at 68.002 s."""
    deployed = deployment(
        worker("*:2", mute=((int(1.5 * SECOND), 12 * SECOND),)),
        horizon=horizon * SECOND,
        janitor_first=SECOND,
        janitor_period=SECOND,
        grace_period=0,
    )
    found = observed(deployed, run(1, 20, timeout=10, install=6, calls=[call(8, 1)]))
    assert (State(found.log.state[0]), found.log.ended_at[0]) == (State.LOST, 12 * SECOND)
    assert responses(found) == (([], [length]) if is_open else ([length], []))


@settings(max_examples=settings().max_examples // 2)
@given(whole_deployments(), whole_tables(calls=True))
def test_work_orders_keep_their_books(deployed: Deployment, runs: RunTable):
    """Each created run belongs to one work order, which is over no sooner than the run; the sum of a run's parts is its response, and its
    own work is its service (K-2, K-5); a critical path is its whole work order, without gaps."""
    log = simulate_reference(deployed, runs, record_changes=True)
    found = Observed(runs, log, deployed)
    orders = found.work_orders
    here = np.flatnonzero(log.inserted_at != NEVER)
    assert (orders.root[here] < runs.first_requests).all()
    assert orders.runs.sum() == len(here)
    assert (orders.begins[orders.root[here]] <= log.inserted_at[here]).all()
    assert (orders.ends[orders.root[here]] >= log.ended_at[here]).all()
    spans = found.durations("all", "work_order_response")
    assert len(spans) == orders.number(found.rows("all"))
    assert (spans.ages >= 0).all()

    micros = parts(deployed, runs, log).micros
    ended = np.where(log.ended_at != NEVER, log.ended_at, log.ended_on)
    np.testing.assert_array_equal(micros[here].sum(axis=1), (ended - log.inserted_at)[here])
    assert (micros >= 0).all()
    assert not micros[log.inserted_at == NEVER].any()
    succeeded = np.flatnonzero((log.state == State.SUCCESS) & (log.started_at != NEVER))
    np.testing.assert_array_equal(micros[succeeded, Part.OWN], runs.service_time[succeeded])

    every = paths(deployed, runs, log)
    for root in np.flatnonzero(orders.runs[: runs.first_requests]).tolist():
        steps = every.of(root)
        ended = log.ended_at[orders.members(root)]
        end = log.ended_on if (ended == NEVER).any() else int(ended.max())
        assert sum(one.length for one in steps) == end - orders.begins[root]
        assert [one.begin for one in steps] == [orders.begins[root], *(one.end for one in steps[:-1])][: len(steps)]


@settings(max_examples=settings().max_examples // 2)
@given(sharing(whole_deployments()), whole_tables(calls=True, uses=True))
def test_parts_of_responses_add_up_where_runs_share_more_than_slots(deployed: Deployment, runs: RunTable):
    """R-1 to R-4, K-5: the parts of a response are its whole; who did its work has done as much as its service; and no run is held up that
    uses nothing that others use, on a worker that has a core for each."""
    log = simulate_reference(deployed, runs)
    micros = parts(deployed, runs, log).micros
    here = np.flatnonzero(log.inserted_at != NEVER)
    ended = np.where(log.ended_at != NEVER, log.ended_at, log.ended_on)
    np.testing.assert_array_equal(micros[here].sum(axis=1), (ended - log.inserted_at)[here])
    assert (micros >= 0).all()
    worked = did_its_work(runs, log, deployed.resources)
    assert worked[(log.state == State.SUCCESS) & (log.started_at != NEVER)].all()
    np.testing.assert_array_equal(micros[worked, Part.OWN], runs.service_time[worked])
    alone = np.array([*(each.cores is None for each in deployed.workers), False])[log.worker] & (np.diff(runs.use_first) == 0)
    assert not micros[alone, Part.RESOURCE].any()


# --- what responses were made of ---


@both
def test_what_sharing_costs_is_a_part_of_its_own(simulate):
    """R-1, R-2. One processor, two places, three runs of 1 + 4 s: from 1 to 9 s two share it, so each loses 4 s; the third waits until 9 s
    and then works alone. The fourth, which uses nothing, loses nothing."""
    deployed = replace(slots(4), resources=(Resource("records", concurrency=2, processors=1_000),))
    runs = table([*(run(0, 5, uses=[(0, 1, 5)]) for _ in range(3)), run(0, 5)])
    micros = parts(deployed, runs, simulate(deployed, runs)).micros
    assert (micros[:, Part.OWN] == 5 * SECOND).all()
    assert (micros[:, Part.RESOURCE] / SECOND).tolist() == [4, 4, 8, 0]


@both
def test_who_waits_for_an_answer_is_not_held_up_meanwhile(simulate):
    """R-2, K-5. Both share from 0 to 4 s, where the first has worked 2 s and calls; it is answered at 9 s. The second works alone until
    6 s. So each loses 2 s, and the first waits 5 s besides and does its last 2 s alone."""
    deployed = replace(slots(4), resources=(Resource("records", processors=1_000),))
    runs = table([run(0, 4, uses=[(0, 0, 4)], calls=[call(2, 5, waits=30)]), run(0, 4, uses=[(0, 0, 4)])])
    micros = parts(deployed, runs, simulate(deployed, runs)).micros
    assert (micros[:, (Part.OWN, Part.RESOURCE, Part.CHILD)] / SECOND).tolist() == [[4, 2, 5], [4, 2, 0], [5, 0, 0]]


@both
def test_who_did_not_do_all_of_its_work_does_not_say_what_it_lost(simulate):
    """R-3, L-19: the second is refused at 0, 2 and 4 s and fails, as it would have done at its end anyway; the third is killed at 3 s. All
    of that is own work. The fifth is refused at 0 and 2 s, works from 4 s on and fails at its end: no refusal fails it."""
    api = Resource("api", every=100 * SECOND, retry_after=2 * SECOND, attempts=3)
    deployed = replace(slots(5), resources=(api, replace(api, every=3 * SECOND, attempts=0)))
    strict, patient, fails = [(0, 0, 1)], [(1, 0, 1)], State.FAILED
    of_strict = [run(0, 1, uses=strict), run(0, 1, uses=strict, outcome=fails), run(0, 1, timeout=3, uses=strict)]
    runs = table([*of_strict, run(0, 1, uses=patient), run(0, 1, uses=patient, outcome=fails)])
    micros = parts(deployed, runs, simulate(deployed, runs)).micros
    assert (micros[:, Part.OWN] / SECOND).tolist() == [1, 4, 3, 1, 1]
    assert (micros[:, Part.RESOURCE] / SECOND).tolist() == [0, 0, 0, 0, 4]


@both
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "simplified"])
def test_who_had_no_memory_is_told_from_who_was_killed_at_its_timeout(simulate, is_whole: bool):
    """R-5, L-19. Room for one: the second has none, the third, which comes when the first has ended, is killed at its timeout."""
    deployed = deployment(worker("*:2", memory=100), debounce=0)
    deployed = deployed if is_whole else simplified(deployed)
    runs = table([run(at, 30, timeout=timeout, memory=100) for at, timeout in ((5, 300), (10, 300), (40, 7))])
    log = simulate(deployed, runs)
    assert log.state.tolist() == [State.SUCCESS, State.KILLED, State.KILLED]
    assert out_of_memory(deployed, runs, log).tolist() == [False, True, False]


@both
def test_a_run_that_waits_for_another_does_not_work(simulate):
    """K-5. Inserted at 1 s, it works from 3 to 7 s, waits until 10 s and works 6 s more; the other waits in vain for 5 s and fails."""
    deployed = slots(3)
    blockers = [run(0, 3, "manual"), run(0, 3, "manual"), run(0, 3, "manual")]
    runs = table([*blockers, run(1, 10, calls=[call(4, 3, waits=30)]), run(20, 9, calls=[call(2, 100, waits=5, fails=True)])])
    micros = parts(deployed, runs, simulate(deployed, runs)).micros / SECOND
    assert micros[3].tolist() == [2, 10, 0, 3, 0]
    assert micros[4].tolist() == [0, 2, 0, 5, 0]


# --- how it is written ---


def test_how_it_is_written():
    assert parse_measure("p95(workflow.clinic.split.work_order_response)").text == "p95(workflow.clinic.split.work_order_response)"
    with pytest.raises(MeasureError) as error:
        parse_objective("p95(work_order.response) < 1m")
    assert error.value.hint.startswith("write work_order_response")


# --- the critical path ---


def paths(deployed: Deployment, runs: RunTable, log: RunLog) -> CriticalPaths:
    found = Observed(runs, log, deployed)
    still = standstills(runs, log, deployed.lightning.webhook_timeout, deployed.incidents.down)
    waits = None if log.changes is None else WaitStretches(deployed, runs, log)
    return CriticalPaths(runs, log, found.answers, found.work_orders, still, waits)


def path(deployed: Deployment, root: int, *rows) -> list[tuple[int, float, float, str]]:
    runs = table(rows)
    steps = paths(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).of(root)
    return [(one.run, one.begin / SECOND, one.end / SECOND, one.what) for one in steps]


def test_the_path_is_in_the_run_that_is_waited_for():
    """K-5. One slot is taken until 9 s. The caller works from 1 to 5 s, then waits for a run that waits for a slot until 9 s and works
    until 12 s; then it works until 18 s."""
    found = path(slots(2), 1, run(0, 9, "manual"), run(1, 10, calls=[call(4, 3, waits=30)]))
    assert found == [(1, 1, 5, "own work"), (2, 5, 9, "slots"), (2, 9, 12, "own work"), (1, 12, 18, "own work")]


def test_the_path_ends_with_the_last_run_and_was_in_its_caller_before_the_call():
    """K-4. The caller is there from 1 to 11 s; of two that it calls at 5 s on three slots one ends at 8 s, and one at 25 s."""
    found = path(slots(3), 0, run(1, 10, calls=[call(4, 3), call(4, 20)]))
    assert found == [(0, 1, 5, "own work"), (2, 5, 25, "own work")]


def test_the_path_of_a_caller_who_gives_up_goes_on_in_the_run_that_nobody_waits_for():
    """K-6. One slot: the caller waits from 5 to 10 s for a run that gets the slot only then."""
    found = path(slots(1), 0, run(1, 10, calls=[call(4, 3, waits=5, fails=True)]))
    assert found == [(0, 1, 5, "own work"), (1, 5, 10, "slots"), (1, 10, 13, "own work")]


def test_the_path_counts_the_pauses_of_a_caller_outside():
    """C-3. A 504 at 31 s of a run until 41 s; asked again at 43 s, and that run calls one at 44 s that takes until 64 s."""
    again = attempt(2, after_timeout=12, calls=[call(1, 20)])
    found = path(slots(9), 0, run(1, 40, "fast_lane", sync=True, again=[again]))
    assert found == [(0, 1, 31, "own work"), (1, 31, 43, "pause"), (1, 43, 44, "own work"), (2, 44, 64, "own work")]


def test_the_path_has_no_gap_behind_a_run_that_lightning_has_given_up():
    """K-7, L-18. Lost before Lightning hears of its start, while its worker goes on: at 15.001 s it calls another."""
    deployed = deployment(
        worker("*:2", mute=((int(1.5 * SECOND), 12 * SECOND),)),
        horizon=90 * SECOND,
        janitor_first=SECOND,
        janitor_period=SECOND,
        grace_period=0,
    )
    found = path(deployed, 0, run(1, 20, timeout=10, install=6, calls=[call(8, 1)]))
    assert [one[:1] + one[2:] for one in found[:2]] == [(0, 7.001, "start"), (0, 15.001, "own work")]
    assert all(one[2] == other[1] for one, other in pairwise(found))
    assert (found[0][1], found[-1][2]) == (1, 68.002)


def test_a_caller_pauses_from_the_end_of_a_run_that_is_lost():
    """L-20, C-3. Its worker crashes at 3 s, it is marked as lost at 20 s, its caller gets a 504 at 31 s and asks again at 33 s."""
    deployed = deployment(worker("*:1", stops_at=3 * SECOND), worker("*:1", connect_at=32 * SECOND), janitor_first=20 * SECOND)
    found = path(deployed, 0, run(1, 4, "fast_lane", timeout=5, sync=True, again=[attempt(1, after_timeout=2)]))
    assert (1, 20, 33, "pause") in found
    assert all(one[2] == other[1] for one, other in pairwise(found))
