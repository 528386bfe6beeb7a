"""python -m benchmarks.questions: what a question costs that one asks on the command line, in processor time of all its processes, in wall
time, and until something is on the screen.

Each command runs once in a terminal of its own, with nothing computed before; compiling the kernel is not included. Writes
benchmarks/results/questions.json.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fastlanes_sim.engines.selection import compile_kernel

SCENARIO = str(Path("scenarios/ethiopia_sync.yaml").absolute())
QUESTIONS = {
    "a day": ["run", SCENARIO],
    "a day, with advice": ["run", SCENARIO, "--advise"],
    "a search for the cheapest of 1 to 8 slots": ["search", SCENARIO, "--slots", "1..8"],
    "a sweep of 200 points, 5 replications each": [
        *("sweep", SCENARIO, "--replications", "5", "--vary", "workers.0.replicas=1..20"),
        *("--vary", "traffic=0.55..1:0.05"),
    ],
}

MISSED, UNDECIDED = 99, 98
"""Exit codes of answers too (docs/exit-codes.md)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=QUESTIONS, action="append")
    chosen = parser.parse_args().only or list(QUESTIONS)
    compile_kernel()
    file = Path("benchmarks/results/questions.json")
    results = json.loads(file.read_text()) if file.exists() else {}
    for name in chosen:
        results[name] = asked(QUESTIONS[name])
        print(f"{name}: {results[name]}", flush=True)
        file.write_text(json.dumps(results, indent=2) + "\n")


def asked(arguments: list[str]) -> dict[str, float]:
    """Seconds."""
    with tempfile.TemporaryDirectory() as folder:
        ours, its = pty.openpty()
        before, begin = _processor_time(), time.monotonic()
        command = [sys.executable, "-m", "fastlanes_sim", *arguments, "--out", f"{folder}/out"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, stderr=its, cwd=folder) as process:
            os.close(its)
            first = _first_output(ours, begin)
        os.close(ours)
        if process.returncode not in (0, MISSED, UNDECIDED):
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        return {"processor": _processor_time() - before, "wall": time.monotonic() - begin, "first_output": first}


def _first_output(terminal: int, begin: float) -> float:
    """When there was some; reads on to the end."""
    first = 0.0
    while True:
        try:
            text = os.read(terminal, 65_536)
        except OSError:  # Linux: the other end is closed
            return first
        if not text:
            return first
        first = first or time.monotonic() - begin


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
