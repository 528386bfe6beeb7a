"""A limit of requests within a time (R-3, docs/resources.md): a bucket of tokens, told by one instant.

This is the virtual scheduling form of the generic cell rate algorithm (ITU-T I.371). The instant is when the bucket would be full again but
for one token; a bucket of `burst` tokens, one of which comes back `every` so many µs, has one left if that is near enough.
"""

from __future__ import annotations


def admits(now: int, full_at: int, every: int, burst: int) -> bool:
    """Whether there is a token left."""
    return now >= full_at - (burst - 1) * every


def taken(now: int, full_at: int, every: int) -> int:
    """The instant after one token has been taken."""
    return max(now, full_at) + every


def gives_up(refusals: int, attempts: int) -> bool:
    """Whether so many refusals are enough. No attempts: they never are."""
    return 0 < attempts <= refusals
