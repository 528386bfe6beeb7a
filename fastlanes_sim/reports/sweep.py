"""A sweep for people: a line a point, heat maps over two dimensions, lines over one, and its files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.metric import Statistic, each_once, statistic_of
from fastlanes_sim.experiments.sweep import Point, Sweep, in_column, spelled
from fastlanes_sim.experiments.verdicts import interval_text
from fastlanes_sim.reports.charts.sweep import heat_map, lines
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.reportable import Table, aligned
from fastlanes_sim.reports.style import paper, styled
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.slo import worst
from fastlanes_sim.results.summary import origin
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.slo import Slo, parse_slo

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.reports.html.page import Page

MOST_DRAWN = 4
"""Statistics with a chart of their own."""
MOST_ROWS = 60
"""Points listed one by one; the table of results has all of them."""
_SIGNS = {"met": "✓ ", "missed": "✗ ", "undecided": "? ", "": ""}


class SweepResult(Sweep):
    """A sweep with its charts and words."""

    @property
    def first(self) -> LoadedScenario:
        """Of the points that are valid."""
        return next(point.scenario for point in self.points if point.scenario is not None)

    @property
    def drawn(self) -> list[Statistic]:
        """What the objectives bound, or the first that were measured."""
        of_objectives = each_once(statistic_of(slo) for slo in self._slos if slo.operator != "==")
        return (of_objectives or list(self.statistics))[:MOST_DRAWN]

    @property
    def _slos(self) -> list[Slo]:
        """Of all points."""
        texts = [text for point in self.points if point.scenario is not None for text in point.scenario.scenario.slos]
        return [parse_slo(text) for text in dict.fromkeys(texts)]

    @property
    def title(self) -> str:
        return f"{self.first.scenario.name}, {len(self.points):,} points"

    @property
    def cases(self) -> list[Case]:
        """Every point's objectives as CI sees them, and one for each point that could not be played."""
        told = "interrupted" if self.interrupted else ""
        found = []
        for point in self.points:
            if point.failure is not None:
                place = self.first.source if point.scenario is None else point.scenario.source
                found.append(Case(point.label, "the point can be played", "undecided", point.failure.message, place, 0))
            elif point.scenario is not None:
                found += cases(point.label, point.scenario, point.verdicts, interrupted=told)
        return found

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        fewest = min(len(point.values) for point in self.points if point.failure is None) if len(self.failed) < len(self.points) else 0
        interrupted = [f"interrupted: of {self.replications} replications every point has at least {fewest}"] if self.interrupted else []
        return interrupted + [f"not played: {point.label}: {_cause(point)}" for point in self.failed]

    @property
    def tables(self) -> list[Table]:
        """A row a point: its values, its verdict, and what was drawn."""
        head = [*self._names, "verdict", *(one.text for one in self.drawn)]
        rows = [self._cells(point) for point in self.points[:MOST_ROWS]]
        more = len(self.points) - MOST_ROWS
        heading = f"Means and {100 * self.level:g} % intervals" + (f" of the first {MOST_ROWS} points" if more > 0 else "")
        return [Table(heading, head, rows)]

    def _cells(self, point: Point) -> list[str]:
        settings = [spelled(value) for value in point.settings.values()]
        if point.failure is not None:
            return [*settings, "not played", *("–" for _ in self.drawn)]
        verdict = point.verdict if point.verdicts else "–"
        return [*settings, verdict, *(_SIGNS[_of(point, one)] + interval_text(one, point.estimate(one)) for one in self.drawn)]

    def text(self) -> str:
        (table,) = self.tables
        rest = len(self.points) - len(table.rows)
        lines = [f"note: {sentence}" for sentence in self.sentences]
        lines.append(f"{len(self.points):,} points, {self.replications} replications each, {100 * self.level:g} % intervals")
        lines += ["", *aligned(table)]
        return "\n".join([*lines, f"… and {rest:,} more, in the table of results"] if rest else lines)

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on. The hash is of the hashes of all points."""
        hashes = "".join(point.scenario.hash if point.scenario is not None else "invalid" for point in self.points)
        plain = self.first.scenario
        origins = origin(plain.name, hashlib.sha256(hashes.encode()).hexdigest(), plain.seed)
        return origins | {"replications": self.replications, "varied": {one.name: list(one.values) for one in self.dimensions}}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        return self.metadata | {"interrupted": self.interrupted, "points": [self._summary(point) for point in self.points]}

    def _summary(self, point: Point) -> dict[str, object]:
        told: dict[str, object] = {"values": dict(point.settings), "verdict": point.verdict if point.verdicts or point.failure else None}
        if point.failure is not None:
            return told | {"problem": point.failure.message}
        slos = [{"slo": one.slo.text, "verdict": one.verdict, "text": one.text} for one in point.verdicts]
        statistics = {one.text: {"unit": one.unit, **point.estimate(one).to_json(one.scale)} for one in self.statistics}
        return told | {"slos": slos, "statistics": statistics}

    def plot(self, statistic: str | None = None, ax: Any = None) -> Any:
        """One statistic over the first dimensions: lines with intervals over one, a heat map over two. Returns the Axes.

        Args:
            statistic: as `p99(fast_lane.response)`; by default the first that an objective speaks of.

        Raises:
            ValueError: there are more dimensions than that.
        """
        if len(self.dimensions) > 2:
            raise ValueError("more than two dimensions are no picture: look at .frame")
        one = self.drawn[0] if statistic is None else next(one for one in self.statistics if one.text == statistic)
        unit = {"s": " (s)", "runs": " (runs)", "share": ""}[one.unit]
        with styled():
            ax = ax or paper(8, _height(self)).subplots()
            if len(self.dimensions) == 1:
                return lines(ax, self._drawn(one), x=self._names[0], value=one.text + unit, bound=self._bound(one))
            return heat_map(ax, self._drawn(one), x=self._names[1], y=self._names[0], value=one.text + unit)

    def _drawn(self, statistic: Statistic) -> pd.DataFrame:
        """What the charts want: `x`, `y` where there is one, `value`, `low`, `high`, and whether the point is `met`."""
        import pandas as pd

        rows = []
        for point in self.points:
            found, scale = point.estimate(statistic), statistic.scale
            places = [in_column(one, point.settings[one.name]) for one in self.dimensions]
            rows.append((places[-1], places[0], found.mean / scale, found.low / scale, found.high / scale, _of(point, statistic) == "met"))
        frame = pd.DataFrame(rows, columns=["x", "y", "value", "low", "high", "met"])
        return frame if any(statistic_of(slo).text == statistic.text for slo in self._slos) else frame.drop(columns="met")

    def _bound(self, statistic: Statistic) -> float | None:
        """Of the one objective that says at most how much it may be; None where there are several or none."""
        bounds = {slo.bound for slo in self._slos if statistic_of(slo).text == statistic.text and slo.operator in ("<", "<=")}
        return bounds.pop() / statistic.scale if len(bounds) == 1 else None

    def figure(self) -> Any:
        """A chart for each of `drawn`, one below the other; None of more than two dimensions."""
        if len(self.dimensions) > 2:
            return None
        with styled():
            figure = paper(8, _height(self) * len(self.drawn))
            axes = figure.subplots(len(self.drawn), 1, squeeze=False)[:, 0]
        for one, ax in zip(self.drawn, axes, strict=True):
            self.plot(one.text, ax)
        return figure

    @property
    def common(self) -> LoadedScenario:
        """The scenario as the page shows it: with what is laid over it at every point."""
        own = {path for point in self.points for one in self.dimensions for path in one.overrides(point.settings[one.name])}
        shared = {path: value for path, value in self.first.overrides.items() if path not in own}
        return replace(self.first, overrides=shared)

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.sweep_page import sweep_page

        return sweep_page(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def _of(point: Point, statistic: Statistic) -> str:
    """The verdict on the objectives that speak of it, or nothing."""
    found = [one.verdict for one in point.verdicts if statistic_of(one.slo).text == statistic.text]
    return worst(found) if found else ""


def _cause(point: Point) -> str:
    assert point.failure is not None
    return point.failure.message


def _height(found: Sweep) -> float:
    """In inches, of one chart."""
    rows = len(found.dimensions[0].values) if len(found.dimensions) == 2 else 0
    return max(3.6, 1.6 + 0.32 * min(rows, 30))


def write_sweep(found: SweepResult, directory: Path, *, charts: bool = True) -> list[Path]:
    """Write sweep.json (the summary), sweep.parquet (a row a point and statistic), sweep_values.parquet (a row a replication) and, where
    there are at most two dimensions, sweep.png into `directory`; returns the paths written."""
    written = [directory / name for name in ("sweep.json", "sweep.parquet", "sweep_values.parquet")]
    write_summary(written[0], found.summary())
    for path, frame in zip(written[1:], (found.frame, found.values), strict=True):
        write_atomically(path, partial(frame.to_parquet, index=False))
    figure = found.figure() if charts else None
    if figure is not None:
        from fastlanes_sim.reports.pictures import save_figure

        written.append(save_figure(figure, directory / "sweep.png"))
    return written
