"""Runs that use resources, on deployments written by hand: each rule of docs/resources.md shows in the log of both engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Resource, Worker
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.traffic.generate import generate
from tests.support.deployments import ROUND_TRIP_50_MS, SECOND, call, deployment, run, simplified, table, worker
from tests.support.engines import BOTH_ENGINES
from tests.support.strategies import sharing, whole_deployments, whole_tables

both = pytest.mark.parametrize("simulate", BOTH_ENGINES)


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def states(log: RunLog) -> list[str]:
    return [State(state).name.lower() for state in log.state.tolist()]


def used(*resources: Resource, slots: int = 9, **settings) -> Deployment:
    """So many slots that take a run at once, and these resources."""
    return replace(deployment(worker(f"*:{slots}", dispatch="ideal"), **settings), resources=resources)


def shared(processors: float, **settings) -> Resource:
    return Resource("records", processors=round(1_000 * processors), **settings)


# --- a line ---


@both
def test_who_finds_no_place_waits_in_a_line(simulate):
    """R-1. One at a time, from 2 to 6 s of each run's 10 s. The first uses it from 2 to 6 s, the second comes at 3 s and uses it from 6 to
    10 s, the third from 10 to 14 s; each has 4 s of own work left then."""
    rows = [run(at, 10, uses=[(0, 2, 6)]) for at in (0, 1, 1.5)]
    log = simulate(used(Resource("records", concurrency=1)), table(rows))
    assert seconds(log.ended_at) == [10, 14, 18]


@both
def test_two_places(simulate):
    """R-1. Two at once: the third waits for the first of them, from 0 to 3 s."""
    rows = [run(0, service, uses=[(0, 0, service)]) for service in (5, 3, 4, 1)]
    log = simulate(used(Resource("records", concurrency=2)), table(rows))
    assert seconds(log.ended_at) == [5, 3, 7, 6]


@both
def test_two_resources_one_after_the_other(simulate):
    """R-1. Runs of 3 s use the first resource for a second, then the second one for two: a tandem. They leave the first after 1, 2 and 3 s,
    and the second after 3, 5 and 7 s."""
    deployed = used(Resource("one", concurrency=1), Resource("two", concurrency=1))
    log = simulate(deployed, table([run(0, 3, uses=[(0, 0, 1), (1, 1, 3)]) for _ in range(3)]))
    assert seconds(log.ended_at) == [3, 5, 7]


@both
def test_a_run_that_waits_in_a_line_holds_its_slot(simulate):
    """R-1. Two slots: the second run waits in its slot from 0 to 4 s, so the third, which uses nothing, starts at 4 s."""
    rows = [run(0, 4, uses=[(0, 0, 4)]), run(0, 4, uses=[(0, 0, 4)]), run(1, 1)]
    log = simulate(used(Resource("records", concurrency=1), slots=2), table(rows))
    assert seconds(log.started_at) == [0, 0, 4]
    assert seconds(log.ended_at) == [4, 8, 5]


@both
def test_uses_that_take_no_time_wait_as_well(simulate):
    """R-1. The second run uses the resource for no time, and waits for it from 1 to 4 s."""
    log = simulate(used(Resource("records", concurrency=1)), table([run(0, 4, uses=[(0, 0, 4)]), run(0, 2, uses=[(0, 1, 1)])]))
    assert seconds(log.ended_at) == [4, 5]


@both
def test_a_resource_without_limits_holds_nobody_up(simulate):
    log = simulate(used(Resource("elsewhere")), table([run(0, 4, uses=[(0, 1, 3)]) for _ in range(5)]))
    assert seconds(log.ended_at) == [4] * 5


# --- processor sharing ---


@both
def test_two_share_one_processor(simulate):
    """R-2. 4 s of work each. The first works alone from 0 to 2 s, then both at half speed: the first has its other 2 s at 6 s; the second
    has worked 2 s by then, and does the rest alone until 8 s."""
    log = simulate(used(shared(1)), table([run(at, 4, uses=[(0, 0, 4)]) for at in (0, 2)]))
    assert seconds(log.ended_at) == [6, 8]


@both
def test_as_many_as_there_are_processors_do_not_slow_each_other_down(simulate):
    """R-2. Two processors, 6 s of work each. Two at full speed until 3 s, then three at 2/3: the first two have their 3 s at 7.5 s, the
    third has worked 3 s by then and goes on at full speed until 10.5 s."""
    log = simulate(used(shared(2)), table([run(at, 6, uses=[(0, 0, 6)]) for at in (0, 0, 3)]))
    assert seconds(log.ended_at) == [7.5, 7.5, 10.5]


@both
def test_part_of_a_processor(simulate):
    """R-2. Half a processor: 2 s of work take 4 s alone, 8 s of two."""
    assert seconds(simulate(used(shared(0.5)), table([run(0, 2, uses=[(0, 0, 2)])])).ended_at) == [4]
    assert seconds(simulate(used(shared(0.5)), table([run(0, 2, uses=[(0, 0, 2)])] * 2)).ended_at) == [8, 8]


@both
def test_only_the_use_is_slowed_down(simulate):
    """R-2. Own work from 0 to 1 s, 2 s of use at half speed until 5 s, own work until 6 s."""
    log = simulate(used(shared(1)), table([run(0, 4, uses=[(0, 1, 3)])] * 2))
    assert seconds(log.ended_at) == [6, 6]


@both
def test_a_time_that_is_no_whole_microsecond_is_rounded_up(simulate):
    """R-2. Two processors, three runs of 1 s: 1.5 s each. Two runs of 1 s and one of 1 µs: the short one takes 2 µs instead of 1.5 µs; by
    then the others have worked 4/3 µs, so they need 999,998 2/3 µs more, and end after 1,000,001 µs in all."""
    assert seconds(simulate(used(shared(2)), table([run(0, 1, uses=[(0, 0, 1)])] * 3)).ended_at) == [1.5] * 3
    rows = [run(0, service, uses=[(0, 0, service)]) for service in (1, 1, 1e-6)]
    assert simulate(used(shared(2)), table(rows)).ended_at.tolist() == [1_000_001, 1_000_001, 2]


@both
def test_a_limited_number_shares_and_the_others_wait(simulate):
    """R-1, R-2. Two places, one processor, 2 s of work each: two at half speed until 4 s, then the third and fourth until 8 s."""
    log = simulate(used(shared(1, concurrency=2)), table([run(0, 2, uses=[(0, 0, 2)])] * 4))
    assert seconds(log.ended_at) == [4, 4, 8, 8]


@both
def test_who_is_killed_shares_no_longer(simulate):
    """R-2, R-6, L-19. Two share until 4 s, where the second is killed: the first has worked 2 of its 6 s, and does the rest until 8 s."""
    rows = [run(0, 6, uses=[(0, 0, 6)]), run(0, 6, timeout=4, uses=[(0, 0, 6)])]
    log = simulate(used(shared(1)), table(rows))
    assert seconds(log.ended_at) == [8, 4]
    assert states(log) == ["success", "killed"]


@both
@pytest.mark.parametrize(("service", "state"), [(2, "success"), (2.000001, "killed")])
def test_what_ends_at_the_instant_of_the_timeout_has_ended(simulate, service: float, state: str):
    """K-8, L-19. Two share until 4 s, which is their timeout too."""
    log = simulate(used(shared(1)), table([run(0, service, timeout=4, uses=[(0, 0, service)])] * 2))
    assert states(log) == [state] * 2


@both
def test_who_waits_for_an_answer_keeps_its_place_and_works_no_more(simulate):
    """R-1, R-2, K-5. The first calls after 2 s of its use, when both have worked 2 s at half speed, at 4 s; it is answered at 9 s. Until
    then the second works alone, and ends at 6 s. The third gets its place at 6 s, shares from 9 s on, when it has 1 s left, until 11 s;
    the first has 2 - 1 = 1 s left then, and ends at 12 s."""
    rows = [
        run(0, 4, uses=[(0, 0, 4)], calls=[call(2, 5, waits=30)]),
        run(0, 4, uses=[(0, 0, 4)]),
        run(0, 4, uses=[(0, 0, 4)]),
    ]
    log = simulate(used(shared(1, concurrency=2)), table(rows))
    assert seconds(log.ended_at) == [12, 6, 11, 9]


@both
@pytest.mark.parametrize(("callers", "is_stuck"), [(2, False), (3, True)])
def test_as_many_places_as_callers_are_a_deadlock(simulate, callers: int, is_stuck: bool):
    """R-1, K-5: the exact condition. Three places; each caller keeps its own while it waits for a run that needs one. Two callers leave one
    place for two runs of 1 s each: they are answered at 2 and 3 s, and work 1 s more. Three wait until their timeout of 30 s."""
    rows = [run(0, 2, uses=[(0, 0, 2)], calls=[call(1, 1, waits=30, uses=[(0, 0, 1)])]) for _ in range(callers)]
    log = simulate(used(Resource("records", concurrency=3)), table(rows))
    assert seconds(log.ended_at[:callers]) == ([32] * 3 if is_stuck else [3, 4])


# --- a limit of requests ---


@both
def test_who_is_refused_asks_again(simulate):
    """R-3. One use in 10 s, and a retry after 4 s: the second run is refused at 0, 4 and 8 s, and begins at 12 s."""
    limited = Resource("api", every=10 * SECOND, retry_after=4 * SECOND)
    log = simulate(used(limited), table([run(0, 1, uses=[(0, 0, 1)])] * 2))
    assert seconds(log.ended_at) == [1, 13]


@both
def test_a_burst_is_admitted_where_none_came_for_long(simulate):
    """R-3. Two at once, then one in 10 s: at 100 s two are admitted, the third is refused, and again each second until 110 s."""
    limited = Resource("api", every=10 * SECOND, burst=2, retry_after=SECOND)
    log = simulate(used(limited), table([run(100, 1, uses=[(0, 0, 1)])] * 3))
    assert seconds(log.ended_at) == [101, 101, 111]


@both
def test_so_many_refusals_fail_a_run(simulate):
    """R-3. The second is refused at 0, 2 and 4 s, and fails at the third."""
    limited = Resource("api", every=10 * SECOND, retry_after=2 * SECOND, attempts=3)
    log = simulate(used(limited), table([run(0, 1, uses=[(0, 0, 1)])] * 2))
    assert seconds(log.ended_at) == [1, 4]
    assert states(log) == ["success", "failed"]


@both
def test_a_run_that_is_killed_does_not_ask_again(simulate):
    """R-3, L-19. It is refused at 0 s, and killed at 1 s, before it asks at 2 s; the third asks at 3 s in its stead."""
    limited = Resource("api", every=3 * SECOND, retry_after=2 * SECOND)
    rows = [run(0, 1, uses=[(0, 0, 1)]), run(0, 1, timeout=1, uses=[(0, 0, 1)]), run(3, 1, uses=[(0, 0, 1)])]
    log = simulate(used(limited), table(rows))
    assert seconds(log.ended_at) == [1, 1, 4]


@both
def test_first_the_limit_of_requests_then_the_line(simulate):
    """R-1, R-3. One use a second, one at a time, 5 s each. The second is refused at 0 s, admitted at 1 s, and waits until 5 s."""
    limited = Resource("api", concurrency=1, every=SECOND, retry_after=SECOND)
    log = simulate(used(limited), table([run(0, 5, uses=[(0, 0, 5)])] * 2))
    assert seconds(log.ended_at) == [5, 10]


# --- cores of a worker ---


@both
def test_the_runs_of_a_worker_share_its_cores(simulate):
    """R-4. Three runs of 4 s on two cores take 6 s, and those of another worker with three cores 4 s."""
    workers = [worker("*:3", dispatch="ideal", cores=cores) for cores in (2_000, 3_000)]
    log = simulate(deployment(*workers), table([run(0, 4)] * 6))
    assert sorted(zip(log.worker.tolist(), seconds(log.ended_at), strict=True)) == [(0, 6)] * 3 + [(1, 4)] * 3


@both
def test_who_waits_or_works_elsewhere_uses_no_core(simulate):
    """R-4. One core. The first works 1 s, then 4 s elsewhere, then 1 s. The second works 6 s. Both at half speed until 2 s; the second
    alone until 6 s, where it has worked 5 s; both at half speed until 8 s."""
    deployed = replace(deployment(worker("*:2", dispatch="ideal", cores=1_000)), resources=(Resource("elsewhere"),))
    log = simulate(deployed, table([run(0, 6, uses=[(0, 1, 5)]), run(0, 6)]))
    assert seconds(log.ended_at) == [8, 8]


@both
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "simplified"])
def test_cores_of_workers_that_poll(simulate, is_whole: bool):
    """R-4, K-2. The startup is not shared: 2 s each, and then 3 s of work on one core, 6 s of two."""
    deployed = deployment(worker("*:2", cores=1_000), latency=ROUND_TRIP_50_MS, debounce=0)
    log = simulate(deployed if is_whole else simplified(deployed), table([run(5, 3, startup=2)] * 2))
    first, second = np.sort(log.started_at)
    last = log.finished_at.max()
    assert last - first == 6 * SECOND  # the core is never idle
    assert log.finished_at.min() == last - (second - first)


# --- memory ---


def fits(memory: int) -> Worker:
    return worker("*:3", dispatch="ideal", memory=memory)


@both
@pytest.mark.parametrize(("memory", "ends"), [(250, [4, 4, 0]), (300, [4, 4, 4]), (99, [0, 0, 0])])
def test_a_run_that_does_not_fit_is_killed_at_once(simulate, memory: int, ends: list[float]):
    """R-5. 100 bytes each: of three at once as many succeed as fit into memory, and just enough is enough."""
    log = simulate(deployment(fits(memory)), table([run(0, 4, memory=100)] * 3))
    assert seconds(log.ended_at) == ends
    assert states(log) == ["success" if end else "killed" for end in ends]


@both
def test_memory_is_free_again_at_the_end_of_a_run(simulate):
    """R-5. Room for one: the second is killed at 1 s, the third comes at 5 s, when the first has ended."""
    log = simulate(deployment(fits(100)), table([run(at, 4, memory=100) for at in (0, 1, 5)]))
    assert seconds(log.ended_at) == [4, 1, 9]


@both
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "simplified"])
def test_memory_of_workers_that_poll(simulate, is_whole: bool):
    """R-5. Room for one: the second is killed at its launch, says so, and frees its slot."""
    deployed = deployment(worker("*:2", memory=100), latency=ROUND_TRIP_50_MS, debounce=0)
    log = simulate(deployed if is_whole else simplified(deployed), table([run(5, 30, memory=100), run(10, 30, memory=100)]))
    assert states(log) == ["success", "killed"]
    assert log.freed_at[1] < log.finished_at[0]


# --- ends of processes ---


@both
def test_the_end_of_a_process_delays_no_run_of_another(simulate):
    """R-2, R-6. A run of 100 s has a processor to itself. One idle worker gets SIGTERM at 30 s, another crashes at 60 s."""
    idle = worker("manual:1", stops_at=30 * SECOND, grace=10 * SECOND), worker("manual:1", stops_at=60 * SECOND)
    deployed = replace(deployment(worker("*:1"), *idle), resources=(shared(1),))
    log = simulate(deployed, table([run(0, 100, uses=[(0, 0, 100)])]))
    assert seconds(log.finished_at - log.started_at) == [100]


@both
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "simplified"])
def test_with_its_process_a_run_is_out_of_everything(simulate, is_whole: bool):
    """R-6, W-24. The first worker crashes at 20 s, in the midst of the use of one of its runs, before another one's turn in the line. The
    run of the second worker, behind both in the line, gets the place at that instant."""
    workers = worker("default:2", stops_at=20 * SECOND), worker("fast_lane:1")
    deployed = replace(deployment(*workers, debounce=0), resources=(shared(1, concurrency=1),))
    rows = [run(1, 60, uses=[(0, 0, 60)]), run(2, 60, uses=[(0, 0, 60)]), run(13, 2, "fast_lane", uses=[(0, 0, 2)])]
    log = simulate(deployed if is_whole else simplified(deployed), table(rows))
    assert seconds(log.finished_at) == [None, None, 22]


@both
def test_a_run_that_is_lost_uses_its_resource_on(simulate):
    """R-6, L-18. Marked lost at 13 s at the latest, it holds its place until its worker kills it at its timeout."""
    deployed = deployment(
        worker("default:1", mute=((int(1.5 * SECOND), 2 * SECOND),)),
        worker("fast_lane:1"),
        debounce=0,
        janitor_first=SECOND,
        janitor_period=SECOND,
        grace_period=0,
    )
    rows = [run(1, 50, timeout=20, uses=[(0, 0, 50)]), run(3, 1, "fast_lane", uses=[(0, 0, 1)])]
    log = simulate(replace(deployed, resources=(Resource("records", concurrency=1),)), table(rows))
    assert log.finished_at[1] == log.finished_at[0] + SECOND


# --- replayed runs ---

REPLAYED = """\
replay: runs.csv
horizon: 1h
startup: 0s
start: 2026-01-05T06:00
resources: {records: {concurrency: 1}}
projects:
  clinic:
    workflows:
      sync:
        triggers: [{type: webhook, arrivals: {at: [1s]}, service: 4s}]
        uses: [{resource: records}]
        memory: 100MB
