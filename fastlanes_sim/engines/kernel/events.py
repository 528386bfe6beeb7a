"""The kinds of event, in two tables: timers, which come at their time, and follow-ups, which come right after what asked for them."""

from __future__ import annotations

# Timers, and what they are about.
OPEN = 0  # worker: its socket opens (W-12)
RECONNECT = 1  # worker: it tries to open its socket again
REFUSED = 2  # worker: that has failed
DEBOUNCED = 3  # worker: Lightning tells it of new runs (L-17)
NOTIFIED = 4  # worker: it hears of them
DECIDED = 5  # claim: Lightning decides it (W-16)
REPLIED = 6  # claim: the reply arrives
EXPIRED = 7  # claim: its timeout
VERIFIED = 8  # run: its token is verified (W-8)
JOINED = 9  # run: its channel is joined (W-15)
ENDED = 10  # run: it finishes, or is killed (L-19)
SLEPT = 11  # segment: its sleep is over (W-7)
SETTLED = 12  # loop: the next segment of a chain begins (W-9)
CONTINUED = 13  # segment: the same, where a loop has one chain only
UNANSWERED = 14  # row of the run table: time to ask again, if it was answered with 504 (L-20)
REFUSED_BEFORE = 15  # row of the run table: an attempt after a 429 or 503
TURNED = 16  # nothing: Lightning goes down, or is back (I-6); only where a worker is ideal
STOP = 17  # worker: its process gets SIGTERM, or crashes (F-2, F-5)
KILL = 18  # worker: the grace period of its process is over (F-4)
POLL = 19  # autoscaler: it counts the runs

# Follow-ups, and what they are about.
CONNECTED = 0  # worker (W-11)
REPLY = 1  # claim: answered without any latency (W-19)
START = 2  # run (W-15)
REACT = 3  # segment: to an empty reply (W-7)
SETTLE_SOON = 4  # segment: one follow-up before the next (W-19)
SETTLE = 5  # segment (W-9)
