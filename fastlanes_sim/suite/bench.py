"""The suite played: every workload against every layout on the same runs, and what each layout scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate, student
from fastlanes_sim.experiments.design_points import Played, play_points
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.verdicts import enough
from fastlanes_sim.experiments.work_estimate import refuse
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.suite.index import Suite, Workload, slots_of

Floats = npt.NDArray[np.float64]

FAST, LATE, DEFAULT, MANUAL = "p99(fast_lane.response)", "share(fast_lane.response > 30 s)", "p95(default.wait)", "p95(manual.wait)"
UTILISATION, CLAIMS = "utilisation", "claims"
SCORED: dict[str, float] = {FAST: float(SECOND), LATE: 0.001, DEFAULT: float(SECOND), MANUAL: float(SECOND)}
"""What a score is made of, each with what is added to it: below a second, or one run in a thousand, differences fade out."""
MEASURES = (*SCORED, UTILISATION, CLAIMS)
FORMULA = (
    "A layout's score in a workload is 100 times the geometric mean, over p99 of the fast lane's response, its share of 504s (responses "
    "beyond 30 s), p95 of the default lane's wait and p95 of the manual lane's wait, of (its value + floor) / (value of the layout "
    "{reference} + floor), on the same runs; the floors are 1 s and 0.1 %, and a lane without runs is left out. Its composite score is "
    "the geometric mean over the workloads. Less is better, {reference} has 100. Scores are taken replication by replication: the "
    "intervals are of their mean logarithm (95 %). A layout's rank is 1 + the number of layouts that are better for real, that is in the "
    "paired interval of the difference, corrected for the number of pairs."
)


@dataclass(frozen=True)
class Cell:
    """One layout in one workload."""

    scenario: LoadedScenario
    values: Sequence[Values]

    @property
    def layout(self) -> str:
        return self.scenario.scenario.workers[0].workloops or ""

    @property
    def slots(self) -> int:
        return sum(slots_of(group) * group.replicas for group in self.scenario.scenario.workers)

    @property
    def slot_hours(self) -> float | None:
        """Paid for, in the whole horizon; None where autoscaling decides."""
        if any(group.autoscaling is not None for group in self.scenario.scenario.workers):
            return None
        return self.slots * self.scenario.scenario.horizon / HOUR

    def estimate(self, name: str) -> Estimate:
        place = MEASURES.index(name)
        return estimate([one.low[place] for one in self.values], [one.high[place] for one in self.values], floor=0.0)

    @property
    def claims_a_minute(self) -> Estimate:
        minutes, place = self.scenario.scenario.horizon / MINUTE, MEASURES.index(CLAIMS)
        rates = [one.low[place] / minutes for one in self.values]
        return estimate(rates, rates, floor=0.0)

    @property
    def logs(self) -> Floats:
        """A row a replication, a column a scored measure: the logarithm of value and floor; NaN where there is nothing to measure.

        Of a value that runs still open leave open, the least that it can be.
        """
        lows = np.array([one.low[: len(SCORED)] for one in self.values])
        logs: Floats = np.log(lows + np.array(list(SCORED.values())))
        return logs


@dataclass(frozen=True)
class Score:
    """100 for the reference, less is better."""

    value: float
    low: float
    high: float
    rank: int


@dataclass(repr=False)
class Bench:
    """Cells by workload and layout, in the order of the suite."""

    suite: Suite
    workloads: Mapping[str, Workload]
    layouts: Mapping[str, str]
    cells: Mapping[tuple[str, str], Cell]
    changes: Mapping[str, object]
    quick: bool = False
    reused: int = 0
    """Replications that the store held."""

    @property
    def reference(self) -> str:
        return next(iter(self.layouts))

    @property
    def replications(self) -> int:
        return len(next(iter(self.cells.values())).values)

    def of(self, workload: str) -> dict[str, Cell]:
        return {layout: self.cells[workload, layout] for layout in self.layouts}

    @cached_property
    def scores(self) -> dict[str, dict[str, Score]]:
        """By workload and layout."""
        return {workload: _scored({layout: self._relative(workload, layout) for layout in self.layouts}) for workload in self.workloads}

    @cached_property
    def composite(self) -> dict[str, Score]:
        """By layout."""
        return _scored(
            {layout: np.mean([self._relative(workload, layout) for workload in self.workloads], axis=0) for layout in self.layouts}
        )

    def best(self, workload: str) -> list[str]:
        """The layouts of rank 1, the best score first."""
        scores = self.scores[workload]
        return sorted((layout for layout in self.layouts if scores[layout].rank == 1), key=lambda layout: scores[layout].value)

    def _relative(self, workload: str, layout: str) -> Floats:
        """A number a replication: the mean logarithm of value over reference."""
        differences = self.cells[workload, layout].logs - self.cells[workload, self.reference].logs
        return _mean_of_those_there(differences)


def _mean_of_those_there(rows: Floats) -> Floats:
    there = ~np.isnan(rows)
    sums: Floats = np.where(there, rows, 0.0).sum(axis=1) / np.maximum(1, there.sum(axis=1))
    return sums


def _scored(logs: Mapping[str, Floats]) -> dict[str, Score]:
    """Scores and ranks of layouts from their logarithms, a number a replication."""
    pairs = len(logs) * (len(logs) - 1) // 2
    level = 1 - (1 - LEVEL) / max(1, pairs)
    scores = {}
    for layout, own in logs.items():
        found = student(own, own)
        better = sum(student(own - other, own - other, level).low > 0 for name, other in logs.items() if name != layout)
        low, high = (math.exp(end) if math.isfinite(end) else math.nan for end in (found.low, found.high))
        scores[layout] = Score(100 * math.exp(found.mean), 100 * low, 100 * high, 1 + better)
    return scores


def run_bench(
    suite: Suite,
    *,
    workloads: Sequence[str] | None = None,
    layouts: Sequence[str] | None = None,
    changes: Mapping[str, object] | None = None,
    replications: int | None = None,
    quick: bool = False,
    store: Store | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Bench:
    """Play the suite, or the workloads and layouts named of it.

    Args:
        layouts: names of the suite's, or others as `fast_lane:1 manual>*:rest`; the reference is always among them.
        changes: other values by dotted path, laid over every workload.
        quick: shorter horizons and few replications: a smoke test, not the suite's numbers.
        force: however long it takes.

    Raises:
        FastlanesError: what is asked for cannot be played, or would take too long.
        KeyboardInterrupt: what was done until then is in the store.
    """
    chosen, laid_out = suite.chosen_workloads(workloads), suite.chosen_layouts(layouts)
    count = replications or (suite.quick_replications if quick else suite.replications)
    enough(count)
    if quick and "horizon" in (changes or {}):
        raise FastlanesError("quick has horizons of its own\n    hint: leave horizon= or --quick out")
    places = [(workload, layout) for workload in chosen for layout in laid_out]
    scenarios = [chosen[workload].load(laid_out[layout], changes or {}, quick=quick) for workload, layout in places]
    measures = [parse_measure(text) for text in MEASURES]
    once = {scenario.hash: scenario for scenario in scenarios}  # for few slots two layouts may be one
    refuse(list(once.values()), force=force, engine=engine)
    played = play_points(list(once.values()), range(count), measures, store=store, engine=engine, executor=executor, progress=progress)
    numbers = {found: number for number, found in enumerate(once)}
    _complete(played, {numbers[scenario.hash]: place for place, scenario in zip(places, scenarios, strict=True)})
    cells = {place: Cell(scenario, played.of(numbers[scenario.hash])) for place, scenario in zip(places, scenarios, strict=True)}
    return Bench(suite, chosen, laid_out, cells, dict(changes or {}), quick, played.reused)


def _complete(played: Played, places: Mapping[int, tuple[str, str]]) -> None:
    if played.interrupted:
        raise KeyboardInterrupt
    for (number, replication), failure in played.failures.items():
        workload, layout = places[number]
        raise FastlanesError(f"{workload} with {layout}, replication {replication}: {failure.message}\n{failure.traceback}".rstrip())
