"""python -m benchmarks.coverage: do 95 % intervals hold the truth 95 times in 100? On queues whose truth is known.

An experiment is ten replications of three simulated hours, ten minutes of them warm-up. Writes docs/coverage.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from scipy.stats import binomtest

from fastlanes_sim.engines import compile_kernel
from fastlanes_sim.experiments.analytic import erlang_waits
from fastlanes_sim.experiments.intervals import estimate
from fastlanes_sim.experiments.metric import parse_statistic
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.units import MINUTE, SECOND

REPLICATIONS = 10
CELLS = [(1, 0.5), (3, 0.7)]
"""Servers and utilisation, with a mean service of 1 s."""
QUEUE = """\
kind: steady
horizon: 3h
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: RATE/s}, service: {exponential: {mean: 1s}}}]}}}}
workers: [{workloops: "*:SERVERS", dispatch: ideal}]
"""


def covered(servers: int, utilisation: float, experiments: int) -> list[int]:
    """In how many experiments the intervals for the mean and the p99 held the truth."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "queue.yaml"
        file.write_text(QUEUE.replace("RATE", f"{servers * utilisation:g}").replace("SERVERS", str(servers)))
        scenario = load_scenario(file)
    statistics = [parse_statistic("mean(default.wait)"), parse_statistic("p99(default.wait)")]
    hits = [0, 0]
    for experiment in range(experiments):
        numbers = range(experiment * REPLICATIONS, (experiment + 1) * REPLICATIONS)
        values = [measure(scenario, number, statistics, engine="kernel", warm_up=10 * MINUTE) for number in numbers]
        for place, truth in enumerate(erlang_waits(servers, servers * utilisation, SECOND)):
            found = estimate([v.low[place] for v in values], [v.high[place] for v in values])
            hits[place] += found.low <= truth <= found.high
    return hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=1_000)
    experiments = parser.parse_args().experiments
    compile_kernel()
    lines = [
        "# Coverage of the intervals",
        "",
        f"Made by `make coverage-study` with {experiments:,} experiments a cell. Each is {REPLICATIONS} replications of 3 h with 10 min of",
        "warm-up. A cell fails only if its 99 % binomial interval lies outside 93–97 %.",
        "",
        "| system | statistic of the wait | covered | 99 % binomial interval | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for servers, utilisation in CELLS:
        for name, hits in zip(("mean", "p99"), covered(servers, utilisation, experiments), strict=True):
            ends = binomtest(hits, experiments).proportion_ci(0.99)
            passes = ends.low <= 0.97 and ends.high >= 0.93
            share = f"{100 * hits / experiments:.1f} % | {100 * ends.low:.1f}–{100 * ends.high:.1f} %"
            lines.append(f"| M/M/{servers}, {100 * utilisation:g} % busy | {name} | {share} | {'passes' if passes else 'fails'} |")
            print(lines[-1], flush=True)
    Path("docs/coverage.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
