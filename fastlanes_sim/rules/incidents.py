"""What goes wrong at Lightning, and what it means at an instant (I-1 to I-12, docs/incidents.md). Whole microseconds, half-open spans."""

from __future__ import annotations

from collections.abc import Sequence

NEVER_AGAIN = 2**62
"""Later than every horizon."""
MILLION = 1_000_000
_STEP = 618_033
"""Coprime with a million and near its golden section, so that its multiples spread evenly."""


def goes_down(now: int, down: Sequence[tuple[int, int]]) -> int:
    """I-5: the first instant after `now` at which Lightning goes down, or NEVER_AGAIN. `down` ascends."""
    return next((begins for begins, _ in down if begins > now), NEVER_AGAIN)


def answer_at(inserted_at: int, timeout: int, goes_down_at: int) -> int:
    """L-20, I-5: until when the caller of a run that does not end waits: a 504 at the timeout, or the connection breaks before."""
    return min(inserted_at + timeout, goes_down_at)


def is_reply(ended_at: int, inserted_at: int, timeout: int, goes_down_at: int) -> bool:
    """L-20, I-5: whether the end of a run still reaches its caller."""
    return ended_at - inserted_at <= timeout and ended_at < goes_down_at


def is_dropped(luck: int, millionths: int) -> bool:
    """I-8: whether a reply with this luck, in millionths, is lost where so many of a million are."""
    return luck < millionths


def luck_of_empty(number: int) -> int:
    """I-9: of the reply without a run that is the `number`-th, from 1, in any span in which replies are dropped."""
    return number * _STEP % MILLION


def until_loaded(now: int, loaded_at: int, takes: int) -> int:
    """I-10, I-11: how long a run waits for its adaptor on this worker.

    Args:
        loaded_at: when it is, or was, loaded there, or -1: nobody has begun.
        takes: how long loading it takes.
    """
    return takes if loaded_at < 0 else max(0, loaded_at - now)
