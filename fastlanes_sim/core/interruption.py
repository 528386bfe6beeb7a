"""What a signal that asks to end becomes in Python: an exception of a kind of its own, or what C code makes of it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from fastlanes_sim.core.errors import FastlanesError

_TOGETHER = 1.0
"""Seconds in which further signals belong to the first: `timeout` and process groups send it twice, and what is being kept must not be
interrupted by that."""
_AGAIN = 0.05


class Interrupted(KeyboardInterrupt):
    """A signal that asks to end.

    Of a kind of its own: Python remembers that a plain KeyboardInterrupt left an `exec` of text, which is how dataclasses are made while
    modules are imported. `python -m` then dies of SIGINT whatever the exit code (CPython, pythonrun.c, run_eval_code_obj).
    """


class Interrupts:
    """Raises Interrupted in the main thread, once a signal."""

    def __init__(self) -> None:
        self._last, self._number = -_TOGETHER, signal.SIGINT
        self.has_raised = False
        self._calls: dict[FrameType, int] = {}
        """Lines that were being executed when it last raised, of the frame in which it did and of all its callers."""

    def __call__(self, number: signal.Signals | int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last >= _TOGETHER:
            self._last, self._number = now, signal.Signals(number)
            self.has_raised = True
            self._calls = {one: one.f_lineno for one in _with_callers(frame)}
            raise Interrupted

    def was_swallowed(self, error: BaseException) -> bool:
        """Whether C code that was being executed when it raised has made another error of it: a call fails on the very line in which it was
        interrupted."""
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        return at is not None and self._calls.get(at.tb_frame) == at.tb_lineno

    def lost(self, unraisable: Any) -> None:
        """Python drops an interruption inside a finalizer, and Cython in functions that can raise nothing: it is raised once more, a little
        later."""
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._last = -_TOGETHER
            again = threading.Timer(_AGAIN, _interrupt, (self._number,))
            again.daemon = True
            again.start()
        else:
            sys.__unraisablehook__(unraisable)


interrupts = Interrupts()


def _with_callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_interruption(error: BaseException) -> bool:
    """Whether this is what became of a signal inside C code: a module that cannot be initialised, a call that fails for no reason of its
    own (CPython, call.c, _Py_CheckFunctionResult) or that gives another reason (NumPy, where it compares structured arrays), or an error
    that was raised because of one of them."""
    if not interrupts.has_raised:
        return isinstance(error, KeyboardInterrupt)
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, (ImportError, SystemError, KeyboardInterrupt)) or interrupts.was_swallowed(at):
            return True
        # While a command keeps what it has, a fault of ours has the interruption as its context, and must be seen.
        at = at.__context__ if isinstance(at, FastlanesError) else at.__cause__
    return False


def _interrupt(number: signal.Signals) -> None:
    """Send the main thread a signal, also where it sleeps."""
    if sys.platform == "win32":
        _thread.interrupt_main(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)
