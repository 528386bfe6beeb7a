"""What is said of a sensitivity analysis: which value decides each measure, and from where on an objective fails."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.sensitivity import Holding, Sensitivity, Threshold, mean_of
from fastlanes_sim.experiments.sensitivity_indices import Index
from fastlanes_sim.experiments.sweep import Sweep
from fastlanes_sim.experiments.uncertain_values import Uncertain
from fastlanes_sim.experiments.verdicts import mean_text
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd

TELLING = 0.05
"""Share of the variance below which a value is not spoken of."""
_UNSURE = 0.15
"""Half-width from which on an index needs more samples."""


@dataclass(frozen=True, slots=True)
class SensitivityReport:
    """A row a value and measure."""

    found: Sensitivity
    kind: ClassVar = ReportKind.SENSITIVITY
    stem: ClassVar = "sensitivity"

    @property
    def title(self) -> str:
        return f"{self.found.scenario.scenario.name}: {self._which}"

    @property
    def _which(self) -> str:
        many = len(self.found.values)
        return f"which of {many:,} values decides" if many > 1 else "whether the value decides"

    @property
    def question(self) -> str:
        return question_of(self.found.scenario)

    @property
    def answer(self) -> str:
        """What decides the first measure."""
        return self._decides(self.found.asked[0])

    @property
    def facts(self) -> Facts:
        found = self.found
        evidence = (
            f"{counted(found.points, 'design point')} of {counted(found.replications, 'replication')}, {self._same}, "
            f"{100 * found.level:g} % intervals"
        )
        told = facts(found.scenario, evidence)
        return [*told[:1], ("varied", "; ".join(f"{one.name}: {one.range}" for one in found.values)), *told[1:]]

    @property
    def _same(self) -> str:
        """What design points have in common."""
        plain = self.found.scenario.scenario
        return "the same runs, each after its own warm-up" if plain.kind == "steady" and plain.warm_up is None else "the same runs"

    @property
    def cases(self) -> list[Case]:
        """The objectives of the scenario as it is."""
        found = self.found
        interrupted = "interrupted" if found.interrupted else ""
        return cases(found.scenario.scenario.name, found.scenario, found.base.verdicts, interrupted=interrupted)

    @property
    def sentences(self) -> list[str]:
        """What decides the other measures, from where on each objective fails, and what the numbers leave out."""
        found, said = self.found, []
        if found.interrupted:
            said.append("interrupted: the same command continues, and steps that are missing are not in these numbers")
        for measure in found.asked:
            if measure != found.asked[0]:
                said.append(self._decides(measure))
            chance = found.chance(measure)
            if chance is not None and chance > TELLING:
                less = "more --replications make it less"
                said.append(f"{measure.text}: up to {_share(chance)} of the variance may be chance, of rates above all; {less}")
            said += [self._turns(one, measure) for one in found.objectives if one.measure == measure]
        left_out = [found.values[number].name for number in found.left_out()]
        if left_out:
            said.append(f"left out after the screening, and as the scenario says in what follows it: {_listed(left_out)}")
        said += [
            f"{measure.text}: left out with their blocks, for nothing was measured: {missing:,} design point{'s' * (missing > 1)}"
            for measure in found.asked
            if (missing := found.missing(measure)) and not found.interrupted
        ]
        return said

    def _decides(self, measure: Measure) -> str:
        found = self.found
        order = found.ranked(measure)
        indices = [(number, index) for number in order if (index := found.index(number, measure)) is not None]
        if not indices:
            return self._swings(measure, order)
        (first, largest), rest = indices[0], indices[1:]
        rivals = [number for number, index in rest if index.total + index.total_half > largest.total - largest.total_half]
        leading = [first, *rivals]
        lead = f"{measure.text} is decided by {_listed([self._named(number, measure) for number in leading])}"
        if rivals:
            lead += f"; {found.samples} samples do not tell by which of them most"
        then = [number for number, index in rest if number not in leading and index.total >= TELLING]
        if then:
            lead += f"; then by {_listed([self._named(number, measure) for number in then])}"
        if max(index.total_half for _, index in indices) > _UNSURE:
            lead += f"; with --samples {4 * found.samples} the intervals would be about half as wide"
        return lead

    def _named(self, number: int, measure: Measure) -> str:
        """`the median of sync_facility (41 % of the variance)`"""
        index = self.found.index(number, measure)
        share = "" if index is None else f" ({_share(index.total)} of the variance)"
        return f"the {self.found.values[number].name}{share}"

    def _swings(self, measure: Measure, order: Sequence[int]) -> str:
        """Where there are no indices."""
        swing = self.found.swing(order[0], measure)
        if not math.isfinite(swing) or not swing:
            return f"{measure.text}: no value makes a difference within its range"
        return f"{measure.text}: alone, the {self.found.values[order[0]].name} makes the largest difference, {measure.show(swing)}"

    def _turns(self, objective: Objective, measure: Measure) -> str:
        """Where the objective turns, of the values in the order of what they matter."""
        found = self.found
        order = [found.values[number].path for number in found.ranked(measure)]
        turning = sorted((one for one in found.thresholds if one.objective == objective), key=lambda one: order.index(one.value.path))
        base = mean_of(found.base, measure)
        measured = mean_text(measure, found.base.estimate(measure)) if math.isfinite(base) else "nothing to measure"
        about = f"{objective.text}: {measured} as the scenario is"
        holding = found.holding(objective)
        share = "" if holding is None else f"; it holds at {holding} drawn from all these ranges"
        if not turning:
            return f"{about}; {_over_ranges(found.holding_alone(objective))}{share}"
        return f"{about}; {'; '.join(map(threshold_text, turning))}{share}"

    @property
    def tables(self) -> list[Table]:
        """A table a measure: the value that decides it first."""
        return [self._table(measure) for measure in self.found.asked]

    def _table(self, measure: Measure) -> Table:
        found = self.found
        has_effects, has_indices = bool(found.effects.get(measure.text)), bool(found.indices.get(measure.text))
        head = ["value", "range", "at its low end", "at its high end"]
        head += ["effect"] * has_effects + ["share by itself", "share in total"] * has_indices
        rows = []
        for number in found.ranked(measure):
            value, ends, effect = found.values[number], found.ends(number), found.effect(number, measure)
            row = [value.name, value.range, *(mean_text(measure, one.estimate(measure)) if one.values else "–" for one in ends)]
            if has_effects:
                row.append("–" if effect is None else f"{measure.show(effect.size)} ± {measure.show(effect.half_width)}")
            if has_indices:
                row += _index_texts(found.index(number, measure))
            rows.append(row)
        as_it_is = mean_text(measure, found.base.estimate(measure)) if found.base.values else "–"
        return Table(f"{measure.text}: {as_it_is} as the scenario is", head, rows)

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        found, plain = self.found, self.found.scenario.scenario
        ranges = {one.path: {"name": one.name, "kind": one.kind, **_ends(one)} for one in found.values}
        return origin(plain.name, found.scenario.hash, plain.seed) | {
            "replications": found.replications,
            "trajectories": found.trajectories,
            "samples": found.samples,
            "ranges": ranges,
        }

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs, and of values what they are in tables: seconds, a second, or plain numbers."""
        found = self.found
        return self.metadata | {
            "interrupted": found.interrupted,
            "kept": [found.values[number].path for number in found.kept],
            "measures": {one.text: self._summary(one) for one in found.asked},
            "thresholds": [
                {
                    "slo": one.objective.text,
                    "path": one.value.path,
                    "holds_at": plain(one.value, one.holds),
                    "fails_at": plain(one.value, one.fails),
                }
                for one in found.thresholds
            ],
            "holding": {
                one.text: None
                if (seen := found.holding(one)) is None
                else {"points": seen.points, "hold": seen.met, "undecided": seen.open}
                for one in found.objectives
            },
        }

    def _summary(self, measure: Measure) -> dict[str, object]:
        rows = [_numbers(row) for row in self._rows(measure)]
        estimate = self.found.base.estimate(measure).to_json(measure.scale) if self.found.base.values else None
        return {"unit": measure.unit.name, "base": estimate, "chance": self.found.chance(measure), "values": rows}

    def _rows(self, measure: Measure) -> list[dict[str, Any]]:
        """A row a value, the one that decides first."""
        found, rows = self.found, []
        for number in found.ranked(measure):
            value, (low, high) = found.values[number], found.ends(number)
            effect, index = found.effect(number, measure), found.index(number, measure)
            rows.append(
                {
                    "path": value.path,
                    "name": value.name,
                    **_ends(value),
                    "at_low": mean_of(low, measure) / measure.scale,
                    "at_high": mean_of(high, measure) / measure.scale,
                    "effect": math.nan if effect is None else effect.size / measure.scale,
                    "effect_half_width": math.nan if effect is None else effect.half_width / measure.scale,
                    "effect_spread": math.nan if effect is None else effect.spread / measure.scale,
                    "first": math.nan if index is None else index.first,
                    "first_half_width": math.nan if index is None else index.first_half,
                    "total": math.nan if index is None else index.total,
                    "total_half_width": math.nan if index is None else index.total_half,
                }
            )
        return rows

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a value and measure; and one row a design point and measure, with the step that it is of."""
        import pandas as pd

        rows = [
            {"statistic": one.text, "unit": one.unit.name, "rank": place + 1, **row}
            for one in self.found.asked
            for place, row in enumerate(self._rows(one))
        ]
        steps: dict[str, Sweep | None] = {"alone": self.found.alone, "screening": self.found.screening, "together": self.found.together}
        points = [
            {
                "step": name,
                "point": number,
                **point.settings,
                "statistic": one.text,
                "unit": one.unit.name,
                "mean": mean_of(point, one) / one.scale,
            }
            for name, step in steps.items()
            if step is not None
            for number, point in enumerate(step.points)
            for one in self.found.asked
        ]
        return {self.stem: pd.DataFrame(rows), f"{self.stem}_points": pd.DataFrame(points)}


def _over_ranges(alone: Holding | None) -> str:
    """What is said of an objective that no value is seen to turn."""
    if alone is None:
        return "no value turns it alone, for there is nothing to measure"
    if alone.open:
        return "no value is seen to turn it alone, and over each range it is not known: runs are still open at the end"
    if 0 < alone.met < alone.points:  # interrupted before it was looked where it turns
        return f"it holds at {alone} where one value is at an end of its range"
    return f"no value turns it alone, and it {'holds' if alone.met else 'fails'} over each range"


def threshold_text(one: Threshold) -> str:
    """`with the median of sync_facility above 23.9 s it fails (at 23.9 s it holds, at 24 s it does not)`"""
    value = one.value
    side = "above" if one.above else "below"
    return (
        f"with the {value.name} {side} {value.show(one.holds)} it fails "
        f"(at {value.show(one.holds)} it holds, at {value.show(one.fails)} it does not)"
    )


def plain(value: Uncertain, number: float) -> float:
    """Seconds, a second, or a plain number."""
    return number / SECOND if value.kind == "duration" else number


def _ends(value: Uncertain) -> dict[str, float | None]:
    base = None if value.base is None else plain(value, value.base)
    return {"base": base, "low": plain(value, value.low), "high": plain(value, value.high)}


def _index_texts(index: Index | None) -> list[str]:
    if index is None:
        return ["–", "–"]
    return [f"{_share(index.first)} ± {_points(index.first_half)}", f"{_share(index.total)} ± {_points(index.total_half)}"]


def _share(value: float) -> str:
    """An index is a share, whatever the estimator makes of few samples."""
    return f"{100 * min(max(value, 0.0), 1.0):.0f} %"


def _points(value: float) -> str:
    return f"{100 * value:.0f}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """For JSON: null where there is no number."""
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}
