"""Files that are being written. They lie in one hidden folder beside their place; what a process that was killed left there is swept by the
next one that writes there."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER = ".fastlanes-sim-partial"
_OLD = 24 * 3_600
"""Seconds after which a file counts as left behind where files cannot be locked."""


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """An empty file on the same file system as `path`, to be filled and moved there. Whatever happens, it is gone afterwards.

    Raises:
        OSError: nothing can be written beside `path`.
    """
    sweep(path.parent)
    handle, temporary = _made(path)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)
        _remove_if_empty(temporary.parent)


def sweep(folder: Path) -> None:
    """Remove what processes that are dead were writing into `folder`. What cannot be removed stays: that is no reason to fail."""
    partial = folder / FOLDER
    with contextlib.suppress(OSError):
        for file in list(partial.iterdir()):
            if _is_left_behind(file):
                file.unlink(missing_ok=True)
        _remove_if_empty(partial)


def _made(path: Path) -> tuple[int, Path]:
    """A new file and its open handle, which holds its lock. Another process may sweep the folder away between two of these calls."""
    folder = path.parent / FOLDER
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle, name = tempfile.mkstemp(dir=folder, prefix=f"{path.stem[:40]}.", suffix=path.suffix[:40])
        except FileNotFoundError:
            continue
        if fcntl is not None:
            with contextlib.suppress(OSError):  # not on every file system
                fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.exists(name):
            return handle, Path(name)
        os.close(handle)


def _is_left_behind(file: Path) -> bool:
    """Its writer, had it lived, would hold the lock."""
    if fcntl is not None:
        try:
            with file.open("rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        except OSError:
            pass
    return time.time() - file.stat().st_mtime > _OLD


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
