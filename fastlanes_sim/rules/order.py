"""The one total order of events, used by every engine (W-19, L-19).

Events are played by (time, rank, creation): earlier first; at one instant by rank; within a rank in the order in which they
were scheduled. The ranks say what the specification says of simultaneous events:

- what an event leaves behind for "right after" (waking, reacting, settling, starting) runs before the next event;
- what comes from outside the system, arrivals and then the beginnings of outages, precedes everything else of its instant;
- timers run in the order of their creation; a run's end is one timer, set at its start for the earlier of finish and kill
  (a tie is a finish); a caller's further attempt is a timer too, for it depends on what has happened;
- the janitor comes after both.
"""

from __future__ import annotations

from enum import IntEnum


class Rank(IntEnum):
    FOLLOW_UP = 0
    ARRIVAL = 1
    OUTAGE = 2
    TIMER = 3
    JANITOR = 4
