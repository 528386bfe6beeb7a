"""The states of a run and the ways between them (L-1).

    available → claimed → started → success | failed | crashed | cancelled | killed | exception
        │          │         │
        │          └─────────┴────→ lost        (the janitor, L-18)
        └─────────────────────────→ cancelled   (before anybody claimed it)

A worker may also report an end for a run that it claimed and never started. Final states stay: `lost` is final, whatever a
worker reports afterwards (L-18).
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    AVAILABLE = 0
    CLAIMED = 1
    STARTED = 2
    SUCCESS = 3
    FAILED = 4
    CRASHED = 5
    CANCELLED = 6
    KILLED = 7
    EXCEPTION = 8
    LOST = 9


ACTIVE = frozenset({State.AVAILABLE, State.CLAIMED, State.STARTED})
FINAL = frozenset(State) - ACTIVE
FAILURES = (State.FAILED, State.CRASHED, State.EXCEPTION)
"""Ends that the run itself came to, other than success."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.AVAILABLE: frozenset({State.CLAIMED, State.CANCELLED}),
    State.CLAIMED: frozenset({State.STARTED}) | FINAL,
    State.STARTED: FINAL,
    **{state: frozenset() for state in FINAL},
}
"""L-1: from each state, the states that may follow it."""


def may_follow(now: State, new: State) -> bool:
    """Whether a run in state `now` may become `new` (L-1); otherwise the request changes nothing."""
    return new in TRANSITIONS[now]
