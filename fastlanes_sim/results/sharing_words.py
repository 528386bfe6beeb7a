"""What is said of runs that share more than slots (docs/resources.md)."""

from __future__ import annotations

from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.scenario.resource_uses import crowded

_LEAST_SHARE = 0.05
"""Of the time in which slots were held, from which on it is said what went into sharing."""


def sharing_sentences(found: Simulated) -> list[str]:
    """How much of the slots' time went into waiting at what runs share, or was lost by sharing it (R-1 to R-4), and where more slots do not
    help; how many runs had no memory (R-5). Nothing where that is little."""
    sentences = []
    if found.held_up >= _LEAST_SHARE:
        held = f"{100 * found.held_up:.0f} % of the time in which slots were held, the runs in them waited at what they share"
        sentences.append(f"{held}, or were slowed down by it (`resource`).")
        sentences += [f"{one[0].upper()}{one[1:]}." for one in crowded(found.scenario.scenario)]
    if found.out_of_memory:
        runs = "1 run was" if found.out_of_memory == 1 else f"{found.out_of_memory:,} runs were"
        its = "its worker had no memory for it" if found.out_of_memory == 1 else "their worker had no memory for them"
        sentences.append(f"{runs} killed because {its} (R-5).")
    return sentences
