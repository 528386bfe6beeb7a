"""python -m benchmarks.advice: what advice costs beside the plain run, as a ratio of processor time.

Of the command: what `run --advise` takes more than `run`, by what `run` takes. Of Python: `advise(result)` by `simulate` and its text. The
minimum of the rounds, compilation excluded. Writes benchmarks/results/advice.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastlanes_sim.api.verbs import advise, simulate
from fastlanes_sim.engines.selection import compile_kernel

SCENARIOS = ("noisy_neighbour", "project_limit_trap", "claim_limit_blind_spot", "ethiopia_sync", "after_priority")
"""Something is missed in each."""
MOST = 3.0
ROUNDS = 2


def main() -> None:
    compile_kernel()
    results = {name: measured(Path("scenarios") / f"{name}.yaml") for name in SCENARIOS}
    Path("benchmarks/results/advice.json").write_text(json.dumps(results, indent=2) + "\n")
    print("| scenario | runs | simulations for advice | command | Python |")
    print("| --- | --: | --: | --: | --: |")
    for name, one in results.items():
        print(f"| {name} | {one['runs']:,} | {one['simulations']} | {one['command']:.2f} | {one['python']:.1f} |")
    worst = max(one["command"] for one in results.values())
    print(f"Advice costs the command {worst:.2f} times the plain run at most.")
    sys.exit(worst > MOST)


def measured(path: Path) -> dict[str, float]:
    """Ratios, the number of runs, and of simulations."""
    simulations = [0]
    result = simulate(path)
    plain = fastest(lambda: simulate(path).text())
    advice = fastest(lambda: advise(result, progress=lambda done, _: simulations.__setitem__(0, done)))
    without, with_advice = (fastest(lambda more=more: command(path, *more), children=True) for more in ((), ("--advise",)))  # type: ignore[misc]
    return {
        "runs": len(result.table),
        "simulations": simulations[0],
        "command": round((with_advice - without) / without, 2),
        "python": round(advice / plain, 1),
    }


def command(path: Path, *more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = [sys.executable, "-m", "fastlanes_sim", "run", str(path), *more, "--out", folder]
        subprocess.run(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def fastest(what: Callable[[], object], *, children: bool = False) -> float:
    """Seconds of processor time."""
    times = []
    for _ in range(ROUNDS):
        before = _processor_time(children)
        what()
        times.append(_processor_time(children) - before)
    return min(times)


def _processor_time(children: bool) -> float:
    if not children:
        return time.process_time()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
