"""python -m benchmarks.fleet: what 500 workers with four workloops each and ten million runs a day take, in processor time and in memory.

Once as a library, then by the command `fastlanes-sim run benchmarks/fleet.yaml --replications 2`. `--horizon 1h` simulates a part of the
day. Writes benchmarks/results/fleet.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import compile_kernel, run_engine
from fastlanes_sim.traffic.generate import generate

SCENARIO = "benchmarks/fleet.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--horizon", default="24h")
    horizon = parser.parse_args().horizon
    compile_kernel()
    scenario = load_scenario(SCENARIO, horizon=horizon).scenario
    begin = time.process_time()
    deployed, table = deployment(scenario), generate(scenario)
    drawn = time.process_time()
    log = run_engine(deployed, table, engine="kernel")
    done = time.process_time()
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    results = {
        "horizon": horizon,
        "runs": len(table),
        "claims": log.claims_sent,
        "seconds_of_drawing": drawn - begin,
        "seconds": done - drawn,
        "peak_mb": here,
        "command": by_command(horizon),
    }
    Path("benchmarks/results/fleet.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def by_command(horizon: str) -> dict[str, float]:
    """Processor time a replication, and memory, with lanes and intervals as it prints them."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--horizon", horizon, "--replications", "2", "--processes", "1", "--no-charts", "--out", folder]
        command = [sys.executable, "-m", "fastlanes_sim", "run", SCENARIO, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds_a_replication": (used.ru_utime + used.ru_stime) / 2, "peak_mb": used.ru_maxrss // 1_024}


if __name__ == "__main__":
    main()
