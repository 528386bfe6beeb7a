"""python -m benchmarks.growth: how the kernel's time grows with runs, workflows, backlog, workers, idle slots and the horizon, and what a
run costs in memory.

Minimum of the rounds, in processor time, compilation excluded. Writes benchmarks/results/growth.json and docs/images/kernel_growth.png.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import idle, systems
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, HOUR, SECOND
from fastlanes_sim.deployment.deployment import Lightning, Workflow
from fastlanes_sim.engines.selection import compile_kernel, run_engine

ROUNDS = 5
RUNS = (100_000, 316_000, 1_000_000, 3_160_000, 10_000_000)
WORKFLOWS = (1, 10, 100, 1_000, 10_000)
BACKLOGS = (10, 100, 1_000, 10_000, 100_000)
WORKERS = (1, 2, 5, 10, 20, 50)
IDLE_SLOTS = (1, 2, 5, 10, 20, 50)
DAYS = (1, 10, 100, 1_000)


def main() -> None:
    compile_kernel()
    # First of all: a child process starts with the peak of its parent.
    memory = {name: bytes_per_run(name) for name in ("ideal", "ethiopia")}
    series = {
        "runs": {str(runs): fastest(systems.ideal(runs)) for runs in RUNS},
        "ns_per_run_by_workflows": {str(count): 1e9 / 300_000 * fastest(limited(count, 0)) for count in WORKFLOWS},
        "ns_per_run_by_backlog": {str(backlog): 1e9 / (300_000 + backlog) * fastest(limited(500, backlog)) for backlog in BACKLOGS},
    }
    exponent = exponent_of(series["runs"])
    results = {
        "seconds": series,
        "exponent_of_runs": exponent,
        "incident": exponents(incident),
        "nothing arrives": exponents(lambda **size: without_runs(incident(**size))) | {"days": of_days()},
        "bytes_per_run_at_10_million": memory,
    }
    Path("benchmarks/results/growth.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))
    draw(series, exponent)


def exponents(system: Callable[..., systems.System]) -> dict[str, dict[str, object]]:
    """Of a day, by workers and by idle slots."""
    seconds = {
        "workers": {str(count): fastest(system(workers=count)) for count in WORKERS},
        "idle slots": {str(count): fastest(system(slots=count)) for count in IDLE_SLOTS},
    }
    return {name: {"seconds": found, "exponent": exponent_of(found)} for name, found in seconds.items()}


def of_days() -> dict[str, object]:
    found = {str(days): fastest(idle.asleep(days)) for days in DAYS}
    return {"seconds": found, "exponent": exponent_of(found)}


def exponent_of(seconds: dict[str, float]) -> float:
    """Of the power law that fits best."""
    return float(np.polyfit(np.log([int(size) for size in seconds]), np.log(list(seconds.values())), 1)[0])


def incident(workers: int = 1, slots: int = 1) -> systems.System:
    """A day of it, with so many workers, each of which has so many slots that are idle most of the time."""
    return idle.fleet(f"fast_lane:{slots} manual>*:4", workers)


def without_runs(system: systems.System) -> systems.System:
    return replace(system[0], horizon=DAY), RunTable.empty()


def limited(workflows: int, backlog: int) -> systems.System:
    """300,000 runs at full load in workflows with limits of their own, behind a backlog that is there from the start."""
    deployed, table = systems.ideal(300_000 + backlog)
    random = np.random.default_rng(2)
    arrivals = np.concatenate([np.zeros(backlog), np.cumsum(random.standard_exponential(300_000) * SECOND / 5)]).astype(np.int64)
    limits = {
        "workflows": tuple(Workflow(f"w{number}", 0, 5) for number in range(workflows)),
        "lightning": replace(deployed.lightning, claim_limit=Lightning().claim_limit),
        "horizon": int(arrivals[-1]) + HOUR,
    }
    workflow = random.integers(0, workflows, len(table), dtype=np.int32)
    return replace(deployed, **limits), replace(table, inserted_at=arrivals, workflow=workflow)


def fastest(system: systems.System) -> float:
    """Seconds of the fastest round: noise only ever adds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        run_engine(*system, engine="kernel")
        times.append(time.process_time() - begin)
    return min(times)


def bytes_per_run(name: str) -> float:
    """Peak resident memory that ten million runs add to that of a thousand, each measured in a process of its own."""
    few, many = (int(subprocess.check_output([sys.executable, "-m", "benchmarks.growth", name, str(runs)])) for runs in (1_000, 10_000_000))
    return (many - few) / 10_000_000


def draw(series: dict[str, dict[str, float]], exponent: float) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    labels = (f"runs (seconds; exponent {exponent:.2f})", "workflows (ns a run)", "backlog from the start (ns a run)")
    for axes, (name, points), label in zip(figure.subplots(1, 3), series.items(), labels, strict=True):
        axes.plot([int(x) for x in points], list(points.values()), marker="o", color="#0072B2")
        axes.set_xscale("log")
        axes.set_xlabel(label)
        if name == "runs":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.suptitle("How the kernel's time grows")
    figure.savefig("docs/images/kernel_growth.png", dpi=110)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_engine(*getattr(systems, sys.argv[1])(int(sys.argv[2])), engine="kernel")
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    else:
        main()
