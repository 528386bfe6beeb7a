"""The benchmark suite for people: a leaderboard, a table a workload, a page, a figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.fingerprint import traffic_hash
from fastlanes_sim.experiments.metric import parse_statistic
from fastlanes_sim.experiments.verdicts import interval_text, mean_text
from fastlanes_sim.reports.charts.estimates import intervals
from fastlanes_sim.reports.charts.sweep import heat_map
from fastlanes_sim.reports.github import markdown
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.reportable import Table
from fastlanes_sim.reports.style import REFERENCE, paper, styled
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.summary import versions
from fastlanes_sim.suite.bench import CLAIMS, DEFAULT, FAST, FORMULA, LATE, MANUAL, STATISTICS, UTILISATION, Bench, Cell, Score

if TYPE_CHECKING:
    from fastlanes_sim.reports.html.page import Page

_NAMES = {name: parse_statistic(name) for name in STATISTICS}
COMPOSITE = "all"


class BenchResult(Bench):
    """A bench with its words, tables and pictures."""

    @property
    def title(self) -> str:
        return f"{self.suite.name}{', quick' if self.quick else ''}: {len(self.workloads)} workloads, {len(self.layouts)} layouts"

    @property
    def headline(self) -> str:
        """Who is ahead."""
        ahead = [layout for layout, score in self._by_score() if score.rank == 1]
        several = "First together, the differences are within noise: " if len(ahead) > 1 else "First: "
        return several + ", ".join(f"{layout} ({self.composite[layout].value:.3g})" for layout in ahead)

    @property
    def cases(self) -> list[Case]:
        """A leaderboard has no objectives."""
        return []

    @property
    def sentences(self) -> list[str]:
        seeds = sorted({cell.scenario.scenario.seed for cell in self.cells.values()})
        said = [
            FORMULA.format(reference=self.reference),
            f"{self.replications} replications of each workload, the same runs for every layout; seeds {', '.join(map(str, seeds))}.",
            "Values are means over the replications [95 % interval].",
        ]
        if self.changes:
            said.append("Laid over every workload: " + ", ".join(f"{path}={value}" for path, value in self.changes.items()) + ".")
        if self.quick:
            said.append("Quick: shorter horizons and few replications, a smoke test. These are not the suite's numbers.")
        return said

    @property
    def tables(self) -> list[Table]:
        """The leaderboard, every score, then a table a workload."""
        return [self.leaderboard, self._matrix(), *(self._workload(name) for name in self.workloads)]

    @property
    def leaderboard(self) -> Table:
        rows = [
            [
                str(score.rank),
                layout,
                self.layouts[layout],
                _score(score),
                str(sum(self.scores[workload][layout].rank == 1 for workload in self.workloads)),
            ]
            for layout, score in self._by_score()
        ]
        return Table("Leaderboard", ["rank", "layout", "WORKER_WORKLOOPS", "composite score", "workloads ranked 1"], rows)

    def _matrix(self) -> Table:
        rows = [
            [workload, *(f"{self.scores[workload][layout].value:.3g} ({self.scores[workload][layout].rank})" for layout in self.layouts)]
            for workload in self.workloads
        ]
        return Table("Scores and ranks", ["workload", *self.layouts], rows)

    def _workload(self, name: str) -> Table:
        head = [
            "layout", "workloops", "fast lane: p99 response", "504s", "default: p95 wait", "manual: p95 wait", "busy", "slot-hours",
            "claims a minute", "score", "rank",
        ]  # fmt: skip
        rows = [self._row(layout, cell, self.scores[name][layout]) for layout, cell in self.of(name).items()]
        return Table(f"{name}: {self.workloads[name].question}", head, rows)

    def _row(self, layout: str, cell: Cell, score: Score) -> list[str]:
        found = {name: cell.estimate(name) for name in STATISTICS}
        means = [mean_text(_NAMES[name], found[name]) for name in (LATE, DEFAULT, MANUAL, UTILISATION)]
        cost = ["–" if cell.slot_hours is None else f"{cell.slot_hours:g}", f"{cell.claims_a_minute.mean:,.0f}"]
        first = interval_text(_NAMES[FAST], found[FAST])
        return [layout, cell.layout, first, *means, *cost, f"{score.value:.3g}", str(score.rank)]

    def _by_score(self) -> list[tuple[str, Score]]:
        return sorted(self.composite.items(), key=lambda item: (item[1].rank, item[1].value))

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        return {"suite": self.suite.name, "quick": self.quick, "replications": self.replications, "versions": versions()}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares, claims."""
        return self.metadata | {
            "changes": dict(self.changes),
            "formula": FORMULA.format(reference=self.reference),
            "layouts": dict(self.layouts),
            "composite": {layout: _score_json(score) for layout, score in self.composite.items()},
            "workloads": {
                name: {
                    "question": workload.question,
                    **_origin(self.cells[name, self.reference]),
                    "layouts": {layout: self._cell_json(cell, self.scores[name][layout]) for layout, cell in self.of(name).items()},
                }
                for name, workload in self.workloads.items()
            },
        }

    def _cell_json(self, cell: Cell, score: Score) -> dict[str, object]:
        return {
            "workloops": cell.layout,
            "slot_hours": cell.slot_hours,
            "claims_a_minute": cell.claims_a_minute.to_json(),
            "statistics": {
                name: {"unit": one.unit, **cell.estimate(name).to_json(one.scale)} for name, one in _NAMES.items() if name != CLAIMS
            },
            "score": _score_json(score),
        }

    def text(self) -> str:
        """For a terminal of 80 columns: the leaderboard alone."""
        lines = [self.title, f"{'rank':>4}  {'composite score':<22}{'layout':<14}WORKER_WORKLOOPS"]
        lines += [
            f"{score.rank:>4}  {_score(score):<22}{layout:<14}{self.layouts[layout] if self.layouts[layout] != layout else ''}".rstrip()
            for layout, score in self._by_score()
        ]
        return "\n".join([*lines, f"100 is {self.reference}; less is better; equal ranks are within noise."])

    def plot(self, ax: Any = None) -> Any:
        """Every score, the composite in the lowest row. Returns the Axes."""
        import pandas as pd

        scores = {COMPOSITE: self.composite} | {name: self.scores[name] for name in reversed(list(self.workloads))}
        rows = [(layout, name, of_layouts[layout].value) for name, of_layouts in scores.items() for layout in self.layouts]
        with styled():
            ax = ax or paper(2.8 + 0.62 * len(self.layouts), 2 + 0.4 * (len(self.workloads) + 1)).subplots()
            heat_map(ax, pd.DataFrame(rows, columns=["x", "y", "value"]), value=f"Scores (100: {self.reference}; less is better)")
            ax.tick_params(axis="x", labelrotation=25, labelsize=10)
            ax.tick_params(axis="y", labelsize=10)
            for label in ax.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
            ax.axhline(0.5, color="white", linewidth=3)
            return ax

    def plot_composite(self, ax: Any = None) -> Any:
        """Composite scores with their intervals. Returns the Axes."""
        rows = [(f"{layout} ({self.layouts[layout]})", (s.value, s.low, s.high)) for layout, s in self._by_score()]
        with styled():
            ax = ax or paper(8, 1.8 + 0.5 * len(rows)).subplots()
            intervals(ax, rows, "Composite score (less is better)", "Composite scores, 95 % intervals")
            ax.axvline(100, color=REFERENCE, linewidth=1.2, linestyle=":")
            return ax

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.experiment_page import chart_of
        from fastlanes_sim.reports.html.page import Page, Text

        says = "The score of each layout in each workload as a number and a shade; the lowest row is the composite."
        across = "The composite score of each layout with its interval; a dotted line marks the reference."
        return Page(
            title=self.title,
            cases=[],
            why=self.sentences,
            charts=[
                chart_of("Scores", says, "scores", self.plot().figure, [self._matrix()]),
                chart_of("Composite scores", across, "composite", self.plot_composite().figure, [self.leaderboard]),
            ],
            tables=self.tables,
            scenarios=[Text(f"{name}.yaml", one.path.read_text(encoding="utf-8"), self.changes) for name, one in self.workloads.items()],
            metadata=self.metadata,
            headline=self.headline,
        )


