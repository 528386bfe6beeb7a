"""What is said about an export: which rows were dropped and why, and what is remarkable about those that were kept."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from fastlanes_sim.core.errors import FastlanesError, with_hint

MOST_KEPT = 100_000
"""Problems remembered one by one; beyond that they are only counted."""
DOUBTFUL = 0.1
"""Share of the rows from which on rows that were dropped for one reason make the others doubtful."""
SAME_ID = "another row has the same id, and tells as much of the run or more"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class ExportError(FastlanesError):
    """An export that cannot be read, or whose rows are not to be trusted (`--strict`)."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row that was not read. It names the row and the column, never what stands there."""

    file: str
    line: int
    key: str
    """The run's id, or nothing where that is not an id either."""
    column: str
    message: str
    hint: str

    def __str__(self) -> str:
        run = f" run {self.key}:" if self.key else ""
        column = f" {self.column}:" if self.column else ""
        return with_hint(f"{self.file}:{self.line}:{run}{column} {self.message}", self.hint)


@dataclass(frozen=True, slots=True)
class Broken:
    """What is no row at all."""

    message: str
    hint: str


def safe_key(text: str) -> str:
    """A run's id as it may be shown: something that looks like an id, or nothing."""
    return text if _KEY.fullmatch(text) else ""


@dataclass(slots=True)
class Reading:
    """What became of the rows of an export: rows = kept + dropped."""

    source: str
    encoding: str = ""
    """Of a text file, as people call it."""
    rows: int = 0
    kept: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    """The rows dropped, in the order of the file, up to `MOST_KEPT`."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Why -> how many rows."""
    notes: Counter[str] = field(default_factory=Counter)
    """Remarkable about rows that were kept -> how many."""
    skew: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Times that run backwards: which -> (rows, µs of the largest step back)."""

    far: list[int] = field(default_factory=list)
    """Lines of rows that were kept, though they lie years from all others."""

    def drop(self, problem: RowProblem) -> None:
        """Count a row out."""
        self.dropped[f"{problem.column}: {problem.message}" if problem.column else problem.message] += 1
        if len(self.problems) < MOST_KEPT:
            self.problems.append(problem)

    @property
    def doubt(self) -> str:
        """What to look at before anybody trusts the rows that were kept; empty if little was dropped. Rows of one id do not count: of
        two exports that overlap, they are many."""
        reasons = [(rows, what) for what, rows in self.dropped.items() if not what.endswith(SAME_ID) and rows > DOUBTFUL * self.rows]
        if not reasons:
            return ""
        rows, what = max(reasons)
        return f"{rows:,} of {self.rows:,} rows were dropped for one reason ({what}): the others may not show the traffic that there was"

    def refuse_far(self) -> None:
        """For whoever looks at the time in between: fitted or replayed, it would be empty years.

        Raises:
            ExportError: a few rows lie years from all others.
        """
        if self.far:
            shown = ", ".join(map(str, self.far[:5])) + (f" and {len(self.far) - 5:,} more" if len(self.far) > 5 else "")
            message = f"{len(self.far):,} of {self.kept:,} rows were inserted years before or after all others: lines {shown}"
            raise ExportError(f"{self.source}:{self.far[0]}: {message}", "correct these dates, or leave the rows out")

    def refuse_problems(self) -> None:
        """For `--strict`.

        Raises:
            ExportError: a row was dropped.
        """
        if self.problems:
            shown = "\n".join(map(str, self.problems[:20]))
            more = sum(self.dropped.values()) - 20
            hint = "leave --strict out to leave such rows out, or mend them"
            raise ExportError(shown + (f"\nand {more:,} more" if more > 0 else ""), hint)
