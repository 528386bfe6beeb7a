"""A heap: whatever has the smallest key is on top, and anything can be taken out of the middle. O(1) in, amortised O(log n) out.

A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986, https://doi.org/10.1007/BF01840439) over the nodes of one array: any number of
heaps share it, and a heap is one number, its top.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY


@compiled
def push(nodes, top, place, key):
    """Put `place` into the heap; returns its new top."""
    node = nodes[place]
    node.key = key
    node.child = NOBODY
    node.next = NOBODY
    node.previous = NOBODY
    return place if top == NOBODY else meld(nodes, top, place)


@compiled
def remove(nodes, top, place):
    """Take `place` out of the heap; returns its new top, or NOBODY."""
    node = nodes[place]
    rest = merged(nodes, node.child)
    if place == top:
        return rest
    if nodes[node.previous].child == place:
        nodes[node.previous].child = node.next
    else:
        nodes[node.previous].next = node.next
    if node.next != NOBODY:
        nodes[node.next].previous = node.previous
    return top if rest == NOBODY else meld(nodes, top, rest)


@compiled
def meld(nodes, one, other):
    """Two heaps into one: the top with the larger key becomes the first child of the other."""
    if nodes[other].key < nodes[one].key or (nodes[other].key == nodes[one].key and nodes[other].order < nodes[one].order):
        one, other = other, one
    top, below = nodes[one], nodes[other]
    below.previous = one
    below.next = top.child
    if top.child != NOBODY:
        nodes[top.child].previous = other
    top.child = other
    top.next = NOBODY
    top.previous = NOBODY
    return one


@compiled
def merged(nodes, first):
    """The siblings from `first` on as one heap: paired from left to right, the pairs melded from right to left."""
    pairs = NOBODY
    while first != NOBODY:
        second = nodes[first].next
        following = NOBODY if second == NOBODY else nodes[second].next
        pair = first if second == NOBODY else meld(nodes, first, second)
        nodes[pair].next = pairs  # until the way back, `next` leads to the pair before
        pairs = pair
        first = following
    if pairs == NOBODY:
        return NOBODY
    top = pairs
    pairs = nodes[top].next
    nodes[top].next = NOBODY
    nodes[top].previous = NOBODY
    while pairs != NOBODY:
        pair = pairs
        pairs = nodes[pair].next
        top = meld(nodes, top, pair)
    return top


@compiled
def count_below(nodes, top, key):
    """How many keys are smaller than `key`; looks only at these and their children."""
    count = 0
    place = top
    while place != NOBODY:
        if nodes[place].key < key:
            count += 1
            following = nodes[place].child
        else:
            following = NOBODY
        # Nothing below to look at: on to the next sibling, of this node or of the nearest ancestor that has one.
        while following == NOBODY and place != NOBODY:
            following = nodes[place].next
            if following == NOBODY:
                place = parent(nodes, place)
        place = following
    return count


@compiled
def parent(nodes, place):
    """The node above, or NOBODY above the top."""
    previous = nodes[place].previous
    while previous != NOBODY and nodes[previous].child != place:
        place = previous
        previous = nodes[place].previous
    return previous
