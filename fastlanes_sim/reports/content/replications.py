"""What is said of replications of one scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.deployment.fingerprint import said
from fastlanes_sim.experiments.analytic import to_json
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.verdicts import mean_text
from fastlanes_sim.reports.content.answers import answer, strain
from fastlanes_sim.reports.content.setting import Facts, facts, question_of
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd


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
            )
        ]

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
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """One row a replication and measure."""
        return {self.stem: self.found.frame}
