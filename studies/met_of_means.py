"""python -m studies.met_of_means: how often a mean of few skewed days is called met though the truth lies beyond the bound.

The worst bound is one just below the truth: then met is wrong whenever the whole interval is below the truth. Prints that share for the
interval of 95 % and for the one that a verdict asks for (`verdicts.MET`), on days whose means are skewed: few runs with heavy tails, and
runs that wait for one another.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fastlanes_sim.experiments.confidence_intervals import LEVEL, one_sided
from fastlanes_sim.experiments.verdicts import MET

Floats = npt.NDArray[np.float64]
EXPERIMENTS = 2_000
BUSY = 0.8


def heavy_tails(runs: int) -> Callable[[np.random.Generator, int], Floats]:
    """Means of so many lognormal numbers, coefficient of variation 2, true mean 1."""
    variance = np.log(5)
    return lambda random, days: random.lognormal(-variance / 2, np.sqrt(variance), (days, runs)).mean(axis=1)


def queue(runs: int) -> Callable[[np.random.Generator, int], Floats]:
    """Mean waits of so many runs one after another in a stationary M/M/1 with 80 % utilisation, in its service times, divided by the true
    mean 4 (Lindley's recursion)."""

    def draw(random: np.random.Generator, days: int) -> Floats:
        wait = np.where(random.random(days) < BUSY, random.exponential(1 / (1 - BUSY), days), 0.0)
        total = np.zeros(days)
        for _ in range(runs):
            total += wait
            wait = np.maximum(0, wait + random.exponential(1, days) - random.exponential(1 / BUSY, days))
        return total / runs / (BUSY / (1 - BUSY))

    return draw


CELLS = {
    "heavy tails, 8 runs a day": heavy_tails(8),
    "heavy tails, 30 runs a day": heavy_tails(30),
    "heavy tails, 300 runs a day": heavy_tails(300),
    "M/M/1 80 %, 30 runs a day": queue(30),
    "M/M/1 80 %, 300 runs a day": queue(300),
}


def main() -> None:
    print("| days | number | 95 % interval below the truth | the same of the interval for met |")
    print("| --- | --- | --- | --- |")
    for name, draw in CELLS.items():
        for days in (10, 30):
            numbers = draw(np.random.default_rng(1), EXPERIMENTS * days).reshape(EXPERIMENTS, days)
            shares = [np.mean([one_sided(row, row, (1 - level) / 2)[1] < 1 for row in numbers]) for level in (LEVEL, MET)]
            print(f"| {name} | {days} | {100 * shares[0]:.1f} % | {100 * shares[1]:.1f} % |")


if __name__ == "__main__":
    main()
