"""Exports that were read a moment ago: a scenario that replays one reads it when it is checked and again when it is played."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.hints import OF_A_SCENARIO
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import read_export


def known_export(path: str, timezone: str) -> tuple[Export, str]:
    """The runs of a file and the SHA-256 of its content.

    Raises:
        ExportError: it cannot be read.
    """
    try:
        state = Path(path).stat()
    except (OSError, ValueError):  # a NUL is in no path
        raise ExportError(f"{path}: there is no such file", "check the path") from None
    return _read(path, timezone, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _read(path: str, timezone: str, changed: int, size: int) -> tuple[Export, str]:
    export = read_export(path, timezone=timezone, hints=OF_A_SCENARIO)
    with open(path, "rb") as file:
        return export, hashlib.file_digest(file, "sha256").hexdigest()
