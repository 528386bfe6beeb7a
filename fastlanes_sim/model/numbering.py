"""Numbers given out in order."""

from __future__ import annotations


class Numbering:
    def __init__(self) -> None:
        self._given = 0

    def next(self) -> int:
        self._given += 1
        return self._given - 1
