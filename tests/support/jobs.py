"""Jobs that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from fastlanes_sim.core.errors import FastlanesError


def square(number: int) -> int:
    return number * number


def poisoned(number: int) -> int:
    if number == 3:
        raise ZeroDivisionError("three")
    return number


def refused(number: int) -> int:
    raise FastlanesError("three is too many")


def where(number: int) -> int:
    return os.getpid()


def deadly(number: int) -> int:
    """Kills whoever computes 3."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return number


def deadly_once(job: tuple[int, str]) -> int:
    """Kills whoever first computes 3."""
    number, folder = job
    mark = Path(folder, "died")
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return number


def slow_square(number: int) -> int:
    time.sleep(0.05)
    return number * number


def deadly_on_cluster(number: int) -> int:
    """Kills every worker that computes 3."""
    if number == 3:
        os._exit(1)
    return number
