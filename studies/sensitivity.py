"""python -m studies.sensitivity: are the indices right, and does their order hold?

1. M/M/1, simulated: the Sobol indices of its mean wait over rate and mean service, against those of the formula.
2. The incident (scenarios/ethiopia_sync.yaml): the order by total index against one-at-a-time sweeps, which are simulated apart from it.

Writes studies/results/sensitivity.json; docs/sensitivity.md shows its tables. Takes some minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.sensitivity import Sensitivity, mean_of, planned, questions, sensitivity
from fastlanes_sim.experiments.sweep import sweep
from fastlanes_sim.experiments.uncertain_values import Uncertain
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.analytic_sensitivity import RANGES, analytic_indices

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "studies" / "results" / "sensitivity.json"
INCIDENT = ROOT / "scenarios" / "ethiopia_sync.yaml"
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of a range, at which a sweep over one value simulates."""
QUEUE = """\
horizon: 1d
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 6/min}, service: {exponential: {mean: 4500ms}}}]}}}}
workers: [{workloops: "*:1", dispatch: ideal}]
"""


def of_a_queue(samples: int, replications: int, executor: Executor) -> list[dict[str, Any]]:
    """M/M/1: rate and mean service, each with its indices by simulation and by formula."""
    (least, most), (short, long) = RANGES
    over = [f"rate of w={least * 60:g}/min..{most * 60:g}/min", f"mean of w={short:g}s..{long:g}s"]
    asked = questions(load_scenario(Source.of_text(QUEUE, "queue.yaml")), over)
    found = sensitivity(asked, replications, samples=samples, measures=["mean(default.wait)"], executor=executor)
    rows = []
    for number, (first, total) in enumerate(analytic_indices()):
        index = found.index(number, found.asked[0])
        assert index is not None
        rows.append({"value": found.values[number].name, "formula": [first, total], "simulated": _numbers(index)})
    return rows


def of_the_incident(horizon: str, samples: int, replications: int, executor: Executor) -> dict[str, Any]:
    """For each objective's measure every value: what the analysis says, and how far apart sweeps over it alone come to."""
    asked = questions(load_scenario(INCIDENT, {"horizon": horizon}))
    found = sensitivity(asked, replications, samples=samples, measures=[], executor=executor)
    swept = {number: _sweep(found, one, number, executor) for number, one in enumerate(found.values)}
    measures = {}
    for place, measure in enumerate(found.asked):
        measures[measure.text] = [
            {
                "value": found.values[number].name,
                "range": found.values[number].range,
                "effect": None if (effect := found.effect(number, measure)) is None else [effect.size / 1e6, effect.half_width / 1e6],
                "index": None if (index := found.index(number, measure)) is None else _numbers(index),
                "sweep": swept[number][place],
            }
            for number in found.ranked(measure)
        ]
    turns = [[one.objective.text, one.value.name, one.value.show(one.holds), one.value.show(one.fails)] for one in found.thresholds]
    return {"horizon": horizon, "design_points": found.points, "measures": measures, "thresholds": turns}


def _sweep(found: Sensitivity, one: Uncertain, number: int, executor: Executor) -> list[float]:
    """Of each measure, the largest difference in seconds between any two places of the value's range."""
    points = planned(found.scenario, found.values, [{number: one.at(place)} for place in PLACES])
    played = sweep(points, found.replications, measures=[], executor=executor)
    return [float(np.ptp([mean_of(point, measure) for point in played.points])) / 1e6 for measure in found.asked]


def _numbers(index: Any) -> list[float]:
    return [index.first, index.first_half, index.total, index.total_half]


# --- what the result says, for the page and its test ---


def queue_table(found: Mapping[str, Any]) -> str:
    """A row a value of M/M/1."""
    lines = [
        "| value | by itself, formula | by itself, simulated | in total, formula | in total, simulated |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found["queue"]:
        (first, total), (one, one_half, all_in, all_half) = row["formula"], row["simulated"]
        lines.append(f"| {row['value']} | {first:.3f} | {one:.3f} ± {one_half:.3f} | {total:.3f} | {all_in:.3f} ± {all_half:.3f} |")
    return "\n".join(lines)


def incident_table(found: Mapping[str, Any], measure: str) -> str:
    """A row a value of the incident, in the order of the analysis."""
    lines = ["| value | range | effect (screening) | share in total | sweep over it alone |", "| --- | --- | --- | --- | --- |"]
    for row in found["incident"]["measures"][measure]:
        effect = "–" if row["effect"] is None else f"{row['effect'][0]:.1f} s ± {row['effect'][1]:.1f}"
        share = "left out" if row["index"] is None else f"{100 * row['index'][2]:.0f} % ± {100 * row['index'][3]:.0f}"
        lines.append(f"| {row['value']} | {row['range']} | {effect} | {share} | {row['sweep']:.1f} s |")
    return "\n".join(lines)


def contradicted(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of which the analysis is sure (their intervals of the total index are apart) and that sweeps order the other way."""
    known = [row for row in rows if row["index"] is not None]
    return [
        (more["value"], less["value"])
        for more, less in combinations(known, 2)
        if more["index"][2] - more["index"][3] > less["index"][2] + less["index"][3] and more["sweep"] < less["sweep"]
    ]


def sure_pairs(rows: Sequence[Mapping[str, Any]]) -> int:
    """Of how many pairs it is sure."""
    known = [row for row in rows if row["index"] is not None]
    return sum(more["index"][2] - more["index"][3] > less["index"][2] + less["index"][3] for more, less in combinations(known, 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--horizon", default="6h", help="Of the incident.")
    parser.add_argument("--replications", type=int, default=3)
    asked = parser.parse_args()
    executor = Executor(asked.processes)
    found = {
        "samples": asked.samples,
        "replications": asked.replications,
        "queue": of_a_queue(asked.samples, 2, executor),
        "incident": of_the_incident(asked.horizon, asked.samples, asked.replications, executor),
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(queue_table(found))
    for measure, rows in found["incident"]["measures"].items():
        print(f"\n{measure}: {sure_pairs(rows)} pairs are sure, {contradicted(rows)} contradicted\n\n{incident_table(found, measure)}")


if __name__ == "__main__":
    main()
