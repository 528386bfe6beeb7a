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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.engines.selection import compile_kernel
from fastlanes_sim.experiments.analytic import erlang_c
from fastlanes_sim.experiments.confidence_intervals import Floats, estimate
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.rare_events import REPETITIONS, TRAJECTORIES, split
from fastlanes_sim.experiments.rare_tails import MET_BY_SPLITTING
from fastlanes_sim.experiments.splitting import Levels, Question, Tail, find_levels, repetition
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import load_scenario
from studies.cells import WORKER, queue

Rows = list[dict[str, float]]
"""A row a repetition, or so many plain replications."""
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
    System("M/M/3, 70 % busy", queue(3, 0.7), "share(default.wait > 10s)", "65m", 6_000, 5 * MINUTE, erlang_tail(3, 2.1, 10)),
    System("real worker, two workloops", terminating(WORKER), "share(fast_lane.wait > 26s)", "1h", 12_000),
    System("real worker, limits and cron ticks", LIMITS, "share(fast_lane.wait > 8s)", "1h", 6_000),
    System("real worker, two workloops", terminating(WORKER), "share(fast_lane.wait > 45s)", "1h", 200),
)
"""Of the last so many replications are enough for what one of them takes."""
COVERED = System("M/M/1, 50 % busy", queue(1, 0.5), "share(default.wait > 14s)", "7m", 0, 2 * MINUTE, erlang_tail(1, 0.5, 14))
"""Where the interval is held against the true value, each time by all that `run --rare` does, with a seed of its own."""
EXPERIMENTS, MORE = 200, 60
"""How often; and further repetitions with the second of `SYSTEMS`, as `run --rare` has them, to see how skewed they are there."""
OF_COVERED = 20
"""Trajectories there, instead of `TRAJECTORIES`: two fifths of the cost, and intervals that have it harder."""


def pilot(system: System, trajectories: int, **_: Any) -> dict[str, Any]:
    """The levels that all repetitions of a system share."""
    begin = time.process_time()
    found = find_levels(system.question(), trajectories, "kernel")
    seconds = time.process_time() - begin
    return {**asdict(found), "seconds": seconds}


def repetitions(system: System, trajectories: int, numbers: range, levels: dict[str, Any]) -> Rows:
    """A row a repetition."""
    question, rows = system.question(), []
    of_pilot = Levels(tuple(levels["heights"]), levels["floor"], levels["simulations"], levels["clones"], levels["each"])
    for number in numbers:
        begin = time.process_time()
        found = repetition(question, of_pilot, trajectories, "kernel", number)
        rows.append(_row(found, question, time.process_time() - begin))
    return rows


def counted(system: System, numbers: range, **_: Any) -> Rows:
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


def covered(system: System, seed: int, **_: Any) -> dict[str, Any]:
    """What `run --rare` would answer, and the share in each of its repetitions."""
    begin = time.process_time()
    found = split(system.question(seed), trajectories=OF_COVERED, engine="kernel", executor=Executor(1))
    answer, runs = found.estimate(), float(np.mean([one.runs for one in found.tails]))
    shares = [float(f"{one.beyond(found.measure.threshold or 0.0) / runs:.5g}") for one in found.tails]
    more = {"seen": found.seen, "clones": found.clones, "seconds": round(time.process_time() - begin, 3)}
    return {"mean": answer.mean, "low": answer.low, "high": answer.high, **more, "shares": shares}


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
    for begin in range(REPETITIONS, REPETITIONS + MORE, 5):
        made[f"1 more {begin}"] = partial(repetitions, SYSTEMS[1], TRAJECTORIES, range(begin + 1, begin + 6))
    made |= {f"covered {seed}": partial(covered, COVERED, seed) for seed in range(1, EXPERIMENTS + 1)}
    return made


def summary(kept: dict[str, Any]) -> str:
    """The tables of docs/rare_events.md, of what has been computed so far."""
    values = [_value(kept, f"{place} ", system) for place, system in enumerate(SYSTEMS) if f"{place} split 0" in kept]
    return "\n".join([*_head(COLUMNS), *values, "", *_head(OF_COVERAGE), *_coverage(kept)])


COLUMNS = ("system", "measure", "formula", "plain count", "by splitting", "plain count, processor time", "splitting", "gain")
OF_COVERAGE = ("system", "repetitions", "experiments", "intervals that contain it", "below it", "above it", "99.95 %: below it", "mean")


