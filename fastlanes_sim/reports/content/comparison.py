"""What is said of deployments that were compared on the same runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import format_share
from fastlanes_sim.experiments.compare import Comparison, Difference
from fastlanes_sim.experiments.verdicts import mean_text
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.outcome import worst
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.content.replications import ReplicationsReport
from fastlanes_sim.reports.content.setting import Facts
from fastlanes_sim.reports.content.trials import warned
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.scenario.objectives import objectives_of

if TYPE_CHECKING:
    import pandas as pd


_NAMED = 2
"""Deployments that the answer names."""
OF_EACH_DAY = "a difference of percentiles or shares is the mean of the replications' own differences (as of p99/day)"


def _who_meets(met: Sequence[str], judged: Sequence[str], among: int) -> str:
    """Of those that have objectives, among so many."""
    if len(judged) == 1:
        return f"The only deployment with objectives{'' if met else ' is not shown to'} meet{'s' if met else ''} them"
    if len(met) == len(judged):
        which = "deployments meet every objective" if len(judged) == among else "deployments with objectives meet them"
        return f"{'Both' if len(met) == 2 else f'All {len(met)}'} {which}"
    if not met:
        return "No deployment is shown to meet every objective"
    if len(met) > _NAMED:
        return f"{len(met)} of {len(judged)} deployments meet every objective"
    return f"Only {' and '.join(met)} meet{'s' if len(met) == 1 else ''} every objective"


def _for_worse(measure: Measure, value: float) -> float:
    """The same, so that more is worse, and what is not known the worst."""
    return math.inf if math.isnan(value) else -value if measure.better == "more" else value


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Every pair's differences, then each deployment by itself."""

    found: Comparison
    kind: ClassVar = ReportKind.COMPARISON
    stem: ClassVar = "comparison"

    @property
    def deployments(self) -> dict[str, ReplicationsReport]:
        """By label."""
        return {label: ReplicationsReport(result) for label, result in self.found.results.items()}

    @property
    def _first(self) -> ReplicationsReport:
        return next(iter(self.deployments.values()))

    @property
    def title(self) -> str:
        return f"{self._first.found.scenario.scenario.name}, {len(self.found.results)} deployments compared"

    @property
    def question(self) -> str:
        return self._first.question

    @property
    def answer(self) -> str:
        """Which deployments meet their objectives, then what the last differs in from the first (or the first two from each other)."""
        met = [label for label, one in self.found.results.items() if one.verdicts and worst(v.verdict for v in one.verdicts) == "met"]
        judged = [label for label, one in self.found.results.items() if one.verdicts]
        said = [_who_meets(met, judged, len(self.found.results))] if judged else []
        return ". ".join([*said, self._in_short]) + (" (interrupted: of that part alone)" if self.found.interrupted else "")

    @property
    def _in_short(self) -> str:
        """The first and the best of the others in what the objectives are about."""
        found = self.found
        told = self._telling
        if not told:
            return "Nothing was measured"
        first, *others = found.results
        best = min(others, key=lambda label: _for_worse(told[0], found.results[label].estimate(told[0]).upper_mean))
        differences = {one.measure: one for one in found.of_pair(first, best)}
        parts = [f"{one.text} is {self._against(differences[one])}" for one in told]
        return f"With {best} instead of {first}, {'; '.join(parts)}"

    def _against(self, one: Difference) -> str:
        e, show, values = one.estimate, one.measure.show, self.values(one)
        if not e.replications:
            return f"{values}, nothing to compare"
        if e.low == e.high == 0:
            return "exactly the same"
        if one.why_open:
            return f"{values}, undecided: {one.why_open}"
        if not one.is_told_apart:
            return f"{values}, no difference shown ({one.changed(e.low)} to {one.changed(e.high)})"
        low, high = sorted((abs(e.low), abs(e.high)))
        return f"{one.at_least}{one.changed(one.least)} [{show(low)}, {show(high)}] ({values})"

    def values(self, one: Difference) -> str:
        """`4.6 s instead of 3 m 24 s`, over all replications."""
        return f"{self._absolute(one.b, one.measure)} instead of {self._absolute(one.a, one.measure)}"

    def _absolute(self, label: str, measure: Measure) -> str:
        return mean_text(measure, self.found.results[label].estimate(measure))

    @property
    def _telling(self) -> list[Measure]:
        """What objectives bound, times first, and the wait that pays for it; two at most."""
        found = self.found
        bound = [slo.measure for one in found.results.values() for slo in objectives_of(one.scenario.scenario) if slo.measure.unit is TIME]
        times = [one for one in found.measures if one.unit is TIME]
        waits = [one for one in times if one.name == "wait" and one.scope.lane not in {b.scope.lane for b in bound}]
        chosen = [one for one in each_once([*bound, *reversed(waits), *reversed(times), *found.measures]) if one in found.measures]
        return chosen[:2]

    @property
    def facts(self) -> Facts:
        found, (_, *rest) = self.found, self._first.facts
        evidence = f"{counted(len(self._first.found.values), 'replication')} of each on the same runs, {100 * found.level:g} % intervals"
        return [("compared", " | ".join(found.results)), *rest[:-1], ("evidence", evidence)]

    @property
    def cases(self) -> list[Case]:
        """Each deployment's objectives as CI sees them; where one is the gate, its alone."""
        interrupted, gate = "interrupted" if self.found.interrupted else "", self.found.gate
        judged = {label: one for label, one in self.found.results.items() if gate in (None, label)}
        return [case for label, one in judged.items() for case in cases(label, one.scenario, one.verdicts, interrupted=interrupted)]

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        traffic = [] if self.found.same_traffic else ["the traffic differs: paired by seed only"]
        pooled = any(one.is_pooled for one in self.found.measures)
        return [*self._first.sentences, *traffic, *([OF_EACH_DAY] if pooled else []), *self.unfinished, *warned(self.found.warnings)]

    @property
    def unfinished(self) -> list[str]:
        """One a deployment that does not finish what arrives: whatever its times are, nobody can live with it."""
        found, lines = self.found, list[str]()
        for label in found.results:
            judged = [one for one in found.finishes(label) if one.verdict != "met"]
            if judged:
                sure = "does not finish what arrives" if any(one.verdict == "missed" for one in judged) else "may not finish what arrives"
                what = found.left.get(label) or "; ".join(f"{one.slo.text}: {one.text}" for one in judged)
                lines.append(f"{label} {sure}: {what}")
        return lines

    @property
    def tables(self) -> list[Table]:
        """Every pair's differences, then each deployment's measures."""
        return self.paired_tables + self.deployment_tables

    @property
    def paired_tables(self) -> list[Table]:
        """One a pair: both values, and what the second is more or less, from where to where."""
        tables = []
        for a, b in self.found.pairs:
            rows = []
            for one in self.found.of_pair(a, b):
                e = one.estimate
                values = [self._absolute(label, one.measure) for label in (a, b)]
                rows.append([one.measure.text, *values, one.changed(e.mean), one.changed(e.low), one.changed(e.high)])
            heading = f"{b} against {a}: paired differences, {format_share(self.found.pair_level, 4)} intervals"
            tables.append(Table(heading, ["statistic", a, b, "difference", "from", "to"], rows))
        return tables

    @property
    def deployment_tables(self) -> list[Table]:
        """One a deployment."""
        return [replace(table, heading=f"{label}: {table.heading}") for label, one in self.deployments.items() for table in one.tables]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on; the first deployment's, and every one's hash."""
        hashes = {label: one.scenario.hash for label, one in self.found.results.items()}
        return self._first.metadata | {"scenario_hash": hashes}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        found = self.found
        rows = [
            {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}
            for row in found.frame.to_dict("records")
        ]
        deployments = {label: one.summary() for label, one in self.deployments.items()}
        unfinished = {label: [one.verdict for one in found.finishes(label)] for label in found.results}
        ended = {
            "implied": [slo.text for slo in found.implied],
            "finishes": unfinished,
            "warnings": found.warnings,
            "interrupted": found.interrupted,
            "same_traffic": found.same_traffic,
            "gate": found.gate,
            "outcome": found.outcome,
        }
        return {"differences": rows, "deployments": deployments, **ended}

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a deployment, replication and measure."""
        return {self.stem: self.found.values}
