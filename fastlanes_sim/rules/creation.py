"""How a run comes to its queue and priority (L-1 to L-4)."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from fastlanes_sim.rules.rulesets import Ruleset

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
        raise ValueError(f"{text!r} is not a queue: default, fast_lane or manual (L-2)")


class Origin(StrEnum):
    """What makes a run, as far as L-3 tells the ways apart."""

    SYNC_WEBHOOK = "sync_webhook"
    ASYNC_WEBHOOK = "async_webhook"
    CUSTOM_WEBHOOK = "custom_webhook"
    CRON = "cron"
    KAFKA = "kafka"
    MANUAL = "manual"
    RETRY = "retry"
    BULK_RETRY = "bulk_retry"


_AT_CREATION: dict[Origin, tuple[Queue, int]] = {
    Origin.SYNC_WEBHOOK: (Queue.FAST_LANE, NORMAL),
    Origin.ASYNC_WEBHOOK: (Queue.DEFAULT, NORMAL),
    Origin.CUSTOM_WEBHOOK: (Queue.DEFAULT, NORMAL),
    Origin.CRON: (Queue.DEFAULT, NORMAL),
    Origin.KAFKA: (Queue.DEFAULT, NORMAL),
    Origin.MANUAL: (Queue.MANUAL, IMMEDIATE),
    Origin.RETRY: (Queue.MANUAL, IMMEDIATE),
    Origin.BULK_RETRY: (Queue.DEFAULT, IMMEDIATE),
}


def queue_and_priority(origin: Origin, ruleset: Ruleset = Ruleset.PR_4515) -> tuple[Queue, int]:
    """L-3: queue and priority of a new run. Before pull request 4515 the queue is only the name of its lane."""
    if ruleset is Ruleset.MAIN and origin is Origin.CUSTOM_WEBHOOK:
        return Queue.FAST_LANE, NORMAL  # lightning #4546
    return _AT_CREATION[origin]


def legacy_queue(priority: int) -> Queue:
    """L-4: the queue of a row from before the column existed.

    Raises:
        ValueError: a priority that is neither 0 nor 1.
    """
    if priority not in (IMMEDIATE, NORMAL):
        raise ValueError(f"{priority!r} is not a priority: 0 (immediate) or 1 (normal)")
    return Queue.MANUAL if priority == IMMEDIATE else Queue.DEFAULT
