"""A heap always has its smallest key on top, whatever is put in and taken out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.engines.kernel import pairing_heap, records
from fastlanes_sim.engines.kernel.jit import entry
from fastlanes_sim.engines.kernel.records import NOBODY

PLACES = 12


@entry
def _push(nodes, top, place, key):
    return pairing_heap.push(nodes, top, place, key)


@entry
def _remove(nodes, top, place):
    return pairing_heap.remove(nodes, top, place)


@entry
def _count_below(nodes, top, key):
    return pairing_heap.count_below(nodes, top, key)


@given(st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, 50), st.booleans()), max_size=80))
def test_the_smallest_is_on_top_and_all_are_counted(steps):
    nodes = np.zeros(PLACES, records.NODE).view(np.recarray)
    tops = [NOBODY, NOBODY]  # two heaps share the nodes
    inside: dict[int, tuple[int, int]] = {}
    for place, number, second in steps:
        if place in inside:
            which, _ = inside.pop(place)
            tops[which] = int(_remove(nodes, tops[which], place))
        else:
            key = number * PLACES + place  # distinct, as candidates' keys are
            inside[place] = (int(second), key)
            tops[second] = int(_push(nodes, tops[second], place, key))
        for which in range(2):
            keys = sorted(key for pile_of, key in inside.values() if pile_of == which)
            assert (tops[which] == NOBODY) == (not keys)
            if keys:
                assert nodes[tops[which]].key == keys[0]
            assert int(_count_below(nodes, tops[which], number * PLACES)) == sum(key < number * PLACES for key in keys)


def test_emptied_from_the_top_it_is_sorted():
    rng = np.random.default_rng(4)
    nodes = np.zeros(1_000, records.NODE).view(np.recarray)
    keys = rng.permutation(1_000)
    top = NOBODY
    for place, key in enumerate(keys):
        top = int(_push(nodes, top, place, int(key)))
    seen = []
    while top != NOBODY:
        seen.append(int(nodes[top].key))
        top = int(_remove(nodes, top, top))
    assert seen == list(range(1_000))
