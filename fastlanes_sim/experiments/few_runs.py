"""Whether there are enough runs for a quantile, and how many it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.estimation import runs_of
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.measure import Measure

BEYOND = 10
"""Runs beyond a quantile, all replications together, under which it is said to rest on few."""


def few_runs(measure: Measure, measures: Sequence[Measure], values: Sequence[Values]) -> str:
    """A warning with the number of runs that it takes; empty where there are enough, or where it is no quantile.

    A replication's own quantile needs a run beyond it in each replication, or it is the replication's largest.
    """
    if measure.part is None or not values or not (runs := runs_of(measure, measures, values)):
        return ""
    of_each, rare = runs / len(values), min(measure.part, 1 - measure.part)
    if measure.per_day:
        if of_each * rare >= 1:
            return ""
        extreme = "largest" if measure.part > 0.5 else "smallest"
        part = "batch" if values[0].is_batch else "replication"
        return f"{measure.text} is about the {extreme} of a {part}'s {counted(round(of_each), 'run')}: it takes {1 / rare:,.0f} in each"
    if runs * rare >= BEYOND:
        return ""
    needed = math.ceil(round(BEYOND / rare, 6))
    longer = f"a simulation {math.ceil(needed / runs):,} times as long"
    as_in = longer if values[0].is_batch else counted(math.ceil(needed / of_each), "replication")
    return (
        f"{measure.text} rests on {runs * rare:.2g} of {counted(runs, 'run')}: it takes about {needed:,}, as in "
        f"{as_in}, and more where runs wait together"
    )
