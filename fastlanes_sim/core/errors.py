"""Every error that a user can cause, and the one shape in which it is printed."""

from __future__ import annotations

import errno
from dataclasses import dataclass

_HINT = "\n    hint: "
_LONGEST = 2_000
"""Characters of a message, and of a hint, before it is cut."""
MOST_PROBLEMS = 50
"""That are told of one scenario; the others are counted."""


class FastlanesError(Exception):
    """Something that the user can put right. Every other exception is a bug of ours.

    `message` says what is wrong, `hint` what to do instead. The hint is printed on a line of its own.
    """

    def __init__(self, message: str = "", hint: str = "") -> None:
        if not hint:
            message, _, hint = message.partition(_HINT)
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return with_hint(self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or suspicious) at one place of a scenario file.

    `line` and `column` count from 1; 0 means the file as a whole. `path` is the place in the scenario's tree,
    as `workers.0.workloops`. `hint` says what to write instead. `quote` is the line of the file.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    quote: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: {self.message}"
        if self.quote:
            caret = " " * (self.column - 1) + "^" if self.column else ""
            text += f"\n    {self.quote}\n    {caret}".rstrip()
        return with_hint(text, self.hint)


class ScenarioError(FastlanesError):
    """A scenario that cannot be simulated. It carries every problem found, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} problems")

    @property
    def lines(self) -> list[str]:
        """Each problem, up to `MOST_PROBLEMS`, and how many there are more."""
        more = len(self.problems) - MOST_PROBLEMS
        return [*map(str, self.problems[:MOST_PROBLEMS]), *([f"and {more:,} problems more"] if more > 0 else [])]

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        return type(self), (self.problems,)


class ConformanceError(FastlanesError):
    """A file of recorded cases that cannot be read."""


class EngineError(FastlanesError):
    """An engine that is not available, or that cannot run this simulation."""


class MeasureError(FastlanesError, ValueError):
    """A text that is no measure or objective, or that speaks of what there is not."""

    def __init__(self, message: str, hint: str = "", part: str = "") -> None:
        super().__init__(message, hint)
        self.part = part
        """The part of the text that is wrong."""
        self.offset = 0
        """Characters from the beginning of the text to that part."""
        self.text = ""

    def about(self, text: str) -> MeasureError:
        """The same error, which says of which text it is."""
        self.text = text
        return self

    def __str__(self) -> str:
        return with_hint(f"{self.text}: {self.message}" if self.text else self.message, self.hint)


def out_of_memory(error: MemoryError) -> FastlanesError:
    """What a MemoryError is for a user. NumPy and Arrow say how much was asked for."""
    asked = str(error).rstrip(".")
    hint = "shorten the horizon, replicate instead of keeping runs (--replications), use fewer --processes, or a machine with more memory"
    return FastlanesError(f"out of memory: {asked[:1].lower() + asked[1:]}" if asked else "out of memory", hint)


def with_hint(message: str, hint: str) -> str:
    """A message and, below it, what to do instead."""
    return f"{shortened(message)}{_HINT}{shortened(hint)}" if hint else shortened(message)


def shortened(text: str) -> str:
    """A text for people: a very long one is cut."""
    more = len(text) - _LONGEST
    return text if more <= 0 else f"{text[:_LONGEST]}… (and {more:,} characters more)"


_HINTS = {
    errno.ENOSPC: "the disk is full: make room, or name another place",
    errno.EDQUOT: "your share of the disk is used up: make room, or name another place",
    errno.EROFS: "nothing can be written there: name another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "too many files are open: raise the limit with ulimit -n",
}


def of_the_system(error: OSError, place: object = "") -> FastlanesError:
    """What the operating system refused, as an error that names the place and says what to do.

    Args:
        place: where it was, if the error does not say.
    """
    where = str(place or error.filename or "")
    said = error.strerror or str(error) or type(error).__name__
    hint = _HINTS.get(error.errno or 0, "look at the path and its rights, or name another place")
    return FastlanesError(f"{where}: {said}" if where else said, hint)
