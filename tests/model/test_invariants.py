"""What must hold in every simulation, on random deployments and traffic."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.log import NEVER
from fastlanes_sim.model.simulation import simulate_model
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from fastlanes_sim.scenario.deployment import Deployment, Latency, Lightning, Project, Workflow
from fastlanes_sim.traffic.table import RunTable

from .build import MILLISECOND, MINUTE, SECOND, run, table, worker

LAYOUTS = ["*:1", "manual>*:5", "fast_lane:1 manual>*:4", "fast_lane>manual>*:1 *:2", "default:2 fast_lane:1", "manual>fast_lane:2"]


@st.composite
def workers(draw: st.DrawFn):
    begins = draw(st.integers(1, 100)) * SECOND
    outages = draw(st.sampled_from([(), ((begins, begins + 40 * MILLISECOND),), ((begins, begins + 5 * SECOND),)]))
    return worker(
        draw(st.sampled_from(LAYOUTS)),
        connect_at=draw(st.integers(0, 3_000)) * MILLISECOND,
        outages=outages,
        verification=draw(st.sampled_from([None, None, 20 * MILLISECOND])),
        claim_timeout=draw(st.sampled_from([3_600, 30])) * SECOND,
        claim_chains=draw(st.sampled_from(["real", "real", "single"])),
        dispatch=draw(st.sampled_from(["real", "real", "real", "ideal"])),
    )


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    limit = st.sampled_from([None, None, 1, 2, 5])
    return Deployment(
        projects=(Project("a", draw(limit)), Project("b", draw(limit))),
        workflows=(Workflow("w0", 0, draw(limit)), Workflow("w1", 0, draw(limit)), Workflow("w2", 1, draw(limit))),
        workers=tuple(draw(st.lists(workers(), min_size=1, max_size=3))),
        lightning=Lightning(
            ruleset=draw(st.sampled_from(list(Ruleset))),
            run_queue=draw(st.sampled_from(list(RunQueue))),
            claim_limit=draw(st.sampled_from([1, 3, 50])),
            debounce=draw(st.sampled_from([None, 500 * MILLISECOND])),
            notification=draw(st.sampled_from([0, 25 * MILLISECOND])),
            janitor_first=MINUTE,
            janitor_period=MINUTE,
        ),
        latency=draw(
            st.sampled_from(
                [
                    Latency(),
                    Latency(request=5_000, reply=9_000),
                    Latency(database=((0, 0), (20, 300_000))),
                    Latency(pairs=((0, 7_000), (3_000, 0))),
                ]
            )
        ),
        horizon=draw(st.integers(10, 400)) * SECOND,
    )


@st.composite
def tables(draw: st.DrawFn) -> RunTable:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 60))
    arrivals = np.sort(rng.uniform(0, 120, count).round(draw(st.sampled_from([0, 3, 6]))))
    return table(
        run(
            arrival,
            round(rng.exponential(8), 3),
            rng.choice(["default", "fast_lane", "manual"]),
            startup=rng.choice([0.0, 0.5]),
            timeout=rng.choice([5.0, 60.0]),
            workflow=rng.integers(3),
            priority=rng.integers(2),
            join_fails=rng.random() < 0.05,
        )
        for arrival in arrivals
    )


@given(deployments(), tables())
def test_every_simulation_keeps_its_books(deployed: Deployment, runs: RunTable):
    log = simulate_model(deployed, runs)
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
    assert (log.claimed_at[claimed] >= runs.inserted_at[claimed]).all()
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
    """W-1: a workloop never runs more at once than it has slots, unless tokens are verified (W-8)."""
    for w, spec in enumerate(deployed.workers):
        for i, loop in enumerate(spec.workloops):
            mine = np.flatnonzero((log.worker == w) & (log.workloop == i) & (log.started_at != NEVER))
            if spec.verification is not None:
                continue
            # An end that the janitor wrote is not the worker's: the slot may be held longer, never shorter.
            changes = [(log.started_at[r], 1) for r in mine]
            changes += [(log.ended_at[r], -1) for r in mine if log.ended_at[r] != NEVER]
            held = 0
            for _, change in sorted(changes):  # at one instant ends come before starts
                held += change
                if held > loop.capacity:
                    return False
    return True


@given(deployments(), tables())
def test_the_same_table_gives_the_same_log(deployed: Deployment, runs: RunTable):
    first, second = (simulate_model(deployed, runs, record_claims=True) for _ in range(2))
    assert first.claims == second.claims
    assert first.wake_ups == second.wake_ups
    for name in ("claimed_at", "started_at", "ended_at", "state", "worker", "workloop"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


@given(deployments(), tables())
def test_no_workloop_claims_beyond_its_capacity(deployed: Deployment, runs: RunTable):
    """W-1, W-6: claims unanswered and runs held together stay within the slots, unless tokens are verified (W-8)."""
    log = simulate_model(deployed, runs, record_claims=True)
    for row in log.claims:
        spec = deployed.workers[row.worker]
        if spec.verification is not None:
            continue
        unanswered = sum(
            other.worker == row.worker
            and other.workloop == row.workloop
            and other.pushed_at <= row.pushed_at
            and (other.replied_at is None or other.replied_at > row.pushed_at)
            and row.pushed_at - (other.pushed_at if other.sent_at is None else other.sent_at) < spec.claim_timeout
            for other in log.claims
        )
        assert unanswered <= spec.workloops[row.workloop].capacity
