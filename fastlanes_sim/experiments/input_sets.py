"""The scenarios that a calibrated one might as well have been: one for each resample of its inputs (`scenario.uncertainty`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments.uncertain_values import Kind, Uncertain, read_value
from fastlanes_sim.scenario.load import LoadedScenario, Variants, plain_tree
from fastlanes_sim.scenario.overrides import split_path, value_at
from fastlanes_sim.scenario.uncertainty import Resampled

_COUNTED, _SHARES = "runs_per_tick", "failures"
"""Keys of whole numbers, and of probabilities."""


@dataclass(frozen=True, repr=False)
class InputSets:
    """What is known of the inputs of a scenario."""

    days: float
    """Of data."""
    scenarios: Sequence[LoadedScenario]
    """One for each resample."""
    values: int
    """How many are uncertain."""
    known: Sequence[str]
    """Paths of values that are others now than those that were calibrated: they count as known."""


def input_sets(loaded: LoadedScenario) -> InputSets:
    """Every resample of a scenario's inputs, laid over it. What was changed since the calibration stays as it is.

    Raises:
        FastlanesError: the scenario does not say how sure its inputs are, or nothing of that is left.
        ScenarioError: a resample is no valid scenario.
    """
    said = loaded.scenario.uncertainty
    if said is None or not said.values:
        hint = "calibrate it from an export of three days or more, or leave --inputs out"
        raise FastlanesError(f"{loaded.scenario.name} does not say how sure its inputs are: there is no `uncertainty`", hint)
    tree = plain_tree(loaded)
    there = {path: one for path, one in said.values.items() if _is_as_calibrated(tree, path, one)}
    if not there:
        hint = "calibrate again, or leave --inputs out"
        raise FastlanesError(f"{loaded.scenario.name}: every value was changed since the calibration, so none is uncertain", hint)
    known = [path for path in said.values if path not in there]
    variants = Variants(loaded.origin)
    spellers = [(_speller(path, one), one.numbers) for path, one in there.items()]
    plain = {**loaded.overrides, "uncertainty": None}
    sets = [_load(variants, {**plain, **_laid(spellers, number)}, number) for number in range(said.resamples)]
    return InputSets(said.days, sets, len(there), known)


def _is_as_calibrated(tree: Any, path: str, one: Resampled) -> bool:
    written = read_value(value_at(tree, split_path(path)))
    return written is not None and written == read_value(one.value)


def _speller(path: str, one: Resampled) -> Uncertain:
    read = read_value(one.value)
    assert read is not None, "it is as calibrated"
    kind: Kind = ("count" if path.endswith(_COUNTED) else "number") if read[0] == "count" else read[0]
    return Uncertain(path, path, kind, read[1], read[1], read[1])


def _laid(spellers: Sequence[tuple[Uncertain, tuple[float, ...]]], number: int) -> Mapping[str, object]:
    laid = {}
    for one, factors in spellers:
        assert one.base is not None
        value = one.base * factors[number]
        if one.path.endswith(_SHARES):
            value = min(value, 1.0)
        laid[one.path] = one.spell(max(value, 1.0) if one.kind == "count" else value)
    return laid


def _load(variants: Variants, overrides: Mapping[str, object], number: int) -> LoadedScenario:
    try:
        return variants.load(overrides)
    except ScenarioError as error:
        problem = error.problems[0]
        raise FastlanesError(f"resample {number + 1} of the inputs is no valid scenario: {problem.message}", problem.hint) from None
