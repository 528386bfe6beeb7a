"""Replications in the terminal."""

from __future__ import annotations

from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.verdicts import interval_text


def text(found: Replicated) -> str:
    """The verdicts, then every measure with its interval, then what formulas say."""
    lines = [f"note: {note}" for note in found.notes]
    lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in found.verdicts]
    lines += ["", f"Means over {len(found.values)} {'batches' if found.batches else 'replications'} [{100 * found.level:g} % interval]:"]
    lines += [f"  {one.text:<32} {interval_text(one, found.estimate(one))}" for one in found.measures]
    return "\n".join([*lines, "", "Beside it, no simulation:", *(f"  {line}" for line in found.sanity.lines())])
