"""A grid over values of a scenario: replications of every point, each computed once, the same runs for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import TYPE_CHECKING

from fastlanes_sim.core.errors import Problem, ScenarioError
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.alike_warnings import merged_problems
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate
from fastlanes_sim.experiments.design_points import Played, play_points
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.factors import Vary, grid
from fastlanes_sim.experiments.jobs import Failure, Progress
from fastlanes_sim.experiments.replicate import chosen_measures
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.verdicts import Judged, enough, judge_values
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.outcome import Outcome, worst
from fastlanes_sim.scenario.load import LoadedScenario, Origin, load_variants
from fastlanes_sim.scenario.objectives import measures_of, objectives_of
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.traffic.generate import generate

if TYPE_CHECKING:
    import pandas as pd

REPLICATIONS = 10
"""Of every point unless told otherwise: a first picture. With more, only those that are new are played."""


def _label(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={spelled(value)}" for name, value in settings.items())


@dataclass(frozen=True)
class Point:
    """One combination of values, and what came of it."""

    settings: Mapping[str, object]
    """A value of each dimension by its name."""
    scenario: LoadedScenario | None
    """None where these values make it invalid."""
    measures: Sequence[Measure]
    values: Sequence[Values]
    """In the order of replications; none where it could not be played."""
    level: float = LEVEL
    failure: Failure | None = None
    """Why it could not be played."""

    @property
    def label(self) -> str:
        """`workers.0.replicas=2, traffic=1.5`"""
        return _label(self.settings)

    def estimate(self, measure: Measure | str) -> Estimate:
        return estimate_of(measure, self.measures, self.values, self.level)

    @property
    def verdicts(self) -> list[Judged]:
        """One for each objective; undecided where nothing was played."""
        slos = [] if self.scenario is None else objectives_of(self.scenario.scenario)
        return [judge_values(slo, self.measures, self.values, self.level) for slo in slos]

    @property
    def verdict(self) -> Outcome:
        """Of all objectives; of what could not be played nothing is known."""
        return "undecided" if self.failure is not None else worst(one.verdict for one in self.verdicts)


@dataclass(frozen=True)
class Plan:
    """The points of a grid before anything is played: all of them checked."""

    dimensions: Sequence[Vary]
    settings: Sequence[Mapping[str, object]]
    """Of each point: a value of each dimension by its name."""
    scenarios: Sequence[LoadedScenario | ScenarioError]
    """Of each point."""

    @property
    def valid(self) -> list[LoadedScenario]:
        return [one for one in self.scenarios if isinstance(one, LoadedScenario)]

    @property
    def warnings(self) -> list[Problem]:
        """Each once, whatever points it is of; those that differ in their numbers alone as one."""
        points = zip(self.settings, self.scenarios, strict=True)
        found = [(_label(settings), one.warnings) for settings, one in points if isinstance(one, LoadedScenario)]
        return merged_problems(found, among=len(found))


@dataclass(repr=False)
class Sweep:
    """Every point of a grid, the last dimension fastest."""

    dimensions: Sequence[Vary]
    points: Sequence[Point]
    measures: Sequence[Measure]
    replications: int
    """That were asked for of every point."""
    level: float = LEVEL
    interrupted: bool = False
    reused: int = 0
    """Replications that had been computed before. No part of the result."""
    with_surface: bool = False
    """Reports show a response surface beside what was simulated (`surface`)."""

    @property
    def failed(self) -> list[Point]:
        return [point for point in self.points if point.failure is not None]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a point and measure: the point's number and values, then the estimate in seconds, shares or runs, and the verdict.

        Columns: point, one a dimension (numbers, or texts), statistic, unit, mean, upper_mean, low, high, level, replications, objective
        (the scenario's objectives for this measure), verdict, problem (why the point could not be played).
        """
        import pandas as pd

        rows = [_row(number, point, one) for number, point in enumerate(self.points) for one in self.measures]
        return pd.DataFrame(rows).assign(**self._columns([point for point in self.points for _ in self.measures]))[
            ["point", *self._names, *_ESTIMATED]
        ]

    @property
    def values(self) -> pd.DataFrame:
        """One row a point, replication and measure: what was measured, between `low` and `high` where runs were open."""
        import pandas as pd

        rows = [
            (number, values.replication, one.text, one.unit.name, values.low[place] / one.scale, values.high[place] / one.scale)
            for number, point in enumerate(self.points)
            for values in point.values
            for place, one in enumerate(self.measures)
        ]
        frame = pd.DataFrame(rows, columns=["point", "replication", "statistic", "unit", "low", "high"])
        points = [self.points[number] for number in frame["point"]]
        return frame.assign(**self._columns(points))[["point", *self._names, "replication", "statistic", "unit", "low", "high"]]

    @property
    def _names(self) -> list[str]:
        return [dimension.name for dimension in self.dimensions]

    def _columns(self, points: Sequence[Point]) -> dict[str, list[object]]:
        """The dimensions as columns of one type each: as they are where all values are numbers, else as texts."""
        return {one.name: [in_column(one, point.settings[one.name]) for point in points] for one in self.dimensions}


