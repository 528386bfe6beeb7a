"""The cells of the coverage study: systems whose truth is known, ways to ask for it, and one experiment.

A module of its own, because processes import what they run.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.analytic import erlang_waits
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.days import days_of
from fastlanes_sim.experiments.estimation import estimate_of, place_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import parse_until, replicate
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.verdicts import MET, judge_values, outcome_of
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import OF_DAYS, Objective
from fastlanes_sim.measures.operators import OPERATORS
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from studies.synthetic import Days, Draw, a_day, heavy, independent
from studies.truths import Truth, priority_waits, simulated

QUEUE = """\
kind: steady
horizon: 3h
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
lightning: {per_workflow_claim_limit: 1000000}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: RATE/s}, service: {exponential: {mean: 1s}}}]}}}}
workers: [{workloops: "*:SERVERS", dispatch: ideal}]
"""
PRIORITY = """\
kind: steady
horizon: 3h
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
lightning: {per_workflow_claim_limit: 1000000}
projects:
  p:
    workflows:
      w:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 0.8/s}, service: {exponential: {mean: 1s}}}
          - {type: webhook, arrivals: {poisson: 1.6/s}, service: {exponential: {mean: 1s}}}
workers: [{workloops: "fast_lane>*:3", dispatch: ideal}]
"""
WORKER = """\
kind: steady
horizon: 3h
startup: {lognormal: {median: 1s, p95: 3s}}
projects:
  clinic:
    workflows:
      register_patient:
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 6/min}, service: {lognormal: {median: 2s, p95: 8s}}}]
      sync_records:
        triggers: [{type: webhook, arrivals: {poisson: 20/min}, service: {exponential: {mean: 7s}}}]
workers: [{workloops: "fast_lane:1 manual>*:4"}]
"""
MANY = """\
kind: steady
horizon: 15m
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
lightning: {per_workflow_claim_limit: 1000000}
projects:
  p:
    copies: 100
    concurrency: 1
    workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 0.8/s}, service: {exponential: {mean: 1s}}}]}}
workers: [{workloops: "*:200", dispatch: ideal}]
"""
"""Each project is an M/M/1: what all of them do together shows an empty start better than one of them would."""


@dataclass(frozen=True)
class Cell:
    """A system, and a way to ask for its statistics."""

    name: str
    text: str
    """The scenario."""
    truths: Callable[[Cell, Executor], Sequence[Truth]]
    """One a statistic."""
    statistics: tuple[str, ...] = ("mean(default.wait)", "p99/day(default.wait)")
    horizon: str = "3h"
    warm_up: str = "mser-5"
    replications: int | None = 10
    until: str | None = None
    batches: int | None = None
    experiments: int = 400
    lesson: str = ""
    """Why this interval must not be expected to hold the truth; empty where it must."""
    drawn: Days | None = None
    """Instead of a scenario: days that are drawn without a simulator."""
    wide: str = ""
    """Why it may hold the truth more often than it says; empty where it must not."""

    @property
    def asked(self) -> str:
        """The way to ask, in words."""
        if self.drawn is not None:
            until = self.drawn.until
            return f"{self.drawn.replications} days" if until is None else f"`--until` {100 * until:g}%"
        if self.batches:
            return f"{self.batches} batches of {self.horizon} in all"
        until = "" if self.until is None else f"`--until` {self.until.rpartition(':')[2]}, "
        number = "" if self.replications is None else f"{self.replications} replications "
        warm_up = "" if self.warm_up == "mser-5" else ", no warm-up"
        return f"{until}{number}of {self.horizon}{warm_up}"

    @property
    def asked_for(self) -> list[Measure | Objective]:
        """The statistics."""
        return [parsed(text) for text in self.statistics]

    def loaded(self, **other: object) -> LoadedScenario:
        return _loaded(self.text, tuple(({"horizon": self.horizon} | other | self._warm_up).items()))

    @property
    def _warm_up(self) -> dict[str, object]:
        return {} if "kind: terminating" in self.text else {"warm_up": self.warm_up}


@cache
def _loaded(text: str, overrides: tuple[tuple[str, object], ...]) -> LoadedScenario:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(text)
        return load_scenario(file, dict(overrides))


def queue(servers: int, utilisation: float) -> str:
    """M/M/c with a mean service of 1 s."""
    return QUEUE.replace("RATE", f"{servers * utilisation:g}").replace("SERVERS", str(servers))


def erlang(servers: int, utilisation: float) -> Callable[[Cell, Executor], list[Truth]]:
    mean, p99 = erlang_waits(servers, servers * utilisation, SECOND)
    return lambda cell, _executor: [Truth(mean if name.startswith("mean") else p99) for name in cell.statistics]


def cobham(_cell: Cell, _executor: Executor) -> list[Truth]:
    return [Truth(wait * SECOND) for wait in priority_waits(3, 0.8, 1.6)]


def ten_million_runs(cell: Cell, executor: Executor) -> list[Truth]:
    """Twenty runs of half a million, an hour of each left out."""
    return simulated(cell.loaded(horizon="20000m").scenario, cell.statistics, 20, executor, warm_up=3_600 * SECOND)


def many_replications(cell: Cell, executor: Executor) -> list[Truth]:
    """A terminating question's truth is the expectation over its replications."""
    return simulated(cell.loaded().scenario, cell.statistics, 10_000, executor)


