"""How sure a calibrated scenario is of its values: what each would have been had the export been of other days like its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from fastlanes_sim.core.fields import Strict, wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario.overrides import split_path, value_at
from fastlanes_sim.scenario.yaml.places import Finding, Path

FEWEST, MOST = 20, 1_000
"""Resamples. Fewer have no percentile of 2.5 %."""
LARGEST = 1_000.0
"""A value and its factor are not further apart than that."""


def _read(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(one) for one in text.split()) if text.isascii() and "_" not in text else ()
    except ValueError:
        found = ()
    if not found or not all(math.isfinite(one) and 1 / LARGEST <= one <= LARGEST for one in found):
        hint = f"write numbers between {1 / LARGEST:g} and {LARGEST:,.0f} with spaces between them, as `fastlanes-sim calibrate` does"
        raise wrong(f"{show(text)}: not a list of factors", hint)
    return found


def _check_factors(text: str) -> str:
    _read(text)
    return text


class Resampled(Strict):
    """One value of the scenario."""

    value: str | int | float | list[str | int]
    """As `calibrate` wrote it; of listed durations all of them. A value that is another one by now counts as known."""
    factors: Annotated[str, AfterValidator(_check_factors)]
    """What it is multiplied by in each resample, with spaces in between."""

    @property
    def numbers(self) -> tuple[float, ...]:
        """The factors."""
        return _read(self.factors)


class Uncertainty(Strict):
    """Written by `calibrate`, simulated by `run --inputs` and others (docs/input-uncertainty.md). It changes no other simulation."""

    days: Annotated[float, Field(gt=0)]
    """How many days of data the values come from."""
    values: dict[str, Resampled] = Field(default_factory=dict)
    """By path, as in `--set`. The n-th factors of all values belong together: they are of one resample."""

    @property
    def resamples(self) -> int:
        """How many there are."""
        return max((len(one.numbers) for one in self.values.values()), default=0)

    @model_validator(mode="after")
    def resamples_are_of_all_values(self) -> Uncertainty:
        counts = {path: len(one.numbers) for path, one in self.values.items()}
        usual = next(iter(counts.values()), FEWEST)
        odd = next((path for path, many in counts.items() if many != usual), None)
        if odd is not None:
            raise wrong(
                f"{show(odd)} has {counts[odd]} factors, and {show(next(iter(counts)))} has {usual}",
                "calibrate again, or remove one of them",
            )
        if not FEWEST <= usual <= MOST:
            raise wrong(f"{usual} resamples", f"there must be between {FEWEST} and {MOST:,}: calibrate again")
        return self


def uncertain_twice(said: Uncertainty | None, ranges: Mapping[Path, float]) -> Iterator[Finding]:
    """Values of which a range says one thing and resamples another."""
    places = {".".join(map(str, place)): place for place in ranges}
    for path in () if said is None else said.values:
        if path in places:
            hint = "remove the range, or the value's line in `uncertainty`"
            yield Finding(places[path], "it has a range, and `uncertainty` has resamples of it: they contradict each other", hint)


def gone(said: Uncertainty | None, tree: Any) -> Iterator[Finding]:
    """What `uncertainty` still names and the scenario has no more."""
    lost = [] if said is None else [path for path in said.values if value_at(tree, split_path(path)) is None]
    if lost:
        many = f"{show(lost[0])} is" if len(lost) == 1 else f"{len(lost)} values, such as {show(lost[0])}, are"
        counts = "counts" if len(lost) == 1 else "count"
        yield Finding(("uncertainty", "values"), f"{many} not in the scenario any more, and {counts} for nothing", "remove what is gone")
