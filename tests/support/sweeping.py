"""python -m tests.support.sweeping STORE LOG OUT: a sweep of 200 design points that logs what it simulates, for a test that kills it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fastlanes_sim.api import verbs
from fastlanes_sim.experiments import design_points
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.scenario.load import LoadedScenario

SCENARIO = """\
horizon: 20s
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 1/s}, service: {exponential: {mean: 1s}}}]}}}}
workers: [{workloops: "*:2", dispatch: ideal}]
slos: [p95(default.wait) < 2s]
"""
OVER = {"workers.0.replicas": list(range(1, 21)), "traffic": [0.2 * step for step in range(1, 11)]}
"""200 design points."""
REPLICATIONS = 2
KEPT = "kept"
"""The line that follows that of a replication once the store has it."""


def main() -> None:
    store, log, out = map(Path, sys.argv[1:])
    scenario = out.with_name("tiny.yaml")
    scenario.write_text(SCENARIO)
    measure, put = design_points.measure, Store.put

    def note(line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    def noted(scenario: LoadedScenario, replication: int, *args: Any, **kwargs: Any) -> Any:
        found = measure(scenario, replication, *args, **kwargs)
        note(f"{scenario.hash} {replication}")
        return found

    def noted_put(self: Store, key: str, value: object) -> None:
        put(self, key, value)
        note(KEPT)

    design_points.measure, Store.put = noted, noted_put
    print("begun", flush=True)
    found = verbs.sweep(scenario, OVER, REPLICATIONS, store=store, engine="reference", processes=1)
    found.write(out, charts=False)


if __name__ == "__main__":
    main()
