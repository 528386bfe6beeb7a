"""python -m studies.together: how often calibration finds calls or sharing in exports that have neither.

Exports of three workflows in first-come-first-served slots, whose services are independent of everything. Arrivals are homogeneous, come
in bursts, or follow the hours of the day. A false proposal is any sentence about calls (`calibration.chained_runs`) or about services that
grow with the runs at once (`calibration.shared_services`). Writes studies/results/together.json.
"""

from __future__ import annotations

import argparse
import json
from heapq import heapreplace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.chained_runs import chains
from fastlanes_sim.calibration.shared_services import sharing
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, SECOND
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
Arrivals = Literal["homogeneous", "bursts", "hours"]
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
    if arrivals == "hours":
        day = random.uniform(0, length, 4 * size)
        busy = 1 + np.sin(2 * np.pi * day / min(DAY, max(length / 3, HOUR)))
        times = day[random.uniform(0, 2, len(day)) < busy][:size]
        workflow, services = workflow[: len(times)], services[: len(times)]
    inserted = np.sort(times).astype(np.int64)
    started = served(inserted, services, SLOTS)
    columns = (MONDAY + (one // resolution) * resolution for one in (inserted, started, started + services))
    return export_of(*columns, workflow)


def proposals(export: Export) -> int:
    return len(chains(export, np.zeros(len(export), np.bool_))) + len(sharing(export))


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
    RESULTS.write_text(json.dumps({"samples": samples, "wanted": WANTED, "worst": worst, "false": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
