"""The one total order of events, used by every engine (W-19, L-19).

Events are played by (time, rank, creation): earlier first; at one instant by rank; within a rank in the order in which they
were scheduled. The ranks say what the specification says of simultaneous events:

- what an event leaves behind for "right after" (waking, reacting, settling, starting) runs before the next event;
- what comes from outside the system, arrivals, then the beginnings of outages, then SIGTERMs and crashes (docs/failures.md), precedes
  everything else of its instant;
- timers run in the order of their creation; a run's end is one timer, set at its start for the earlier of finish and kill
  (a tie is a finish); a caller's further attempt is a timer too, for it depends on what has happened;
- a process at the end of its grace period is killed after them: what ends at that very instant has ended;
- an autoscaler counts what the instant leaves behind;
- the janitor comes after all of these.
"""

from __future__ import annotations

from enum import IntEnum


class Rank(IntEnum):
    FOLLOW_UP = 0
    ARRIVAL = 1
    OUTAGE = 2
    STOP = 3
    TIMER = 4
    KILL = 5
    POLL = 6
    JANITOR = 7
