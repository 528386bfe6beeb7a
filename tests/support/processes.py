"""Processes of a command, as the operating system sees them (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "FASTLANES_SIM_TEST_MARK"
"""An environment variable: all descendants of a process inherit it, orphans too."""


def marked(mark: str) -> dict[int, str]:
    """Processes that run with this mark, and their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it has ended, or is not ours
                continue
    return found


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it held within so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
