"""python -m studies.together: how often calibration finds calls or sharing where there is neither, and the system that runs share.

False: exports of three workflows in first-come-first-served slots, whose services do not depend on each other. Arrivals are homogeneous,
come in bursts, or follow the hours of the day; services may follow the hours or the load as well. A false proposal is any sentence about
calls (`calibration.chained_runs`) or about services that grow with the runs at once (`calibration.shared_services`).

Fitted: exports of simulated workers whose runs share something known. Counted are how often its kind and its users are found, and how far
its capacity and the median of a run's own service are off. Writes studies/results/together.json.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from dataclasses import dataclass, replace
from heapq import heapreplace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.chained_runs import chains
from fastlanes_sim.calibration.shared_services import sharing
from fastlanes_sim.calibration.shared_systems import Kind, alone
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate

Times = npt.NDArray[np.int64]
Arrivals = Literal["homogeneous", "bursts", "hours", "hours, slower when busy", "hours, slower under load"]
SIZES = (300, 1_000, 5_000)
RESOLUTIONS = (1, MILLISECOND)
LOADS = (0.3, 0.9)
SLOTS = 5
MONDAY = 1_767_571_200 * SECOND
WANTED = 0.02
RESULTS = Path("studies/results/together.json")


def export_of(inserted: Times, started: Times, finished: Times, workflow: npt.NDArray[np.int32], queue: Queue = Queue.DEFAULT) -> Export:
    """Runs that were all claimed when they started, and succeeded."""
    size = len(inserted)
    order = np.argsort(inserted, kind="stable")
    columns = [column[order] for column in (inserted, started, started, finished)]
    return Export(
        *columns,
        state=np.full(size, int(State.SUCCESS), np.int8),
        queue=np.full(size, int(queue), np.int8),
        priority=np.full(size, NORMAL, np.int8),
        workflow=workflow[order].astype(np.int32),
        retry=np.zeros(size, np.bool_),
        workflows=tuple(ExportedWorkflow("p", f"w{number}") for number in range(int(workflow.max(initial=0)) + 1)),
        has_queue=True,
        reading=Reading("memory", rows=size, kept=size),
    )


def served(inserted: Times, services: Times, slots: int) -> Times:
    """When each starts: first come, first served."""
    free = [0] * slots
    started = np.zeros_like(inserted)
    for place, (at, service) in enumerate(zip(inserted.tolist(), services.tolist(), strict=True)):
        started[place] = max(at, free[0])
        heapreplace(free, int(started[place]) + service)
    return started


def sample(size: int, resolution: int, load: float, arrivals: Arrivals, number: int) -> Export:
    """An export without calls and without sharing."""
    random = np.random.default_rng([size, resolution, round(100 * load), get_args(Arrivals).index(arrivals), number])
    workflow = random.integers(0, 3, size).astype(np.int32)
    services = np.rint(random.lognormal(np.log(np.array([1.0, 3.0, 8.0])[workflow]), 0.8) * SECOND).astype(np.int64)
    length = float(services.sum()) / SLOTS / load
    times = random.uniform(0, length, size)
    if arrivals == "bursts":
        times = np.repeat(random.uniform(0, length, -(-size // 10)), 10)[:size]
    if arrivals.startswith("hours"):
        day = random.uniform(0, length, 4 * size)
        busy = 1 + np.sin(2 * np.pi * day / min(DAY, max(length / 3, HOUR)))
        times = day[random.uniform(0, 2, len(day)) < busy][:size]
        workflow, services = workflow[: len(times)], services[: len(times)]
    inserted = np.sort(times).astype(np.int64)
    if arrivals == "hours, slower when busy":
        services = (services * np.exp(np.sin(2 * np.pi * inserted / min(DAY, max(length / 3, HOUR))))).astype(np.int64)
    if arrivals == "hours, slower under load":
        load = np.arange(len(inserted)) - np.searchsorted(inserted, inserted - 10 * MINUTE)
        services = (services * np.exp(load / max(load.max(), 1))).astype(np.int64)
    started = served(inserted, services, SLOTS)
    columns = (MONDAY + (one // resolution) * resolution for one in (inserted, started, started + services))
    return export_of(*columns, workflow)


def proposals(export: Export) -> int:
    return len(chains(export, np.zeros(len(export), np.bool_))) + len(sharing(export).growths)


SCENARIO = """\
horizon: 3h
start: 2026-01-05T00:00
{resources}
projects:
  clinic:
    workflows:
      a:
        triggers:
          - {{type: webhook, reply: after_completion, arrivals: {{poisson: {rate}/min}}, service: {{lognormal: {{median: 3s, p95: 9s}}}}}}
        {uses_of_a}
      b:
        triggers: [{{type: webhook, arrivals: {{poisson: 22/min}}, service: {{exponential: {{mean: 5s}}}}}}]
        {uses_of_b}
      c:
        triggers: [{{type: webhook, arrivals: {{poisson: 20/min}}, service: {{gamma: {{mean: 4s, shape: 3}}}}}}]
