"""The registry: of every measure its row.

Its families have a file each, in which a new measure is one line: the statistics (`statistics`) of the times of runs (`times`), the counts
(`counts`), and the numbers of the whole system (`system`).
"""

from __future__ import annotations

import math
from functools import lru_cache

from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.row import Row
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.measures.statistics import read_statistic
from fastlanes_sim.measures.system import SYSTEM
from fastlanes_sim.measures.times import TIMES
from fastlanes_sim.measures.values import Value


def row_of(name: str, statistic: str = "", threshold: float | None = None) -> Row:
    """The row of a count or of a number of the system, or of a statistic of a time.

    Raises:
        KeyError: there is none.
    """
    return _of_time(name, statistic, threshold) if statistic else COUNTS.get(name) or SYSTEM[name]


@lru_cache(maxsize=1_024)
def _of_time(name: str, spelled: str, threshold: float | None) -> Row:
    time = TIMES[name]
    statistic, spelled, part = read_statistic(spelled)

    def compute(observations: Observations, scope: Scope) -> Value | None:
        return statistic.compute(observations.sample(name, scope), threshold if statistic.has_threshold else part)

    def nothing(observations: Observations, scope: Scope) -> str:
        if time.whose == "caller":
            return "nobody waits"
        return "no run came that far" if observations.members(scope).any() else "no run"

    def unsettled(observations: Observations, scope: Scope) -> str:
        many = len(observations.sample(name, scope).censored)
        return f"{many} {time.whose}{'' if many == 1 else 's'} {time.not_reached} by the end"

    def evidence(observations: Observations, scope: Scope) -> Evidence:
        sample = observations.sample(name, scope)
        return Evidence.of(sample, None if part is None else float(part)) if statistic.pooled else Evidence(len(sample))

    return Row(
        name=f"{spelled}({name})",
        meaning=f"{statistic.meaning} of {time.meaning}",
        unit=statistic.unit or time.unit,
        compute=compute,
        better=statistic.better,
        whose=time.whose,
        nothing=nothing,
        unsettled=unsettled,
        evidence=evidence,
        ceiling=1.0 if statistic.has_threshold else math.inf,
    )
