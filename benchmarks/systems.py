"""The three systems that the engines are timed on. Each is drawn anew from its seed; drawing is part of what is timed."""

from __future__ import annotations

import numpy as np

from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Latency, Lightning, Project, Worker, Workflow
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.traffic.generate import generate

System = tuple[Deployment, RunTable]


def ideal(runs: int) -> System:
    """(a) Five servers at 85 % load, three queues ranked: a non-preemptive priority M/M/5. No polls, no limits."""
    random = np.random.default_rng(1)
    arrivals, service = random.standard_exponential(runs), random.standard_exponential(runs)
    # In place: memory that is touched for the first time costs more than what is computed in it.
    arrivals *= SECOND / (0.85 * 5)
    service *= SECOND
    table = run_table(
        np.cumsum(arrivals, out=arrivals).astype(np.int64),
        service=service.astype(np.int64),
        queue=random.integers(0, len(Queue), runs, dtype=np.int8),
        workflow=np.zeros(runs, np.int32),
    )
    servers = Worker("servers", parse_workloops("fast_lane>manual>*:5").workloops, dispatch="ideal")
    lightning = Lightning(claim_limit=2**31, debounce=None, janitor_first=None)
    return Deployment((Project("p"),), (Workflow("w", 0),), (servers,), lightning, horizon=int(table.inserted_at[-1]) + HOUR), table


def ethiopia(runs: int) -> System:
    """(b) The incident's deployment with a pinned slot, real worker rules, notifications on; as many days as the runs take."""
    days = -(-runs // 7_100)
    loaded = load_scenario("scenarios/ethiopia_sync.yaml", layout="fast_lane:1 manual>*:4", horizon=f"{days}d")
    table = generate(loaded.scenario)
    return deployment(loaded.scenario), table.rows(slice(runs))


def saas(runs: int, burst: int) -> System:
    """(c) 200 projects, 1,000 workflows, most with limits, 40 workers × 2 workloops; `burst` runs come in the first ten minutes."""
    random = np.random.default_rng(3)
    rest = np.cumsum(random.standard_exponential(runs - burst) * (SECOND / 22)) + 10 * MINUTE
    arrivals = np.concatenate([np.sort(random.uniform(0, 10 * MINUTE, burst)), rest]).astype(np.int64)
    table = run_table(
        arrivals,
        service=np.minimum(random.lognormal(np.log(5 * SECOND), 1, runs), 5 * MINUTE).astype(np.int64),
        queue=random.choice(3, runs, p=[0.7, 0.2, 0.1]).astype(np.int8),
        workflow=random.integers(0, 1_000, runs, dtype=np.int32),
    )
    limits = random.choice([None, 2, 5, 20], 1_200, p=[0.3, 0.2, 0.3, 0.2]).tolist()
    pools = parse_workloops("fast_lane:2 manual>*:8").workloops
    return (
        Deployment(
            projects=tuple(Project(f"p{number}", limits[number]) for number in range(200)),
            workflows=tuple(Workflow(f"w{number}", number % 200, limits[200 + number]) for number in range(1_000)),
            workers=tuple(Worker(f"worker {number}", pools, connect_at=number * 37 * MILLISECOND) for number in range(40)),
            lightning=Lightning(),
            latency=Latency(10 * MILLISECOND, ((0, 5_000), (100_000, 250_000)), 10 * MILLISECOND),
            horizon=int(arrivals[-1]) + HOUR,
        ),
        table,
    )


def run_table(arrivals, *, service, queue, workflow) -> RunTable:
    runs = len(arrivals)
    return RunTable(
        inserted_at=arrivals,
        workflow=workflow,
        queue=queue,
        priority=np.ones(runs, np.int8),
        service_time=service,
        startup_time=np.zeros(runs, np.int64),
        timeout=np.full(runs, 5 * MINUTE, np.int64),
        outcome=np.full(runs, State.SUCCESS, np.int8),
        sync=np.zeros(runs, np.bool_),
        join_fails=np.zeros(runs, np.bool_),
        source=np.zeros(runs, np.int32),
        sources=("benchmark",),
    )
