"""Queries that find nothing: what the kernel foresees of them changes nothing but the number of events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import systems
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Latency
from fastlanes_sim.engines.kernel import simulation
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from tests.engines.kernel.test_idle_polls import A_FEW, LATENCY, RUNS, simulated
from tests.engines.test_equality import assert_equal
from tests.support.deployments import MILLISECOND, MINUTE, SECOND, deployment, run, table, worker
from tests.support.strategies import healthy_deployments, healthy_tables, sharing, whole_deployments, whole_tables

BUSY = table([run(20.5 + 0.0373 * number, 0.1 + number % 5, ["default", "fast_lane", "manual"][number % 3]) for number in range(600)])
"""Something happens in the time of nearly every poll."""


@st.composite
def lonely(draw: st.DrawFn, deployments: st.SearchStrategy[Deployment]) -> Deployment:
    """The same where claims do not slow each other down, and nothing keeps the kernel from foreseeing their queries."""
    deployed = draw(deployments)
    latency = draw(
        st.sampled_from(
            [
                LATENCY,
                Latency(up=1_000, down=1_000, message=1_000, database=((0, 2_000),)),
                Latency(up=10_000, down=10_000, database=((0, 5_000), (20, 300_000))),
                Latency(up=3_000, down=7_000, message=1_000, database=((0, 1_000), (5, 400_000))),
                Latency(up=200_000, down=900_000, message=20_000, database=((0, 700_000),)),
            ]
        )
    )
    debounce = draw(st.sampled_from([None, 2, 50, 500]))
    lightning = replace(
        deployed.lightning,
        claims="serial",
        debounce=None if debounce is None else debounce * MILLISECOND,
        notification=draw(st.sampled_from([None, None, deployed.lightning.notification])),
        database_processors=None,
        database_pool=None,
    )
    return replace(
        deployed,
        workers=tuple(replace(each, claim_chains="real", channel_crashes=(), run_channel="whole") for each in deployed.workers),
        lightning=lightning,
        latency=latency,
        incidents=replace(deployed.incidents, claim_errors=(), dropped=()),
    )


@pytest.mark.compiled
@A_FEW
@given(
    st.one_of(
        st.tuples(lonely(sharing(healthy_deployments())), healthy_tables(calls=True, uses=True)),
        st.tuples(lonely(sharing(whole_deployments())), whole_tables(calls=True, uses=True)),
    )
)
def test_both_roads_lead_to_the_same_log(system: tuple[Deployment, RunTable]):
    by_both = [simulation._simulate(*system, False, False, None, foresees=True, skips_polls=skips_polls) for skips_polls in (True, False)]
    if None not in by_both:
        assert_equal(*by_both)


@pytest.mark.compiled
def test_of_a_query_that_finds_nothing_neither_its_end_nor_the_reply_is_an_event():
    deployed, runs = systems.saas(2_000, 1_000)
    deployed = replace(deployed, horizon=int(runs.inserted_at[-1]))
    foreseen, step_by_step = (simulated(deployed, runs, skips_polls=skips_polls) for skips_polls in (True, False))
    assert_equal(foreseen, step_by_step)
    assert step_by_step.events - foreseen.events > 1.5 * foreseen.claims_empty


@pytest.mark.parametrize("layouts", [["*:3", "fast_lane:2 manual>*:4"], ["manual>*:8 fast_lane:3"]], ids=str)
@pytest.mark.parametrize("debounce", [3, 50, 500])
def test_where_much_happens_at_once_the_log_is_the_reference_engine_s(layouts: list[str], debounce: int):
    """Notifications wait behind queries that were foreseen, and segments are stopped whose reply was."""
    slow = replace(LATENCY, database=((0, 40 * MILLISECOND), (100, 90 * MILLISECOND)))
    deployed = deployment(*map(worker, layouts), latency=slow, debounce=debounce * MILLISECOND, horizon=MINUTE)
    assert_equal(simulate_reference(deployed, BUSY), simulate_kernel(deployed, BUSY))


@pytest.mark.parametrize("begins", [60_000, *(pytest.param(begins, marks=pytest.mark.compiled) for begins in range(60_007, 60_060, 7))])
@pytest.mark.parametrize("grace", [0, 30])
def test_a_process_that_ends_sees_the_replies_that_were_foreseen(begins: int, grace: int):
    """W-20, W-24: SIGTERM, or a crash, at any instant of a poll."""
    stopped = worker("*:3 fast_lane:2", stops_at=begins * MILLISECOND, grace=grace * SECOND)
    deployed = deployment(stopped, worker("*:2"), latency=LATENCY, debounce=500 * MILLISECOND, horizon=2 * MINUTE)
    assert_equal(simulate_reference(deployed, RUNS), simulate_kernel(deployed, RUNS))
