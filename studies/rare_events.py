"""python -m studies.rare_events: splitting against plain counts, and how often its intervals contain the true value.

Writes studies/results/rare_events.json after each finished part, and continues from there. Processor time is that of the process, with
all that is drawn, simulated, cloned and thrown away.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.engines.selection import compile_kernel
from fastlanes_sim.experiments.analytic import erlang_c
from fastlanes_sim.experiments.confidence_intervals import estimate
from fastlanes_sim.experiments.rare_events import REPETITIONS, TRAJECTORIES
from fastlanes_sim.experiments.splitting import Levels, Question, Tail, find_levels, repetition
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import load_scenario
from studies.cells import WORKER, queue

RESULTS = Path("studies/results/rare_events.json")
LIMITS = """\
horizon: 1h
startup: {lognormal: {median: 500ms, p95: 1s}}
projects:
  clinic:
    concurrency: 4
    workflows:
      register_patient:
        concurrency: 2
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 6/min}, service: {lognormal: {median: 2s, p95: 6s}}}]
      sync_records:
        triggers: [{type: webhook, arrivals: {poisson: 12/min}, service: {exponential: {mean: 6s}}}]
      report:
        triggers: [{type: cron, cron: "*/10 * * * *", runs_per_tick: 3, service: {exponential: {mean: 5s}}}]
