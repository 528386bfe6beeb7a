"""Which state of Lightning is simulated."""

from __future__ import annotations

from enum import StrEnum


class Ruleset(StrEnum):
    """States of Lightning that differ in their rules (preamble of the specification)."""

    PR_4515 = "pr-4515"
    """What pull request 4515 ships: queues, filter and preference claims, the concurrency bypass of L-14."""
    PRE_4515 = "pre-4515"
    """Before it: no queue, the base order L-9, L-11 to L-13 without the bypass of L-14."""
    MAIN = "main"
    """With later fixes: a webhook with a custom reply goes to the fast lane (L-3, lightning #4546)."""
    NO_PRIORITY = "no_priority"
    """The announced next step (lightning #4502), an assumption: L-9 and L-11 order by `inserted_at` alone."""

    @property
    def has_queues(self) -> bool:
        return self is not Ruleset.PRE_4515

    @property
    def has_priority(self) -> bool:
        return self is not Ruleset.NO_PRIORITY


class RunQueue(StrEnum):
    """The run-queue classes of L-16."""

    FIFO = "fifo"
    FASTER_FIFO = "faster_fifo"
    ROUND_ROBIN = "round_robin"