workers: [{capacity: 9, dispatch: ideal%s}]
"""


@both
@pytest.mark.parametrize(
    ("of_worker", "ends"),
    [("", [6, 5, 4]), (", cores: 1", [10, 5, 8]), (", memory: 250MB", [6, 1, 4])],
    ids=["resources", "cores", "memory"],
)
def test_replayed_runs_use_no_resources_but_cores_and_memory(simulate, tmp_path: Path, of_worker: str, ends: list[float]):
    """R-7. Of the file: 6 and 4 s of service, from 0 s on. The trigger's run of 4 s comes at 1 s, finds the only place free, and works
    elsewhere, so on no core. One core: two at half speed until 8 s, where the shorter one has its 4 s; the other has 2 s left, until 10 s.
    Memory for two: the third is killed at its launch."""
    day = "2026-01-05 06:00:"
    rows = [f"{name},sync,clinic,default,success,{day}00,{day}00,{day}00,{day}0{ends}" for name, ends in (("a", 6), ("b", 4))]
    heads = "id,workflow,project,queue,state,inserted_at,claimed_at,started_at,finished_at"
    (tmp_path / "runs.csv").write_text("\n".join([heads, *rows]) + "\n")
    (tmp_path / "replay.yaml").write_text(REPLAYED % of_worker)
    scenario = load_scenario(tmp_path / "replay.yaml").scenario
    runs = generate(scenario)
    assert np.diff(runs.use_first).sum() == 1
    log = simulate(deployment_of(scenario), runs)
    ended = np.sort(log.ended_at[runs.inserted_at == 0])
    assert seconds(np.array([ended[1], log.ended_at[runs.inserted_at != 0].item(), ended[0]])) == ends


# --- the order at one point of a run's own work ---


@both
def test_the_end_of_a_use_comes_before_a_call_and_a_call_before_the_next_use(simulate):
    """R-8, K-5. After 2 s the run has its place at the first resource no more, and at the second not yet, when it calls: what it calls uses
    the first for 1 s and the second for 1 s. It is answered at 4 s, and ends at 6 s. Else one would wait for the other."""
    one_each = used(Resource("one", concurrency=1), Resource("two", concurrency=1))
    called = call(2, 2, waits=30, uses=[(0, 0, 1), (1, 1, 2)])
    log = simulate(one_each, table([run(0, 4, uses=[(0, 0, 2), (1, 2, 4)], calls=[called])]))
    assert seconds(log.ended_at) == [6, 4]


@both
def test_each_of_them_is_an_event_of_its_own(simulate):
    """R-8. Three slots. At 2 s the first run ends its use and calls, and the second, whose timer is younger, calls. The first one's call is
    one event more, so what the second calls is inserted first, and takes the slot."""
    first = run(0, 4, uses=[(0, 0, 2)], calls=[call(2, 1)])
    second = run(0, 4, uses=[(1, 0, 1)], calls=[call(2, 1)])
    log = simulate(used(Resource("one"), Resource("two"), slots=3), table([first, second]))
    assert seconds(log.started_at) == [0, 0, 3, 2]


@both
def test_a_use_that_begins_where_another_ends_begins_behind_who_waits(simulate):
    """R-8, R-1. The first has its place twice, from 0 to 2 s and for 2 s more. The second waits since 1 s and gets it at 2 s, the first
    again at 5 s."""
    rows = [run(0, 4, uses=[(0, 0, 2), (0, 2, 4)]), run(1, 3, uses=[(0, 0, 3)])]
    log = simulate(used(Resource("records", concurrency=1)), table(rows))
    assert seconds(log.ended_at) == [7, 5]


# --- timeouts and log lines ---


@both
@pytest.mark.parametrize(
    ("resource", "cores"),
    [
        (Resource("records", concurrency=1), None),
        (Resource("records", processors=1_000), None),
        (Resource("records", every=60 * SECOND, retry_after=3 * SECOND), None),
        (Resource("records"), 1_000),
    ],
    ids=["line", "sharing", "refusals", "cores"],
)
def test_the_timeout_goes_on_while_a_run_is_held_up(simulate, resource: Resource, cores: int | None):
    """R-9, L-19. Alone the second would have done its 4 s; it is held up, and killed at 5 s. The first has its 6 s at 6 s, or, where it was
    at half speed for 5 s, at 8.5 s."""
    deployed = replace(deployment(worker("*:2", dispatch="ideal", cores=cores)), resources=(resource,))
    uses = [] if cores else [(0, 0, 4)]
    log = simulate(deployed, table([run(0, 6, uses=[(0, 0, 6)] if uses else []), run(0, 4, timeout=5, uses=uses)]))
    assert seconds(log.ended_at) == [8.5 if cores or resource.processors else 6, 5]
    assert states(log) == ["success", "killed"]


@both
@pytest.mark.parametrize(("service", "state"), [(2, "success"), (2.000001, "killed")])
def test_work_that_is_done_at_the_instant_of_the_timeout_is_done(simulate, service: float, state: str):
    """R-9, K-8. It waits in the line until 2 s, and works from then on; its timeout is at 4 s."""
    rows = [run(0, 2, uses=[(0, 0, 2)]), run(0, service, timeout=4, uses=[(0, 0, service)])]
    assert states(simulate(used(Resource("records", concurrency=1)), table(rows))) == ["success", state]


@both
def test_log_lines_come_as_if_it_were_not_held_up(simulate):
    """R-9. The second waits in the line all its life. Of its log lines those of 1 and 2 s come, and the one of 4 s, after it is killed at
    3 s, does not: as many messages as if nobody were before it, and two more than without any line."""

    def messages(*rows) -> int:
        deployed = replace(deployment(worker("*:2"), latency=ROUND_TRIP_50_MS, debounce=0), resources=(Resource("one", concurrency=1),))
        return simulate(deployed, table(rows), record_claims=True).details[len(rows) - 1].messages

    before = run(1, 60, uses=[(0, 0, 60)])
    held_up = run(5, 50, timeout=3, logs=[1, 2, 4], uses=[(0, 0, 50)])
    assert messages(before, held_up) == messages(held_up) == messages(before, held_up | {"logs": []}) + 2


@both
def test_a_kill_and_an_end_that_it_leads_to_in_the_same_instant(simulate):
    """K-8, R-1, W-22a, where messages take no time. The first is killed at its timeout. That gives the second the place, which it uses for
    no time, so it ends as well. A kill has one message more to tell than a success, so the second's workloop is the first that claims."""
    lanes = worker("default>fast_lane:1 fast_lane>default:1")
    deployed = replace(deployment(lanes), resources=(Resource("records", concurrency=1),))
    rows = [run(1, 60, timeout=20, uses=[(0, 0, 60)]), run(2, 1, "fast_lane", uses=[(0, 1, 1)]), run(3, 5), run(3.1, 5)]
    log = simulate(deployed, table(rows))
    assert log.finished_at[0] == log.finished_at[1]
    assert log.workloop.tolist() == [0, 1, 1, 0]


