"""What is said of a search: what to deploy and what that is worth, the frontier of cost, and what was tried on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.estimation import has_no_mean
from fastlanes_sim.experiments.search import Search, Trial
from fastlanes_sim.experiments.two_levels import notes_on_inputs
from fastlanes_sim.experiments.verdicts import Judged
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.content.setting import Facts, deployment_of, facts, question_of
from fastlanes_sim.reports.content.trials import (
    another_budget,
    asked,
    binding_text,
    estimated_rows,
    estimates,
    judged_implied,
    limits,
    margin,
    measure_cells,
    misses,
    warned,
    what_holds,
)
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200
"""Layouts in the full table; the file of results has all of them."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """The recommendation, its rivals, and every layout that was simulated."""

    found: Search
    kind: ClassVar = ReportKind.SEARCH
    stem: ClassVar = "search"

    @property
    def title(self) -> str:
        found = self.found
        return f"{found.base.scenario.name}, {len(found.trials):,} of {counted(len(found.candidates), 'layout')} simulated"

    @property
    def question(self) -> str:
        return question_of(self.found.base)

    @property
    def answer(self) -> str:
        """What to deploy, what it costs, and the objective that is nearest to its bound."""
        found, rule, best = self.found, self.found.rule, self.found.recommended
        if best is None:
            nearest = next((one for one in found.near_misses if one.values), None)
            came = "" if nearest is None or found.interrupted else f". Nearest: {nearest.candidate.label}, {binding_text(rule, nearest)}"
            return f"{self._finding[0].upper()}{self._finding[1:]}{came}"
        many, one = len(rule.written), best.candidate
        all_of_them = f"all {many} objectives" if many > 1 else "the objective"
        finishing = " and finishes what arrives" if rule.implied else ""
        nearest_text = binding_text(rule, best)
        return f"Deploy `{one.label}`: it meets {all_of_them}{finishing}, at cost {one.cost:g}; nearest to its bound, {nearest_text}"

    @property
    def facts(self) -> Facts:
        found = self.found
        least, most = found.candidates[0].cost, found.candidates[-1].cost
        many = counted(len(found.candidates), "layout")
        family = f"{many} that cost{'s' * (len(found.candidates) == 1)} {least:g}" + (f" to {most:g}" if most > least else "")
        simulated = f"{counted(found.replications, 'replication')} of {counted(len(found.trials), 'layout')}"
        evidence = f"{simulated}, {100 * found.rule.confidence:g} % confidence"
        return facts(found.base, evidence, deployed=("chosen from", f"{family}; today {deployment_of(found.base.scenario)}"))

    @property
    def outcome(self) -> Outcome:
        """Met where something can be recommended, missed where nothing of the family will do."""
        found = self.found
        return "met" if found.recommended is not None else "undecided" if found.undecided or found.interrupted else "missed"

    @property
    def cases(self) -> list[Case]:
        """The objectives of what is recommended as CI sees them; without it one that says so."""
        base, best = self.found.base, self.found.recommended
        interrupted = "interrupted" if self.found.interrupted else ""
        if best is None:
            objective = "some layout meets every objective"
            return [Case(base.scenario.name, objective, self.outcome, self.sentences[0], base.source, 0, interrupted)]
        rule, label = self.found.rule, best.candidate.label
        verdicts = [Judged(slo, "met", self._judged(slo, best).text) for slo in rule.written]
        return cases(label, base, verdicts, interrupted=interrupted)

    @property
    def implied(self) -> list[Judged]:
        """What the recommended layout does beside its objectives."""
        best = self.found.recommended
        return [] if best is None else [replace(one, verdict="met") for one in judged_implied(self.found.rule, best)]

    @property
    def sentences(self) -> list[str]:
        """What is recommended, how sure that is, what came near, what is not known."""
        return [self._finding, *self._rivals, *self._near_misses, *self._limits, *self._most_slots, *warned(self.found.warnings)]

    @property
    def _finding(self) -> str:
        found, rule = self.found, self.found.rule
        sure, more, holds = f"With {100 * rule.confidence:g} % confidence", margin(rule), what_holds(rule)
        unless = f", or is one of the {len(found.undecided)} named as undecided" if found.undecided else ""
        if found.interrupted:
            return "interrupted: nothing can be recommended yet"
        if found.recommended is None and found.undecided:
            return f"no layout of the {len(found.candidates):,} was shown to do what is asked; {len(found.undecided)} are undecided"
        if found.recommended is None:
            return f"{sure} no layout of the {len(found.candidates):,} {holds}{more}"
        best = found.recommended.candidate
        rest = f"the cheapest of the {len(found.candidates):,} layouts that does so{more} costs as much{unless}"
        return f"{sure} {best.label} (cost {best.cost:g}) {holds}, and {rest}"

    @property
    def _rivals(self) -> list[str]:
        """Why the runner-up lost, and who is undecided."""
        lines, second = list[str](), self.found.runner_up
        if second is not None and self.found.recommended is not None and not self.found.interrupted:
            fate = {"met": "meets them too", "not needed": "is as dear"}.get(second.fate, f"is {second.fate}")
            lines.append(f"the runner-up, {second.candidate.label} (cost {second.candidate.cost:g}), {fate}: {self._hardest(second)}")
        if not self.found.interrupted:
            undecided = self.found.undecided
            for one in undecided:
                budget = "" if one.failure is not None else f"; {another_budget(self.found.rule, one)}"
                lines.append(f"undecided: {one.candidate.label} (cost {one.candidate.cost:g}): {self._hardest(one)}{budget}")
        return lines

    @property
    def _near_misses(self) -> list[str]:
        """What came near, and what it misses by."""
        found, lines = self.found, list[str]()
        if found.interrupted:
            return []
        for one in found.near_misses:
            missed = misses(found.rule, one) or [f"{self._hardest(one)}, within the tolerance of its bound"]
            left = f" ({one.left})" if one.left else ""
            lines.append(f"near miss: {one.candidate.label} (cost {one.candidate.cost:g}): {'; '.join(missed)}{left}")
        if found.recommended is None and not found.undecided:
            lines.append("more replications would not change that: every layout is decided")
        return lines

    def _hardest(self, trial: Trial) -> str:
        if trial.failure is not None:
            return trial.failure.message
        found = [self._judged(slo, trial) for slo in self.found.rule.by_strain(trial.values)]
        judged = next((one for one in found if one.verdict == "missed"), found[0])
        return f"{judged.slo.text}: {judged.text} after {counted(len(trial.values), 'replication')}"

    def _judged(self, slo: Objective, trial: Trial) -> Judged:
        return self.found.rule.judged(slo, trial)

    @property
    def _limits(self) -> list[str]:
        found, rule = self.found, self.found.rule
        lines = [] if found.recommended is None else limits(rule, found.recommended)
        best = found.recommended
        if best is not None and best.inputs is not None:
            lines += [*notes_on_inputs(best.inputs), "layouts that cost less were tried with the inputs as they are"]
        hopeless = [(slo, one.values) for one in found.undecided for slo in rule.hopeless(one.values)]
        open_at_the_end = dict.fromkeys(slo.text for slo, values in hopeless if not has_no_mean(slo.measure, values))
        if open_at_the_end and not found.interrupted:
            hint = "simulate on until they have ended, or ask for a percentile that lies lower"
            lines.append(f"{', '.join(open_at_the_end)}: runs are open at the end, so nobody knows their mean; {hint}")
        return lines

    @property
    def _most_slots(self) -> list[str]:
        """Where more slots do not help, and whether the best number of them is therefore not the largest."""
        found, most = self.found, self.found.most_slots
        if most is None or most.fate != "discarded":
            return found.crowded
        does = f"{most.candidate.label} (cost {most.candidate.cost:g}) misses {self._hardest(most)}"
        return [f"the best number of slots is not the largest: {does}", *found.crowded]

    @property
    def best_of_cost(self) -> list[Trial]:
        """The frontier: of each cost that was simulated the layout that is recommended, or nearest to meeting the objectives."""
        found = self.found
        simulated = [one for one in found.trials if one.values]
        of_cost = (list(group) for _, group in groupby(simulated, lambda one: one.candidate.cost))
        return [
            next((one for one in group if one is found.recommended), None) or min(group, key=lambda one: found.rule.strain(one.values))
            for group in of_cost
        ]

    @property
    def tables(self) -> list[Table]:
        """The frontier, then every layout that was simulated."""
        trials = self.found.trials
        rest = len(trials) - MOST_ROWS
        every = f"Every layout that was simulated{f', the first {MOST_ROWS}' if rest > 0 else ''}"
        return [self._table("The best layout of each cost", self.best_of_cost), self._table(every, trials[:MOST_ROWS])]

    def _table(self, heading: str, trials: Sequence[Trial]) -> Table:
        rule = self.found.rule
        head = ["cost", "layout", "verdict", "replications", *(one.text for one in rule.measures)]
        rows = []
        for one in trials:
            verdict = "recommended" if one is self.found.recommended else "failed" if one.failure is not None else one.fate
            cells = [f"{one.candidate.cost:g}", one.candidate.label, verdict, str(len(one.values))]
            rows.append(cells + measure_cells(rule, one))
        return Table(heading, head, rows)

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        found, plain = self.found, self.found.base.scenario
        return origin(plain.name, found.base.hash, plain.seed) | {
            "family": len(found.candidates),
            "cost_slot": found.prices.slot,
            "cost_replica": found.prices.replica,
            **asked(found.rule),
        }

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        found = self.found
        best = None if found.recommended is None else _plain(found.recommended)
        return self.metadata | {
            "recommended": best,
            "outcome": self.outcome,
            "sentences": self.sentences,
            "interrupted": found.interrupted,
            "warnings": found.warnings,
            "replications": found.replications,
            "frontier": [_plain(one) | estimates(found.rule, one) for one in self.best_of_cost],
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a layout that was simulated and a measure, in seconds, shares or runs; each interval has the search's confidence."""
        import pandas as pd

        rows = [_plain(one) | row for one in self.found.trials for row in estimated_rows(self.found.rule, one)]
        return {self.stem: pd.DataFrame(rows)}


def _plain(trial: Trial) -> dict[str, object]:
    one = trial.candidate
    return {"layout": one.layout, "slots": one.slots, "workers": one.workers, "cost": one.cost, "verdict": trial.fate}
