"""The benchmark suite, as `bench` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fastlanes_sim.api.facade import Facade, shared_fields
from fastlanes_sim.reports.content.bench import BenchReport
from fastlanes_sim.reports.exporters.html import HTML
from fastlanes_sim.reports.exporters.json_summary import JSON_SUMMARY
from fastlanes_sim.reports.exporters.manager import ExportPlan
from fastlanes_sim.reports.exporters.markdown import MARKDOWN
from fastlanes_sim.reports.exporters.png_charts import PNG_CHARTS
from fastlanes_sim.suite.bench import Bench

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastlanes_sim.reports.html.page import Page


class BenchResult(Bench, Facade):
    """Every workload against every layout, and what each layout scores.

    Example:
        found = bench(quick=True)
        found.composite["pinned"].value       # less is better, the reference has 100
        found.best("cron_storm")              # the layouts of rank 1
    """

    @classmethod
    def from_plain(cls, found: Bench) -> BenchResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def report(self) -> BenchReport:
        """What is said of it, as data: title, sentences, tables."""
        return BenchReport(self)

    @property
    def headline(self) -> str:
        """Who is ahead."""
        return self.report.answer

    def text(self) -> str:
        """The leaderboard, as the command line prints it."""
        from fastlanes_sim.reports.text.bench import text

        return text(self)

    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""
        from fastlanes_sim.reports.html.bench import page

        return page(self)

    def figures(self) -> Mapping[str, Figure]:
        """One: every score."""
        from fastlanes_sim.reports.figures.bench import scores

        return {"scores": scores(self).figure}

    def write(self, folder: str | Path, *, charts: bool = True) -> list[Path]:
        """Write table.md, bench.json, bench.html and, if wanted, scores.png; returns the files."""
        there = Path(folder)
        entries = [(MARKDOWN, there / "table.md"), (JSON_SUMMARY, there / "bench.json"), (HTML, there / "bench.html")]
        return ExportPlan((*entries, *([(PNG_CHARTS, there)] if charts else []))).write(self.exportable())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every score, the composite in the lowest row. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.bench import scores

        axes: Axes = scores(self, ax, shown)
        return axes

    def plot_composite(self, ax: Axes | None = None) -> Axes:
        """Composite scores with their intervals. Returns the Axes."""
        from fastlanes_sim.reports.charts.style import shown
        from fastlanes_sim.reports.figures.bench import composite

        axes: Axes = composite(self, ax, shown)
        return axes
