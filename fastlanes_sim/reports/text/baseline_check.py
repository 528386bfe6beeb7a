"""Baselines held against the present, in the terminal."""

from __future__ import annotations

from fastlanes_sim.core.counting import counted
from fastlanes_sim.reports.content.baseline_check import NOTHING, BaselineCheckReport
from fastlanes_sim.suite.check import REAL, Kind


def text(report: BaselineCheckReport) -> str:
    """Baseline by baseline what changed, then since which input; at the end the counts."""
    lines = []
    for one in report.found:
        lines.append(f"{one.baseline.name} ({counted(one.baseline.replications, 'replication')} of {one.baseline.scenario})")
        if one.moved_to:
            lines.append(f"  moved     its scenario was found at {one.moved_to}")
        if one.why_not is not None:
            lines += [f"  NOT COMPARED  {one.why_not.reason}", *(f"    {problem}" for problem in one.why_not.problems)]
            lines.append(f"    hint: {one.why_not.hint}")
            continue
        for kind in (Kind.WORSE, Kind.OTHER, Kind.BETTER):
            lines += [f"  {'CHANGED' if kind is not Kind.WORSE else 'WORSE':<10}{change.words}" for change in one.of(kind)]
        lines += [f"  {'UNDECIDED':<10}{change.words}" for change in one.of(Kind.OPEN)]
        lines += [f"  {'noise':<10}{change.words}" for change in one.of(Kind.NOISE)]
        lines += [f"  {'small':<10}{change.words}" for change in one.of(Kind.SMALL)]
        same = one.of(Kind.IDENTICAL)
        lines += [f"  identical {'all ' if len(same) == len(one.changes) > 1 else ''}{counted(len(same), 'statistic')}"] if same else []
        if one.of(*REAL, Kind.NOISE, Kind.OPEN, Kind.SMALL):
            lines += ["  since these inputs changed:", *(f"    {since}" for since in one.since or [NOTHING])]
    lines.append(report.title)
    if any(one.of(*REAL) for one in report.found):
        lines.append("Meant? Then record anew: fastlanes-sim baseline record SCENARIO")
    return "\n".join(lines)
