"""What is said of replications of one scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.deployment.fingerprint import said
from fastlanes_sim.experiments.analytic import to_json
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.two_levels import WEEK, InputEffects, Parts, parts_of
from fastlanes_sim.experiments.verdicts import mean_text
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.reports.content.answers import answer, strain
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd


def finite(value: float) -> float | None:
    """None where there is no number that JSON has."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class ReplicationsReport:
    """Every measure with its interval."""

    found: Replicated
    kind: ClassVar = ReportKind.REPLICATIONS
    stem: ClassVar = "replications"

    @property
    def title(self) -> str:
        found = self.found
        return f"{found.scenario.scenario.name}, {len(found.values)} {'batches' if found.batches else 'replications'}"

    @property
    def question(self) -> str:
        return question_of(self.found.scenario)

    @property
    def answer(self) -> str:
        """The verdicts, and the objective that matters most with its interval."""
        found, verdicts = self.found, self.found.verdicts
        strains = [strain(one.slo, (e := found.estimate(one.slo.measure)).mean, e.upper_mean) for one in verdicts]
        return answer(self.cases, verdicts, strains, interrupted=found.interrupted)

    @property
    def facts(self) -> Facts:
        found, many = self.found, len(self.found.values)
        what = "batches of one long run" if found.batches else "replications"
        return facts(found.scenario, f"{many:,} {what} (seed {found.scenario.scenario.seed}), {100 * found.level:g} % intervals")

    @property
    def cases(self) -> list[Case]:
        """The objectives as CI sees them."""
        scenario = self.found.scenario
        return cases(scenario.scenario.name, scenario, self.found.verdicts, interrupted="interrupted" if self.found.interrupted else "")

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        return self.found.notes

    @property
    def tables(self) -> list[Table]:
        """Every measure with its interval."""
        rows = []
        for one in self.found.measures:
            found = self.found.estimate(one)
            rows.append(
                [one.text, one.estimates, mean_text(one, found), one.show(found.low), one.show(found.high), f"{found.replications:,}"]
            )
        return [
            Table(
                f"Estimates and {100 * self.found.level:g} % intervals",
                ["statistic", "what it is", "estimate", "from", "to", "replications"],
                rows,
            ),
            *self._input_tables,
        ]

    @property
    def interval_parts(self) -> dict[Measure, Parts]:
        """What the intervals are made of, where the inputs are uncertain."""
        found = self.found
        if found.inputs is None:
            return {}
        parts = {one: parts_of(one, found.by_chance(one), found.inputs) for one in found.measures}
        return {one: part for one, part in parts.items() if part is not None}

    @property
    def _input_tables(self) -> list[Table]:
        parts = self.interval_parts
        if not parts:
            return []
        head = ["statistic", "by chance", f"because of {next(iter(parts.values())).days}", f"with {WEEK:g} more days, about"]
        return [Table("What the intervals are made of", head, [[m.text, p.chance, p.inputs, p.more or "–"] for m, p in parts.items()])]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        plain = self.found.scenario.scenario
        return origin(plain.name, self.found.scenario.hash, plain.seed) | {"replications": len(self.found.values)}

    def summary(self) -> dict[str, object]:
        """Plain values; times in seconds."""
        found = self.found
        return self.metadata | {
            "settings": said(found.scenario.scenario),
            "interrupted": found.interrupted,
            "notes": found.notes,
            "warm_up_us": found.warm_up.cut,
            "slos": [{"slo": one.slo.text, "verdict": one.verdict, "text": one.text} for one in found.verdicts],
            "statistics": {
                one.text: {"unit": one.unit.name, "estimates": one.estimates, **found.estimate(one).to_json(one.scale)}
                for one in found.measures
            },
            "formulas": to_json(found.sanity),
            **({} if found.inputs is None else {"inputs": self._inputs(found.inputs)}),
        }

    def _inputs(self, inputs: InputEffects) -> dict[str, object]:
        found = self.found
        spreads = {one: (found.by_chance(one), inputs.spread(one, found.level)) for one in found.measures}
        return {
            "days": inputs.days,
            "resamples": len(inputs.sets),
            "values": inputs.values,
            "known": list(inputs.known),
            "half_widths": {
                one.text: {"chance": finite(chance.half_width / one.scale), "inputs": finite(spread.half_width(chance.mean) / one.scale)}
                for one, (chance, spread) in spreads.items()
                if spread is not None
            },
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a replication and measure."""
        return {self.stem: self.found.frame}
