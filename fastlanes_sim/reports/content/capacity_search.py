"""What is said of a capacity search: the highest traffic within the objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.capacity_search import Carried, at_factor
from fastlanes_sim.experiments.two_levels import notes_on_inputs
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
from fastlanes_sim.reports.content.trials import (
    another_budget,
    asked,
    binding_text,
    estimated_rows,
    estimates,
    limits,
    measure_cells,
    misses,
    warned,
)
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class CapacityReport:
    """Which traffic holds, which does not, and every factor that was tried."""

    found: Carried
    kind: ClassVar = ReportKind.CAPACITY_SEARCH
    stem: ClassVar = "traffic"

    @property
    def title(self) -> str:
        found = self.found
        return f"{found.base.scenario.name}, traffic × {found.factors[0]:g} to {found.factors[-1]:g}"

    @property
    def question(self) -> str:
        return question_of(self.found.base)

    @property
    def answer(self) -> str:
        """How much traffic holds, and what gives way first."""
        found, rule = self.found, self.found.rule
        holds = None if found.carries is None else f"{found.carries:g} × the traffic ({binding_text(rule, found.trials[found.carries])})"
        fails = None if found.fails is None else f"at {found.fails:g} × it does not ({binding_text(rule, found.trials[found.fails])})"
        if holds is None:
            return f"{self._finding[0].upper()}{self._finding[1:]}" + (f": {fails}" if fails else "")
        rest = fails or ("that is the most that was asked for" if found.carries == found.factors[-1] else "beyond that it is undecided")
        return f"It bears {holds}; {rest}"

    @property
    def facts(self) -> Facts:
        found = self.found
        asked_for = f"{found.factors[0]:g} to {found.factors[-1]:g} × the traffic"
        return facts(found.base, f"{counted(found.replications, 'replication')}, {asked_for}, {100 * found.rule.confidence:g} % confidence")

    @property
    def outcome(self) -> Outcome:
        """Whether the objectives hold at the lowest factor."""
        lowest = self.found.trials.get(self.found.factors[0])
        return {"met": "met", "discarded": "missed"}.get("" if lowest is None else lowest.fate, "undecided")  # type: ignore[return-value]

    @property
    def cases(self) -> list[Case]:
        """One: that the objectives hold at the lowest factor."""
        base, interrupted = self.found.base, "interrupted" if self.found.interrupted else ""
        objective = f"every objective at traffic × {self.found.factors[0]:g}"
        return [Case(base.scenario.name, objective, self.outcome, self.sentences[0], base.source, 0, interrupted)]

    @property
    def sentences(self) -> list[str]:
        """What is sustainable, what is not, and what that rests on."""
        found, lines = self.found, [self._finding]
        if found.undecided:
            for factor in found.undecided:
                one = found.trials[factor]
                lines.append(f"undecided: {factor:g} × after {counted(len(one.values), 'replication')}: {another_budget(found.rule, one)}")
        if found.fails is not None and not found.interrupted:
            missed = misses(found.rule, found.trials[found.fails]) or ["every mean is within its bound, and one by less than the tolerance"]
            left = f" ({found.left})" if found.left else ""
            lines.append(f"at {found.fails:g} ×: {'; '.join(missed)}{left}")
        if found.interrupted:
            lines.append("interrupted: what follows rests on the replications that were finished")
        if found.exceptions:
            worse = ", ".join(f"{factor:g} ×" for factor in found.exceptions)
            lines.append(
                f"less traffic is worse here: an objective is missed at {worse}, and every one holds from {found.lowest_that_holds:g} × on"
            )
        if len(found.trials) < len(found.factors) and not found.interrupted:
            assumed = "what lies between factors with the same verdict was taken to be like them"
            lines.append(
                f"{len(found.trials)} of {len(found.factors)} factors were simulated, both ends and the quarters among them: {assumed}"
            )
        best = None if found.carries is None else found.trials[found.carries]
        return [*lines, *([] if best is None else limits(found.rule, best)), *self._about_inputs, *warned(found.warnings, self._range)]

    @property
    def _about_inputs(self) -> list[str]:
        """How uncertain they are, of any factor that was met with them as they are."""
        one = next((one.inputs for one in self.found.trials.values() if one.inputs is not None), None)
        return [] if one is None else [*notes_on_inputs(one), "factors that do not hold were tried with the inputs as they are"]

    def _range(self, labels: Sequence[str]) -> str:
        """`traffic × 1.5 to 4`, where it is true of every factor between them that was simulated."""
        tried = [at_factor(factor) for factor in self.found.trials]
        places = sorted(map(tried.index, labels))
        if places != list(range(places[0], places[-1] + 1)):
            return ", ".join(labels)
        last = list(self.found.trials)[places[-1]]
        return f"{tried[places[0]]} to {last:g}" if len(places) > 1 else labels[0]

    @property
    def _finding(self) -> str:
        found, rule = self.found, self.found.rule
        sure, ends = f"With {100 * rule.confidence:g} % confidence", found.factors
        within = f", or met by less than {100 * rule.tolerance:g} % of its bound (--tolerance)" if rule.tolerance else ""
        if found.carries is None:
            missed = f"not even {ends[0]:g} × the traffic is sustainable: an objective is missed{within}"
            return f"{sure} {missed}" if self.outcome == "missed" else f"whether {ends[0]:g} × the traffic is sustainable is undecided"
        finishing = ", where what arrives is finished" if rule.implied else ""
        holds = f"{sure} every objective holds at {found.carries:g} × the traffic{finishing}"
        if found.fails is None:
            return holds if found.carries < ends[-1] else f"{holds}, the most that was asked for"
        return f"{holds}, and at {found.fails:g} × one is missed{within}"

    @property
    def tables(self) -> list[Table]:
        """Every factor that was simulated."""
        rule = self.found.rule
        head = ["traffic", "verdict", "replications", *(one.text for one in rule.measures)]
        rows = [[f"{f:g}", one.fate, str(len(one.values)), *measure_cells(rule, one)] for f, one in self.found.trials.items()]
        return [Table(f"Traffic and {100 * rule.confidence:g} % intervals", head, rows)]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        found, plain = self.found, self.found.base.scenario
        return origin(plain.name, found.base.hash, plain.seed) | {"factors": list(found.factors), **asked(found.rule)}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        found = self.found
        played = [{"traffic": factor, "verdict": one.fate, **estimates(found.rule, one)} for factor, one in found.trials.items()]
        return self.metadata | {
            "carries": found.carries,
            "fails": found.fails,
            "outcome": self.outcome,
            "sentences": self.sentences,
            "interrupted": found.interrupted,
            "warnings": found.warnings,
            "replications": found.replications,
            "played": played,
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a factor that was simulated and a measure, in seconds, shares or runs."""
        import pandas as pd

        trials, rule = self.found.trials.items(), self.found.rule
        rows = [{"traffic": float(f), "verdict": one.fate} | row for f, one in trials for row in estimated_rows(rule, one)]
        return {self.stem: pd.DataFrame(rows)}
