"""The scenarios that a calibrated one might as well have been: one for each resample of its inputs (`scenario.uncertainty`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments.uncertain_values import Kind, Uncertain, read_value
from fastlanes_sim.scenario.load import LoadedScenario, Variants, plain_tree
from fastlanes_sim.scenario.overrides import laid_over, split_path, value_at
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
    plain = {**loaded.overrides, "uncertainty": None}
    laid = ({path: _laid(path, one, number) for path, one in there.items()} for number in range(said.resamples))
    sets = [_load(variants, laid_over(plain, each), number) for number, each in enumerate(laid)]
    return InputSets(said.days, sets, len(there), known)


def _is_as_calibrated(tree: Any, path: str, one: Resampled) -> bool:
    written = _read(value_at(tree, split_path(path)))
    return written is not None and written == _read(one.value)


def _read(value: object) -> list[tuple[Kind, float]] | None:
    """The kind and the number of each value, one or several; None of what is neither."""
    read = [read_value(one) for one in (value if isinstance(value, list) else [value])]
    known = [one for one in read if one is not None]
    return known if known and len(known) == len(read) else None


def _laid(path: str, one: Resampled, number: int) -> object:
    """What a resample has there, as a scenario writes it."""
    laid = [_spelled(path, *read, one.numbers[number]) for read in _read(one.value) or ()]
    return laid if isinstance(one.value, list) else laid[0]


def _spelled(path: str, kind: Kind, base: float, factor: float) -> object:
    counted, value = path.endswith(_COUNTED), base * factor
    if path.endswith(_SHARES):
        value = min(value, 1.0)
    kind = "number" if kind == "count" and not counted else kind
    return Uncertain(path, path, kind, base, base, base).spell(max(value, 1.0) if counted else value)


def _load(variants: Variants, overrides: Mapping[str, object], number: int) -> LoadedScenario:
    try:
        return variants.load(overrides)
    except ScenarioError as error:
        problem = error.problems[0]
        raise FastlanesError(f"resample {number + 1} of the inputs is no valid scenario: {problem.message}", problem.hint) from None
