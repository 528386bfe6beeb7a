"""What is said of baselines held against the present: what changed for real first, then since which input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.objectives import Case, invalid_cases
from fastlanes_sim.reports.report import ReportKind, Table
from fastlanes_sim.results.summary import versions
from fastlanes_sim.suite.check import REAL, Change, Checked, Kind

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "none that was recorded: this should not happen, please report it"


@dataclass(frozen=True, slots=True)
class BaselineCheckReport:
    """What changed, and whether that counts."""

    found: Sequence[Checked]
    strict: bool = False
    """Every real change counts, not only what became worse."""
    kind: ClassVar = ReportKind.BASELINE_CHECK
    stem: ClassVar = "check"

    @property
    def counted(self) -> frozenset[Kind]:
        return REAL if self.strict else frozenset({Kind.WORSE})

    @property
    def regressed(self) -> bool:
        return any(one.of(*self.counted) for one in self.found)

    @property
    def is_open(self) -> bool:
        """Whether a measure may have changed by any amount, or a baseline could not be compared."""
        return any(one.of(Kind.OPEN) or one.why_not is not None for one in self.found)

    @property
    def title(self) -> str:
        kinds = [change.kind for one in self.found for change in one.changes]
        count = {kind: kinds.count(kind) for kind in Kind}
        real = sum(count[kind] for kind in REAL)
        many = f"{len(self.found)} baseline{'s' if len(self.found) > 1 else ''}"
        said = f"{count[Kind.IDENTICAL]} identical, {count[Kind.NOISE]} changed within noise, {real} changed for real"
        said += f", {count[Kind.SMALL]} by too little to matter" if count[Kind.SMALL] else ""
        said += f" ({count[Kind.WORSE]} worse)" if real else ""
        said += f", {count[Kind.OPEN]} undecided" if count[Kind.OPEN] else ""
        left = sum(one.why_not is not None for one in self.found)
        return f"{many}: {said}" + (f"; {left} not comparable" if left else "")

    @property
    def question(self) -> str:
        return ""

    @property
    def answer(self) -> str:
        return self.title

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        return []

    @property
    def cases(self) -> list[Case]:
        """One for each measure: no worse than it was. One of a baseline that cannot be compared, and of each problem of its scenario."""
        return [case for one in self.found for case in (self._not_compared(one) if one.why_not else self._compared(one))]

    def _compared(self, checked: Checked) -> list[Case]:
        return [self._case(checked, change) for change in checked.changes]

    def _not_compared(self, checked: Checked) -> list[Case]:
        assert checked.why_not is not None
        if checked.why_not.is_invalid:
            return invalid_cases(checked.why_not.problems, checked.baseline.name)
        file = Path(checked.baseline.scenario)
        return [Case(checked.baseline.name, "can be compared", "undecided", f"{checked.why_not.reason}. {checked.why_not.hint}", file, 0)]

    def _case(self, checked: Checked, change: Change) -> Case:
        outcome: Outcome = "missed" if change.kind in self.counted else "undecided" if change.kind is Kind.OPEN else "met"
        objective = f"{change.measure.text} is {'as it was' if self.strict else 'no worse than it was'}"
        return Case(checked.baseline.name, objective, outcome, change.words, Path(checked.baseline.scenario), 0)

    @property
    def sentences(self) -> list[str]:
        changed = [one for one in self.found if one.of(*REAL, Kind.NOISE, Kind.OPEN, Kind.SMALL)]
        left = [f"{one.baseline.name}: not compared: {one.why_not.reason}" for one in self.found if one.why_not is not None]
        moved = [f"{one.baseline.name}: its scenario was found at {one.moved_to}" for one in self.found if one.moved_to]
        return [
            *left,
            *moved,
            *(f"{one.baseline.name}: changed since it was recorded: {'; '.join(one.since) or NOTHING}" for one in changed),
        ]

    @property
    def tables(self) -> list[Table]:
        """What changed for real."""
        rows = []
        for one in self.found:
            for change in one.of(*REAL):
                found, show = change.difference, change.measure.show
                ends = [show(found.mean), show(found.low), show(found.high)]
                rows.append(
                    [one.baseline.name, change.measure.text, show(change.was.mean), show(change.now.mean), *ends, change.kind.value]
                )
        head = ["baseline", "statistic", "was", "is", "difference", "from", "to", "which is"]
        return [Table("Changed for real", head, rows)] if rows else []

    @property
    def metadata(self) -> dict[str, object]:
        return {"baselines": [one.baseline.name for one in self.found], "versions": versions()}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares, numbers."""
        return {
            "regressed": self.regressed,
            "baselines": {
                one.baseline.name: {
                    "scenario": one.baseline.scenario,
                    "scenario_hash": one.baseline.scenario_hash,
                    "level": one.level,
                    "since": list(one.since),
                    **({} if one.why_not is None else {"not_comparable": one.why_not.reason}),
                    **({"moved_to": one.moved_to} if one.moved_to else {}),
                    "statistics": {change.measure.text: _change_json(change) for change in one.changes},
                }
                for one in self.found
            },
        }

    def frames(self) -> Mapping[str, pd.DataFrame]:
        """The baselines have every value; a check writes no table of them."""
        return {}


def _change_json(change: Change) -> dict[str, object]:
    scale = change.measure.scale
    ends = {name: getattr(change, name).to_json(scale) for name in ("was", "now", "difference")}
    return {"kind": change.kind.value, "unit": change.measure.unit.name} | ends
