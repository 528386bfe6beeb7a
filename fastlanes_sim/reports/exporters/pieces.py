"""A file that is written from the beginning to the end, handed on piece by piece: it is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator


class Pieces:
    """What a library takes for a file opened for writing."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._length = 0

    def write(self, data: bytes) -> int:
        """Append; returns the number of bytes."""
        self._written.append(bytes(data))
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        """How many bytes have been written."""
        return self._length

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def take(self) -> Iterator[bytes]:
        """What was written since this was called last."""
        written, self._written = self._written, []
        yield from written