def _head(columns: Sequence[str]) -> list[str]:
    return [_line(columns), _line(["---"] * len(columns))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _value(kept: dict[str, Any], name: str, system: System) -> str:
    """What a plain count and splitting come to, what they take, and how much longer a count takes that is as precise."""
    plain, split_up = _rows(kept, f"{name}count "), _rows(kept, f"{name}split ")
    counts, seconds = sum(row["simulations"] for row in plain), kept[f"{name}pilot"]["seconds"] + sum(row["seconds"] for row in split_up)
    of_plain = sum(row["seconds"] for row in plain)
    formula = "" if system.truth is None else f"{system.truth:.3g}"
    seen = sum(row["late"] * row["simulations"] for row in plain)
    by_count = f"{_spelled(_shares(plain))}; {counts:,} replications" if seen else f"0; {counts:,} replications"
    picked = np.random.default_rng(0).integers(len(split_up), size=(1_000, len(split_up)))
    gains = [_gain([split_up[place] for place in each], plain, seconds, seen >= ENOUGH_SEEN) for each in [range(len(split_up)), *picked]]
    low, high = np.quantile(gains[1:], (0.025, 0.975))
    cells = (formula, by_count, f"{_spelled(_shares(split_up))}; {len(split_up)} repetitions")
    times = (f"{of_plain:.0f} s", f"{seconds:.0f} s", f"{_times(gains[0])} × ({_times(low)} to {_times(high)})")
    return _line((system.name, system.measure, *cells, *times))


def _times(gain: float) -> str:
    return f"{gain:.2g}" if gain < 10 else f"{gain:,.0f}"


ENOUGH_SEEN = 100
"""Late runs in a plain count that show its variance; of fewer it is taken from splitting."""


def _gain(split_up: Rows, plain: Rows, seconds: float, is_counted: bool) -> float:
    """Variance times processor time of a plain count over that of splitting."""
    variance = float(_shares(split_up).var(ddof=1)) / len(split_up)
    late, squares, runs = (float(np.mean([row[name] for row in split_up])) for name in ("late", "squares", "runs"))
    of_plain = (squares - late**2) / runs**2  # of one replication
    if is_counted:
        of_plain = float(_shares(plain).var(ddof=1)) * TRAJECTORIES
    each = sum(row["seconds"] for row in plain) / sum(row["simulations"] for row in plain)
    return of_plain * each / (variance * seconds) if variance else math.inf


def _coverage(kept: dict[str, Any]) -> list[str]:
    """Of all experiments so far, of those that two of them make together (a repetition is the mean of one of either), and of drawn ones."""
    each = [np.array(part["shares"]) for name, part in kept.items() if name.startswith("covered ")]
    twos = [np.mean(pair, axis=0) for pair in zip(each[::2], each[1::2], strict=False)]
    truth, name = COVERED.truth or 0.0, f"{COVERED.name}, {COVERED.measure}"
    lines = [_covered(name, f"{REPETITIONS} of {OF_COVERED} trajectories", each, truth)]
    lines.append(_covered(name, f"the same in pairs: {REPETITIONS} of {2 * OF_COVERED}", twos, truth))
    pools = [(name, np.concatenate(each), truth)]
    worker = _shares(_rows(kept, "1 split ") + _rows(kept, "1 more "))
    pools.append((f"{SYSTEMS[1].name}, {SYSTEMS[1].measure}", worker, float(worker.mean())))
    for name, pool, mean in pools:
        drawn = list(pool[np.random.default_rng(0).integers(len(pool), size=(RESAMPLED, REPETITIONS))])
        lines.append(
            _covered(name, f"{REPETITIONS} of {TRAJECTORIES if name != pools[0][0] else OF_COVERED}, drawn from {len(pool):,}", drawn, mean)
        )
    return lines


RESAMPLED = 4_000
"""So often repetitions of all experiments are drawn anew. That has a smaller error than the count of the experiments, as far as all
repetitions together show how skewed they are."""


def _covered(name: str, of: str, experiments: Sequence[Floats], truth: float) -> str:
    printed = [estimate(shares, shares, floor=0.0) for shares in experiments]
    highest = [estimate(shares, shares, MET_BY_SPLITTING, floor=0.0).high for shares in experiments]
    below, above = (float(np.mean(each)) for each in ([one.high < truth for one in printed], [one.low > truth for one in printed]))
    means = np.array([one.mean for one in printed]) / truth
    mean = "" if len(experiments) == RESAMPLED else f"{means.mean():.2f} ± {means.std(ddof=1) / math.sqrt(len(means)):.2f} × the true value"
    shares = (f"{100 * share:.1f} %" for share in (1 - below - above, below, above, float(np.mean(np.array(highest) < truth))))
    return _line((name, of, str(len(experiments)), *shares, mean))


def _rows(kept: dict[str, Any], begin: str) -> Rows:
    return [row for name, rows in kept.items() if name.startswith(begin) for row in rows]


def _shares(rows: Rows) -> Floats:
    return np.array([row["late"] for row in rows]) / np.mean([row["runs"] for row in rows])


def _spelled(shares: Floats) -> str:
    found = estimate(shares, shares, floor=0.0)
    return f"{found.mean:.3g} [{found.low:.2g}, {found.high:.2g}]"


def _json(kept: dict[str, Any]) -> str:
    """A line a part."""
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in kept.items()) + "\n}\n"


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
            chosen.out.write_text(_json(kept))
            print(name, "done", flush=True)


if __name__ == "__main__":
    main()
