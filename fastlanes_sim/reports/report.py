"""What every kind of result says of itself, whichever way it is then shown: in a terminal, on a page, to CI, in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.reports.objectives import Case


class ReportKind(StrEnum):
    """What a report is of. Exporters say which kinds they apply to."""

    SIMULATION = "a single run"
    REPLICATIONS = "replications"
    COMPARISON = "a comparison"
    SWEEP = "a sweep"
    SENSITIVITY = "a sensitivity analysis"
    SEARCH = "a search"
    CAPACITY_SEARCH = "a capacity search"
    BENCH = "a benchmark suite"
    BASELINE_CHECK = "a check of baselines"


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


class Report(Protocol):
    """What is said of one result: words, tables and plain values. The classes in `content` are such reports."""

    @property
    def kind(self) -> ReportKind: ...
    @property
    def stem(self) -> str:
        """Of the names of its files, such as `comparison` of comparison.json."""
        ...

    @property
    def found(self) -> Any:
        """The plain result that it is about."""
        ...

    @property
    def title(self) -> str: ...
    @property
    def question(self) -> str:
        """What the scenario asks, in its author's words; empty where it asks nothing."""
        ...

    @property
    def answer(self) -> str:
        """One sentence, with what was measured and its interval."""
        ...

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What the answer is about and rests on: name and value."""
        ...

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
    def metadata(self) -> dict[str, object]:
        """Where it comes from: scenario, hash, seed, versions."""
        ...

    def summary(self) -> dict[str, object]:
        """Everything as plain values for JSON: seconds, shares, numbers of runs."""
        ...

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Its tables of numbers, by the stem of the file that holds each."""
        ...


class HasRuns(Protocol):
    """The report of a single simulation."""

    def portions(self) -> Iterator[pd.DataFrame]:
        """The table of runs, of which not all is in memory at a time."""
        ...
