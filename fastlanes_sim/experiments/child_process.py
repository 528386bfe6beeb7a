"""What a process that computes jobs owes to the one that started it: it ends with it, however that ends, and leaves signals to it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_OF_THE_PARENT = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_EVERY = 0.25
"""Seconds between two looks at the parent."""
_PR_SET_PDEATHSIG = 1


def depend_on(parent: int, parent_thread_stays: bool) -> None:
    """Called in the new process.

    Signals that ask to end reach every process of a terminal, or of a service: the one that the user started decides what becomes of
    the others, and kills them. If it dies itself, so do they: on Linux the kernel sees to it (prctl(2), PR_SET_PDEATHSIG), everywhere a
    thread looks.

    Args:
        parent: number of the process that started this one.
        parent_thread_stays: the thread that started this process lives as long as its process. Linux means the thread, not the process.
    """
    for name in _OF_THE_PARENT:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.platform == "linux" and parent_thread_stays:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_die_with, args=(parent,), name="parent watch", daemon=True).start()


def _die_with(parent: int) -> None:
    try:
        _wait_for_end_of(parent)
    finally:
        os._exit(1)


def _wait_for_end_of(parent: int) -> None:
    if sys.platform == "win32":
        import _winapi

        synchronize = 0x00100000
        _winapi.WaitForSingleObject(_winapi.OpenProcess(synchronize, False, parent), _winapi.INFINITE)
    else:
        while os.getppid() == parent:  # orphans are given another one
            time.sleep(_EVERY)
