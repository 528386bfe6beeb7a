"""python -m benchmarks.engines: runs per second of both engines and of other simulators, measured together on one core.

Our engines include drawing the runs, the table and the log. Times are processor times, because the machine may be shared, and medians of
five rounds that take turns, so that noise affects all alike. Slow programs simulate fewer runs. Writes benchmarks/results/engines.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks import contenders, systems
from fastlanes_sim.core.run_log import COLUMNS, RunLog
from fastlanes_sim.engines.selection import compile_kernel, run_engine

MILLION = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["a", "b", "c"], action="append")
    arguments = parser.parse_args()
    compile_kernel()
    file = Path("benchmarks/results/engines.json")
    results = json.loads(file.read_text()) if file.exists() else {}
    for name, measure in {"a": measure_ideal, "b": measure_ethiopia, "c": measure_saas}.items():
        if arguments.only is None or name in arguments.only:
            results[name] = measure(arguments.rounds)
            results["machine"] = {"processor": processor(), "python": platform.python_version(), "rounds": arguments.rounds}
            file.write_text(json.dumps(results, indent=2) + "\n")


def measure_ideal(rounds: int) -> dict[str, object]:
    """(a)"""
    few = systems.ideal(100_000)
    expected = run_engine(*few, engine="kernel").started_at.tolist()
    for contender in (contenders.simpy_natural, contenders.simpy_lean, contenders.heap):
        # An end and an arrival in one µs may come in either order; all else must be equal.
        assert np.mean(np.asarray(contender(few[1])) == expected) > 0.9999, contender.__name__
    system = systems.ideal(MILLION)
    many = system[1]
    timed: dict[str, Callable[[], float]] = {
        "kernel": lambda: MILLION / _seconds(lambda: run_engine(*systems.ideal(MILLION), engine="kernel")),
        "kernel (simulation alone)": lambda: MILLION / _seconds(lambda: run_engine(*system, engine="kernel")),
        "the reference engine": lambda: 20_000 / _seconds(lambda: run_engine(*systems.ideal(20_000), engine="reference")),
        "natural SimPy": lambda: 100_000 / _seconds(lambda: contenders.simpy_natural(few[1])),
        "leanest SimPy": lambda: 100_000 / _seconds(lambda: contenders.simpy_lean(few[1])),
        "heapq": lambda: 100_000 / _seconds(lambda: contenders.heap(few[1])),
    }
    some = few[1].rows(slice(30_000))
    if find_spec("ciw"):
        timed["Ciw"] = lambda: 30_000 / _seconds(lambda: contenders.ciw_network(some))
    if find_spec("salabim"):
        assert np.mean(np.asarray(contenders.salabim_components(some)) == expected[:30_000]) > 0.9999
        timed["salabim"] = lambda: 30_000 / _seconds(lambda: contenders.salabim_components(some))
    program = contenders.compile_tight()
    if program is not None:
        assert np.mean(np.asarray(contenders.tight(program, few[1])[0]) == expected) > 0.9999
        timed["C++ (simulation alone)"] = lambda: MILLION / contenders.tight(program, many)[1]
        timed["C++ (drawn as for the kernel)"] = lambda: (
            MILLION / (_seconds(lambda: systems.ideal(MILLION)) + contenders.tight(program, many)[1])
        )
    return _report("(a) ideal dispatch, 5 slots, 85 % load, 3 queues", _take_turns(timed, rounds))


def measure_ethiopia(rounds: int) -> dict[str, object]:
    """(b)"""
    few = systems.ethiopia(7_000)
    assert_equal(run_engine(*few, engine="kernel"), run_engine(*few, engine="reference"))
    timed = {
        "kernel": lambda: MILLION / _seconds(lambda: run_engine(*systems.ethiopia(MILLION), engine="kernel")),
        "the reference engine": lambda: 7_000 / _seconds(lambda: run_engine(*systems.ethiopia(7_000), engine="reference")),
    }
    return _report("(b) the incident's deployment, real worker rules", _take_turns(timed, rounds))


def measure_saas(rounds: int) -> dict[str, object]:
    """(c) The reference engine runs once: it takes minutes."""
    deployed, table = systems.saas(10_000, 5_000)
    logs: list[RunLog] = []
    reference = 10_000 / _seconds(lambda: logs.append(run_engine(deployed, table, engine="reference")))
    kernels = [10_000 / _seconds(lambda: logs.append(run_engine(deployed, table, engine="kernel"))) for _ in range(rounds)]
    for log in logs[1:]:
        assert_equal(log, logs[0])
    whole: list[float] = []
    for _ in range(rounds):
        system = systems.saas(MILLION, 100_000)
        whole.append(MILLION / _seconds(lambda system=system: logs.append(run_engine(*system, engine="kernel"))))  # type: ignore[misc]
    log, inserted = logs[-1], system[1].inserted_at
    ends = np.sort(np.where(log.ended_at < 0, system[0].horizon, log.ended_at))
    backlog = int((np.arange(1, len(inserted) + 1) - np.searchsorted(ends, inserted, side="right")).max())
    rates = {"kernel": statistics.median(kernels), "the reference engine": reference}
    report = _report("(c) SaaS size, the first 10,000 runs at a backlog of 5,000", rates)
    print(f"    the full million, kernel alone: {statistics.median(whole):,.0f} runs/s, backlog up to {backlog:,}")
    return report | {"million_runs_per_second": statistics.median(whole), "largest_backlog": backlog}


def assert_equal(one: RunLog, other: RunLog) -> None:
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(one, column), getattr(other, column))


def _take_turns(timed: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    rates: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(rounds):
        for name, measure in timed.items():
            rates[name].append(measure())
    return {name: statistics.median(values) for name, values in rates.items()}


def _report(title: str, rates: dict[str, float]) -> dict[str, object]:
    print(title)
    for name, rate in rates.items():
        print(f"    {name:<24}{rate:>14,.0f} runs/s    the kernel is {rates['kernel'] / rate:,.1f} × as fast")
    return {
        "title": title,
        "runs_per_second": rates,
        "kernel_times_as_fast": {name: rates["kernel"] / rate for name, rate in rates.items()},
    }


def _seconds(job: Callable[[], object]) -> float:
    begin = time.process_time()
    job()
    return time.process_time() - begin


def processor() -> str:
    """As the machine names it."""
    cpuinfo = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        if cpuinfo.exists()
        else []
    )
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
