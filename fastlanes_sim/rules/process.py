"""The life of a worker's process (W-20, docs/failures.md): started, then on duty, then draining, then gone.

A worker of a deployment is one process at a time. A restart after a crash, or the new process of a rolling deploy, is another worker.
"""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    STARTED = 0
    """The process exists and costs, but has no connection yet (F-1)."""
    ON = 1
    """Its socket has opened for the first time: it is on duty, outages included."""
    DRAINING = 2
    """It got SIGTERM: it takes nothing new and finishes what it has (F-2, F-3)."""
    GONE = 3
    """It has exited, was killed or has crashed (F-4, F-5)."""

    @property
    def label(self) -> str:
        return self.name.lower()


class Exit(IntEnum):
    """How a process ends (W-20, W-15a)."""

    TERM = 0
    """After SIGTERM, when there was nothing left to wait for (W-20 c)."""
    KILL = 1
    """By SIGKILL at the end of its grace period (W-20 e)."""
    CRASH = 2
    """At once: by itself, because a plan did not come (W-15a), or by a crash from outside (F-5)."""

    @property
    def label(self) -> str:
        return self.name.lower()


def is_done(active: int, open_claims: int, verifying: int) -> bool:
    """W-20 c, F-3: whether a draining process that looks has nothing left to wait for. A claim that is not answered yet may still bring a
    run. When it looks is as important: see W-20 d."""
    return active + open_claims + verifying == 0
