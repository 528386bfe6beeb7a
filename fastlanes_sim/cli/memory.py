"""How a command keeps its memory small: what large arrays leave behind goes back to the operating system."""

from __future__ import annotations

import ctypes
import sys

_LARGE = 1 << 19
_M_MMAP_THRESHOLD = -3


def return_large_arrays() -> None:
    """Let glibc give every freed array of half a megabyte and more back at once.

    Left alone it raises this limit to the largest array that was ever freed, and keeps smaller ones (mallopt(3), "Dynamic mmap
    threshold"): an export of a million runs then takes twice the memory of what is in use. Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE)


def return_what_is_free() -> None:
    """Give back what is free between what is in use (malloc_trim(3)): what was read is in the way of nothing else then."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
