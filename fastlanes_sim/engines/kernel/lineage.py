"""Which of two timers of one instant was created first, where the place of one in the order of creation is not known (W-19, `foresight`).

Timers are created in the order in which the events happen that create them. So of two that were created in one instant, that one comes
first whose creator came first in that instant; and if the creators were created in one instant too, the same question is asked of them.
Each place in the order of creation is noted here with the event that took it. A place that is foreseen is marked with `FORESEEN`: as a
number it says nothing, but its creator is known like any other's.

Of creators of one instant, those of a smaller rank count as the first. So they are, unless an event of a larger rank leads to timers of the
same instant: the timeout of a run that has phases does (K-8) where messages take no time. There, nothing is foreseen (`initial_state`).

Only the last places are remembered. Should two lines of ancestors be alike for longer than that, in every instant, then this says so, and
the simulation is begun anew without foresight (`simulation`).
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled, inlined

FORESEEN = 2**60
"""Added to a place in the order of creation that is not the real one."""
UNKNOWN = FORESEEN
"""A place of which not even the creator is known."""
LEAST_REMEMBERED, REMEMBERED_A_SLOT, MOST_REMEMBERED = 2**15, 2**9, 2**22
"""Places: more than are taken while a segment sleeps (W-7), where each slot has a hundred chains."""


def remembered(slots: int) -> int:
    """How many places are remembered of workers with so many slots that poll; a power of two."""
    wanted = 1 << (slots * REMEMBERED_A_SLOT).bit_length()
    return min(max(LEAST_REMEMBERED, wanted), MOST_REMEMBERED)


@inlined
def note(world, place, order, creator):
    """The timer of this place has been created by the event of that order and place."""
    entry = world.creators[place & (len(world.creators) - 1)]
    entry.order = order
    entry.place = creator


@compiled
def is_first(world, one, other):
    """Whether the first of two places was taken first, in one and the same instant, by timers of one rank."""
    if one < FORESEEN and other < FORESEEN:
        return one < other
    mask = len(world.creators) - 1
    while is_remembered(world, one) and is_remembered(world, other):
        by_one, by_other = world.creators[one & mask], world.creators[other & mask]
        if by_one.order != by_other.order:
            return by_one.order < by_other.order
        if by_one.place == UNKNOWN or by_other.place == UNKNOWN:
            break
        if by_one.place == by_other.place:
            return one & (FORESEEN - 1) < other & (FORESEEN - 1)
        one, other = 0 + by_one.place, 0 + by_other.place
        if one < FORESEEN and other < FORESEEN:
            return one < other
    world.clock[0].is_undecided = True
    return False


@inlined
def is_remembered(world, place):
    clock = world.clock[0]
    return place != UNKNOWN and place & (FORESEEN - 1) > max(clock.created - len(world.creators), clock.remembers_from)
