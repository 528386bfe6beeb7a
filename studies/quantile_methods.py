"""python -m studies.quantile_methods: other intervals for a quantile of all runs, counted on the days of `synthetic`.

Sections (the spread of the days' own quantiles around that of all runs), the jackknife and the bootstrap over days, ten days each. Prints
how often they contain the truth, and how often they lie below it.
"""

from __future__ import annotations

import math

import numpy as np

from fastlanes_sim.experiments.confidence_intervals import t_quantile
from fastlanes_sim.measures.grammar import parse_measure
from studies.cells import HOUR, PEAKS
from studies.synthetic import Days, Floats, a_day

TEN, EXPERIMENTS, RESAMPLED = 10, 300, 60


def quantile(runs: Floats, part: float) -> float:
    return float(np.quantile(runs, part, method="inverted_cdf"))


def by_student(middle: float, variance: float) -> tuple[float, float]:
    half = t_quantile(TEN - 1, 0.95) * math.sqrt(variance / TEN)
    return middle - half, middle + half


def intervals(days: list[Floats], part: float, random: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Of each method."""
    whole = quantile(np.concatenate(days), part)
    own = np.array([quantile(day, part) for day in days])
    without = np.array([quantile(np.concatenate(days[:place] + days[place + 1 :]), part) for place in range(TEN)])
    pseudo = TEN * whole - (TEN - 1) * without
    again = [quantile(np.concatenate([days[place] for place in random.integers(0, TEN, TEN)]), part) for _ in range(RESAMPLED)]
    low, high = np.quantile(again, [0.025, 0.975])
    return {
        "sections": by_student(whole, float(((own - whole) ** 2).sum()) / (TEN - 1)),
        "jackknife": by_student(float(pseudo.mean()), float(pseudo.var(ddof=1))),
        "bootstrap": (float(low), float(high)),
    }


def main() -> None:
    for name, pieces, text in (("an hour", HOUR, "p99(wait)"), ("an hour", HOUR, "p99.9(wait)"), ("two peaks", PEAKS, "p99(wait)")):
        draw, one = a_day(pieces), parse_measure(text)
        assert one.part is not None
        (truth,) = Days(draw).truths([one], runs=10_000_000)
        found = []
        for number in range(EXPERIMENTS):
            random = np.random.default_rng([9, number])
            found.append(intervals([draw(random) * 1e6 for _ in range(TEN)], one.part, random))
        for method in found[0]:
            held = sum(each[method][0] <= truth <= each[method][1] for each in found)
            below = sum(each[method][1] < truth for each in found)
            print(f"{name}, {text}: {method} {100 * held / EXPERIMENTS:.1f} %, below {100 * below / EXPERIMENTS:.1f} %", flush=True)


if __name__ == "__main__":
    main()
