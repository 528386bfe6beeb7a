"""One statistic of an export beside those of simulations."""

from __future__ import annotations

import math
from dataclasses import dataclass


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
        """How far apart they are, either way, as a logarithm."""
        if self.observed == self.fitted:
            return 0.0
        return abs(math.log(self.fitted / self.observed)) if 0 < self.fitted / max(self.observed, 1e-9) < math.inf else math.inf
