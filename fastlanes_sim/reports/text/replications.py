"""Replications in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.verdicts import interval_text
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.reports.content.replications import ReplicationsReport


def what_is_estimated(measures: Sequence[Measure], what: str) -> str:
    """Which of the numbers are of all runs, and which are means."""
    pooled = [one.is_pooled for one in measures]
    if not any(pooled):
        return f"means over the {what}"
    return f"percentiles and shares of the runs of all {what}{'' if all(pooled) else f'; means over the {what}'}"


def text(found: Replicated) -> str:
    """The answer, the verdicts, then every measure with its interval, then what formulas say."""
    lines = [f"{ReplicationsReport(found).answer}.", "", *(f"note: {note}" for note in found.notes)]
    lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in found.verdicts]
    many, what = len(found.values), "batches" if found.batches else "replications"
    lines += ["", f"Over {many} {what} [{100 * found.level:g} % interval]: {what_is_estimated(found.measures, what)}"]
    lines += [f"  {one.text:<32} {interval_text(one, found.estimate(one))}" for one in found.measures]
    parts = ReplicationsReport(found).interval_parts
    lines += ["", "What the intervals are made of:"] if parts else []
    lines += [f"  {one.text:<32} {part.words}" for one, part in parts.items()]
    return "\n".join([*lines, "", "Beside it, no simulation:", *(f"  {line}" for line in found.sanity.lines())])
