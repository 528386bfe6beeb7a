"""A scenario file on disk: read with suspicion, remembered line by line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastlanes_sim.core.errors import Problem, ScenarioError

LARGEST_FILE = 5_000_000
_LONGEST_QUOTE = 160


@dataclass(frozen=True, slots=True)
class Source:
    file: str
    text: str
    lines: tuple[str, ...]
    by_key: bool = False
    """The text was made from values that nobody has seen as text: a problem's place is its key path."""

    @staticmethod
    def of_text(text: str, name: str, by_key: bool = False) -> Source:
        """A text that is no file."""
        return Source(name, text, tuple(text.split("\n")), by_key)

    def problem(self, line: int, column: int, path: str, message: str, hint: str) -> Problem:
        """A problem at a place of this file, with the line quoted."""
        if self.by_key:
            return Problem(path or self.file, 0, 0, path, message, hint)
        quote = ""
        if 0 < line <= len(self.lines) and column <= _LONGEST_QUOTE:
            text = self.lines[line - 1].replace("\t", " ").rstrip()
            quote = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
        return Problem(self.file, line, column, path, message, hint, quote)


def read_source(path: Path) -> Source:
    """The text of a file.

    Raises:
        ScenarioError: it is not there, not a file, too big, or not text.
    """
    file = str(path)

    def refuse(message: str, hint: str, line: int = 0, column: int = 0) -> ScenarioError:
        return ScenarioError([Problem(file, line, column, "", message, hint)])

    try:
        if path.is_dir():
            raise refuse("this is a directory", "name the scenario file in it")
        if path.exists() and not path.is_file():
            raise refuse("this is not a regular file", "name a scenario file")
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise refuse(
                f"the file is {size / 1e6:.1f} MB, the limit is {LARGEST_FILE / 1e6:.0f} MB", "describe the traffic with rates and bursts"
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise refuse("there is no such file", "check the path; examples are in scenarios/") from None
    except (OSError, ValueError) as error:
        raise refuse(
            f"the file cannot be read: {getattr(error, 'strerror', None) or error}", "check the path and its permissions"
        ) from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse("the file is UTF-16", "save it as UTF-8")
    if b"\0" in data:
        raise refuse("this is a binary file, not a scenario", "a scenario is a YAML text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise refuse(f"the byte 0x{data[error.start]:02x} is not valid UTF-8", "save the file as UTF-8 text", line, column) from None
    return Source(file, text, tuple(text.split("\n")))
