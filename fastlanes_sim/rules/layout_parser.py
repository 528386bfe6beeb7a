"""The worker's layout: what `--workloops` and `WORKER_WORKLOOPS` may say (W-17), and what capacity it amounts to (W-18)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fastlanes_sim.rules import javascript

WILDCARD = "*"
DEFAULT_CAPACITY = 5
_NAME = re.compile(r"[a-zA-Z0-9_]+")


class WorkloopError(ValueError):
    """A layout that the worker refuses, in the worker's own words. `warnings` had been given before it refused."""

    def __init__(self, message: str, warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.warnings = tuple(warnings)


@dataclass(frozen=True, slots=True)
class ParsedWorkloop:
    """One token of a layout."""

    id: str
    """The token as written: `manual>*:4`."""
    queues: tuple[str, ...]
    capacity: int


@dataclass(frozen=True, slots=True)
class ParsedLayout:
    workloops: tuple[ParsedWorkloop, ...]
    warnings: tuple[str, ...]


def parse_workloops(text: str) -> ParsedLayout:
    """Read a layout as the worker does (W-17).

    Raises:
        WorkloopError: the first thing wrong, from left to right; within a token the count before the names.
    """
    trimmed = javascript.trim(text)
    if not trimmed:
        raise WorkloopError("Workloop configuration cannot be empty")
    warnings: list[str] = []
    workloops = tuple(_parse_token(token, warnings) for token in javascript.split_white_space(trimmed))
    warnings.extend(_identical(workloops))
    return ParsedLayout(workloops, tuple(warnings))


def effective_capacity(text: str) -> int | float:
    """How many runs the worker says it can hold (W-18).

    The worker reads this leniently and apart from the layout, so that refused layouts have one too: each token counts with
    the `parseInt` of what follows its last colon (all of it, where it has none), or 0.
    """
    total = 0.0
    for token in javascript.split_white_space(javascript.trim(text)):
        count = float(javascript.parse_int(token.rpartition(":")[2]))
        total += 0.0 if math.isnan(count) else count
    return int(total) if total.is_integer() else total


def default_layout(capacity: object = DEFAULT_CAPACITY) -> str:
    """The layout of a worker that was given a capacity and no layout (W-18), the capacity spelled as JavaScript does.

    Any value is taken: the worker checks the capacity only when it reads the layout that it made of it.
    """
    return f"manual>*:{javascript.text(DEFAULT_CAPACITY if capacity is javascript.UNDEFINED else capacity)}"


def _parse_token(token: str, warnings: list[str]) -> ParsedWorkloop:
    names, colon, count = token.rpartition(":")
    if not colon:
        raise WorkloopError(f'Invalid token "{token}": missing :<count> suffix', warnings)
    capacity = _parse_count(count, token, warnings)
    queues = tuple(names.split(">"))
    _check_names(queues, token, warnings)
    return ParsedWorkloop(token, queues, capacity)


def _parse_count(count: str, token: str, warnings: Sequence[str]) -> int:
    """The count must be spelled as JavaScript would spell the number it reads there: `+5`, `05` and `1e1` are not."""
    value = javascript.number(count)
    if not isinstance(value, int) or count != javascript.number_text(value):
        raise WorkloopError(f'Invalid count "{count}" in token "{token}": must be a positive integer', warnings)
    if value < 1:
        raise WorkloopError(f'Invalid count "{count}" in token "{token}": must be >= 1', warnings)
    return value


def _check_names(queues: tuple[str, ...], token: str, warnings: list[str]) -> None:
    """Warnings come between the two kinds of error: a misplaced wildcard is only seen after doubled names were warned of."""
    for name in queues:
        if not name:
            raise WorkloopError(f'Empty queue name in token "{token}"', warnings)
        if name != WILDCARD and not _NAME.fullmatch(name):
            raise WorkloopError(f'Invalid queue name "{name}" in token "{token}": must match /^[a-zA-Z0-9_]+$/ or be "*"', warnings)
    seen: set[str] = set()
    for name in queues:
        if name in seen and name != WILDCARD:
            warnings.append(f'Warning: duplicate queue name "{name}" in token "{token}"')
        seen.add(name)
    if WILDCARD in queues[:-1]:
        raise WorkloopError(f'Wildcard "*" must be the last element in token "{token}"', warnings)


def _identical(workloops: Sequence[ParsedWorkloop]) -> list[str]:
    """One warning for each token whose names, in their order, an earlier one has; the first such token is named."""
    first: dict[tuple[str, ...], int] = {}
    warnings = []
    for position, workloop in enumerate(workloops):
        earlier = first.setdefault(workloop.queues, position)
        if earlier != position:
            warnings.append(
                f"Warning: workloops at positions {earlier} and {position} have identical queue configurations: "
                f"{workloops[earlier].id} and {workloop.id}"
            )
    return warnings
