"""The figures of the benchmark suite: every score, and the composite scores with their intervals."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.reports.charts.design_points import heat_map
from fastlanes_sim.reports.charts.estimates import intervals
from fastlanes_sim.reports.charts.style import REFERENCE, NewFigure, paper, styled
from fastlanes_sim.reports.content.bench import BenchReport
from fastlanes_sim.suite.bench import Bench

COMPOSITE = "all"


def scores(found: Bench, ax: Any = None, on: NewFigure = paper) -> Any:
    """Every score, the composite in the lowest row. Returns the Axes."""
    import pandas as pd

    by_row = {COMPOSITE: found.composite} | {name: found.scores[name] for name in reversed(list(found.workloads))}
    rows = [(layout, name, of_layouts[layout].value) for name, of_layouts in by_row.items() for layout in found.layouts]
    with styled():
        ax = ax or on(2.8 + 0.62 * len(found.layouts), 2 + 0.4 * (len(found.workloads) + 1)).subplots()
        heat_map(ax, pd.DataFrame(rows, columns=["x", "y", "value"]), value=f"Scores (100: {found.reference}; less is better)")
        ax.tick_params(axis="x", labelrotation=25, labelsize=10)
        ax.tick_params(axis="y", labelsize=10)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
        ax.axhline(0.5, color="white", linewidth=3)
        return ax


def composite(found: Bench, ax: Any = None, on: NewFigure = paper) -> Any:
    """Composite scores with their intervals. Returns the Axes."""
    rows = [(f"{layout} ({found.layouts[layout]})", (s.value, s.low, s.high)) for layout, s in BenchReport(found).by_score]
    with styled():
        ax = ax or on(8, 1.8 + 0.5 * len(rows)).subplots()
        intervals(ax, rows, "Composite score (less is better)", "Composite scores, 95 % intervals")
        ax.axvline(100, color=REFERENCE, linewidth=1.2, linestyle=":")
        return ax
