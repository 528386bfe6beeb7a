"""Files of recorded cases, plain or compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from fastlanes_sim.core.errors import ConformanceError

HINT = "name a file of such recordings, as in tests/conformance; copy it again if it is damaged"
"""For what is none."""


def read_text(path: Path) -> str:
    """The text of a recorded file; `.gz` by its name.

    Raises:
        ConformanceError: the file is missing, unreadable or not UTF-8.
    """
    return "".join(_lines(path))


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold something, each with its number from 1. A line at a time is in memory, however long the file.

    Raises:
        ConformanceError: as `read_text`, once it comes to it.
    """
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            yield number, line


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="\n") as file:
            yield from file
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConformanceError(f"{path}: cannot be read: {why}", "check the path, and copy the file again") from error
