"""Both engines, and the recordings, against a second statement of the rules (L-5 to L-19, W-1 to W-19).

The recorded timelines are fixed, and have neither limits nor priorities nor a janitor; that the two engines are equal does not say that
they are right. Here random deployments are played by them and by a statement that shares nothing with them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.conformance.recordings import numbered_lines
from fastlanes_sim.conformance.worker import deployment_of, table_of
from fastlanes_sim.core.run_log import ClaimRow
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Incidents
from fastlanes_sim.engines.selection import Engine, run_engine
from tests.support.deployments import MILLISECOND, SECOND, run, table, worker
from tests.support.second_statement import SecondStatement
from tests.support.strategies import deployments, tables

RECORDING = Path(__file__).with_name("worker.jsonl.gz")
ENGINES: tuple[Engine, ...] = ("reference", "kernel")
LAYOUTS = ["*:1", "*:20", "manual>*:3 manual>*:3", "fast_lane:1 fast_lane>*:2 *:2", "nosuch:1 default>nosuch:1 nosuch>*:1", "*:1 *:1 *:1"]


def recorded() -> list[dict[str, Any]]:
    """What each recorded timeline was given."""
    return [json.loads(line)["params"] for _, line in numbered_lines(RECORDING)]


def agree(deployed: Deployment, runs: RunTable, engines: tuple[Engine, ...] = ENGINES) -> None:
    stated = SecondStatement(deployed, runs).play()
    arrived = {each.row: each for each in stated.runs}
    for engine in engines:
        log = run_engine(deployed, runs, engine=engine, record_claims=True)
        assert log.connections == stated.connections, engine
        assert log.wake_ups == stated.wake_ups, engine
        for ours, theirs in zip(log.claims, stated.claims, strict=True):
            assert row_of(ours) == theirs.row(), engine
        for row in range(len(runs)):
            each = arrived.get(row)
            if each is None:
                assert log.inserted_at[row] == -1, (engine, row)
                continue
            ours = [int(getattr(log, name)[row]) for name in ("claimed_at", "started_at", "ended_at", "state", "worker", "workloop")]
            assert ours == [each.claimed_at, each.started_at, each.ended_at, each.state, each.worker, each.workloop], (engine, row)


def row_of(claim: ClaimRow) -> tuple[Any, ...]:
    """A claim of the log, without what there is only where claims are decided one after another."""
    row = asdict(claim)
    return tuple(value for name, value in row.items() if name not in ("began_at", "error"))


def on_a_plain_day(deployed: Deployment) -> Deployment:
    """Without what the specification does not know: incidents, autoscalers, admission control, and workers other than the real one."""
    workers = (
        replace(each, dispatch="real", claim_chains="real", stops_at=None, is_standby=False)
        for each in deployed.workers[: len(deployed.workers) - sum(scaler.end - scaler.first for scaler in deployed.autoscalers)]
    )
    projects = tuple(replace(project, fast_lane_limit=None) for project in deployed.projects)
    return replace(deployed, workers=tuple(workers), projects=projects, incidents=Incidents(), autoscalers=(), adaptors=())


def without_adaptors(runs: RunTable) -> RunTable:
    return replace(runs, adaptor=None, cold_start=None, reply_luck=None)


def test_the_second_statement_reproduces_the_recordings() -> None:
    """It is no better than the engines unless it does."""
    for params in recorded()[::12]:
        agree(deployment_of(params), table_of(params), ("kernel",))


@given(deployments().map(on_a_plain_day), tables(callers_try_again=False).map(without_adaptors))
def test_the_engines_play_what_the_rules_say(deployed: Deployment, runs: RunTable) -> None:
    """Limits, priorities, rulesets, run-queue classes, timeouts, the janitor; outages, verification, late and buffered claims."""
    agree(deployed, runs)


@st.composite
def lockstep(draw: st.DrawFn) -> tuple[Deployment, RunTable]:
    """W-19: workers alike under latencies of nought and round numbers, so that nearly everything has a tie."""
    deployed = on_a_plain_day(draw(deployments()))
    instants = st.sampled_from([0, 1, 500, 1_000, 1_500, 2_000, 4_000, 5_000, 6_000, 9_070])
    pairs = draw(st.lists(st.tuples(st.sampled_from([0, 0, 1, 500]), st.sampled_from([0, 0, 1, 500, 3_000])), min_size=1, max_size=4))
    low, high = draw(st.sampled_from([(1_000, 10_000), (500, 500), (100, 100), (5_000, 1_000)]))
    begins, lasts = draw(instants), draw(st.sampled_from([0, 1, 70, 1_000, 1_070, 4_000]))
    outage = (begins * MILLISECOND, (begins + lasts) * MILLISECOND)
    alike = worker(
        draw(st.sampled_from(LAYOUTS)),
        backoff_min_ms=low,
        backoff_max_ms=high,
        connect_at=draw(instants) * MILLISECOND,
        outages=draw(st.sampled_from([(), (outage,), (outage, (outage[1], outage[1] + SECOND))])),
        claim_timeout=draw(st.sampled_from([3_600_000, 2_000, 1_000, 500])) * MILLISECOND,
        verification=draw(st.sampled_from([None, None, 0, 500])),
        refusal=draw(st.sampled_from([0, 3, 1_000])) * MILLISECOND,
        reconnection=draw(st.sampled_from([0, 70, 1_000])) * MILLISECOND,
        run_channel="simplified",
    )
    if alike.verification:
        alike = replace(alike, verification=alike.verification * MILLISECOND)
    runs = draw(
        st.lists(
            st.tuples(
                instants,
                st.sampled_from([0, 500, 1_000, 3_000]),
                st.sampled_from(["default", "fast_lane", "manual"]),
                st.sampled_from([0, 0, 1, 500]),
                st.sampled_from([500, 1_000, 300_000]),
                st.integers(0, 3),
                st.integers(0, 1),
                st.sampled_from([False] * 9 + [True]),
            ),
            max_size=30,
        )
    )
    rows = []
    for at, service, queue, join, timeout, workflow, priority, fails in sorted(runs, key=lambda each: each[0]):
        more = {"workflow": workflow, "priority": priority, "join_fails": fails}
        rows.append(run(at / 1e3, service / 1e3, queue, startup=join / 1e3, timeout=timeout / 1e3, **more))
    lightning = replace(
        deployed.lightning,
        debounce=draw(st.sampled_from([None, 0, 500 * MILLISECOND])),
        janitor_first=draw(st.sampled_from([None, 0, 5 * SECOND])),
        janitor_period=draw(st.sampled_from([500 * MILLISECOND, 5 * SECOND])),
        grace_period=draw(st.sampled_from([0, 500 * MILLISECOND])),
    )
    latency = replace(deployed.latency, pairs=tuple((first * MILLISECOND, second * MILLISECOND) for first, second in pairs))
    workers = (alike,) * draw(st.integers(1, 3))
    horizon = draw(st.sampled_from([2, 12, 30])) * SECOND
    return replace(deployed, workers=workers, lightning=lightning, latency=latency, horizon=horizon), table(rows)


@given(lockstep())
def test_ties_are_broken_as_the_rules_say(played: tuple[Deployment, RunTable]) -> None:
    agree(*played)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wrong_engine_would_be_noticed(engine: Engine) -> None:
    """The statement tells a deployment from one whose poll is a millisecond slower."""
    deployed = deployment_of(recorded()[0])
    log = run_engine(deployed, RunTable.empty(), engine=engine, record_claims=True)
    slower = replace(deployed, workers=tuple(replace(each, backoff_min_ms=each.backoff_min_ms + 1) for each in deployed.workers))
    rows = [claim.row() for claim in SecondStatement(deployed, RunTable.empty()).play().claims]
    assert [row_of(claim) for claim in log.claims] == rows
    assert rows != [claim.row() for claim in SecondStatement(slower, RunTable.empty()).play().claims]
