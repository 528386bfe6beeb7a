"""What is said of a sweep: a line a design point."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import spell_number
from fastlanes_sim.experiments.factors import LAYOUT
from fastlanes_sim.experiments.surface import Surface, fit_surface
from fastlanes_sim.experiments.sweep import Point, Sweep, spelled
from fastlanes_sim.experiments.verdicts import interval_text
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import worst
from fastlanes_sim.reports.content.answers import strain
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
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
_NAMED = 4
"""Design points that the answer names."""
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
        """What the objectives bound, the one first that is missed most often; or the first that were measured."""
        bounding = sorted((slo for slo in self.slos if slo.operator.side != "exactly"), key=self._held)
        return (each_once(slo.measure for slo in bounding) or list(self.found.measures))[:MOST_DRAWN]

    def _held(self, slo: Objective) -> tuple[int, float]:
        """At how many points an objective is met, and how far its bound is at the worst: the one that binds comes first."""
        met = sum(one.verdict == "met" for point in self.found.points for one in point.verdicts if one.slo == slo)
        return met, -max((_strain(point, slo) for point in self.found.points if point.failure is None), default=0.0)

    @property
    def slos(self) -> list[Objective]:
        """Of all points, each once."""
        slos = (slo for point in self.found.points if point.scenario is not None for slo in objectives_of(point.scenario.scenario))
        return list({slo.text: slo for slo in slos}.values())

    @property
    def surfaces(self) -> Mapping[Measure, Surface]:
        """Of what is drawn, where a surface is asked for and there is one."""
        found = {one: self._surface(one) for one in self.drawn} if self.found.with_surface else {}
        return {one: surface for one, surface in found.items() if isinstance(surface, Surface)}

    def _surface(self, one: Measure) -> Surface | str:
        """Or why there is none: points may have failed, or have nothing to measure."""
        try:
            return fit_surface(self.found, one)
        except FastlanesError as error:
            return f"no surface of {one.text}: {error}".partition("\n")[0]

    @property
    def _about_surfaces(self) -> list[str]:
        """What each is, and where it comes to the bound of an objective."""
        lines = []
        for one in self.drawn if self.found.with_surface else []:
            surface = self._surface(one)
            lines.append(surface if isinstance(surface, str) else f"surface of {one.text}: {surface.words}")
            if isinstance(surface, Surface):
                lines += [text for slo in self.slos if slo.measure == one and (text := _reached(surface, slo))]
        return lines

    @property
    def title(self) -> str:
        return f"{self.first.scenario.name}, {counted(len(self.found.points), 'design point')}"

    @property
    def question(self) -> str:
        return question_of(self.first)

    @property
    def answer(self) -> str:
        """Where every objective is met, and the point among these that is nearest to a bound; or the first that misses one."""
        found, points = self.found, [point for point in self.found.points if point.failure is None]
        if not self.slos:
            return self._range(points)
        met = [point for point in points if point.verdict == "met"]
        missed = [point for point in points if point not in met]
        some = 0 < len(met) < len(found.points)
        of_them = f"{len(met):,} of the" if some else "all" if met else "none of the"
        said = f"Every objective is met at {of_them} {len(found.points):,} design points" + (f" ({_named(met)})" if some else "")
        if len(found.points) == 1:
            said = f"{'Every' if met else 'Not every'} objective is met at the only design point"
        nearest = min(missed, key=_worst_strain) if missed else max(met, key=_worst_strain)
        word = "nearest to its bound" if not missed else "nearest to meeting them" if not met else "nearest of the others"
        slo = _binding(nearest)
        text = next(one.text for one in nearest.verdicts if one.slo == slo)
        return f"{said}; {word}, {nearest.label}: {slo.text}: {text}" + (" (interrupted)" if found.interrupted else "")

    def _range(self, points: Sequence[Point]) -> str:
        """From where to where the first measure goes."""
        one = self.drawn[0]
        known = [point for point in points if point.estimate(one).replications]
        if not known:
            return "Nothing was measured"
        ends = [pick(known, key=lambda point: point.estimate(one).mean) for pick in (min, max)]
        low, high = (f"{interval_text(one, point.estimate(one))} at {point.label}" for point in ends)
        return f"{one.text} goes from {low} to {high}"

    @property
    def facts(self) -> Facts:
        found = self.found
        evidence = f"{counted(found.replications, 'replication')} of every design point on the same runs, {100 * found.level:g} % intervals"
        varied = "; ".join(f"{one.name}: {', '.join(map(spelled, one.values))}" for one in found.dimensions)
        fixed = any(one.name == LAYOUT or one.name.startswith("workers.") for one in found.dimensions)
        told = facts(self.common, evidence)
        return [*([] if fixed else told[:1]), ("varied", varied), *told[1:]]

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
        asked = counted(found.replications, "replication")
        interrupted = [f"interrupted: of {asked} every design point has at least {fewest}"] if found.interrupted else []
        failed = [f"not simulated: {point.label}: {_cause(point)}" for point in found.failed]
        return [*interrupted, *failed, *self._about_surfaces]

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
        surfaces = {one.text: {"error": s.error / one.scale, "points": s.points, "words": s.words} for one, s in self.surfaces.items()}
        points = [self._summary(point) for point in self.found.points]
        asked = {"surfaces": surfaces} if self.found.with_surface else {}
        return self.metadata | {"interrupted": self.found.interrupted, **asked, "points": points}

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


def _strain(point: Point, slo: Objective) -> float:
    found = point.estimate(slo.measure)
    return strain(slo, found.mean, found.upper_mean)


def _worst_strain(point: Point) -> float:
    return max((_strain(point, one.slo) for one in point.verdicts), default=0.0)


def _binding(point: Point) -> Objective:
    """The objective that is nearest to its bound, of those that are not met where there are any."""
    told = [one.slo for one in point.verdicts if one.verdict == point.verdict]
    return max(told, key=lambda slo: _strain(point, slo))


def _named(points: Sequence[Point]) -> str:
    """The labels of the first, and how many there are beside them."""
    rest = len(points) - _NAMED
    return "; ".join(point.label for point in points[:_NAMED]) + (f"; and {rest:,} more" if rest > 0 else "")


def _reached(surface: Surface, slo: Objective) -> str:
    """Where a surface over one factor comes to a bound, and that it takes a simulation to know; empty where it does not."""
    found = surface.reaches(slo.bound)
    if found is None:
        return ""
    (name,) = surface.factors
    at, least, most = (spell_number(value, 3) for value in found)
    return f"{slo.text}: the surface comes to the bound at {name}={at} ({least} to {most}); simulate there before you decide"


def verdict_on(point: Point, measure: Measure) -> str:
    """The verdict on the objectives that speak of it, or nothing."""
    found = [one.verdict for one in point.verdicts if one.slo.measure == measure]
    return worst(found) if found else ""


def _cause(point: Point) -> str:
    assert point.failure is not None
    return point.failure.message
