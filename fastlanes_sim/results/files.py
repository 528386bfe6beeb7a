"""Results on disk: the run log as Parquet, the summary as JSON. Same result, same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.errors import FastlanesError, of_the_system
from fastlanes_sim.core.trusted_folder import unwritable
from fastlanes_sim.results.partial_files import partial_file

if TYPE_CHECKING:
    import pandas as pd


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """`write` fills a temporary file (`partial_files`), which then takes the place of `path`: nobody ever sees half a file.

    Raises:
        FastlanesError: the file cannot be written, as on a disk that is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial_file(path) as temporary:
            _fill(temporary, write)
            temporary.replace(path)
    except OSError as error:
        raise of_the_system(error, path) from None


def _fill(temporary: Path, write: Callable[[Path], object]) -> None:
    write(temporary)
    # Temporary files are private; a result is an ordinary file.
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)


LONGEST_NAME = 250
"""Bytes of a file's name; most file systems take 255, and a few are needed for temporary ones."""


def check_place(file: Path) -> None:
    """Make the folder of a file that is to be written, so that what cannot be written is known before anything is simulated.

    Raises:
        FastlanesError: the folder cannot be made or written to, the file is a folder, or its name is too long.
    """
    if len(os.fsencode(file.name)) > LONGEST_NAME:
        raise FastlanesError(f"{file.parent}: a file's name is longer than {LONGEST_NAME} bytes", "choose a shorter name")
    check_folder(file.parent)
    if file.is_dir():
        raise FastlanesError(f"{file} is a folder", "name a file in it")


def check_folder(folder: Path) -> None:
    """The same for a folder in which files are to be written.

    Raises:
        FastlanesError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FastlanesError(f"{folder}: no results can be written there: {error.strerror}", "name another place") from None
    if why := unwritable(folder):
        raise FastlanesError(f"no results can be written: {why}", "name another place")


def write_bytes(path: Path, pieces: Iterable[bytes]) -> None:
    """The pieces one after another; see `write_atomically`."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.writelines(pieces)

    write_atomically(path, write)


def described(frame: pd.DataFrame, metadata: Mapping[str, object]) -> Any:
    """The frame of `results.frame` as an Arrow table, each column with its description and unit, the table with `metadata`."""
    import pyarrow as pa

    from fastlanes_sim.results.frame import CALL_COLUMNS, CAUSE_COLUMNS, COLUMNS, unit_of

    table = pa.Table.from_pandas(frame, preserve_index=False)
    described = [
        field.with_metadata({"description": (COLUMNS | CAUSE_COLUMNS | CALL_COLUMNS).get(field.name, ""), "unit": unit_of(field.name)})
        for field in table.schema
    ]
    # pandas' own metadata would be replaced here; its version would make the bytes depend on it.
    texts = {key: value if isinstance(value, str) else json.dumps(value, sort_keys=True) for key, value in metadata.items()}
    return table.cast(pa.schema(described, metadata=dict(sorted(texts.items()))))


def json_bytes(summary: Mapping[str, Any]) -> bytes:
    """Keys in alphabetical order, so that two summaries can be compared line by line."""
    return (json.dumps(summary, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """As `json_bytes` spells it."""
    write_bytes(path, [json_bytes(summary)])
