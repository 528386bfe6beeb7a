"""What a process that computes jobs owes to the one that started it: it ends with it, however that ends, and leaves signals to it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_OF_THE_PARENT = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
_EVERY = 0.25
"""Seconds between two looks at the parent."""
_PR_SET_PDEATHSIG = 1


@contextmanager
def signals_wait() -> Iterator[None]:
    """Signals that ask to end come when this is over: processes are being started.

    A process that is only half started when its parent goes, or that gets such a signal before it can ignore it (`depend_on`), would end
    with a traceback. It inherits that these signals are blocked.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    # Blocked here, a signal goes to another thread, and Python calls the handler in this one all the same.
    handlers = {one: handler for one in _OF_THE_PARENT if callable(handler := signal.getsignal(one))}
    for one in handlers:
        signal.signal(one, lambda number, _frame: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        for number in came[:1]:
            signal.raise_signal(number)


def depend_on(parent: int, parent_thread_stays: bool) -> None:
    """Called in the new process.

    Signals that ask to end reach every process of a terminal, or of a service: the one that the user started decides what becomes of
    the others, and kills them. If it dies itself, so do they: on Linux the kernel sees to it (prctl(2), PR_SET_PDEATHSIG), everywhere a
    thread looks.

    Args:
        parent: number of the process that started this one.
        parent_thread_stays: the thread that started this process lives as long as its process. Linux means the thread, not the process.
    """
    for one in _OF_THE_PARENT:
        signal.signal(one, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_THE_PARENT)  # see `signals_wait`
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