_ESTIMATED = ("statistic", "unit", "mean", "upper_mean", "low", "high", "level", "replications", "objective", "verdict", "problem")


def _row(number: int, point: Point, measure: Measure) -> dict[str, object]:
    found, scale = point.estimate(measure), measure.scale
    about = [one for one in point.verdicts if one.slo.measure == measure]
    return {
        "point": number,
        "statistic": measure.text,
        "unit": measure.unit.name,
        "mean": found.mean / scale,
        "upper_mean": found.upper_mean / scale,
        "low": found.low / scale,
        "high": found.high / scale,
        "level": found.level,
        "replications": found.replications,
        "objective": "; ".join(one.slo.text for one in about),
        "verdict": worst(one.verdict for one in about) if about else "",
        "problem": "" if point.failure is None else point.failure.message,
    }


def in_column(dimension: Vary, value: object) -> object:
    """A value as all values of its dimension can be told in one column."""
    return value if all(_is_number(one) for one in dimension.values) else spelled(value)


def spelled(value: object) -> str:
    """A varied value as a text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plan(origin: Origin, dimensions: Sequence[Vary], overrides: Mapping[str, object] | None = None) -> Plan:
    """Lay every combination of values over the scenario, `overrides` first.

    Raises:
        ScenarioError: no point is valid.
        FastlanesError: the grid makes no sense.
    """
    settings = list(grid(dimensions))
    by_name = {dimension.name: dimension for dimension in dimensions}
    scenarios = list(load_variants(origin, (laid_over(overrides or {}, _overrides(by_name, one)) for one in settings)))
    found = Plan(dimensions, settings, scenarios)
    if not found.valid:
        raise ScenarioError(list(dict.fromkeys(problem for one in scenarios if isinstance(one, ScenarioError) for problem in one.problems)))
    return found


def sweep(
    planned: Plan,
    replications: int = REPLICATIONS,
    *,
    measures: Sequence[str] | None = None,
    level: float = LEVEL,
    store: Store | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Play replications 0, 1, 2, … of every point. Unless the seed or the traffic is varied, the same runs meet every point.

    A point that raises, or whose values are not valid, is lost alone.

    Args:
        measures: what to measure beside what the objectives speak of; by default the usual of the first point.
        store: where replications are looked up and kept.

    Raises:
        KeyboardInterrupt: interrupted before anything was played.
    """
    enough(replications)
    wanted = _measures(planned.valid, measures)
    played = play_points(planned.valid, range(replications), wanted, store=store, engine=engine, executor=executor, progress=progress)
    if played.interrupted and not played.values:
        raise KeyboardInterrupt
    places = count()
    points = [
        _point(settings, found, next(places) if isinstance(found, LoadedScenario) else -1, wanted, played, level)
        for settings, found in zip(planned.settings, planned.scenarios, strict=True)
    ]
    return Sweep(planned.dimensions, points, wanted, replications, level, played.interrupted, played.reused)


def _overrides(dimensions: Mapping[str, Vary], settings: Mapping[str, object]) -> dict[str, object]:
    return {path: laid for name, value in settings.items() for path, laid in dimensions[name].overrides(value).items()}


def _measures(scenarios: Sequence[LoadedScenario], texts: Sequence[str] | None) -> list[Measure]:
    """The same for every point, so that all of them fit into one table."""
    chosen = chosen_measures(scenarios[0], generate(scenarios[0].scenario), texts)
    patterns = [text for text in texts or () if parse_measure(text).scope.is_pattern]
    for one in scenarios[1:]:
        chosen += [slo.measure for slo in objectives_of(one.scenario)]
        chosen += [measure for text in patterns for measure in measures_of(one.scenario, text)]
    return each_once(chosen)


def _point(
    settings: Mapping[str, object],
    found: LoadedScenario | ScenarioError,
    place: int,
    measures: Sequence[Measure],
    played: Played,
    level: float,
) -> Point:
    """Interrupted, replications count up to the first that is missing: those that end early must not be those that count."""
    if isinstance(found, ScenarioError):
        return Point(settings, None, measures, [], level, Failure("; ".join(map(_in_a_line, found.problems)), by_user=True))
    failure = next((one for (number, _), one in played.failures.items() if number == place), None)
    if failure is not None:
        return Point(settings, found, measures, [], level, failure)
    complete = takewhile(lambda replication: (place, replication) in played.values, count())
    return Point(settings, found, measures, [played.values[place, replication] for replication in complete], level)


def _in_a_line(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message
