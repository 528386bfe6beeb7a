"""Whatever stands for a scenario in Python becomes one that is loaded and checked."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from fastlanes_sim.api.arguments import paths
from fastlanes_sim.api.scenario_text import plain, scenario_text, spelled
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario import load
from fastlanes_sim.scenario.load import LoadedScenario, Origin
from fastlanes_sim.scenario.overrides import laid_over, layout_override, sets_layout
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.source import Source

ScenarioLike = str | PathLike[str] | Mapping[str, Any] | Scenario | LoadedScenario
"""The path of a scenario file; its text (YAML, of several lines or in braces); the same as a mapping; a `Scenario` built in Python; or
a loaded scenario, which keeps what it was loaded with."""
TEXT, VALUES = "<text>", "<values>"
"""Stand for the file's name where there is none."""


def load_scenario(
    scenario: ScenarioLike,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> LoadedScenario:
    """Load and check a scenario, with some of its values replaced.

    Args:
        scenario: the path of a scenario file, YAML text (of several lines or in braces), a mapping, a `Scenario`, or a loaded scenario.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.

    Returns:
        The scenario with its warnings, its hash and the text it was read from.

    Raises:
        ScenarioError: with every problem found. Each names its place: file, line and column, or the key path where there is no file.

    Example:
        loaded = load_scenario("scenarios/quickstart.yaml", layout="*:5", overrides={"traffic": 2})
        loaded.scenario.horizon    # µs
        [str(warning) for warning in loaded.warnings]
    """
    origin, own = origin_of(scenario)
    changes = changes_of(layout, seed, horizon, overrides)
    return scenario if isinstance(scenario, LoadedScenario) and not changes else load.load_scenario(origin, laid_over(own, changes))


def origin_of(scenario: ScenarioLike) -> tuple[Origin, Mapping[str, object]]:
    """Where a scenario is read from, and what is laid over it already.

    Raises:
        FastlanesError: it is nothing that could stand for a scenario.
        ScenarioError: a value has no place in a scenario.
    """
    if isinstance(scenario, LoadedScenario):
        return scenario.origin, scenario.overrides
    if isinstance(scenario, Scenario):
        return Source.of_text(scenario_text(spelled(scenario)), VALUES, by_key=True), {}
    if isinstance(scenario, Mapping):
        return Source.of_text(scenario_text(scenario), VALUES, by_key=True), {}
    if isinstance(scenario, str) and ("\n" in scenario or scenario.lstrip().startswith("{")):
        return Source.of_text(scenario, TEXT), {}
    hint = "give a path, YAML text, a mapping, a Scenario or a loaded scenario"
    if isinstance(scenario, str) and not scenario.strip():
        raise FastlanesError("the name of the scenario is empty", hint)
    if isinstance(scenario, str | PathLike):
        return Path(scenario), {}
    raise FastlanesError(f"a value of the type {type(scenario).__name__} is no scenario", hint)


def changes_of(layout: str | None, seed: int | None, horizon: str | None, overrides: Mapping[str, object] | None) -> dict[str, object]:
    """What to lay over a scenario, by dotted path and as plain values. A layout comes last: it is that of all workers.

    Raises:
        FastlanesError: a value is given twice, or `overrides` is no mapping by path.
        ScenarioError: a value has no place in a scenario.
    """
    laid = paths("overrides", overrides or {})
    own = {name: value for name, value in (("horizon", horizon), ("seed", seed)) if value is not None}
    layouts = {} if layout is None else layout_override(layout)
    for path, value in (own | layouts).items():
        if path in laid and value is not None:
            raise FastlanesError(f"{path} is given twice: {show(value)} and {show(laid[path])}", "leave one of them out")
    lost = next((path for path, value in laid.items() if layouts and value is not None and sets_layout(path)), None)
    if lost is not None:
        what = f"{show(layout)} is a layout for all workers, and {lost} says {show(laid[lost])}"
        raise FastlanesError(what, "leave one of them out")
    return {path: plain(value, (path,)) for path, value in laid_over(own | dict(laid), layouts).items()}
