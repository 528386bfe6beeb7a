"""A measure: one number of a simulation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.quantities import Unit
from fastlanes_sim.measures.registry import row_of
from fastlanes_sim.measures.row import Better, Row
from fastlanes_sim.measures.scopes import ALL, Places, Scope
from fastlanes_sim.measures.statistics import PER_DAY, read_statistic
from fastlanes_sim.measures.times import TIMES
from fastlanes_sim.measures.values import Value, ends


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured, over which runs. Measures that are written differently and mean the same are equal."""

    name: str
    """Of a count, of a number of the system, or of the time that a statistic is taken of."""
    scope: Scope = ALL
    statistic: str = ""
    """As `p99.9`; empty of what is not a statistic of a time."""
    threshold: float | None = None
    """Of a share: what runs are beyond."""
    per_day: bool = False
    """Of a quantile or a share, over replications: the mean of the replications' own instead of that of all their runs."""

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The canonical spelling: `p99(fast_lane.response)`, `share(all.wait > 30 s)`, `lost`, `project.clinic.killed`."""
        if not self.statistic:
            return self.name if self.scope == ALL else f"{self.scope}.{self.name}"
        beyond = "" if self.threshold is None else f" > {TIMES[self.name].unit.spell(self.threshold)}"
        return f"{self.statistic}{PER_DAY * self.per_day}({self.scope}.{self.name}{beyond})"

    @property
    def row(self) -> Row:
        """What the registry says of it."""
        return row_of(self.name, self.statistic, self.threshold)

    @property
    def unit(self) -> Unit:
        return self.row.unit

    @property
    def scale(self) -> float:
        """What one unit is in the values that `of` gives."""
        return self.unit.scale

    @property
    def better(self) -> Better:
        """Which direction is."""
        return self.row.better

    @property
    def title(self) -> str:
        """Of an axis, with the unit."""
        return self.text + self.unit.axis

    @property
    def percentile(self) -> float | None:
        """99.9 of `p99.9`, None of another statistic."""
        number = self.statistic.removeprefix("p")
        return float(number) if number != self.statistic and number[:1].isdigit() else None

    @property
    def part(self) -> float | None:
        """0.99 of `p99`, None of another statistic."""
        return None if self.percentile is None else float(read_statistic(self.statistic)[2] or 0)

    @property
    def is_pooled(self) -> bool:
        """Whether it is, over replications, that of all their runs together: quantiles and shares, unless `per_day`."""
        return bool(self.statistic) and not self.per_day and read_statistic(self.statistic)[0].pooled

    @property
    def estimates(self) -> str:
        """What the number printed over replications estimates, in words."""
        if not self.statistic:
            return "the mean of the replications' numbers"
        return f"of all {self.row.whose}s of the replications" if self.is_pooled else "the mean of the replications' own"

    def evidence(self, observations: Observations) -> Evidence:
        """What is kept of the runs that it is computed from."""
        return self.row.evidence(observations, self.scope)

    def of(self, observations: Observations) -> Value | None:
        """What it comes to; None where there is nothing to measure."""
        return self.row.compute(observations, self.scope)

    def ends(self, observations: Observations) -> tuple[float, float]:
        """The ends of what is possible, in µs, as a share or as a number: one number unless runs are still open, the upper may
        be infinite. Two NaN where there is nothing to measure."""
        return ends(self.of(observations))

    def show(self, value: float) -> str:
        """A value for people."""
        return self.unit.show(value)

    def expanded(self, places: Places) -> list[Measure]:
        """The measures that it stands for: itself if its scope is no pattern.

        Raises:
            MeasureError: its scope names what there is not.
        """
        return [replace(self, scope=scope) for scope in self.scope.expanded(places)]


def each_once(measures: Iterable[Measure]) -> list[Measure]:
    """In the order of their first mention."""
    return list(dict.fromkeys(measures))
