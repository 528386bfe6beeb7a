"""How sure a value is, as a scenario may say it: `median: 3s ± 20%`, or with `+-`. Simulations take the value, `sensitivity` the range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import parse_duration, parse_rate
from fastlanes_sim.scenario.yaml.places import Finding, Path
from fastlanes_sim.scenario.yaml.tree import LARGEST

_RANGE = re.compile(r"(?P<value>[^±]*?)\s*(?:±|\+/?-)\s*(?P<share>.*?)\s*", re.DOTALL)
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_NUMBER = re.compile(r"[0-9]{1,40}(\.[0-9]*)?(e[+-]?[0-9]+)?", re.IGNORECASE)


def take_ranges(tree: Any) -> tuple[Mapping[Path, float], list[Finding]]:
    """Leave the values alone in the tree, which is changed.

    Returns:
        How far each value may be off, as a share between 0 and 1, by its place; and what is wrong with ranges.
    """
    shares: dict[Path, float] = {}
    found: list[Finding] = []
    for path, holder, text in list(_texts(tree, ())):
        match = _RANGE.fullmatch(text)
        value = None if match is None else quantity(match["value"])
        if match is None or value is None:
            continue
        holder[path[-1]] = value
        share = parse_share(match["share"])
        if share is None:
            hint = "write a percentage above 0 % and below 100 %, such as ± 20%"
            found.append(Finding(path, f"{show(match['share'])} does not say how far {show(match['value'])} may be off", hint))
        else:
            shares[path] = share
    return shares, found


def parse_share(text: str) -> float | None:
    """`20%` as 0.2; None unless it lies strictly between 0 and 1."""
    match = _SHARE.fullmatch(text.strip())
    share = None if match is None else float(match[1]) / 100
    return share if share is not None and 0 < share < 1 else None


def quantity(text: str) -> str | float | int | None:
    """A number, or the text of a duration or a rate; None of what is neither, has a sign, or is larger than a scenario may say."""
    if _NUMBER.fullmatch(text):
        number = int(text) if text.isdigit() else float(text)
        return number if number <= LARGEST else None
    for parse in (parse_duration, parse_rate):
        with suppress(ValueError):
            parse(text)
            return text if text[:1].isdigit() else None
    return None


def _texts(node: Any, path: Path) -> Iterator[tuple[Path, Any, str]]:
    """Every text that may have a range, with what holds it."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        if isinstance(value, str) and ("±" in value or "+-" in value or "+/-" in value):
            yield (*path, key), node, value
        elif isinstance(value, dict | list):
            yield from _texts(value, (*path, key))
