"""python -m benchmarks.attribution: what attribution costs beside the simulation that it explains, in time and in memory.

A million runs of each system. Processor time, minimum of the rounds, compilation excluded. Writes benchmarks/results/attribution.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import systems
from benchmarks.growth import limited
from fastlanes_sim.engines.selection import compile_kernel, run_engine
from fastlanes_sim.results.attribution import attribute

RUNS = 1_000_000
ROUNDS = 3
SYSTEMS: dict[str, Callable[[], systems.System]] = {
    "polling workers, 1,000,000 runs": lambda: systems.ethiopia(RUNS),
    "servers without limits, 1,000,000 runs": lambda: systems.ideal(RUNS),
    "500 workflows with limits, 300,000 runs behind 100,000": lambda: limited(500, 100_000),
}


def main() -> None:
    compile_kernel()
    # First of all: a child process starts with the peak of its parent.
    memory = {name: [peak(name, what) for what in ("table", "plain", "recorded", "attributed")] for name in SYSTEMS}
    results = {name: measured(*system()) | {"peak_mb": memory[name]} for name, system in SYSTEMS.items()}
    Path("benchmarks/results/attribution.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def measured(deployment: Any, table: Any) -> dict[str, Any]:
    log = run_engine(deployment, table, engine="kernel", record_changes=True)
    assert log.changes is not None
    tracemalloc.start()
    attribution = attribute(deployment, table, log)
    working = tracemalloc.get_traced_memory()[1] - attribution.micros.nbytes
    tracemalloc.stop()
    return {
        "seconds": {
            "simulating": fastest(lambda: run_engine(deployment, table, engine="kernel")),
            "simulating with change points": fastest(lambda: run_engine(deployment, table, engine="kernel", record_changes=True)),
            "attributing": fastest(lambda: attribute(deployment, table, log)),
        },
        "change_points": {"workloops": len(log.changes.workloops), "runs": len(log.changes.runs)},
        "bytes_per_run": {"result": attribution.micros.nbytes / len(table), "working": working / len(table)},
    }


def fastest(what: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        what()
        times.append(time.process_time() - begin)
    return min(times)


def peak(name: str, what: str) -> float:
    """MB resident at most, in a process of its own that does as much as `what` says."""
    return round(int(subprocess.check_output([sys.executable, "-m", "benchmarks.attribution", name, what])) / 1e3)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        deployment, table = SYSTEMS[sys.argv[1]]()
        if sys.argv[2] != "table":
            log = run_engine(deployment, table, engine="kernel", record_changes=sys.argv[2] != "plain")
            if sys.argv[2] == "attributed":
                attribute(deployment, table, log)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    else:
        main()
