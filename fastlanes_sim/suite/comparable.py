"""Whether a baseline can be held against the present at all: its scenario is there, valid, and asks the same question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastlanes_sim.core.errors import FastlanesError, Problem, ScenarioError
from fastlanes_sim.deployment.fingerprint import traffic_hash
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.work_estimate import refuse
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.suite.baseline import Baseline
from fastlanes_sim.suite.index import scenario_file

_NOT_SOURCES = frozenset({"results", "node_modules", "build", "dist", "site-packages"})
"""Folders in which nobody keeps a scenario that was moved. Hidden ones are none either."""


@dataclass(frozen=True)
class NotComparable:
    """Why there is nothing to compare. It concerns this baseline alone."""

    reason: str
    hint: str
    problems: tuple[Problem, ...] = ()
    """What is wrong with the scenario, where it is not valid."""

    @property
    def is_invalid(self) -> bool:
        """The scenario cannot be simulated at all."""
        return bool(self.problems)


@dataclass(frozen=True)
class Present:
    """The scenario of a baseline as it is now."""

    scenario: LoadedScenario
    moved_to: str = ""
    """Where its file was found, if no longer where it was recorded."""


def present(baseline: Baseline, changes: Mapping[str, object], *, engine: Engine = "auto", force: bool = False) -> Present | NotComparable:
    """The scenario as it is now, with `changes` laid over it; or why it cannot be compared. `force`: however long that takes."""
    again = f"record it anew: fastlanes-sim baseline record {baseline.scenario}"
    file, moved = scenario_file(baseline.scenario), ""
    if not file.exists():
        found = sorted(_named(file.name))
        if len(found) != 1:
            several = f"; several files have its name: {', '.join(map(Path.as_posix, found[:3]))}" if found else ""
            return NotComparable(f"{baseline.scenario} is not there{several}", f"check from the folder where it was recorded, or {again}")
        file, moved = found[0], found[0].as_posix()
    try:
        scenario = load_scenario(file, laid_over(baseline.overrides, changes))
    except ScenarioError as error:
        many = f"{len(error.problems)} problem{'s' if len(error.problems) > 1 else ''}"
        return NotComparable(f"{file.as_posix()} is not valid: {many}", "mend the scenario", tuple(error.problems))
    except FastlanesError as error:
        return NotComparable(error.message, error.hint)
    now = traffic_hash(scenario.scenario)
    if now != baseline.scenario_hash:
        return NotComparable(
            f"{file.as_posix()} asks another question now: the hash of what arrives, for how long and under which seed was "
            f"{baseline.scenario_hash[:12]} and is {now[:12]}",
            f"take the change back, or {again}",
        )
    try:
        refuse(scenario, force=force, engine=engine)
    except FastlanesError as error:
        return NotComparable(error.message, error.hint)
    return Present(scenario, moved)


def _named(name: str) -> Iterator[Path]:
    """Files of this name below the working folder."""
    for path in Path().rglob(name):
        if path.is_file() and not any(part.startswith(".") or part in _NOT_SOURCES for part in path.parts[:-1]):
            yield path
