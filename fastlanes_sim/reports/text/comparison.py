"""A comparison in the terminal."""

from __future__ import annotations

import math

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import format_share
from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.reports.content.comparison import OF_EACH_DAY, ComparisonReport
from fastlanes_sim.reports.content.trials import warned

_WORTH_TELLING = 1.2
"""Times narrower; pairing that gains less is not told."""


def text(found: Comparison) -> str:
    """The gate's verdicts, then pair by pair what differs and what pairing was worth."""
    first, report = next(iter(found.results.values())), ComparisonReport(found)
    lines = [f"{report.answer}.", "", *(f"note: {note}" for note in first.notes)]
    if not found.same_traffic:
        lines.append("note: the traffic differs: paired by seed only")
    lines += report.unfinished
    pairs = len(found.pairs)
    corrected = f", Bonferroni over {pairs} pairs: each at {format_share(found.pair_level, 4)}" if pairs > 1 else ""
    if found.gate is not None:
        lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in found.results[found.gate].verdicts]
        lines += [f"{one.verdict.upper():<10}{one.slo.text} (implied): {one.text}" for one in found.finishes(found.gate)]
        lines += [f"  by {found.gate}, the gate", ""]
    lines.append(f"{counted(len(first.values), 'replication')}, the same runs for all; intervals at {100 * found.level:g} %{corrected}")
    if any(one.is_pooled for one in found.measures):
        lines.append(OF_EACH_DAY)
    for a, b in found.pairs:
        lines += ["", f"{b}", f"  against {a}:"]
        for one in found.of_pair(a, b):
            lines.append(f"  {one.words.replace(f'{b} is ', '')} ({report.values(one)})")
            if _WORTH_TELLING <= one.narrower < math.inf:
                need = f"{one.unpaired_replications:,.0f} replications"
                lines.append(f"      pairing: {one.narrower:.1f} x narrower; unpaired would take {need}")
    warnings = warned(found.warnings)
    return "\n".join([*lines, *([""] if warnings else []), *warnings])
