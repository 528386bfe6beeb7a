"""Rows of an export as numbers: one array a column, each with one entry a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.columns import TIMES
from fastlanes_sim.exports.export import Times

_KINDS = {"state": np.int8, "queue": np.int8, "priority": np.int8, "workflow": np.int32, "remarks": np.int16, "worker": np.int32}
"""Of columns that are smaller than 64 bits."""
Small = npt.NDArray[Any]
"""One of these; made from an array of any integers."""


@dataclass(slots=True)
class RowsRead:
    """Times are µs since 1970, or NEVER."""

    inserted_at: Times
    claimed_at: Times
    started_at: Times
    finished_at: Times
    state: Small
    queue: Small
    priority: Small
    workflow: Small
    work_order: npt.NDArray[np.int64]
    """A hash of its id, or 0."""
    id: npt.NDArray[np.int64]
    """A hash of it."""
    line: npt.NDArray[np.int64]
    remarks: Small
    """What is remarkable about the row, a bit each."""
    run_timeout: Times | None = None
    """µs, or NEVER; None where the export does not say."""
    worker: Small | None = None
    """Its number, or NEVER; None where the export does not say."""

    def __post_init__(self) -> None:
        for name, values in self._columns():
            setattr(self, name, values.astype(_KINDS.get(name, np.int64), copy=False))

    def __len__(self) -> int:
        return len(self.inserted_at)

    @property
    def times(self) -> dict[str, Times]:
        """The four times by the names of their columns, in the order in which a run reaches them."""
        return {name: getattr(self, name) for name in TIMES}

    def keep(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> None:
        """Leave out all but these rows (flags, or numbers in the order that is wanted), in memory for one column more."""
        for name, values in self._columns():
            setattr(self, name, values[rows])

    def _columns(self) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
        """The columns that are there, of some integers each."""
        for column in fields(self):
            if (values := getattr(self, column.name)) is not None:
                yield column.name, values


def joined(parts: list[RowsRead]) -> RowsRead:
    """All rows of the parts, one part behind the other. A column that some parts have has NEVER in the others. The parts lose their columns
    one by one, since there may be no memory for all of them twice.
    """
    sizes = [len(part) for part in parts]
    columns: list[Any] = []
    for column in fields(RowsRead):
        found = [getattr(part, column.name) for part in parts]
        if parts and all(values is None for values in found):
            columns.append(None)
            continue
        whole = [np.full(size, NEVER) if values is None else values for size, values in zip(sizes, found, strict=True)]
        columns.append(np.concatenate(whole) if whole else np.empty(0, np.int64))
        for part in parts:
            setattr(part, column.name, None)
    parts.clear()
    return RowsRead(*columns)
