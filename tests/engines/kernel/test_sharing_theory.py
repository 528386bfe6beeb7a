"""With nothing but resources the kernel is a network that theory knows (R-1, R-2). The formula must lie in the interval over replications.

The reference engine gives the same logs (`tests/engines/test_equality.py`). Intervals and seeds are as in
`tests/engines/reference/test_theory.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Resource
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.rules.rulesets import RunQueue
from tests.engines.reference.test_theory import RUNS, WARM_UP, assert_meets, erlang_c, streams, traffic
from tests.support.deployments import deployment, worker

pytestmark = pytest.mark.compiled
Draw = Callable[[np.random.Generator], np.ndarray]


def mean_responses(resources: tuple[Resource, ...], tables: list[RunTable], **settings) -> np.ndarray:
    """Seconds, of the runs after the warm-up, one number a replication. There is a slot for everybody."""
    workers = worker("*:2000", dispatch="ideal", **settings)
    deployed = replace(deployment(workers, run_queue=RunQueue.FASTER_FIFO, horizon=10**15), resources=resources)
    logs = [(simulate_kernel(deployed, table), table) for table in tables]
    return np.array([(log.ended_at - table.inserted_at)[WARM_UP:].mean() / SECOND for log, table in logs])


def one_after_another(table: RunTable, *parts: np.ndarray) -> RunTable:
    """Each run uses the first resource for the first part (seconds), the second one for the second."""
    ends = np.cumsum(np.rint(np.stack(parts, axis=1) * SECOND).astype(np.int64), axis=1)
    begins = np.concatenate([np.zeros((len(table), 1), np.int64), ends[:, :-1]], axis=1)
    return replace(
        table,
        service_time=ends[:, -1],
        use_first=np.arange(len(table) + 1) * len(parts),
        use_of=np.tile(np.arange(len(parts), dtype=np.int32), len(table)),
        use_from=begins.ravel(),
        use_until=ends.ravel(),
    )


def hyperexponential(rng: np.random.Generator) -> np.ndarray:
    """Nine in ten take half a second on average, the others 5.5 s: a mean of 1 s, and a squared coefficient of variation of 5.5."""
    return rng.exponential(np.where(rng.random(RUNS) < 0.9, 0.5, 5.5))


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda rng: np.ones(RUNS), id="M/D/1-PS"),
        pytest.param(lambda rng: rng.exponential(1, RUNS), id="M/M/1-PS"),
        pytest.param(hyperexponential, id="M/H2/1-PS"),
    ],
)
@pytest.mark.parametrize("of_worker", [False, True], ids=["resource", "cores"])
def test_processor_sharing_does_not_mind_the_distribution(draw: Draw, of_worker: bool):
    """R-2, R-4: the mean response of M/G/1-PS is E[S] / (1 - rho), whatever the distribution (Kleinrock, Queueing Systems II, eq. 4.17)."""
    tables = [traffic(rng, 0.6, draw(rng)) for rng in streams(71)]
    if of_worker:
        means = mean_responses((), tables, cores=1_000)
    else:
        using = [one_after_another(table, table.service_time / SECOND) for table in tables]
        means = mean_responses((Resource("shared", processors=1_000),), using)
    assert_meets(means, 1 / (1 - 0.6))


def test_several_processors_are_as_many_servers_to_exponential_work():
    """R-2: the number of users of M/M/c-PS is that of M/M/c, and so is the mean response: 1 + C(c, a) / (c - a)."""
    tables = [one_after_another(traffic(rng, 2.1, service := rng.exponential(1, RUNS)), service) for rng in streams(72)]
    assert_meets(mean_responses((Resource("shared", processors=3_000),), tables), 1 + erlang_c(3, 2.1) / (3 - 2.1))


@pytest.mark.parametrize("second", [Resource("second", concurrency=1), Resource("second", processors=1_000)], ids=["line", "shared"])
def test_a_second_station_behind_a_first_one(second: Resource):
    """R-1, R-2: what leaves M/M/3 is as random as what comes (Burke 1956), so the second station is M/M/1, with a line or shared: the mean
    response is 1 + C(c, a) / (c - a) + 1 / (mu - lambda)."""
    rate, service = 2.1, 0.3
    tables = []
    for rng in streams(73):
        arrivals = traffic(rng, rate, np.zeros(RUNS))
        tables.append(one_after_another(arrivals, rng.exponential(1, RUNS), rng.exponential(service, RUNS)))
    theory = 1 + erlang_c(3, rate) / (3 - rate) + 1 / (1 / service - rate)
    assert_meets(mean_responses((Resource("first", concurrency=3), second), tables), theory)
