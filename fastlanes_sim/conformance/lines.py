"""Files of recorded cases, plain or compressed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from fastlanes_sim.errors import ConformanceError


def read_text(path: Path) -> str:
    """The text of a recorded file; `.gz` by its name.

    Raises:
        ConformanceError: the file is missing, unreadable or not UTF-8.
    """
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ConformanceError(f"{path}: cannot be read: {error}") from error


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold something, each with its number from 1."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            yield number, line
