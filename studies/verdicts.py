"""python -m studies.verdicts: the verdicts on every shipped scenario, by the rules of version 0.1 and by those of now, on the same runs.

Writes studies/results/verdicts.json and the table of docs/verdicts.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from fastlanes_sim.experiments.confidence_intervals import estimate
from fastlanes_sim.experiments.estimation import place_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import Replicated, replicate
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between
from fastlanes_sim.scenario.load import load_scenario

SCENARIOS, RESULTS, DOCS = Path("scenarios"), Path("studies/results/verdicts.json"), Path("docs/verdicts.md")
REPLICATIONS = 10
BEGIN, END = "<!-- made by studies/verdicts.py -->\n", "\n<!-- end -->"


def before(slo: Objective, measures: Sequence[Measure], values: Sequence[Values]) -> Outcome:
    """As version 0.1 judged: the mean of the replications' own numbers with an interval that may have no width, and met without runs."""
    place = place_of(slo.measure, measures)
    lows, highs = [one.low[place] for one in values], [one.high[place] for one in values]
    if slo.operator.side == "exactly":
        return "met" if all(slo.operator.holds(low, slo.bound) for low in lows) else "missed"
    found = estimate(lows, highs, floor=0.0)
    return outcome_between(slo, found.low, found.high) if found.replications else "met"


def rows_of(found: Replicated) -> list[dict[str, str]]:
    """One an objective."""
    name = found.scenario.source.stem
    return [
        {
            "scenario": name,
            "objective": one.slo.text,
            "before": before(one.slo, found.measures, found.values),
            "now": one.verdict,
            "text": one.text,
        }
        for one in found.verdicts
    ]


def table(rows: Sequence[dict[str, str]]) -> str:
    lines = ["| scenario | objective | before | now | what is known |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        now = row["now"] if row["now"] == row["before"] else f"**{row['now']}**"
        lines.append(f"| {row['scenario']} | `{row['objective']}` | {row['before']} | {now} | {row['text']} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    rows: list[dict[str, str]] = []
    for path in sorted(SCENARIOS.glob("*.yaml")):
        loaded = load_scenario(path)
        rows += rows_of(replicate(loaded, REPLICATIONS, measures=[], engine="kernel", executor=Executor(arguments.processes)))
        print(table(rows[-len(loaded.scenario.slos) :]), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    text = DOCS.read_text()
    DOCS.write_text(f"{text.partition(BEGIN)[0]}{BEGIN}\n{table(rows)}\n{END}{text.partition(END)[2]}")


if __name__ == "__main__":
    main()
