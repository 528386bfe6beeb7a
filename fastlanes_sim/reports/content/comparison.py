"""What is said of deployments that were compared on the same runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.reports.content.replications import ReplicationsReport
from fastlanes_sim.reports.content.trials import warned
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.report import ReportKind, Table

if TYPE_CHECKING:
    import pandas as pd


OF_EACH_DAY = "a difference of percentiles or shares is the mean of the replications' own differences (as of p99/day)"


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
        """One a pair."""
        tables = []
        for a, b in self.found.pairs:
            rows = []
            for one in self.found.of_pair(a, b):
                estimate, show = one.estimate, one.measure.show
                rows.append([one.measure.text, show(estimate.mean), show(estimate.low), show(estimate.high)])
            heading = f"{b} less {a}: paired differences, {100 * self.found.pair_level:.4g} % intervals"
            tables.append(Table(heading, ["statistic", "difference", "from", "to"], rows))
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
