"""A folder for what a process needs as long as it lives. What a process that was killed left there is removed by the next one that makes
such a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path

from fastlanes_sim.core.left_behind import hold, is_left_behind

PREFIX = "fastlanes-sim-"
_HELD = ".held"


class TemporaryFolder:
    """Nobody else may read it. It is removed when it is closed, or nobody knows it any more, or the process ends.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._remove = weakref.finalize(self, _removed, self.path, _held(self.path))

    def close(self) -> None:
        self._remove()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()


def _held(folder: Path) -> int:
    """The open handle of a file in it that is locked before others can see it by its name."""
    handle, name = tempfile.mkstemp(dir=folder)
    hold(handle)
    os.replace(name, folder / _HELD)
    return handle


def _removed(folder: Path, handle: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _sweep(place: Path) -> None:
    """What cannot be removed stays, such as folders of other users: that is no reason to fail."""
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if is_left_behind(folder / _HELD):
                shutil.rmtree(folder, ignore_errors=True)
