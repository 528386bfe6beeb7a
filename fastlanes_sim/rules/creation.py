"""The queues and priorities that there are (L-1, L-2, L-4). Which of them a new run gets (L-3) is in `rulesets`."""

from __future__ import annotations

from enum import IntEnum

IMMEDIATE, NORMAL = 0, 1
"""L-1: the two priorities."""


class Queue(IntEnum):
    """L-2: the queues that Lightning creates runs in."""

    DEFAULT = 0
    FAST_LANE = 1
    MANUAL = 2

    @property
    def label(self) -> str:
        """The name as Lightning and the worker write it."""
        return self.name.lower()

    @classmethod
    def named(cls, text: str) -> Queue:
        """The queue of that name.

        Raises:
            ValueError: Lightning refuses any other name when a run is created (L-2).
        """
        for queue in cls:
            if queue.label == text:
                return queue
        raise ValueError(f"{text!r} is not a queue: {QUEUES_IN_WORDS} (L-2)")


QUEUES: tuple[str, ...] = tuple(queue.label for queue in Queue)
"""Their names, in the order of their numbers."""
QUEUES_IN_WORDS = f"{', '.join(QUEUES[:-1])} or {QUEUES[-1]}"


def legacy_queue(priority: int) -> Queue:
    """L-4: the queue of a row from before the column existed.

    Raises:
        ValueError: a priority that is neither 0 nor 1.
    """
    if priority not in (IMMEDIATE, NORMAL):
        raise ValueError(f"{priority!r} is not a priority: 0 (immediate) or 1 (normal)")
    return Queue.MANUAL if priority == IMMEDIATE else Queue.DEFAULT
