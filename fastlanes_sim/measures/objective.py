"""An objective: a measure, an operator and a bound."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.operators import Operator
from fastlanes_sim.measures.scopes import Places

OF_DAYS = re.compile(r"\s+in\s+(?P<days>\S+)\s+of\s+(?:days|replications)\s*\Z")
"""What an objective ends in that is asked of each day. A day is a replication, however long."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What must hold."""

    text: str
    """As the scenario writes it, with the name of a scope in place of a pattern for several."""
    measure: Measure
    operator: Operator
    bound: float
    """In the values of the measure: µs, a share or a number."""
    days: float | None = None
    """On how large a share of days it must hold, each day for itself; None: of what the measure estimates over all of them."""

    @property
    def is_upper_bound(self) -> bool:
        """Whether it says how much something may be at most."""
        return self.operator.side == "at most"

    @property
    def bound_text(self) -> str:
        """The bound as it was written."""
        return OF_DAYS.sub("", self.text.rpartition(self.operator.symbol)[2].strip())

    def expanded(self, places: Places) -> list[Objective]:
        """The objectives that it stands for: itself if its scope is no pattern.

        Raises:
            MeasureError: its scope names what there is not.
        """
        if not self.measure.scope.is_pattern:
            self.measure.expanded(places)
            return [self]
        return [
            replace(self, text=self.text.replace(str(self.measure.scope), str(one.scope), 1), measure=one)
            for one in self.measure.expanded(places)
        ]
