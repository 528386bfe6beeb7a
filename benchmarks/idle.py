"""python -m benchmarks.idle: what polls cost that come back empty, foreseen and simulated, and how little a system costs in which nothing
happens.

One program, one sitting: the same deployments with and without the kernel's foresight of polls (`kernel.idle_polls`), taking turns, in
processor time; medians of the rounds. The logs are compared. Writes benchmarks/results/idle.json.

Most of the time of a whole simulation may go to its runs. What one more failing poll costs is a difference: the same runs on the same
workers, once with their backoff and once with twice its maximum, where they poll half as often when idle. The starts, the ends and the
claims on notification are the same, so what differs is failing polls. The difference of the times is taken within each round, and divided
by that of the polls.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import systems
from benchmarks.engines import assert_equal
from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.kernel.simulation import _simulate
from fastlanes_sim.engines.selection import compile_kernel
from fastlanes_sim.traffic.generate import generate

LAYOUTS = ("fast_lane:1 manual>*:4", "fast_lane:5 manual>*:4", "fast_lane:20 manual>*:4", "fast_lane:7 manual>*:1")
"""Of the incident's one worker."""
FLEET = 10
OFTEN = 10_000
"""The maximum of the backoff, ms: the real worker's."""
OFTEN_ALONE = 1_000
"""The same with one idle slot: in a day of the real worker it polls too seldom for its polls to be measured."""
MORE_ROUNDS = 4
"""Differences are noisier than what they are differences of."""
IDLE_DAYS = (1, 10, 100, 1_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    compile_kernel()
    systems_compared = {f"one worker, {layout}": incident(layout) for layout in LAYOUTS}
    systems_compared[f"{FLEET} workers, {LAYOUTS[0]}"] = fleet(LAYOUTS[0])
    results: dict[str, object] = {}
    for name, system in systems_compared.items():
        often = OFTEN_ALONE if name == f"one worker, {LAYOUTS[0]}" else OFTEN
        results[name] = compared(system, rounds) | of_one_more(system, often, rounds)
    taken, log = seconds(sparse(), skips_polls=True)
    results["sparse"] = {"seconds": taken, "claims": log.claims_sent, "events": log.events}
    idle = {days: seconds(asleep(days), skips_polls=True)[0] for days in IDLE_DAYS}
    exponent = (math.log(idle[IDLE_DAYS[-1]]) - math.log(idle[IDLE_DAYS[0]])) / (math.log(IDLE_DAYS[-1]) - math.log(IDLE_DAYS[0]))
    results["nothing arrives"] = {"seconds_by_days": idle, "exponent_of_horizon": exponent}
    Path("benchmarks/results/idle.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def incident(layout: str) -> systems.System:
    """A day of it."""
    scenario = load_scenario("scenarios/ethiopia_sync.yaml", layout=layout).scenario
    return deployment(scenario), generate(scenario)


def fleet(layout: str, size: int = FLEET) -> systems.System:
    """The same with so many workers, which start half a second apart."""
    deployed, table = incident(layout)
    (worker,) = deployed.workers
    workers = tuple(replace(worker, name=f"worker {number}", connect_at=number * 511_000) for number in range(size))
    return replace(deployed, workers=workers), table


def asleep(days: int) -> systems.System:
    """So many days of the incident's worker, in which nothing ever arrives."""
    return replace(incident(LAYOUTS[0])[0], horizon=days * DAY), RunTable.empty()


def sparse() -> systems.System:
    """As many runs as a small deployment's export has in a year, on four slots."""
    random = np.random.default_rng(1)
    arrivals = np.sort(random.integers(0, 326 * DAY, 295))
    service = random.lognormal(np.log(20 * SECOND), 1, 295).astype(np.int64)
    table = systems.run_table(arrivals, service=service, queue=np.zeros(295, np.int8), workflow=np.zeros(295, np.int32))
    deployed = incident("manual>*:4")[0]
    return replace(deployed, horizon=326 * DAY), table


def compared(system: systems.System, rounds: int) -> dict[str, float]:
    foreseen, simulated = [], []
    for _ in range(rounds):
        taken, log = seconds(system, skips_polls=True)
        foreseen.append(taken)
        taken, other = seconds(system, skips_polls=False)
        simulated.append(taken)
        assert_equal(log, other)
        assert (log.claims_sent, log.claims_empty) == (other.claims_sent, other.claims_empty)
    now, before = statistics.median(foreseen), statistics.median(simulated)
    return {
        "empty_claims": log.claims_empty,
        "seconds": now,
        "seconds_simulated": before,
        "ns_per_empty_claim": 1e9 * now / log.claims_empty,
        "ns_per_empty_claim_simulated": 1e9 * before / log.claims_empty,
        "events_per_empty_claim": log.events / log.claims_empty,
        "events_per_empty_claim_simulated": other.events / log.claims_empty,
        "times_as_fast": before / now,
    }


def of_one_more(system: systems.System, often: int, rounds: int) -> dict[str, float]:
    """ns of one more poll that fails, foreseen and simulated."""
    by_backoff = [polling_up_to(system, maximum) for maximum in (often, 2 * often)]
    more: dict[bool, list[float]] = {True: [], False: []}
    polls = 0
    for _ in range(MORE_ROUNDS * rounds):
        for skips_polls, found in more.items():
            (with_polls, one), (without, other) = (seconds(each, skips_polls=skips_polls) for each in by_backoff)
            found.append(with_polls - without)
            polls = one.claims_empty - other.claims_empty
    foreseen, simulated = (1e9 * statistics.median(found) / polls for found in more.values())
    return {"backoff_maximum_ms": often, "more_polls": polls, "ns_of_one_more": foreseen, "ns_of_one_more_simulated": simulated}


def polling_up_to(system: systems.System, maximum: int) -> systems.System:
    """With this maximum of the backoff, in milliseconds."""
    deployed, table = system
    return replace(deployed, workers=tuple(replace(worker, backoff_max_ms=maximum) for worker in deployed.workers)), table


def seconds(system: systems.System, *, skips_polls: bool) -> tuple[float, RunLog]:
    begin = time.process_time()
    log = _simulate(*system, False, False, None, foresees=True, skips_polls=skips_polls)
    taken = time.process_time() - begin
    assert log is not None, "the order of two events could not be found out"
    return taken, log


if __name__ == "__main__":
    main()
