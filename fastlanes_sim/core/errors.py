"""Every error that a user can cause, and the one shape in which it is told."""

from __future__ import annotations

from dataclasses import dataclass


class FastlanesError(Exception):
    """Anything the user can put right. What is not of this class is our bug."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong (or suspicious) at one place of a scenario file.

    `line` and `column` count from 1; 0 means that the file as a whole is meant. `path` is where in the scenario's tree,
    as `workers.0.workloops`. `cure` says what to write instead. `quote` is the offending line of the file.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    cure: str = ""
    quote: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: {self.message}"
        if self.quote:
            caret = " " * (self.column - 1) + "^" if self.column else ""
            text += f"\n    {self.quote}\n    {caret}".rstrip()
        if self.cure:
            text += f"\n    cure: {self.cure}"
        return text


class ScenarioError(FastlanesError):
    """A scenario that cannot be simulated. Carries every problem found, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class ConformanceError(FastlanesError):
    """A file of recorded cases that cannot be read."""


class EngineError(FastlanesError):
    """An engine that was asked for and cannot be had, or not for this simulation."""
