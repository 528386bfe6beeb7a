"""Warnings that differ in their numbers alone, such as the offered load at each factor of the traffic: said once, with the range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.units import parse_duration

_DURATION = r"\d+(?:\.\d+)? (?:µs|ms|s|m|h|d)(?: \d+ (?:s|m|h))*(?!\w)"
_NUMBER = re.compile(rf"(?<![\w.:>*-])(?:{_DURATION}|\d[\d,]*(?:\.\d+)?(?!\w|\.\d))")
"""A quantity. Not the `1` of `fast_lane:1`, and not that of `L-1`."""


def merged(warnings: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Messages that differ in their numbers alone become one: `offered load 1.1 to 3.2: the traffic needs 5.5 to 16 slots, …`.

    Args:
        warnings: by message, the labels of what it is about. Messages that share a label stay apart: they are about different places.

    Returns:
        By message, the labels of all that it was made from.
    """
    groups: list[tuple[str, list[str], list[str]]] = []
    for message, labels in warnings.items():
        pattern = _NUMBER.sub("#", message)
        for known, messages, about in groups:
            if known == pattern and not set(about) & set(labels):
                messages.append(message)
                about += labels
                break
        else:
            groups.append((pattern, [message], list(labels)))
    return {_ranged(messages): labels for _, messages, labels in groups}


def merged_problems(found: Iterable[tuple[str, Sequence[Problem]]], among: int) -> list[Problem]:
    """The problems of several scenarios, those that are alike and of the same place once, with whom they are about.

    Args:
        found: each scenario's label and its problems.
        among: how many scenarios there are. What is true of all of them is said without labels.
    """
    places: dict[tuple[str, int, int, str], dict[str, list[str]]] = {}
    first: dict[tuple[str, int, int, str], Problem] = {}
    for label, problems in found:
        for one in dict.fromkeys(problems):
            place = (one.file, one.line, one.column, one.path)
            first.setdefault(place, one)
            places.setdefault(place, {}).setdefault(one.message, []).append(label)
    return [
        replace(first[place], message=message if len(labels) == among else f"{message} ({some(labels)})")
        for place, messages in places.items()
        for message, labels in merged(messages).items()
    ]


def some(labels: Sequence[str]) -> str:
    """`A`, `A and B`, or `A and 3 more`."""
    return " and ".join(labels) if len(labels) < 3 else f"{labels[0]} and {len(labels) - 1:,} more"


def _ranged(messages: Sequence[str]) -> str:
    """One message, with the least and the greatest of each number."""
    columns = iter([list(column) for column in zip(*map(_NUMBER.findall, messages), strict=True)])

    def spelled(_: re.Match[str]) -> str:
        numbers = sorted(set(next(columns)), key=_size)
        return numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"

    return _NUMBER.sub(spelled, messages[0])


def _size(number: str) -> float:
    return parse_duration(number) if " " in number else float(number.replace(",", ""))
