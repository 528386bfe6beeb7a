"""Arrays that may be larger than memory: a large one lies in a file without a name, and only what is in use of it is in memory.

The file is on a disk (`TMPDIR`, else `/var/tmp`), and is gone with the process, however that ends. Where there is no room for it, or the
system has no such files (all but Linux), the array is in memory. It makes no difference to what is in it.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

LARGE = 64_000_000
"""Bytes from which on an array lies in a file."""
LARGE_PART = 16_000_000
"""The same of one of many columns."""
SELDOM_USED = 500_000
"""The same of one that is needed now and then, in a command that needs its memory for other things in between."""
PORTION = 1 << 20
"""Entries that are worked on at a time."""
_MAPPED: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def empty(size: int, dtype: npt.DTypeLike, *, is_one_of_many: bool = False) -> npt.NDArray[Any]:
    """Of so many entries, with anything in them."""
    kind = np.dtype(dtype)
    mapped = _mapped(size * kind.itemsize, LARGE_PART if is_one_of_many else LARGE)
    return np.empty(size, kind) if mapped is None else np.frombuffer(mapped, kind)


def zeros(size: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Of so many entries, all 0."""
    kind = np.dtype(dtype)
    mapped = _mapped(size * kind.itemsize, LARGE)
    return np.zeros(size, kind) if mapped is None else np.frombuffer(mapped, kind)  # a new file is all zeros


def aside(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same entries, which take no memory until somebody needs them, if they are many."""
    mapped = _mapped(array.nbytes, SELDOM_USED)
    if mapped is None:
        return array
    found = np.frombuffer(mapped, array.dtype)
    found[:] = array
    mapped.madvise(mmap.MADV_DONTNEED)
    return found


_spares: ContextVar[bool] = ContextVar("spares", default=False)


@contextmanager
def sparing() -> Iterator[None]:
    """Within, columns of run tables are put aside as they are made (`kept`): of very many runs, for those who need a table now and then."""
    token = _spares.set(True)
    try:
        yield
    finally:
        _spares.reset(token)


def kept(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same entries, aside where memory is to be spared."""
    return aside(array) if _spares.get() else array


def release() -> None:
    """What lies in files need not stay in memory: whoever needs it gets it again. To be called after each portion of a long work."""
    for mapped in list(_MAPPED):
        mapped.madvise(mmap.MADV_DONTNEED)


def taken(array: npt.NDArray[Any], which: slice | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`array[which]`."""
    if isinstance(which, slice) or which.dtype == np.bool_ or len(which) <= PORTION:
        return array[which]
    found = empty(len(which), array.dtype, is_one_of_many=True)
    for part in portions(len(which)):
        found[part] = array[which[part]]
    return found


def portions(size: int) -> Iterator[slice]:
    """Slices that cover so many entries. After each of several, what lies in files is released."""
    for begin in range(0, size, PORTION):
        yield slice(begin, min(begin + PORTION, size))
        if size > PORTION:
            release()


class Appended:
    """A column of unknown length that is written at its end only."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._kind = np.dtype(dtype)
        self._parts: list[npt.NDArray[Any]] = []
        self._waiting = 0
        self._file: BinaryIO | None = None
        self._written = 0
        self._may_have_file = True

    def append(self, part: npt.NDArray[Any]) -> None:
        """`part` may be a view of something that changes later."""
        self._parts.append(np.array(part, self._kind))
        self._waiting += self._parts[-1].nbytes
        if self._waiting >= LARGE_PART and self._may_have_file:
            self._write()

    def array(self) -> npt.NDArray[Any]:
        """All of it; nothing is appended afterwards."""
        if self._file is not None:
            self._write()
        if self._file is None:
            return np.concatenate(self._parts) if self._parts else np.empty(0, self._kind)
        with self._file as file:
            mapped = mmap.mmap(file.fileno(), self._written)
        _MAPPED.add(mapped)
        return np.frombuffer(mapped, self._kind)

    def _write(self) -> None:
        try:
            file = self._file = self._file or _new_file()
            while self._parts:
                part = self._parts[0]
                if part.nbytes:
                    os.posix_fallocate(file.fileno(), self._written, part.nbytes)
                file.write(part.data)
                file.flush()
                self._written += part.nbytes
                del self._parts[0]
        except OSError:
            self._give_up()
        self._waiting = 0

    def _give_up(self) -> None:
        """The disk is full: everything is in memory from here on."""
        self._may_have_file = False
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                self._parts.insert(0, np.frombuffer(file.read(self._written), self._kind))
            self._file = None


def have_files() -> bool:
    """Whether this system has such files at all."""
    return hasattr(os, "posix_fallocate") and hasattr(mmap, "MADV_DONTNEED")


def _new_file() -> BinaryIO:
    if not have_files():
        raise OSError("not on this system")
    places = [place for place in (os.environ.get("TMPDIR"), "/var/tmp") if place and os.access(place, os.W_OK)]
    return cast(BinaryIO, tempfile.TemporaryFile(dir=places[0] if places else None))


def _mapped(size: int, least: int) -> mmap.mmap | None:
    """Of a file of so many bytes, for which there is room on the disk. None where an array of this size belongs into memory."""
    if size < least:
        return None
    try:
        with _new_file() as file:
            os.posix_fallocate(file.fileno(), 0, size)  # otherwise a full disk would be noticed by a signal that kills
            mapped = mmap.mmap(file.fileno(), size)
    except OSError:
        return None
    _MAPPED.add(mapped)
    return mapped