def days(
    name: str,
    draw: Draw,
    statistics: tuple[str, ...],
    *,
    replications: int = 10,
    until: float | None = None,
    gives_up: float = math.inf,
    experiments: int = 600,
    wide: str = "",
) -> Cell:
    """A cell of days that are drawn without a simulator."""
    drawn = Days(draw, replications, until, gives_up)
    return Cell(name, "", drawn_truths, statistics, drawn=drawn, experiments=experiments, wide=wide)


def drawn_truths(cell: Cell, _executor: Executor) -> list[Truth]:
    assert cell.drawn is not None
    return [Truth(value) for value in cell.drawn.truths(cell.asked_for)]


def parsed(text: str) -> Measure | Objective:
    """A measure, or an objective whose share of days is asked for: `p99(wait) < 30s in 90% of days`."""
    return parse_objective(text) if OF_DAYS.search(text) else parse_measure(text)


HOUR_FROM_EMPTY = queue(3, 0.9).replace("kind: steady", "kind: terminating")
MEAN, P99 = ("mean(default.wait)",), ("p99/day(default.wait)",)
MEDIAN_AND_P99 = ("p50/day(default.wait)", "p99/day(default.wait)")
"""Where runs are open at the end of the horizon nobody knows their mean."""
BOTH_LANES = ("mean(fast_lane.wait)", "p99/day(fast_lane.wait)", "mean(default.wait)", "p99/day(default.wait)")
HOUR = ((3_600.0, 0.5),)
PEAKS = ((1_800.0, 0.1), (1_800.0, 0.8), (3_600.0, 0.4), (1_800.0, 0.85), (1_800.0, 0.2))
"""Three hours: seconds and runs a second for one server that takes a second for each."""
MINUTE = ((60.0, 0.5),)
AN_HOUR, A_MINUTE, TWO_PEAKS, HEAVY_PEAKS = a_day(HOUR), a_day(MINUTE), a_day(PEAKS), a_day(PEAKS, heavy)
INDEPENDENT_HEAVY = independent(500, heavy)
HOURLY = ("p99(wait)", "p99.9(wait)", "p99/day(wait)")
FEW_RUNS = ("mean(wait)", "p90(wait)", "p99(wait)")
INDEPENDENT = ("mean(wait)", "p99(wait)", "p99/day(wait)", "share(wait > 12s)")
OF_DAYS_EACH = ("p99(wait) < 30s in 90% of days", "mean(wait) < 3s in 60% of days")
"""The share of days is counted, not held against that share: the verdict's is the truth."""
DAILY = ("mean(wait)", "p99(wait)", "p99/day(wait)", "share(wait > 10s)", "max(wait)")
FEW_EVENTS = "few runs are beyond, and their number is whole: no interval of 95 % is not sometimes one of 99 %"
EXACT = "a number of days is whole, and the interval is one that no number of days makes too narrow"
EMPTY_START = Cell("100 × M/M/1, 80 % busy", MANY, erlang(1, 0.8), MEAN, horizon="15m", replications=20, experiments=30)
CELLS = [
    Cell("M/M/1, 50 % busy", queue(1, 0.5), erlang(1, 0.5)),
    Cell("M/M/3, 70 % busy", queue(3, 0.7), erlang(3, 0.7)),
    Cell("M/M/3, 70 % busy", queue(3, 0.7), erlang(3, 0.7), replications=30, horizon="1h"),
    Cell("M/M/1, 90 % busy", queue(1, 0.9), erlang(1, 0.9), lesson="too short for the p99 of a steady state"),
    Cell("M/M/1, 90 % busy", queue(1, 0.9), erlang(1, 0.9), horizon="30h", experiments=200),
    Cell("M/M/3 with priority, 80 % busy", PRIORITY, cobham, BOTH_LANES),
    Cell("real worker, two workloops", WORKER, ten_million_runs, BOTH_LANES, experiments=200),
    Cell("an hour from empty, M/M/3 at 90 %", HOUR_FROM_EMPTY, many_replications, MEDIAN_AND_P99, horizon="1h", replications=30),
    Cell("M/M/3, 70 % busy", queue(3, 0.7), erlang(3, 0.7), horizon="30h", batches=20),
    Cell("M/M/3, 70 % busy", queue(3, 0.7), erlang(3, 0.7), MEAN, until="mean(default.wait):5%", replications=None),
    Cell("M/M/3, 70 % busy", queue(3, 0.7), erlang(3, 0.7), P99, until="p99/day(default.wait):5%", replications=None),
    replace(EMPTY_START, warm_up="none", lesson="from an empty start"),
    EMPTY_START,
    days(
        "none of 5,000 seen",
        independent(500),
        ("share(wait > 9.2s)", "share(wait > 7.8s)", "share(wait > 5.5s)"),
        experiments=1_000,
        wide=FEW_EVENTS,
    ),
    days(
        "nearly all of 5,000",
        independent(500),
        ("share(wait > 0.1ms)", "share(wait > 1ms)", "share(wait > 5ms)"),
        experiments=1_000,
        wide=FEW_EVENTS,
    ),
    days(
        "M/M/1, 50 %, an hour",
        AN_HOUR,
        ("share(wait > 20s)", "share(wait > 16s)", "share(wait > 12s)"),
        experiments=1_000,
        wide=FEW_EVENTS,
    ),
    days("M/M/1, 50 %, an hour", AN_HOUR, HOURLY, experiments=1_000, wide=FEW_EVENTS),
    days("M/M/1, 50 %, an hour", AN_HOUR, HOURLY, replications=30, wide=FEW_EVENTS),
    days("M/M/1, 50 %, gives up after 16s", AN_HOUR, ("gave_up",), gives_up=16, wide=FEW_EVENTS),
    days("M/M/1, 50 %, gives up after 16s", AN_HOUR, ("gave_up",), gives_up=16, replications=30, wide=FEW_EVENTS),
    days("M/M/1, 50 %, gives up after 6s", AN_HOUR, ("gave_up",), gives_up=6),
    days("M/M/1, 50 %, gives up after 6s", AN_HOUR, ("gave_up",), gives_up=6, replications=30),
    days("lane of 30 runs a day", A_MINUTE, FEW_RUNS, wide=FEW_EVENTS),
    days("lane of 30 runs a day", A_MINUTE, FEW_RUNS, replications=30, wide=FEW_EVENTS),
    days("8 runs a day, heavy tails", independent(8, heavy), ("mean(wait)", "p90(wait)"), wide=FEW_EVENTS),
    days("8 runs a day, heavy tails", independent(8, heavy), ("mean(wait)", "p90(wait)"), replications=30, wide=FEW_EVENTS),
    days("a day of two peaks", TWO_PEAKS, DAILY, experiments=1_000),
    days("a day of two peaks", TWO_PEAKS, DAILY, replications=30, experiments=1_000),
    days("a day of two peaks", TWO_PEAKS, OF_DAYS_EACH, replications=100, wide=EXACT),
    days("two peaks, heavy tails", HEAVY_PEAKS, DAILY),
    days("two peaks, heavy tails", HEAVY_PEAKS, DAILY, replications=30),
    days("independent, heavy tails", INDEPENDENT_HEAVY, INDEPENDENT, wide=FEW_EVENTS),
    days("independent, heavy tails", INDEPENDENT_HEAVY, INDEPENDENT, replications=30, wide=FEW_EVENTS),
    days("a day of two peaks", TWO_PEAKS, ("mean(wait)",), until=0.1, experiments=1_000),
    days("a day of two peaks", TWO_PEAKS, ("p99(wait)",), until=0.15, experiments=1_000),
    days("a day of two peaks", TWO_PEAKS, ("share(wait > 10s)",), until=0.25, experiments=1_000),
    days("M/M/1, 50 %, an hour", AN_HOUR, ("share(wait > 16s)",), until=0.5, wide=FEW_EVENTS),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """One experiment's estimate of one statistic, in µs, and what the verdict would be were the bound the truth."""

    low: float
    mean: float
    high: float
    replications: int
    at_most: Outcome
    """Of `< truth`; of days, of `in so many % of days`."""
    at_least: Outcome
    """Of `> truth`."""


def experiment(cell: Cell, truths: Sequence[float], number: int) -> list[Answer]:
    """The cell's question asked once, under the seed `number`."""
    if cell.drawn is not None:
        measures = [_measure(one) for one in cell.asked_for]
        values = cell.drawn.values(measures, number)
        return [_answer(one, measures, values, truth) for one, truth in zip(cell.asked_for, truths, strict=True)]
    loaded = cell.loaded()
    loaded = replace(loaded, scenario=loaded.scenario.model_copy(update={"seed": number}))
    found = replicate(
        loaded,
        cell.replications,
        measures=cell.statistics,
        until=None if cell.until is None else parse_until(cell.until),
        batches=cell.batches,
        engine="kernel",
        executor=Executor(1),
    )
    return [_answer(one, found.measures, found.values, truth) for one, truth in zip(cell.asked_for, truths, strict=True)]


def _measure(one: Measure | Objective) -> Measure:
    return one.measure if isinstance(one, Objective) else one


def _answer(one: Measure | Objective, measures: Sequence[Measure], values: Sequence[Values], truth: float) -> Answer:
    """As the verdict on a bound that is just the truth (`verdicts`): then nothing but a mistake is met or missed."""
    if isinstance(one, Objective):
        days = days_of(one, place_of(one.measure, measures), values)
        low, high = days.share(LEVEL)
        outcome = judge_values(replace(one, days=truth), measures, values).verdict
        return Answer(low, days.met / days.count, high, len(values), outcome, "undecided")
    printed, sterner = (estimate_of(one, measures, values, level) for level in (LEVEL, MET))
    below, above = (outcome_of(Objective("", one, OPERATORS[symbol], truth), printed, sterner) for symbol in "<>")
    return Answer(printed.low, printed.mean, printed.high, printed.replications, below, above)
