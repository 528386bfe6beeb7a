"""Which state of Lightning is simulated: one row of data for each, from the way a run is created to the claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastlanes_sim.rules.creation import IMMEDIATE, NORMAL, Queue


class Origin(StrEnum):
    """What makes a run, as far as L-3 distinguishes. A trigger's `type` is its origin, except that of a webhook."""

    SYNC_WEBHOOK = "sync_webhook"
    ASYNC_WEBHOOK = "async_webhook"
    CUSTOM_WEBHOOK = "custom_webhook"
    CRON = "cron"
    KAFKA = "kafka"
    MANUAL = "manual"
    RETRY = "retry"
    BULK_RETRY = "bulk_retry"


_SHIPPED: Mapping[Origin, tuple[Queue, int]] = {
    Origin.SYNC_WEBHOOK: (Queue.FAST_LANE, NORMAL),
    Origin.ASYNC_WEBHOOK: (Queue.DEFAULT, NORMAL),
    Origin.CUSTOM_WEBHOOK: (Queue.DEFAULT, NORMAL),
    Origin.CRON: (Queue.DEFAULT, NORMAL),
    Origin.KAFKA: (Queue.DEFAULT, NORMAL),
    Origin.MANUAL: (Queue.MANUAL, IMMEDIATE),
    Origin.RETRY: (Queue.MANUAL, IMMEDIATE),
    Origin.BULK_RETRY: (Queue.DEFAULT, IMMEDIATE),
}
"""L-3"""
_WITHOUT_KAFKA: Mapping[Origin, tuple[Queue, int]] = {origin: lane for origin, lane in _SHIPPED.items() if origin is not Origin.KAFKA}


@dataclass(frozen=True, slots=True)
class Rules:
    """What one state of Lightning does where states differ."""

    creation: Mapping[Origin, tuple[Queue, int]]
    """L-3: queue and priority of a new run. What is not in it makes no runs."""
    has_queues: bool = True
    """L-5 to L-8: claims filter by queue and prefer some. Where there are none, a queue is only the name of a run's lane."""
    has_priority: bool = True
    """L-9, L-11: priority comes before the time of insertion."""
    has_bypass: bool = True
    """L-14: runs of the fast lane do not count towards the limits of concurrency, and are not held back by them."""


class Ruleset(StrEnum):
    """States of Lightning that differ in their rules (preamble of the specification)."""

    PR_4515 = "pr-4515", Rules(_SHIPPED)
    """What pull request 4515 ships: queues, filter and preference claims, the concurrency bypass of L-14."""
    PRE_4515 = "pre-4515", Rules(_SHIPPED, has_queues=False, has_bypass=False)
    """Before it: no queue, the base order L-9, L-11 to L-13 without the bypass of L-14."""
    MAIN_4547 = "main-4547", Rules({**_SHIPPED, Origin.CUSTOM_WEBHOOK: (Queue.FAST_LANE, NORMAL)})
    """As of March 2026: a webhook with a custom reply goes to the fast lane (L-3, lightning #4546, #4547)."""
    MAIN = "main", Rules(_WITHOUT_KAFKA)
    """The newest, since 2.18.2: custom replies are in the default lane again, and there are no Kafka triggers (L-3)."""
    NO_PRIORITY = "no_priority", Rules(_SHIPPED, has_priority=False)
    """The announced next step (lightning #4502), an assumption: L-9 and L-11 order by `inserted_at` alone."""

    rules: Rules

    def __new__(cls, name: str, rules: Rules) -> Ruleset:
        member = str.__new__(cls, name)
        member._value_ = name
        member.rules = rules
        return member

    def makes(self, origin: Origin) -> bool:
        """L-3: whether this origin makes runs at all."""
        return origin in self.rules.creation

    def queue_and_priority(self, origin: Origin) -> tuple[Queue, int]:
        """L-3: of a new run, or of what would be one."""
        return self.rules.creation.get(origin, _SHIPPED[origin])

    @property
    def has_queues(self) -> bool:
        """See `Rules`, as of the next two."""
        return self.rules.has_queues

    @property
    def has_priority(self) -> bool:
        return self.rules.has_priority

    @property
    def has_bypass(self) -> bool:
        return self.rules.has_bypass


class RunQueue(StrEnum):
    """The run-queue classes of L-16."""

    FIFO = "fifo"
    FASTER_FIFO = "faster_fifo"
    ROUND_ROBIN = "round_robin"
