"""Files that are being written. They lie in one hidden folder beside their place; what a process that was killed left there is swept by the
next one that writes there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastlanes_sim.core.left_behind import hold, is_left_behind

FOLDER = ".fastlanes-sim-partial"


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
            if is_left_behind(file):
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
        hold(handle)
        if os.path.exists(name):
            return handle, Path(name)
        os.close(handle)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
