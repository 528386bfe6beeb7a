"""A file that was dropped on the page, on its way to the process that reads it: in pieces, in order, and not too large.

The browser sends nothing to anybody but this studio, and the file lies in a folder that nobody else may read, until it is calibrated.
"""

from __future__ import annotations

import re
import shutil
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show

LARGEST_EXPORT = 256 * 2**20
"""Bytes: about two million runs as CSV."""
LARGEST_PIECE = 2**20
"""Bytes that the browser sends at a time."""
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(slots=True)
class Dropped:
    """A file that is coming."""

    name: str
    """As the user has it."""
    size: int
    place: Path
    """Where we keep it."""
    there: int = 0
    """Bytes of it that have come."""

    @property
    def is_whole(self) -> bool:
        return self.there == self.size

    @staticmethod
    def begin(name: object, size: object, folder: Path) -> Dropped:
        """
        Raises:
            FastlanesError: it is no file, or empty, or too large.
        """
        if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise FastlanesError("the page sent what makes no sense", "load the page anew")
        name = name.replace("\\", "/").rpartition("/")[2][:200] or "export"
        if not size:
            raise FastlanesError(f"{show(name)} is empty", "export the runs again")
        if size > LARGEST_EXPORT:
            about = f"{show(name)} has {size / 2**20:,.0f} MB, and this page takes at most {LARGEST_EXPORT / 2**20:.0f} MB"
            raise FastlanesError(about, "calibrate it in a terminal: fastlanes-sim calibrate FILE")
        own = folder / uuid4().hex
        own.mkdir(mode=0o700)
        safe = _NAME.sub("_", name).strip("._")[-80:] or "export"
        place = own / safe
        place.touch(mode=0o600)
        return Dropped(name, size, place)

    def add(self, begin: object, data: object) -> None:
        """The piece that begins there, in base64.

        Raises:
            FastlanesError: it is not the next one, or more than was said.
        """
        if begin != self.there or not isinstance(data, str) or len(data) > 2 * LARGEST_PIECE:
            raise FastlanesError("a piece of the file was lost on its way", "drop the file again")
        try:
            piece = b64decode(data, validate=True)
        except ValueError:
            raise FastlanesError("a piece of the file was damaged on its way", "drop the file again") from None
        if not piece or self.there + len(piece) > self.size:
            raise FastlanesError("the file has changed while it was read", "drop it again")
        with self.place.open("ab") as file:
            file.write(piece)
        self.there += len(piece)

    def remove(self) -> None:
        """Nobody needs it any more. A system that keeps open files lets it go with the studio's folder."""
        shutil.rmtree(self.place.parent, ignore_errors=True)
