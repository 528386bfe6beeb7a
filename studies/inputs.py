"""python -m studies.inputs: do intervals that carry input uncertainty contain the source's truth, and those that do not?

A source that is known is watched for 3, 14 and 60 days. What it gave is exported and calibrated, with resamples of its days, and the
calibrated scenario is asked about one day. Truths are those of 4,000 days of the source. What each experiment came to is kept in a file of
lines, so that an interrupted study goes on. Writes studies/results/inputs.json and the tables of docs/input-uncertainty.md; with
`--count-only` of the experiments that are there already. Takes about a quarter of an hour of one core for each source.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.unsure import with_uncertainty
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate
from fastlanes_sim.experiments.estimation import estimate_of, number_of
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.experiments.shares import binomial_interval
from fastlanes_sim.experiments.two_levels import Spread, spread_of
from fastlanes_sim.experiments.verdicts import MET
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.results.export_writer import as_exported
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate

TEXT = """\
name: source
horizon: HORIZON
startup: 1s
lightning: {run_timeout: 30m}
projects:
  clinic:
    workflows:
      sync:
        triggers:
          - type: webhook
            arrivals: {piecewise: {"00:00": 4/h, "08:00": 60/h, "18:00": 4/h}MORE}
            service: {lognormal: {median: 25s, p95: 110s}}
