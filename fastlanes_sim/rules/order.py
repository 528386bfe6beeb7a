"""The one total order of events, used by every engine (W-19, L-19).

Events happen by (time, rank, creation): earlier first; at one instant by rank; within a rank in the order in which they were scheduled.
`rules.events` gives each kind of event its rank. The ranks, from first to last, say what the specification says of simultaneous events.

Both engines read these numbers. Two ranks swapped here change both alike, and `tests/engines/test_order.py` names what they break.
"""

from __future__ import annotations

from enum import IntEnum


class Rank(IntEnum):
    FOLLOW_UP = 0
    """What an event leaves behind for "right after": waking, reacting, settling, starting. It runs before the next event."""
    ARRIVAL = 1
    """Requests come from outside the system. What comes from outside precedes everything else of its instant."""
    OUTAGE = 2
    """The beginnings of outages, from outside too."""
    STOP = 3
    """SIGTERM and crashes, from outside too (docs/failures.md)."""
    TIMER = 4
    """Timers, in the order of their creation. A run's end is one timer, set at its start for the earlier of finish and kill (a tie is a
    finish). A caller's further attempt is a timer too, for it depends on what has happened."""
    KILL = 5
    """The end of a grace period: what ends at that very instant has ended. Of a run that has phases also its timeout and the end of its
    patience: an answer at that very instant has come (K-8)."""
    POLL = 6
    """An autoscaler counts what the instant leaves behind."""
    JANITOR = 7
    """The janitor comes after all of these."""
