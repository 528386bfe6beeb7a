"""The family of layouts that a search looks through: slots pinned to single queues, and one general loop for the rest.

For so many slots a layout is `fast_lane:P manual:Q GENERAL:R` with P + Q + R slots, R at least 1. GENERAL ends in `*`, so every run has
a slot that takes it, and names before it, in any order, lanes it prefers. Only lanes that have traffic are pinned or moved about: for
another lane it would make no difference to what is simulated. `manual` then stays where Lightning's default has it, `manual>*`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import permutations, product

PINNED = ("fast_lane", "manual")
"""Lanes that may have slots of their own. The default lane is what the general loop is for."""


def family(lanes: Collection[str], slots: int) -> list[str]:
    """Every layout of that many slots for traffic in these lanes, the plainest first.

    With traffic in the fast lane and not in `manual` they are 2 × slots, in both 5 × slots × (slots + 1) / 2, else 1 (`manual`: 2 × slots).
    """
    present = [lane for lane in PINNED if lane in lanes]
    counts = product(range(slots), repeat=len(present))
    return [
        " ".join([*(f"{lane}:{count}" for lane, count in zip(present, pinned, strict=True) if count), f"{general}:{slots - sum(pinned)}"])
        for pinned in sorted((pinned for pinned in counts if sum(pinned) < slots), key=lambda pinned: (sum(pinned), pinned))
        for general in _generals(present)
    ]


def _generals(present: list[str]) -> Iterator[str]:
    """What the general loop's token may say before its colon."""
    orders = [order for length in range(len(present) + 1) for order in permutations(present, length)]
    for order in orders:
        names = order if "manual" in present else (*order, "manual")
        yield ">".join([*names, "*"])
