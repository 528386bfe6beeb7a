"""One statistic of an export beside those of simulations."""

from __future__ import annotations

import math
from dataclasses import dataclass

_NOTHING = 1e-3


@dataclass(frozen=True, slots=True)
class Compared:
    """One statistic of the export beside those of the simulations. Times are µs."""

    scope: str
    metric: str
    name: str
    is_time: bool
    observed: float
    fitted: float
    """The median over replications."""
    low: float
    high: float
    """The prediction interval of one more replication."""
    rejected: bool
    words: str
    """One sentence with the size of the difference."""
    p: float = math.nan
    """Of a percentile."""

    @property
    def off(self) -> float:
        """How far apart they are, either way, as a logarithm; nothing at all counts as a thousandth of a microsecond or of a run."""
        if self.observed == self.fitted:
            return 0.0
        if not math.isfinite(self.observed) or not math.isfinite(self.fitted):
            return math.inf
        return abs(math.log(max(self.fitted, _NOTHING) / max(self.observed, _NOTHING)))
