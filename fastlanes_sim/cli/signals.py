"""Signals that ask a command to end: SIGTERM and SIGHUP (SIGBREAK on Windows) do what Ctrl-C does."""

from __future__ import annotations

import signal
import sys
import traceback
from types import TracebackType
from typing import NoReturn

from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.interruption import Interrupted, interrupts

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def _shown(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Cython shows what it is about to drop (`Interrupts.lost`): an interruption is not worth showing."""
    if not issubclass(kind, Interrupted):
        sys.__excepthook__(kind, error, trace)


def leave_interrupted() -> NoReturn:
    """End the process before there was anything to show.

    What the interrupted calls were working with is closed now, as long as everything is there. At the interpreter's end, a generator that
    has to tidy up would no longer find the functions for it, and a traceback would be printed.
    """
    error = sys.exc_info()[1]
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
    print("Interrupted before there was anything to show.", file=sys.stderr)
    sys.exit(ExitCode.INTERRUPTED)


def end_as_by_ctrl_c() -> None:
    """Let every signal that asks the process to end raise KeyboardInterrupt. One that the process was started to ignore (nohup, a
    background job of a script) stays ignored."""
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, interrupts)
    sys.unraisablehook, sys.excepthook = interrupts.lost, _shown
