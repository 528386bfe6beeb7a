"""What every kind of result can say of itself, whichever way it is then told: a page, a step summary, a file for CI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fastlanes_sim.reports.objectives import Case


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as people read them; every row has as many as the head."""

    heading: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def is_text(self, column: int) -> bool:
        """Whether a column has anything but numbers, durations and gaps in it."""
        return any(row[column][:1] not in _BEGINS_A_NUMBER for row in self.rows)


_BEGINS_A_NUMBER = frozenset("0123456789-−+≥≈–∞<>") | {""}


def aligned(table: Table) -> list[str]:
    """The head and the rows as lines of a terminal."""
    cells = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


class Told(Protocol):
    """A single simulation, replications, a comparison, a sweep, a search."""

    @property
    def title(self) -> str: ...
    @property
    def cases(self) -> list[Case]:
        """The objectives."""
        ...

    @property
    def sentences(self) -> list[str]:
        """What a reader must know beside the numbers: why runs waited, what the numbers leave out."""
        ...

    @property
    def tables(self) -> list[Table]: ...
    @property
    def metadata(self) -> Mapping[str, object]:
        """Where it comes from: scenario, hash, seed, versions."""
        ...
