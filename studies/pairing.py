"""python -m studies.pairing: what common random numbers are worth to `compare`, for every scenario in scenarios/.

Two layouts of each scenario are simulated on the same runs, and one of them once more on other runs. How much narrower is the interval of
the difference, and how many replications distinguish the two layouts, paired and unpaired? Writes docs/pairing.md; takes some minutes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fastlanes_sim.engines.selection import compile_kernel
from fastlanes_sim.experiments.confidence_intervals import estimate, student, unpaired_half_width
from fastlanes_sim.experiments.design_points import play_points
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import usual_measures
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.overrides import layout_override
from fastlanes_sim.traffic.generate import generate

Floats = npt.NDArray[np.float64]
Apart = Callable[[slice], bool]
SHARED, PINNED, MORE = "manual>*:5", "fast_lane:1 manual>*:4", "manual>*:6"
SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30)
"""Replications of an experiment that should distinguish the layouts."""
POWER = 0.8
"""Share of experiments that must do so."""
OTHERS = 1_000_000
"""Number of the first replication of other runs."""
HEAD = """\
# What pairing is worth

Made by `python -m studies.pairing` with {count} replications. `compare` simulates the same runs under every layout. *Narrower* says how
many times shorter this makes the confidence interval of the difference. *Distinguished* is the number of replications from which on 8 of
10 experiments show a difference at 95 %: once with the same runs for both layouts (paired), once with other runs for the second layout
(unpaired). Both were simulated. A run that is still open at the end counts with its lower bound. Measures that are equal in every
replication are left out.

The interval is at least three times narrower, which is the goal, in

{summary}

If pairing is worth nothing (1.0 ×), the lane hardly waits at all under one of the layouts. The difference then comes from the other
layout alone, and the two have nothing in common.

"""


@dataclass(frozen=True)
class Row:
    """One measure of one scenario."""

    lane: str
    narrower: float
    text: str


def rows(path: Path, count: int, executor: Executor) -> list[Row]:
    """Of the table."""
    plain = load_scenario(path)
    table = generate(plain.scenario)
    first, second = SHARED, PINNED if np.any(table.queue == Queue.FAST_LANE) else MORE
    scenarios = [load_scenario(path, layout_override(layout)) for layout in (first, second)]
    measures = [one for one in usual_measures(table) if one.unit is TIME]
    same = play_points(scenarios, range(count), measures, engine="kernel", executor=executor)
    others = play_points(scenarios[1:], range(OTHERS, OTHERS + count), measures, engine="kernel", executor=executor)
    found = []
    for place, one in enumerate(measures):
        samples = [played.of(number) for played, number in ((same, 0), (same, 1), (others, 0))]
        a, b, c = (np.array([one.low[place] for one in sample]) for sample in samples)
        if np.isfinite([a, b, c]).all() and np.any(a != b):
            found.append(_row(path.stem, f"`{second}`", one, a, b, c))
    return found


def _row(name: str, second: str, measure: Measure, a: Floats, b: Floats, c: Floats) -> Row:
    """`b` met the runs that `a` met, `c` is the same layout on others."""
    difference = estimate(b - a, b - a)
    narrower = unpaired_half_width(a, c) / student(b - a, b - a).half_width
    show = measure.show
    interval = f"{show(difference.mean)} [{show(difference.low)}, {show(difference.high)}]"
    paired = needed(len(a), lambda part: _is_apart((b - a)[part], student((b - a)[part], (b - a)[part]).half_width))
    unpaired = needed(len(a), lambda part: _is_apart((c[part].mean() - a[part].mean(),), unpaired_half_width(a[part], c[part])))
    text = f"| {name} | {second} | {measure.text} | {interval} | {narrower:.1f} × | {paired} | {unpaired} |"
    return Row(measure.scope.lane or "all", narrower, text)


def summary(found: Sequence[Row]) -> str:
    """In how many of the rows, in all and lane by lane, pairing makes the interval at least three times narrower."""
    lanes = dict.fromkeys(row.lane for row in found)
    lines = [f"- {sum(row.narrower >= 3 for row in found)} of all {len(found)} rows"]
    for lane in lanes:
        of_lane = [row for row in found if row.lane == lane]
        lines.append(f"- {sum(row.narrower >= 3 for row in of_lane)} of {len(of_lane)} of the lane `{lane}`")
    return "\n".join(lines)


def _is_apart(differences: Sequence[float] | Floats, half: float) -> bool:
    return math.isfinite(half) and abs(float(np.mean(differences))) > half


def needed(count: int, is_apart: Apart) -> str:
    """The fewest replications of an experiment of which POWER show a difference, of disjoint parts of `count`."""
    for size in SIZES:
        parts = [slice(begin, begin + size) for begin in range(0, count - size + 1, size)]
        if sum(map(is_apart, parts)) >= POWER * len(parts):
            return str(size)
    return f"> {SIZES[-1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=60)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    compile_kernel()
    found: list[Row] = []
    for path in sorted(Path("scenarios").glob("*.yaml")):
        found += (of_one := rows(path, arguments.replications, Executor(arguments.processes)))
        print(*(row.text for row in of_one), sep="\n", flush=True)
    head = [f"| scenario | `{SHARED}` against | statistic | difference | narrower | distinguished, paired | unpaired |", "|" + " --- |" * 7]
    text = HEAD.format(count=arguments.replications, summary=summary(found))
    Path("docs/pairing.md").write_text(text + "\n".join([*head, *(row.text for row in found)]) + "\n")


if __name__ == "__main__":
    main()
