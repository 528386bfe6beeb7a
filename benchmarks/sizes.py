"""python -m benchmarks.sizes: runs and events per second of both engines on three sizes of the incident, and how long starting takes.

Model and kernel take turns, each drawing the runs anew; medians of the rounds in processor time, which a busy machine disturbs least;
compilation excluded. Writes benchmarks/results/sizes.json; `python -m benchmarks.page` makes docs/performance.md of all results.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import startup, systems
from benchmarks.engines import processor
from fastlanes_sim.engines.selection import Engine, compile_kernel, run_engine

SIZES = (1_000, 10_000, 100_000)
ENGINES: dict[str, Engine] = {"reference": "reference", "kernel": "kernel"}
PACKAGES = ("fastlanes_sim", "numba", "numpy", "simpy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    compile_kernel()
    results = {
        "machine": {"processor": processor(), "python": platform.python_version(), "rounds": rounds}
        | {name: version(name) for name in PACKAGES},
        "sizes": {str(runs): measured(runs, rounds) for runs in SIZES},
        "startup": startup.medians(),
    }
    Path("benchmarks/results/sizes.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def measured(runs: int, rounds: int) -> dict[str, dict[str, float]]:
    """By engine. Events are what the engine counts: the kernel computes polls that must fail, the reference engine simulates them."""
    seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
    events: dict[str, int] = {}
    for _ in range(rounds):
        for name, engine in ENGINES.items():
            begin = time.process_time()
            log = run_engine(*systems.ethiopia(runs), engine=engine)
            seconds[name].append(time.process_time() - begin)
            events[name] = log.events
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        name: {"seconds": taken, "runs_per_second": runs / taken, "events_per_second": events[name] / taken}
        for name, taken in medians.items()
    }


if __name__ == "__main__":
    main()