workers: [{workloops: "LAYOUT"}]
"""
LAYOUT = "manual>*:1"
SOURCES = {"days alike": "", "days differ": ", days: 0.2"}
DAYS = (3, 14, 60)
MEASURES = [parse_measure(text) for text in ("mean(wait)", "p99(wait)", "share(wait > 5m)")]
SAID = {
    "days alike": "A source whose days are alike, as the calibration takes them to be",
    "days differ": "A source with a random factor for each day (`days: 0.2`), which three days do not show",
}
RESULTS, DOCS = Path("studies/results/inputs.json"), Path("docs/input-uncertainty.md")
EXPERIMENTS, REPLICATIONS, INNER, OF_TRUTH = 200, 30, 2, 4_000


def source(name: str, horizon: str, seed: int) -> LoadedScenario:
    """A system that is known."""
    text = TEXT.replace("HORIZON", horizon).replace("MORE", SOURCES[name]).replace("LAYOUT", LAYOUT)
    return load_scenario(Source.of_text(text, "source.yaml"), {"seed": seed})


def truth(name: str) -> list[float]:
    """Of each measure, of many days of the source."""
    day = source(name, "1d", 999)
    values = [measure(day, number, MEASURES, engine="kernel") for number in range(OF_TRUTH)]
    return [number_of(one, MEASURES, values) for one in MEASURES]


def exported(known: LoadedScenario) -> Export:
    """What one simulation of it looks like in an export."""
    deployed, table = deployment(known.scenario), generate(known.scenario)
    shown = as_exported(run_engine(deployed, table, engine="kernel"))
    start = since_epoch(known.scenario.start, known.scenario.timezone)
    columns = (shown.inserted_at, shown.claimed_at, shown.started_at, shown.ended_at)
    inserted, claimed, started, finished = (np.where(column == NEVER, NEVER, column + start) for column in columns)
    return Export(
        inserted_at=inserted,
        claimed_at=claimed,
        started_at=started,
        finished_at=finished,
        state=shown.state,
        queue=table.queue,
        priority=table.priority,
        workflow=np.zeros(len(inserted), np.int32),
        retry=np.zeros(len(inserted), np.bool_),
        workflows=(ExportedWorkflow("clinic", "sync"),),
        has_queue=True,
        reading=Reading("memory", rows=len(inserted), kept=len(inserted)),
    )


def calibrated(name: str, days: int, number: int) -> LoadedScenario:
    """The scenario that an export of so many days makes, to be asked about one day."""
    runs = exported(source(name, f"{days}d", 10_000 + number))
    served = replace(from_layout(LAYOUT), lightning={"run_timeout": "30m"})
    found = with_uncertainty(calibrate(runs, served))
    changes = {"horizon": "1d", "seed": 20_000 + number, "start": "2026-01-05"}
    return load_scenario(Source.of_text(scenario_text(found, "calibrated"), "calibrated.yaml"), changes)


def experiment(name: str, days: int, number: int) -> dict[str, Any]:
    """What one came to, measure by measure: the estimate of the scenario as it is, with its intervals, and the numbers of each resample."""
    loaded = calibrated(name, days, number)
    sets = input_sets(loaded)
    values = [measure(loaded, each, MEASURES, engine="kernel") for each in range(REPLICATIONS)]
    of_sets = [[measure(one, each, MEASURES, engine="kernel") for each in range(INNER)] for one in sets.scenarios]
    found: dict[str, Any] = {"source": name, "days": days, "number": number}
    for place, one in enumerate(MEASURES):
        estimates = [estimate_of(one, MEASURES, values, level) for level in (0.95, MET)]
        found[one.text] = {
            "estimate": _digits([estimates[0].mean]),
            "chance": _digits([end for each in estimates for end in (each.low, each.high)]),
            "sets": _digits([number_of(one, MEASURES, each) for each in of_sets]),
            "own": [_digits([each.low[place] for each in of_set]) for of_set in of_sets],
            "base": _digits([each.low[place] for each in values]),
        }
    return found


def _digits(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


Row = dict[str, Any]


def counted(lines: Sequence[dict[str, Any]]) -> list[Row]:
    """How often each kind of interval contains the truth: by source, days and measure."""
    truths = {one["source"]: one["truth"] for one in lines if not one["days"]}
    rows = []
    for name, days, (place, measure_of) in product(truths, DAYS, enumerate(MEASURES)):
        found = [_judged(one[measure_of.text], truths[name][place], days) for one in lines if (one["source"], one["days"]) == (name, days)]
        if not found:
            continue
        sums = {key: sum(bool(one[key]) for one in found) for key in ("whole", "chance", "plain", "basic", "too_low", "wrongly_met")}
        widths = {f"{key}_width": median(one[f"{key}_width"] for one in found) for key in ("chance", "inputs", "whole")}
        rows.append({"source": name, "days": days, "measure": measure_of.text, "experiments": len(found), **sums, **widths})
    return rows


def _judged(kept: dict[str, Any], truth: float, days: float) -> dict[str, float]:
    """One experiment: which intervals contain the truth, and half-widths as shares of it."""
    (number,), (low, high, lowest, highest) = kept["estimate"], kept["chance"]
    spread = spread_of(np.array(kept["sets"]), np.array(kept["own"]), LEVEL, days=days)
    by_chance, sterner = (Estimate(number, number, *ends, REPLICATIONS, LEVEL) for ends in ((low, high), (lowest, highest)))
    whole, basic = (one.around(by_chance) for one in (spread, Spread(spread.up, spread.down, spread.is_relative)))
    return {
        "whole": whole.low <= truth <= whole.high,
        "chance": low <= truth <= high,
        "plain": number - spread.sides(number)[0] <= truth <= number + spread.sides(number)[1],
        "basic": basic.low <= truth <= basic.high,
        "too_low": whole.high < truth,
        "wrongly_met": spread.around(sterner).high < truth,
        "chance_width": (high - low) / 2 / truth,
        "inputs_width": spread.half_width(number) / truth,
        "whole_width": (whole.high - whole.low) / 2 / truth,
    }


def table(rows: Sequence[Row]) -> str:
    """As the page shows it."""
    head = [
        "days of data",
        "experiments",
        "measure",
        "**with `--inputs`**",
        "without",
        "wrongly met with",
        "±chance",
        "±inputs",
        "basic bootstrap",
    ]
    texts = [
        [
            str(row["days"]),
            str(row["experiments"]),
            f"`{row['measure'].replace('all.', '').replace('5 m', '5m')}`",
            f"**{_share(row, 'whole')}** ({_ends(row)})",
            _share(row, "chance"),
            _share(row, "wrongly_met"),
            f"{100 * row['chance_width']:.0f} %",
            f"{100 * row['inputs_width']:.0f} %",
            _share(row, "basic"),
        ]
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *texts))


def _share(row: Row, key: str) -> str:
    return f"{100 * row[key] / row['experiments']:.1f} %"


def _ends(row: Row) -> str:
    low, high = binomial_interval(row["whole"], row["whole"], row["experiments"], 0.95)
    return f"{100 * low:.0f}–{100 * high:.0f}"


def page(rows: Sequence[Row]) -> str:
    """The tables, one a source."""
    parts = [f"{said}:\n\n{table([row for row in rows if row['source'] == name])}" for name, said in SAID.items()]
    return "\n\n".join(part for name, part in zip(SAID, parts, strict=True) if any(row["source"] == name for row in rows))


def show(rows: Sequence[Row], docs: Path = DOCS) -> None:
    """Put them into the page."""
    begin, end = "<!-- made by studies/inputs.py -->\n", "\n<!-- end -->"
    before, _, rest = docs.read_text(encoding="utf-8").partition(begin)
    docs.write_text(before + begin + "\n" + page(rows) + "\n" + end + rest.partition(end)[2], encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kept", type=Path, default=Path("results/inputs_study.jsonl"), help="what experiments came to, one a line")
    parser.add_argument("--count-only", action="store_true", help="run no more experiments")
    asked = parser.parse_args()
    asked.kept.parent.mkdir(parents=True, exist_ok=True)
    lines = asked.kept.read_text().splitlines() if asked.kept.exists() else []
    done = {(one["source"], one["days"], one["number"]) for one in map(json.loads, lines)}
    with asked.kept.open("a") as kept:
        for name in SOURCES:
            wanted = [(name, 0, 0)] + [(name, days, number) for number in range(EXPERIMENTS) for days in DAYS]
            for _, days, number in (one for one in wanted if one not in done and not asked.count_only):
                found = experiment(name, days, number) if days else {"source": name, "days": 0, "number": 0, "truth": truth(name)}
                print(json.dumps(found), file=kept, flush=True)
    rows = counted([json.loads(line) for line in asked.kept.read_text().splitlines()])
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    show(rows)


if __name__ == "__main__":
    main()
