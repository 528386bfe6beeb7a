"""python -m benchmarks.calibration: an export of 1,000,000 runs with one malformed row in its middle, calibrated by the command line.

The promise: the row is named by its line and costs no other, `--strict` stops at it, and memory stays below 1.5 GB. The seconds are those
of one run on whatever machine this is, alone on it or not; those of the processor tell more. Writes benchmarks/results/calibration.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

RUNS = 1_000_000
WORKFLOWS = 200
DAYS = 28
MOST_MEMORY = 1.5e9
HEADER = "id,work_order,project,workflow,queue,priority,state,inserted_at,claimed_at,started_at,finished_at,workflow_concurrency"
MALFORMED = 'not-a-run,"a quote that nobody closes,2026-01-05\n'


def write_export(path: Path, runs: int, *, workflows: int = WORKFLOWS, days: int = DAYS) -> int:
    """Write so many runs and, in their middle, a row that is none; returns its line.

    A tenth of the workflows are crons that fan out, the others webhooks; a few runs are retries, a few have not ended.
    """
    random = np.random.default_rng(1)
    start = datetime(2026, 1, 5)
    workflow = random.integers(workflows, size=runs)
    inserted = np.sort(random.uniform(0, days * 86_400, runs))
    is_cron = workflow % 10 == 0
    inserted = np.where(is_cron, inserted // 900 * 900 + random.uniform(0, 0.05, runs), inserted)
    wait, startup, service = random.exponential(2, runs), random.gamma(2, 0.3, runs), random.lognormal(1.5, 0.8, runs)
    ends = random.random(runs) < 0.999
    malformed = runs // 2
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        for run in range(runs):
            if run == malformed:
                file.write(MALFORMED)
            claimed = inserted[run] + wait[run]
            started = claimed + startup[run]
            times = [inserted[run], claimed, started] + ([started + service[run]] if ends[run] else [])
            texts = [(start + timedelta(seconds=float(seconds))).isoformat(" ", "microseconds") for seconds in times] + [""] * (
                4 - len(times)
            )
            queue = "default" if is_cron[run] else ("fast_lane", "default")[workflow[run] % 2]
            state = "success" if ends[run] else "started"
            order = run - 1 if run % 50 == 49 else run
            name = f"workflow-{workflow[run]}"
            row = (f"r{run:08d}", f"w{order:08d}", f"project-{workflow[run] % 12}", name, queue, "1", state, *texts, "")
            file.write(",".join(row) + "\n")
    return malformed + 2


def calibrate(export: Path, out: Path, *options: str) -> dict[str, Any]:
    """The command's end, what it said, how long it took and its peak memory, in a process of its own."""
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "benchmarks.calibration",
        str(export),
        "--out",
        str(out),
        "--layout",
        "fast_lane:2 manual>*:20",
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    said, _, told = done.stderr.rpartition("\npeak ")
    peak, _, processor = told.partition(" bytes, processor ")
    used = {"seconds": round(seconds, 1), "processor_seconds": round(float(processor), 1), "peak_mb": round(int(peak) / 1e6)}
    return {"code": done.returncode, "said": said, "peak_bytes": int(peak), "used": used}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        export, out = Path(folder) / "runs.csv", Path(folder) / "scenario.yaml"
        line = write_export(export, RUNS)
        lenient = calibrate(export, out, "--no-check")
        assert lenient["code"] == 0, lenient["said"]
        assert f"runs.csv:{line}: not as many fields as the header" in lenient["said"]
        assert f"Read {RUNS + 1:,} rows" in lenient["said"]
        assert f"{RUNS:,} kept, 1 dropped" in lenient["said"]
        assert lenient["peak_bytes"] < MOST_MEMORY, lenient["peak_bytes"]
        written = len(out.read_text().splitlines())
        checked = calibrate(export, out, "--force")
        # The waits of this export are not those of any workers: that is what the check should find.
        assert checked["code"] == 99, checked["said"]
        assert checked["peak_bytes"] < MOST_MEMORY, checked["peak_bytes"]
        out.unlink()
        strict = calibrate(export, out, "--strict")
        assert strict["code"] == 2
        assert f"runs.csv:{line}:" in strict["said"]
        assert not out.exists()
        results = {
            "runs": RUNS,
            "workflows": WORKFLOWS,
            "megabytes_of_csv": round(export.stat().st_size / 1e6),
            "lines_of_scenario": written,
            "malformed_line": line,
            "dropped": 1,
            **lenient["used"],
            "with_the_check_of_the_fit": checked["used"],
            "strict": {"exit_code": strict["code"], **strict["used"]},
        }
    Path("benchmarks/results/calibration.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def _calibrate_here() -> int:
    from fastlanes_sim.cli import main as command

    try:
        sys.argv = ["fastlanes-sim", "calibrate", *sys.argv[1:]]
        command()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(f"\npeak {peak} bytes, processor {time.process_time()}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(_calibrate_here())
    main()