def _origin(cell: Cell) -> dict[str, object]:
    """What all layouts of a workload have in common."""
    plain = cell.scenario.scenario
    return {"seed": plain.seed, "horizon_s": plain.horizon / SECOND, "slots": cell.slots, "scenario_hash": traffic_hash(plain)}


def _score(score: Score) -> str:
    if score.low == score.high:
        return f"{score.value:.3g}"
    return f"{score.value:.3g} [{score.low:.3g}, {score.high:.3g}]"


def _score_json(score: Score) -> dict[str, object]:
    ends = {"low": score.low, "high": score.high}
    return {"value": score.value, "rank": score.rank} | {name: end if math.isfinite(end) else None for name, end in ends.items()}


def write_bench(found: BenchResult, directory: Path) -> list[Path]:
    """Write table.md, bench.json, bench.html and scores.png into `directory`; returns their paths."""
    from fastlanes_sim.reports.html.render import write_page
    from fastlanes_sim.reports.pictures import save_figure

    table, values, page, picture = (directory / name for name in ("table.md", "bench.json", "bench.html", "scores.png"))
    text = markdown(found)
    write_atomically(table, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    write_summary(values, found.summary())
    write_page(page, found.page())
    save_figure(found.plot().figure, picture)
    return [table, values, page, picture]