workers: [{workloops: "fast_lane:1 manual>*:4"}]
"""
"""Limits of a project and of a workflow, cron ticks, a pinned slot and lanes that other slots prefer."""


def terminating(text: str) -> str:
    return text.replace("kind: steady", "kind: terminating")


@dataclass(frozen=True, slots=True)
class System:
    name: str
    text: str
    measure: str
    horizon: str
    counted: int
    """Replications of a plain count."""
    warm_up: int = 0
    truth: float | None = None
    """Where a formula gives it."""

    def question(self, seed: int = 0) -> Question:
        scenario = _loaded(self.text, self.horizon).model_copy(update={"seed": seed})
        return Question(scenario, parse_measure(self.measure), self.warm_up)


@cache
def _loaded(text: str, horizon: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(text)
        return load_scenario(file, {"horizon": horizon}).scenario


def erlang_tail(servers: int, load: float, seconds: float) -> float:
    """P(wait > so many seconds) of M/M/c with a mean service of 1 s."""
    return erlang_c(servers, load) * math.exp(-(servers - load) * seconds)


SYSTEMS = (
    System("M/M/3, 70 % busy", queue(3, 0.7), "share(default.wait > 13s)", "65m", 2_000, 5 * MINUTE, erlang_tail(3, 2.1, 13)),
    System("real worker, two workloops", terminating(WORKER), "share(fast_lane.wait > 26s)", "1h", 3_000),
    System("real worker, limits and cron ticks", LIMITS, "share(fast_lane.wait > 13s)", "1h", 2_000),
    System("real worker, two workloops", terminating(WORKER), "share(fast_lane.wait > 45s)", "1h", 200),
)
"""Of the last so many replications are enough for what one of them takes."""
COVERED = System("M/M/1, 50 % busy", queue(1, 0.5), "share(default.wait > 20s)", "7m", 0, 2 * MINUTE, erlang_tail(1, 0.5, 20))
EXPERIMENTS, OF_COVERED = 200, 20
"""How often the interval is asked for, and trajectories at each level of it."""


def pilot(system: System, trajectories: int, **_: Any) -> dict[str, Any]:
    """The levels that all repetitions of a system share."""
    begin = time.process_time()
    found = find_levels(system.question(), trajectories, "kernel")
    seconds = time.process_time() - begin
    return {**asdict(found), "seconds": seconds}


def repetitions(system: System, trajectories: int, numbers: range, levels: dict[str, Any]) -> list[dict[str, float]]:
    """A row a repetition."""
    question, rows = system.question(), []
    of_pilot = Levels(tuple(levels["heights"]), levels["floor"], levels["simulations"], levels["clones"], levels["each"])
    for number in numbers:
        begin = time.process_time()
        found = repetition(question, of_pilot, trajectories, "kernel", number)
        rows.append(_row(found, question, time.process_time() - begin))
    return rows


def counted(system: System, numbers: range, **_: Any) -> list[dict[str, float]]:
    """The same without a level: so many plain replications a row."""
    question, rows = system.question(seed=1), []
    for number in numbers:
        begin = time.process_time()
        found = repetition(question, Levels((), question.measure.threshold or 0.0, 0), TRAJECTORIES, "kernel", number)
        rows.append(_row(found, question, time.process_time() - begin))
    return rows


def _row(found: Tail, question: Question, seconds: float) -> dict[str, float]:
    late = found.beyond(question.measure.threshold or 0.0)
    counts = {"simulations": found.simulations, "clones": found.clones, "seconds": seconds}
    return {"late": late, "squares": found.squares, "runs": found.runs, **counts}


def parts() -> dict[str, Callable[..., Any]]:
    """What is computed, in order; the name of a pilot comes before those of its repetitions."""
    made: dict[str, Callable[..., Any]] = {}
    for begin in range(0, REPETITIONS, 5):
        for place, system in enumerate(SYSTEMS):
            made.setdefault(f"{place} pilot", partial(pilot, system, TRAJECTORIES))
            made[f"{place} split {begin}"] = partial(repetitions, system, TRAJECTORIES, range(begin + 1, begin + 6))
            if system.counted:
                blocks = system.counted // TRAJECTORIES // 4
                first = begin // 5 * blocks
                made[f"{place} count {begin}"] = partial(counted, system, range(first + 1, first + blocks + 1))
    made["covered pilot"] = partial(pilot, COVERED, OF_COVERED)
    for begin in range(0, EXPERIMENTS * REPETITIONS, REPETITIONS):
        made[f"covered {begin}"] = partial(repetitions, COVERED, OF_COVERED, range(begin + 1, begin + REPETITIONS + 1))
    return made


def summary(kept: dict[str, Any]) -> str:
    """The table of docs/rare_events.md, of what has been computed so far, and a sentence about coverage."""
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    for place, system in enumerate(SYSTEMS):
        by_splitting, plain = _rows(kept, f"{place} split "), _rows(kept, f"{place} count ")
        if len(by_splitting) < 2:
            continue
        share, error = _share(by_splitting)
        late, squares = (float(np.mean([row[name] for row in by_splitting])) for name in ("late", "squares"))
        runs = float(np.mean([row["runs"] for row in by_splitting]))
        truth = "" if system.truth is None else f"{system.truth:.3g} (formula)"
        if any(row["late"] for row in plain):
            truth += f"{'; ' if truth else ''}{_spelled(*_share(plain))} ({int(sum(row['simulations'] for row in plain)):,} replications)"
        one = sum(row["seconds"] for row in plain) / sum(row["simulations"] for row in plain)
        seconds = sum(row["seconds"] for row in by_splitting) + kept[f"{place} pilot"]["seconds"]
        gain = (squares - late**2) / runs**2 / error**2 * one / seconds if error else math.nan
        cells = (system.name, system.measure, truth, _spelled(share, error), f"{len(by_splitting)}", f"{seconds:.0f} s", f"{gain:.1f} ×")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + f"\n\n{covered(kept)}"


COLUMNS = ("system", "measure", "true value, plain count", "by splitting", "repetitions", "processor time", "a plain count takes")


def covered(kept: dict[str, Any]) -> str:
    """How many of the experiments with `COVERED` have an interval that contains the true value."""
    experiments = [rows for name, rows in kept.items() if name.startswith("covered ") and name != "covered pilot"]
    inside = 0
    for rows in experiments:
        shares = np.array([row["late"] for row in rows]) / np.mean([row["runs"] for row in rows])
        found = estimate(shares, shares, floor=0.0)
        inside += found.low <= (COVERED.truth or 0.0) <= found.high
    return f"Coverage ({COVERED.name}, {COVERED.measure}): {inside} of {len(experiments)} experiments so far, of {EXPERIMENTS} planned."


def _rows(kept: dict[str, Any], begin: str) -> list[dict[str, float]]:
    return [row for name, rows in kept.items() if name.startswith(begin) for row in rows]


def _share(rows: list[dict[str, float]]) -> tuple[float, float]:
    """The share, with its standard error."""
    late = np.array([row["late"] for row in rows]) / np.mean([row["runs"] for row in rows])
    return float(late.mean()), float(late.std(ddof=1)) / math.sqrt(len(late))


def _spelled(share: float, error: float) -> str:
    return f"{share:.3g} ± {error:.1g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="parts whose name begins with this")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--show", action="store_true", help="print what has been computed so far, and compute nothing")
    chosen = parser.parse_args()
    if chosen.show:
        print(summary(json.loads(chosen.out.read_text())))
        return
    compile_kernel()  # or load it: no part of what anything costs
    kept = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    for name, compute in parts().items():
        if name.startswith(chosen.only) and name not in kept:
            kept[name] = compute(levels=kept.get(f"{name.split()[0]} pilot"))
            chosen.out.write_text(json.dumps(kept, indent=1) + "\n")
            print(name, "done", flush=True)


if __name__ == "__main__":
    main()
