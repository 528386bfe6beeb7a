"""Runs that other runs call, in what is computed of a simulation (docs/chains.md)."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.analytic import sanity
from fastlanes_sim.experiments.replication import requests
from fastlanes_sim.results.offered_load import arriving, offered_load
from tests.support.deployments import attempt, call, deployment, run, table, worker


@pytest.fixture
def runs() -> RunTable:
    """Rows: 0 calls 4, which calls 6; 1 has a further attempt, 3, which calls 5; 2 calls nothing."""
    deep = call(1, 2, waits=30, calls=[call(0, 5, waits=3)])
    again = attempt(1, after_timeout=1, calls=[call(0, 9)])
    return table([run(0, 4, calls=[deep]), run(10, 1, "fast_lane", again=[again]), run(20, 1)])


def test_what_a_request_leads_to_counts_with_it(runs: RunTable):
    """K-1: a warm-up leaves out what it calls as well."""
    assert runs.called_by.tolist() == [-1, -1, -1, -1, 0, 3, 4]
    assert requests(runs, 0, 1).tolist() == [0, 4, 6]
    assert requests(runs, 1, 3).tolist() == [1, 2, 3, 5]


def test_what_is_called_arrives_with_its_caller(runs: RunTable):
    """K-1, K-5: runs 0, 1, 2, 4 and 6. Run 4 waits 3 s, all of its patience, and run 0 waits the 2 + 3 s of run 4."""
    here, waits = arriving(deployment(worker("*:10", dispatch="ideal")), runs)
    assert here.service_time.tolist() == [4 * SECOND, SECOND, SECOND, 2 * SECOND, 5 * SECOND]
    assert here.inserted_at.tolist() == [0, 10 * SECOND, 20 * SECOND, 0, 0]
    assert waits.tolist() == [5 * SECOND, 0, 0, 3 * SECOND, 0]


def test_the_load_is_that_of_all_of_them(runs: RunTable):
    """K-5: 9 + 1 + 1 + 5 + 5 slot seconds in 100 s on 10 slots."""
    deployed = deployment(worker("*:10", dispatch="ideal"), horizon=100 * SECOND)
    assert offered_load(deployed, runs).share == pytest.approx(0.021)
    assert sanity(deployed, runs).load == pytest.approx(0.21)


def test_without_calls_nothing_is_different():
    plain = table([run(0, 4), run(1, 1)])
    here, waits = arriving(deployment(worker("*:1", dispatch="ideal")), plain)
    np.testing.assert_array_equal(here.inserted_at, plain.inserted_at)
    assert not waits.any()
    assert requests(plain, 0, 2) == slice(0, 2)
