"""What has been computed already, on disk, under a hash of everything it depends on."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.once import say_once
from fastlanes_sim.core.sealed import set_aside
from fastlanes_sim.results.summary import versions

_PACKAGE = Path(__file__).resolve().parent.parent


_TABLE = "sealed_value_1"
"""Its name tells the format: versions of another format keep tables of their own in the same file."""
_DAMAGED = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
}
"""What SQLite says of a file that is damaged, where the statement is right (https://www.sqlite.org/rescode.html)."""
_SHORT_READ = sqlite3.SQLITE_IOERR_SHORT_READ


class Store:
    """Plain values by key, in one SQLite file: each is there whole or not at all, whenever the process ends.

    Each value carries a checksum. One that is damaged counts as absent; a file that is damaged is set aside, and a new one begun.
    Several processes may use one file. Close it, or use it in a `with`.

    Raises:
        FastlanesError: the file cannot be read or written, as on a disk that is full; so do all methods.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: sqlite3.Connection | None = None
        self._ask(f"select count(*) from {_TABLE}")

    def get(self, key: str) -> Any:
        """What was put there, or None."""
        rows = self._ask(f"select value, seal from {_TABLE} where key = ?", key.encode())
        if not rows:
            return None
        value, seal = rows[0]
        if not isinstance(value, bytes) or seal != _seal(key, value):
            say_once(f"note: values in {self._path} are damaged: they are computed again")
            return None
        return json.loads(value)

    def put(self, key: str, value: object) -> None:
        """What JSON can say; infinities and NaN too."""
        text = json.dumps(value).encode()
        self._ask(f"insert or replace into {_TABLE} values (?, ?, ?)", key.encode(), text, _seal(key, text))

    def __len__(self) -> int:
        return int(self._ask(f"select count(*) from {_TABLE}")[0][0])

    def _ask(self, statement: str, *values: bytes) -> list[tuple[Any, ...]]:
        """The answer; from a new file, if this one is damaged."""
        for is_new in (False, True):
            try:
                if self._file is None:
                    self._file = _opened(self._path)
                return self._file.execute(statement, values).fetchall()
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite quotes what it read
                code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
                is_damaged = code & 0xFF in _DAMAGED or code == _SHORT_READ
                if is_new or not is_damaged:
                    hint = "make room, or look whether you may write there; the same command continues. --out names another folder"
                    raise FastlanesError(f"{self._path} keeps no results: {error}", hint) from None
                self.close()
                _set_aside(self._path)
        raise AssertionError("a new file answers or refuses")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        # Without waiting for the disk at each value: a process that is killed loses nothing, a power cut at most the last ones.
        file.execute("pragma journal_mode=wal")
        if file.execute("pragma integrity_check(1)").fetchone() != ("ok",):  # as where keys are out of order, and are not found
            raise sqlite3.DatabaseError("the file is damaged")
        file.execute("pragma synchronous=normal")
        file.execute(f"create table if not exists {_TABLE} (key blob primary key, value blob not null, seal blob not null) without rowid")
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        file.close()
        raise
    return file


def _seal(key: str, value: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + value).digest()


def _set_aside(path: Path) -> None:
    for part in ("-wal", "-shm"):  # They belong to the damaged file, and would be taken for the new one's.
        path.with_name(path.name + part).unlink(missing_ok=True)
    set_aside(path)


def key_of(**what: object) -> str:
    """The SHA-256 of what a value depends on, and of the versions and sources that computed it."""
    content: Mapping[str, object] = {**what, **_computed_by()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def _computed_by() -> Mapping[str, object]:
    return {"versions": versions(), "sources": sources()}


@cache
def sources() -> str:
    """A SHA-256 of the whole package: the version's number stays while it is worked on."""
    digest = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(file.relative_to(_PACKAGE)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