workers: [{{workloops: "*:{slots}", replicas: 3{cores}}}]
"""
_USES, _USES_PART = "uses: [{resource: records}]", "uses: [{resource: records, from: 20%, to: 80%}]"


@dataclass(frozen=True)
class Shared:
    """What runs share, as a scenario, and what must be found."""

    kind: Kind | None
    users: str
    """Names of the workflows, one letter each."""
    capacity: float
    rate: int = 25
    slots: int = 30
    uses: str = _USES

    @property
    def text(self) -> str:
        resources, cores = "", ""
        if self.kind == "cores":
            cores = f", cores: {self.capacity:g}"
        elif self.kind is not None:
            resources = f"resources: {{records: {{{self.kind}: {self.capacity:g}}}}}"
        uses = {name: self.uses if resources and name in self.users else "" for name in "ab"}
        return SCENARIO.format(resources=resources, rate=self.rate, uses_of_a=uses["a"], uses_of_b=uses["b"], slots=self.slots, cores=cores)

    def export(self, seed: int) -> Export:
        """Of a simulation, as Lightning's tables show it, with the workers' names."""
        scenario = load_scenario(Source.of_text(self.text, "shared.yaml")).scenario
        deployed, table = deployment(scenario), generate(scenario, seed)
        log = run_engine(deployed, table, engine="kernel")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "runs.csv"
            write_export(file, table, log, deployed, instant(scenario.start, scenario.timezone))
            export = read_export(file)
        return replace(export, worker=log.worker[np.argsort(log.inserted_at, kind="stable")].astype(np.int32))


SHARED = {
    "4 processors": Shared("processors", "ab", 4),
    "4.5 processors": Shared("processors", "ab", 4.5, rate=30),
    "3 processors, one workflow": Shared("processors", "a", 3, rate=35),
    "6 places": Shared("concurrency", "ab", 6, rate=45),
    "2 places, one workflow": Shared("concurrency", "a", 2),
    "2 cores a worker": Shared("cores", "abc", 2, slots=8),
    "3 processors for 60 % of a service": Shared("processors", "ab", 3, uses=_USES_PART),
    "nothing": Shared(None, "", math.inf),
}


def fitted(shared: Shared, samples: int) -> dict[str, object]:
    """Of simulated exports: shares, and medians of relative errors where the right system was found."""
    grown = explained = right = 0
    capacities, services = [], []
    for seed in range(1, samples + 1):
        export = shared.export(seed)
        found = sharing(export)
        grown += bool(found.growths)
        explained += bool(found.fitted)
        for system in found.fitted:
            users = "".join(sorted(export.workflows[place].name for place in system.workflows))
            if (system.kind, users) == (shared.kind, shared.users):
                right += 1
                capacities.append(abs(system.capacity / shared.capacity - 1))
                own = alone(export, found.fitted)
                of_a = np.array([workflow.name == "a" for workflow in own.workflows])[own.workflow] & (own.finished_at != NEVER)
                services.append(abs(float(np.median((own.finished_at - own.started_at)[of_a])) / (3 * SECOND) - 1))
    return {
        "runs": len(export),
        "grown": grown / samples,
        "fitted": explained / samples,
        "right": right / samples,
        "capacity_error": round(float(np.median(capacities)), 4) if capacities else None,
        "service_error": round(float(np.median(services)), 4) if services else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    samples = parser.parse_args().samples
    rows = []
    for arrivals in get_args(Arrivals):
        for size in SIZES:
            for resolution in RESOLUTIONS:
                for load in LOADS:
                    false = sum(proposals(sample(size, resolution, load, arrivals, number)) > 0 for number in range(samples)) / samples
                    rows.append({"arrivals": arrivals, "runs": size, "resolution_us": resolution, "load": load, "false": false})
                    print(rows[-1], flush=True)
    worst = max(float(row["false"]) for row in rows)
    found = {}
    for name, shared in SHARED.items():
        found[name] = fitted(shared, samples)
        print(name, found[name], flush=True)
    results = {"samples": samples, "wanted": WANTED, "worst": worst, "false": rows, "fitted": found}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
