"""python -m benchmarks.sharing: what a run costs that shares a resource with many others (R-2).

So many runs use one resource of one processor all the time: whoever ends is followed by the next. Virtual time needs one step of a heap for
each, so a run should cost about as much among 10,000 as among 10, but for the heap's logarithm; a loop over all users would cost a thousand
times as much. Minimum of the rounds, in processor time, compilation excluded. Writes benchmarks/results/sharing.json.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from benchmarks.systems import System
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Lightning, Project, Resource, Worker, Workflow
from fastlanes_sim.engines.selection import compile_kernel, run_engine
from fastlanes_sim.rules.creation import NORMAL
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.lifecycle import State

USERS = (10, 100, 1_000, 10_000)
RUNS = {"kernel": 100_000, "reference": 20_000}
ROUNDS = 3


def main() -> None:
    compile_kernel()
    found = {engine: {str(users): microseconds_per_run(engine, users, runs) for users in USERS} for engine, runs in RUNS.items()}
    growth = {engine: of_users[str(USERS[-1])] / of_users[str(USERS[0])] for engine, of_users in found.items()}
    results = {"microseconds_per_run_by_users": found, "growth_from_10_to_10000_users": growth}
    Path("benchmarks/results/sharing.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def microseconds_per_run(engine: str, users: int, runs: int) -> float:
    times = []
    for _ in range(ROUNDS):
        deployed, table = shared(users, runs)
        begin = time.process_time()
        log = run_engine(deployed, table, engine=engine)
        times.append(time.process_time() - begin)
        assert (log.ended_at >= 0).all(), "all of them end"
    return 1e6 * min(times) / runs


def shared(users: int, runs: int) -> System:
    """So many slots, in each of which a run uses the resource from its start to its end; all runs are there from the beginning."""
    service = np.random.default_rng(1).exponential(SECOND, runs).astype(np.int64)
    zeros, small, places = np.zeros(runs, np.int64), np.zeros(runs, np.int8), np.zeros(runs, np.int32)
    flags = np.zeros(runs, np.bool_)
    table = RunTable(
        inserted_at=zeros,
        workflow=places,
        queue=small,
        priority=np.full(runs, NORMAL, np.int8),
        service_time=service,
        startup_time=zeros,
        timeout=np.full(runs, 100 * DAY),
        outcome=np.full(runs, State.SUCCESS, np.int8),
        sync=flags,
        join_fails=flags,
        source=places,
        sources=("shared",),
        use_first=np.arange(runs + 1),
        use_of=places,
        use_from=zeros,
        use_until=service,
    )
    deployed = Deployment(
        projects=(Project("project"),),
        workflows=(Workflow("workflow", 0),),
        workers=(Worker("worker", parse_workloops(f"*:{users}").workloops, dispatch="ideal"),),
        lightning=Lightning(debounce=None, janitor_first=None, claim_limit=runs),
        horizon=100 * DAY,
        resources=(Resource("records", processors=1_000),),
    )
    return deployed, table


if __name__ == "__main__":
    main()
