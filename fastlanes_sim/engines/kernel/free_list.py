"""Places in an array of records that are handed out and come back. The free ones hang together by their field `next`, from place 0."""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled


@compiled
def take(array):
    place = array[0].next
    array[0].next = array[place].next
    return place


@compiled
def give(array, place):
    array[place].next = array[0].next
    array[0].next = place


@compiled
def stock(array, begin, end):
    """Offer the places from `begin` to `end` (exclusive), the first of them first."""
    for place in range(end - 1, begin - 1, -1):
        give(array, place)
