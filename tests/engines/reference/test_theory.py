"""With ideal dispatch the reference engine is a queue that theory knows. The formula must lie in the interval over replications.

The intervals are at 99.9 %, seeds are fixed: a failure is a changed engine, not bad luck. That the intervals are narrow
enough to mean something is asserted too.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from scipy import stats

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import RunQueue
from tests.support.deployments import deployment, worker

RUNS, WARM_UP, REPLICATIONS = 6_000, 1_000, 12


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c; Erlang (1917), as in Kleinrock, Queueing Systems I, eq. 3.40."""
    top = load**servers / factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / factorial(k) for k in range(servers)) + top)


def traffic(rng: np.random.Generator, rate: float, service: np.ndarray, fast_share: float = 0.0) -> RunTable:
    arrivals = np.cumsum(rng.exponential(1 / rate, RUNS))
    queue = np.where(rng.random(RUNS) < fast_share, Queue.FAST_LANE, Queue.DEFAULT)
    return RunTable(
        inserted_at=np.rint(arrivals * SECOND).astype(np.int64),
        workflow=np.zeros(RUNS, np.int32),
        queue=queue.astype(np.int8),
        priority=np.full(RUNS, NORMAL, np.int8),
        service_time=np.rint(service * SECOND).astype(np.int64),
        startup_time=np.zeros(RUNS, np.int64),
        timeout=np.full(RUNS, 10**15, np.int64),
        outcome=np.full(RUNS, State.SUCCESS, np.int8),
        sync=np.zeros(RUNS, np.bool_),
        join_fails=np.zeros(RUNS, np.bool_),
        source=np.zeros(RUNS, np.int32),
        sources=("theory",),
    )


def mean_waits(layout: str, tables: list[RunTable], lane: Queue) -> np.ndarray:
    """Mean wait in seconds of the lane's runs after the warm-up, one number a replication."""
    deployed = deployment(worker(layout, dispatch="ideal"), run_queue=RunQueue.FASTER_FIFO, horizon=10**15)
    means = []
    for table in tables:
        log = simulate_reference(deployed, table)
        counted = (table.queue == lane) & (np.arange(RUNS) >= WARM_UP)
        means.append((log.started_at - table.inserted_at)[counted].mean() / SECOND)
    return np.array(means)


def assert_meets(means: np.ndarray, theory: float) -> None:
    half = stats.t.ppf(0.9995, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
    assert half < 0.5 * theory, "the interval is too wide to say anything"
    assert abs(means.mean() - theory) <= half, f"{means.mean():.4f} ± {half:.4f} does not hold {theory:.4f}"


def streams(name: int) -> list[np.random.Generator]:
    return [np.random.default_rng([name, replication]) for replication in range(REPLICATIONS)]


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.6), (3, 0.7), (5, 0.8)])
def test_mmc(servers: int, utilisation: float):
    """M/M/c: mean wait C(c, a) / (cµ − λ)."""
    rate = servers * utilisation
    tables = [traffic(rng, rate, rng.exponential(1, RUNS)) for rng in streams(servers)]
    assert_meets(mean_waits(f"*:{servers}", tables, Queue.DEFAULT), erlang_c(servers, rate) / (servers - rate))


def test_mg1():
    """M/G/1 with gamma service of shape 4 (Pollaczek-Khinchine): λ E[S²] / 2(1 − ρ)."""
    rate, shape = 0.7, 4.0
    tables = [traffic(rng, rate, rng.gamma(shape, 1 / shape, RUNS)) for rng in streams(40)]
    assert_meets(mean_waits("*:1", tables, Queue.DEFAULT), rate * (1 + 1 / shape) / (2 * (1 - rate)))


def test_two_priorities():
    """M/M/c with two non-preemptive priorities (Cobham 1954): W_k = C/cµ / ((1 − σ_{k−1})(1 − σ_k)), by a preference claim."""
    servers, rate, share = 3, 2.1, 0.4
    tables = [traffic(rng, rate, rng.exponential(1, RUNS), share) for rng in streams(50)]
    residual = erlang_c(servers, rate) / servers
    high, total = share * rate / servers, rate / servers
    assert_meets(mean_waits(f"fast_lane>*:{servers}", tables, Queue.FAST_LANE), residual / (1 - high))
    assert_meets(mean_waits(f"fast_lane>*:{servers}", tables, Queue.DEFAULT), residual / ((1 - high) * (1 - total)))


def test_a_pinned_slot():
    """A slot of its own makes the fast lane an M/M/1 of its own, whatever saturates the others."""
    rate, share = 2.4, 0.25
    tables = [traffic(rng, rate, rng.exponential(1, RUNS), share) for rng in streams(60)]
    own = share * rate
    assert_meets(mean_waits("fast_lane:1 default>manual:3", tables, Queue.FAST_LANE), own / (1 - own))
