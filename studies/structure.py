"""python -m studies.structure: how often calibration finds a structure in arrivals that have none.

1,000 homogeneous Poisson samples of each size and each resolution of the time stamps, in windows of one day, of two and of four weeks.
A false structure is anything else than one rate: a cron, a period, a burst, a profile of the day, or a kind of clumping. Writes
studies/results/structure.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from fastlanes_sim.calibration.arrival_processes import arrival_processes
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import DAY, MILLISECOND, SECOND

SIZES = (1, 2, 3, 5, 10, 20, 30, 50, 100, 300, 1_000, 5_000)
RESOLUTIONS = (1, MILLISECOND, SECOND)
DAYS = (1, 14, 28)
MONDAY = 1_767_571_200 * SECOND
WANTED = 0.02
RESULTS = Path("studies/results/structure.json")


def has_structure(size: int, resolution: int, sample: int) -> bool:
    """Whether one sample of so many arrivals gets more than one rate."""
    random = np.random.default_rng([size, resolution, sample])
    length = DAYS[sample % len(DAYS)] * DAY
    times = (np.sort(random.integers(0, length, size)) + MONDAY) // resolution * resolution
    found = arrival_processes(times, Watched(MONDAY, MONDAY + length, "UTC", (), resolution), crons=True)
    return [process.kind for process in found] != ["poisson"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_000)
    samples = parser.parse_args().samples
    rows = []
    for size in SIZES:
        row: dict[str, float] = {"runs": size}
        for resolution in RESOLUTIONS:
            row[f"{resolution} us"] = sum(has_structure(size, resolution, sample) for sample in range(samples)) / samples
        print(row, flush=True)
        rows.append(row)
    worst = max(share for row in rows for name, share in row.items() if name != "runs")
    RESULTS.write_text(json.dumps({"samples": samples, "wanted": WANTED, "worst": worst, "false": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
