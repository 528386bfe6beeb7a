"""Workflows as an export names them: their numbers, their limits, and their names as a scenario may have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.escaping import of_csv
from fastlanes_sim.exports.columns import is_missing, is_missing_name
from fastlanes_sim.exports.export import ExportedWorkflow, legal_names

_LIMIT = re.compile(r"([1-9]\d{0,8})(?:\.0+)?")
Name = tuple[str, str]
"""Of a project and of one of its workflows."""


@dataclass
class WorkflowNames:
    """Collects names and limits, chunk by chunk."""

    _numbers: dict[Name, int] = field(default_factory=dict)
    _limits: dict[Name, tuple[str, str]] = field(default_factory=dict)
    """Of the workflow and of its project, as the last row says."""

    def add(self, names: Sequence[Name], limits: Sequence[tuple[str, str]] | None) -> None:
        """Rows in the order of the file."""
        last = dict.fromkeys(names, ("", "")) if limits is None else dict(zip(names, limits, strict=True))
        self._limits.update(last)
        for name in last:  # in the order of their first rows
            self._numbers.setdefault(name, len(self._numbers))

    def numbers(self, names: Sequence[Name]) -> npt.NDArray[np.int64]:
        """The number of each workflow; 0 of one that was not added."""
        return np.fromiter(map(self._numbers.get, names, repeat(0)), np.int64, len(names))

    def named(self, notes: Counter[str]) -> tuple[ExportedWorkflow, ...]:
        """By number. What is remarkable is counted in the notes."""
        raw_projects = list(dict.fromkeys(project for project, _ in self._numbers))
        projects = dict(zip(raw_projects, legal_names([of_csv(name) for name in raw_projects]), strict=True))
        limit_of = {project: _limit(limit, notes) for (project, _), (_, limit) in self._limits.items()}
        found: dict[Name, ExportedWorkflow] = {}
        for project in raw_projects:
            keys = [key for key in self._numbers if key[0] == project]
            for key, name in zip(keys, legal_names([of_csv(workflow) for _, workflow in keys]), strict=True):
                found[key] = ExportedWorkflow(projects[project], name, _limit(self._limits[key][0], notes), limit_of[project])
        return tuple(found[key] for key in self._numbers)


def without_missing(names: list[str]) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """The names, empty where there is none, and where that is."""
    missing = set(filter(is_missing_name, set(names)))
    if not missing:
        return names, np.zeros(len(names), np.bool_)
    return ["" if name in missing else name for name in names], np.array([name in missing for name in names], np.bool_)


def _limit(text: str, notes: Counter[str]) -> int | None:
    if is_missing(text):
        return None
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        notes["with a concurrency that is no number: taken as none"] += 1
        return None
    return int(match[1])
