"""What is said of a sweep: a line a design point."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.experiments.sweep import Point, Sweep, spelled
from fastlanes_sim.experiments.verdicts import interval_text
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import worst
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.objectives import objectives_of

if TYPE_CHECKING:
    import pandas as pd

MOST_DRAWN = 4
"""Measures with a chart of their own."""
MOST_ROWS = 60
"""Design points listed one by one; the table of results has all of them."""
_SIGNS = {"met": "✓ ", "missed": "✗ ", "undecided": "? ", "": ""}


@dataclass(frozen=True, slots=True)
class SweepReport:
    """A row a design point: its values, its verdict, and what is drawn."""

    found: Sweep
    kind: ClassVar = ReportKind.SWEEP
    stem: ClassVar = "sweep"

    @property
    def first(self) -> LoadedScenario:
        """Of the points that are valid."""
        return next(point.scenario for point in self.found.points if point.scenario is not None)

    @property
    def common(self) -> LoadedScenario:
        """The scenario with what is laid over it at every point."""
        found = self.found
        own = {path for point in found.points for one in found.dimensions for path in one.overrides(point.settings[one.name])}
        shared = {path: value for path, value in self.first.overrides.items() if path not in own}
        return replace(self.first, overrides=shared)

    @property
    def drawn(self) -> list[Measure]:
        """What the objectives bound, or the first that were measured."""
        of_objectives = each_once(slo.measure for slo in self.slos if slo.operator.side != "exactly")
        return (of_objectives or list(self.found.measures))[:MOST_DRAWN]

    @property
    def slos(self) -> list[Objective]:
        """Of all points, each once."""
        slos = (slo for point in self.found.points if point.scenario is not None for slo in objectives_of(point.scenario.scenario))
        return list({slo.text: slo for slo in slos}.values())

    @property
    def title(self) -> str:
        return f"{self.first.scenario.name}, {len(self.found.points):,} design points"

    @property
    def cases(self) -> list[Case]:
        """Every point's objectives as CI sees them, and one for each point that could not be simulated."""
        interrupted = "interrupted" if self.found.interrupted else ""
        found = []
        for point in self.found.points:
            if point.failure is not None:
                place = self.first.source if point.scenario is None else point.scenario.source
                found.append(Case(point.label, "the design point can be simulated", "undecided", point.failure.message, place, 0))
            elif point.scenario is not None:
                found += cases(point.label, point.scenario, point.verdicts, interrupted=interrupted)
        return found

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        found = self.found
        fewest = min(len(point.values) for point in found.points if point.failure is None) if len(found.failed) < len(found.points) else 0
        interrupted = (
            [f"interrupted: of {found.replications} replications every design point has at least {fewest}"] if found.interrupted else []
        )
        return interrupted + [f"not simulated: {point.label}: {_cause(point)}" for point in found.failed]

    @property
    def tables(self) -> list[Table]:
        """A row a point: its values, its verdict, and what was drawn."""
        names = [one.name for one in self.found.dimensions]
        head = [*names, "verdict", *(one.text for one in self.drawn)]
        rows = [self._cells(point) for point in self.found.points[:MOST_ROWS]]
        more = len(self.found.points) - MOST_ROWS
        heading = f"Means and {100 * self.found.level:g} % intervals" + (f" of the first {MOST_ROWS} design points" if more > 0 else "")
        return [Table(heading, head, rows)]

    def _cells(self, point: Point) -> list[str]:
        settings = [spelled(value) for value in point.settings.values()]
        if point.failure is not None:
            return [*settings, "not simulated", *("–" for _ in self.drawn)]
        verdict = point.verdict if point.verdicts else "–"
        return [*settings, verdict, *(_SIGNS[verdict_on(point, one)] + interval_text(one, point.estimate(one)) for one in self.drawn)]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on. The hash is of the hashes of all points."""
        hashes = "".join(point.scenario.hash if point.scenario is not None else "invalid" for point in self.found.points)
        plain = self.first.scenario
        origins = origin(plain.name, hashlib.sha256(hashes.encode()).hexdigest(), plain.seed)
        varied = {one.name: list(one.values) for one in self.found.dimensions}
        return origins | {"replications": self.found.replications, "varied": varied}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        return self.metadata | {"interrupted": self.found.interrupted, "points": [self._summary(point) for point in self.found.points]}

    def _summary(self, point: Point) -> dict[str, object]:
        plain: dict[str, object] = {"values": dict(point.settings), "verdict": point.verdict if point.verdicts or point.failure else None}
        if point.failure is not None:
            return plain | {"problem": point.failure.message}
        slos = [{"slo": one.slo.text, "verdict": one.verdict, "text": one.text} for one in point.verdicts]
        statistics = {one.text: {"unit": one.unit.name, **point.estimate(one).to_json(one.scale)} for one in self.found.measures}
        return plain | {"slos": slos, "statistics": statistics}

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a point and measure; and one row a point, replication and measure."""
        return {self.stem: self.found.frame, f"{self.stem}_values": self.found.values}


def verdict_on(point: Point, measure: Measure) -> str:
    """The verdict on the objectives that speak of it, or nothing."""
    found = [one.verdict for one in point.verdicts if one.slo.measure == measure]
    return worst(found) if found else ""


def _cause(point: Point) -> str:
    assert point.failure is not None
    return point.failure.message