# --- what must hold in every simulation ---


@given(sharing(whole_deployments()), whole_tables(calls=True, uses=True))
def test_resources_keep_their_books(deployed: Deployment, runs: RunTable):
    """R-1 to R-6: no service is shorter than the run's own work; each request is inserted, refused, or never made; each run ends once, in a
    final state, or not at all; and workers never have more memory in use than there is, by those that were not killed at their launch."""
    log = simulate_reference(deployed, runs)
    done = (log.state == State.SUCCESS) & (log.started_at != NEVER) & (log.finished_at != NEVER)
    assert (log.finished_at[done] - log.started_at[done] >= runs.service_time[done]).all()
    assert not ((log.inserted_at != NEVER) & (log.refused_at != NEVER)).any()
    is_final = ~np.isin(log.state, [State.AVAILABLE, State.CLAIMED, State.STARTED])
    assert ((log.ended_at != NEVER) == is_final).all()
    for place, each in enumerate(deployed.workers):
        if each.memory is not None and each.run_channel == "simplified":
            own = np.flatnonzero((log.worker == place) & (log.started_at != NEVER) & (log.finished_at > log.started_at))
            for start in log.started_at[own]:
                there = own[(log.started_at[own] <= start) & (start < log.finished_at[own])]
                assert runs.memory[there].sum() <= each.memory
