"""The statistics that are taken of a time of runs (`times`). A new one is a line in `STATISTICS`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.measures.quantities import SHARE, Unit
from fastlanes_sim.measures.row import Better
from fastlanes_sim.measures.samples import Sample
from fastlanes_sim.measures.values import Value


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of a sample."""

    name: str
    """As it is written; `N` in it stands for a number between 0 and 100."""
    meaning: str
    compute: Callable[[Sample[Any], Any], Value | None]
    """Of the sample, and of the part N / 100 or the threshold where it has one; None of nothing."""
    better: Better = "less"
    unit: Unit | None = None
    """None: that of the time."""
    has_threshold: bool = False
    """It is written `share(TIME > THRESHOLD)`."""
    pooled: bool = False
    """Over replications it is that of all their runs together; the mean of the replications' own is written with `/day`."""

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.name).replace("N", r"(\d{1,3}(?:\.\d+)?)"))


def _mean(sample: Sample[Any], _: object) -> Value | None:
    return sample.mean()


def _maximum(sample: Sample[Any], _: object) -> Value | None:
    return sample.maximum()


def _minimum(sample: Sample[Any], _: object) -> Value | None:
    return sample.minimum()


def _quantile(sample: Sample[Any], part: Fraction) -> Value | None:
    return sample.quantile(part)


def _share_above(sample: Sample[Any], threshold: float) -> Value | None:
    return sample.share_above(threshold)


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic("mean", "mean", _mean),
        Statistic("max", "largest", _maximum),
        Statistic("min", "smallest", _minimum, better=None),
        Statistic("share", "share of the runs beyond the threshold", _share_above, unit=SHARE, has_threshold=True, pooled=True),
        Statistic("pN", "percentile, such as p50, p95, p99.9", _quantile, pooled=True),
    )
}
PER_DAY = "/day"
"""Behind a pooled statistic: the mean of the days' own, where a day is a replication."""
_EXAMPLES = ("50", "95", "99", "99.9")


def read_statistic(text: str) -> tuple[Statistic, str, Fraction | None]:
    """The statistic of that name, its canonical spelling, and N / 100 where the name has an N.

    Raises:
        MeasureError: there is none, or N is no percentage.
    """
    for statistic in STATISTICS.values():
        match = statistic.pattern.fullmatch(text)
        if match is None:
            continue
        if not match.groups():
            return statistic, statistic.name, None
        part = Fraction(match[1]) / 100
        if not 0 < part < 1:
            raise MeasureError(f"{show(text)} is not a percentile", "a percentile lies between 0 and 100: p50, p99, p99.9", text)
        return statistic, statistic.name.replace("N", f"{Decimal(match[1]).normalize():f}"), part
    names = [name.replace("N", number) for name in STATISTICS for number in (_EXAMPLES if "N" in name else ("",))]
    raise MeasureError(f"unknown statistic {show(text)}", suggest(text, names), text)
