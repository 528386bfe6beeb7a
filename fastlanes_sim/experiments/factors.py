"""What a sweep varies, as the command line spells it.

workers.0.replicas=1..8            whole numbers; 10..50:10 in steps of 10, 0.5..2:0.25 likewise
workers.*.backoff=1/10,0.5/5       a list, or in YAML: [1/10, 0.5/5]
traffic=0.5..2:0.5                 all rates times that much
layout=manual>*:5,fast_lane:1 manual>*:4
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario.overrides import layout_override, parse_override, sets_layout

MOST_POINTS = 10_000
LAYOUT = "layout"
_SIZE = r"[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"(-?{_SIZE})\.\.(-?{_SIZE})(?::({_SIZE}))?\Z")


@dataclass(frozen=True, slots=True)
class Vary:
    """One dimension of a sweep."""

    name: str
    """A dotted path, or `layout`."""
    values: tuple[object, ...]

    def overrides(self, value: object) -> dict[str, object]:
        """What one of the values lays over the scenario."""
        return layout_override(value) if self.name == LAYOUT else {self.name: value}

    def takes_place_of(self, paths: Iterable[str]) -> str | None:
        """The first of other paths that would change nothing beside it, if any: layouts for all workers leave nothing to say of one."""
        return next(filter(sets_layout, paths), None) if self.name == LAYOUT else None


def parse_vary(text: str) -> Vary:
    """Read `PATH=VALUES`.

    Raises:
        FastlanesError: with what is wrong and a hint.
    """
    name, sign, values = text.partition("=")
    if not sign or not name.strip() or not values.strip():
        raise FastlanesError(f"--vary {show(text)} varies nothing\n    hint: write PATH=VALUES, such as workers.0.replicas=1..8")
    return vary(name.strip(), _values(text, values.strip()))


def parse_numbers(option: str, text: str) -> list[float]:
    """Read `1..12`, `0.5..4:0.1` or `2,4,8`.

    Raises:
        FastlanesError: it is something else.
    """
    try:
        values = vary(option, _values(f"x={text}", text.strip())).values if text.strip() else ()
    except FastlanesError as error:
        raise FastlanesError(error.message.replace("--vary `x=", f"{option} `"), error.hint.replace("--vary x=", f"{option} ")) from None
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if not numbers or len(numbers) < len(values):
        raise FastlanesError(f"{option} {show(text)}: these are no numbers\n    hint: write such as 1..12, 0.5..4:0.1 or 2,4,8")
    return numbers


def parse_counts(option: str, text: str) -> list[int]:
    """Read `1..12` or `2,4,8`: whole numbers of 1 or more.

    Raises:
        FastlanesError: it is something else.
    """
    numbers = parse_numbers(option, text)
    if any(number != int(number) or number < 1 for number in numbers):
        raise FastlanesError(f"{option} {show(text)}: not all of these are whole numbers of 1 or more", "write such as 1..12 or 2,4,8")
    return [int(number) for number in numbers]


def vary(name: str, values: Sequence[object]) -> Vary:
    """One dimension from values as they are.

    Raises:
        FastlanesError: none, or one twice.
    """
    if not values:
        raise FastlanesError(f"{name} has no value to take\n    hint: name one or more")
    twice = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if twice is not None:
        raise FastlanesError(f"{name} takes {show(twice)} twice\n    hint: name each value once")
    return Vary(name, tuple(values))


def grid(dimensions: Sequence[Vary]) -> Iterator[dict[str, object]]:
    """Every combination, the last dimension fastest: a value of each dimension by its name.

    Raises:
        FastlanesError: nothing is varied, the same is varied twice, or the points are too many.
    """
    names = [dimension.name for dimension in dimensions]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if not names or twice is not None:
        what = "nothing is varied" if not names else f"{twice} is varied twice"
        raise FastlanesError(f"{what}\n    hint: name each dimension once, such as --vary workers.0.replicas=1..8")
    lost = next(filter(None, (dimension.takes_place_of(names) for dimension in dimensions)), None)
    if lost is not None:
        raise FastlanesError(f"layouts for all workers are varied, and so is {lost}\n    hint: vary one of them")
    points = 1
    for dimension in dimensions:
        points *= len(dimension.values)
    if points > MOST_POINTS:
        raise FastlanesError(f"{points:,} points are too many\n    hint: stay below {MOST_POINTS:,}, with fewer values or larger steps")
    return (dict(zip(names, values, strict=True)) for values in product(*(dimension.values for dimension in dimensions)))


def _values(text: str, written: str) -> list[object]:
    match = _RANGE.fullmatch(written)
    if match is not None:
        return _range(text, *match.groups())
    _, value = parse_override(f"x={written}")
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    return [parse_override(f"x={part.strip()}")[1] for part in written.split(",")]


def _range(text: str, first: str, last: str, step: str | None) -> list[object]:
    """Decimal, so that 0.1..0.3:0.1 ends where it says."""
    low, high = Decimal(first), Decimal(last)
    whole = all(number == number.to_integral_value() for number in (low, high, Decimal(step or 1)))
    if step is None and not whole:
        raise FastlanesError(f"--vary {show(text)}: a range of fractions needs a step\n    hint: write such as {first}..{last}:0.25")
    size = Decimal(step or 1)
    if not size or high < low:
        empty = f"there is nothing between {first} and {last} in steps of {size}"
        raise FastlanesError(f"--vary {show(text)}: {empty}\n    hint: write such as 1..8 or 0.5..2:0.25")
    count = int((high - low) / size) + 1
    if count > MOST_POINTS:
        hint = f"write a larger step, such as {first}..{last}:{(high - low) / 10}"
        raise FastlanesError(f"--vary {show(text)}: {count:,} values are too many\n    hint: {hint}")
    numbers = [low + place * size for place in range(count)]
    return [int(number) if whole else float(number) for number in numbers]
