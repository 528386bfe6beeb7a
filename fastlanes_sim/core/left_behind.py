"""How files of a process that was killed are known: it held a lock on them as long as it lived."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_OLD = 24 * 3_600
"""Seconds after which a file counts as left behind where files cannot be locked."""


def hold(handle: int) -> None:
    """Lock an open file until it is closed, at the latest by the end of this process."""
    if fcntl is not None:
        with contextlib.suppress(OSError):  # not on every file system
            fcntl.flock(handle, fcntl.LOCK_EX)


def is_left_behind(file: Path) -> bool:
    """Whether whoever held this file has died.

    Raises:
        FileNotFoundError: it is gone.
    """
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
