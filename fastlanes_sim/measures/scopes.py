"""Over which runs something is measured: a lane, a project, a workflow, a trigger, or all of them.

fast_lane                          a lane: the runs of that queue
all                                every run; it may be left out
project.PROJECT
workflow.PROJECT.WORKFLOW
trigger.PROJECT.WORKFLOW.TRIGGER

A trigger is called by its type, `webhook` or `cron`. Where a workflow has several of a type they are numbered in the order of the file:
`cron1`, `cron2`. What a file of runs replays (`replay`) is the trigger `replay` of its workflow. Of a project or workflow in several
copies each has its own name: `clinic-1`, `clinic-2`.

In a name `*` stands for any characters: `project.*` is every project for itself, `trigger.clinic.import.cron*` every cron of that workflow.

A scope is a pure function from the runs and what is deployed to the rows that count. A new kind of scope is a line in `KINDS`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.rules.creation import QUEUES

Mask = npt.NDArray[np.bool_]
Names = tuple[str, ...]
LANES: tuple[str, ...] = (*QUEUES, "all")
"""The queues by name, and all of them together."""
MOST = 1_000
"""Scopes that one pattern may stand for."""


@dataclass(frozen=True, slots=True)
class Places:
    """What is deployed, by name."""

    workflows: tuple[tuple[str, str], ...]
    """Project and workflow; `RunTable.workflow` are places in it."""
    sources: tuple[str, ...]
    """What makes runs, as `project/workflow/0:cron` or `project/workflow/replay`; `RunTable.source` are places in it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of scope."""

    word: str
    """That a scope of this kind begins with."""
    parts: Names
    """What must be named after it."""
    meaning: str
    """Which runs belong to one."""
    names: Callable[[Places], Iterable[Names]]
    """All scopes of this kind that there are; some may come several times."""
    rows: Callable[[Names, RunTable, Places], Mask]
    """The rows that belong to one."""
    is_bare: bool = False
    """It is written without its word: `fast_lane`."""

    @property
    def form(self) -> str:
        """How it is written, as `workflow.PROJECT.WORKFLOW`."""
        return ".".join(self.parts if self.is_bare else (self.word, *self.parts))


def _lane_rows(names: Names, table: RunTable, _places: Places) -> Mask:
    mask: Mask = table.queue == QUEUES.index(names[0])
    return mask


def _of(names: Names, column: npt.NDArray[Any], of_each: Sequence[Names]) -> Mask:
    """The rows whose entry in `column` is the place of one that begins with these names."""
    flags = np.array([one[: len(names)] == names for one in of_each], np.bool_)
    mask: Mask = flags[column] if len(flags) else np.zeros(len(column), np.bool_)
    return mask


@lru_cache(maxsize=16)
def trigger_names(sources: tuple[str, ...]) -> tuple[Names, ...]:
    """Project, workflow and trigger of each source."""
    owners = [source.rpartition("/")[0] for source in sources]
    types = [source.rpartition("/")[2].rpartition(":")[2] for source in sources]
    several = Counter(zip(owners, types, strict=True))
    met: Counter[tuple[str, str]] = Counter()
    found = []
    for owner, kind in zip(owners, types, strict=True):
        met[owner, kind] += 1
        number = str(met[owner, kind]) if several[owner, kind] > 1 else ""
        project, _, workflow = owner.partition("/")
        found.append((project, workflow, kind + number))
    return tuple(found)


KINDS: dict[str, Kind] = {
    kind.word: kind
    for kind in (
        Kind("all", (), "every run", lambda places: [()], lambda names, table, places: np.ones(len(table), np.bool_)),
        Kind("lane", ("LANE",), "those of that queue", lambda places: [(label,) for label in QUEUES], _lane_rows, is_bare=True),
        Kind(
            "project",
            ("PROJECT",),
            "those of all its workflows",
            lambda places: [(project,) for project, _ in places.workflows],
            lambda names, table, places: _of(names, table.workflow, places.workflows),
        ),
        Kind(
            "workflow",
            ("PROJECT", "WORKFLOW"),
            "its own",
            lambda places: places.workflows,
            lambda names, table, places: _of(names, table.workflow, places.workflows),
        ),
        Kind(
            "trigger",
            ("PROJECT", "WORKFLOW", "TRIGGER"),
            "those that it made",
            lambda places: trigger_names(places.sources),
            lambda names, table, places: _of(names, table.source, trigger_names(places.sources)),
        ),
    )
}
FORMS: Names = tuple(kind.form for kind in KINDS.values() if kind.parts and not kind.is_bare)
NOWHERE = Places((), ())
"""Nothing is deployed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope, or a pattern for several."""

    kind: str
    names: Names = ()

    def __str__(self) -> str:
        """As it is written."""
        return ".".join(self.names if KINDS[self.kind].is_bare else (self.kind, *self.names))

    @property
    def lane(self) -> str | None:
        """The lane, or `all`; None where it has nothing to do with lanes."""
        return str(self) if self.kind in ("lane", "all") else None

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for any number of scopes."""
        return any("*" in name for name in self.names)

    @property
    def is_named(self) -> bool:
        """Whether only the deployment tells if there is such a scope."""
        return bool(self.names) and self.kind != "lane"

    def rows(self, table: RunTable, places: Places) -> Mask:
        """Which rows of a run table belong to it; none to one that is not there."""
        return KINDS[self.kind].rows(self.names, table, places)

    def expanded(self, places: Places) -> list[Scope]:
        """The scopes that it stands for, in the order of the deployment: itself if it is no pattern.

        Raises:
            MeasureError: there is nothing of that name, or too much.
        """
        kind = KINDS[self.kind]
        there = list(dict.fromkeys(kind.names(places)))
        for place, (part, name) in enumerate(zip(kind.parts, self.names, strict=True)):
            fitting = [names for names in there if _fits(name, names[place])]
            if not fitting:
                within = f" in {'.'.join(self.names[:place])}" if place else ""
                raise MeasureError(
                    f"unknown {part.lower()} {show(name)}{within}", suggest(name, dict.fromkeys(n[place] for n in there)), name
                )
            there = fitting
        if len(there) > MOST:
            raise MeasureError(f"{show(str(self))} stands for {len(there):,} scopes", f"name at most {MOST:,} of them", str(self))
        return [Scope(self.kind, names) for names in there]


ALL = Scope("all")


def _fits(pattern: str, name: str) -> bool:
    return pattern == name or ("*" in pattern and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None)


def read_scope(text: str) -> Scope:
    """Read `project.clinic`. Whether there is such a project only `expanded` can tell; lanes are known.

    Raises:
        MeasureError: it is no scope.
    """
    word, *names = text.split(".")
    kind = KINDS.get(word)
    if kind is not None and not kind.is_bare:
        if len(names) != len(kind.parts) or not all(names):
            each = f", with * for each: {'.'.join((word, *'*' * len(kind.parts)))}" if kind.parts else ""
            raise MeasureError(f"{show(text)} does not name one {word}", f"write {kind.form}{each}", text)
        return Scope(word, tuple(names))
    if names:
        raise MeasureError(f"unknown scope {show(word)}", suggest(word, [*LANES, *(form.partition(".")[0] for form in FORMS)]), word)
    try:
        scope = Scope("lane", (word,))
        scope.expanded(NOWHERE)
    except MeasureError:
        raise MeasureError(f"unknown lane {show(word)}", suggest(word, [*LANES, *FORMS]), word) from None
    return scope
