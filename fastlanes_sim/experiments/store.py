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
from fastlanes_sim.results.summary import versions

_PACKAGE = Path(__file__).resolve().parent.parent


class Store:
    """Plain values by key, in one SQLite file: each is there whole or not at all, whenever the process ends.

    Several processes may use one file. Close it, or use it in a `with`.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(path, timeout=60, isolation_level=None)
            # Without waiting for the disk at each value: a process that is killed loses nothing, a power cut at most the last ones.
            self._file.execute("pragma journal_mode=wal")
            self._file.execute("pragma synchronous=normal")
            self._file.execute("create table if not exists value (key text primary key, value text not null) without rowid")
        except sqlite3.DatabaseError as error:
            raise FastlanesError(f"{path} keeps no results: {error}\n    hint: remove it, or write elsewhere with --out") from None

    def get(self, key: str) -> Any:
        """What was put there, or None."""
        row = self._file.execute("select value from value where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: object) -> None:
        """What JSON can say; infinities and NaN too."""
        self._file.execute("insert or replace into value values (?, ?)", (key, json.dumps(value)))

    def __len__(self) -> int:
        return int(self._file.execute("select count(*) from value").fetchone()[0])

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


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
