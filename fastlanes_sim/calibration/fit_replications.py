"""The statistics of an export beside those of each simulation of its fit. Simulations are large, so only their statistics are kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from fastlanes_sim.calibration.compared import Compared
from fastlanes_sim.calibration.fit_sample import Clock, Floats, RunSample
from fastlanes_sim.calibration.fit_statistics import Parts, Statistic
from fastlanes_sim.rules.creation import QUEUES

Row = tuple[float, ...]
Points = tuple[tuple[float, float, float, float], ...]
_MOST_POINTS = 200


class Replications:
    """Statistics that one kind of sample has: of the export, and of simulations as they come."""

    def __init__(self, statistics: Iterable[Statistic], seen: RunSample) -> None:
        self.statistics = tuple(statistics)
        parts = Parts(seen)
        self._observed = [statistic.value(parts) for statistic in self.statistics]
        self._share = self._beyond(parts)
        self._values: list[list[float]] = []
        self._shares: list[list[float]] = []

    def add(self, sample: RunSample) -> None:
        """One more simulation."""
        parts = Parts(sample)
        self._values.append([statistic.value(parts) for statistic in self.statistics])
        self._shares.append(self._beyond(parts))

    def compared(self, horizon: int, level: float) -> Iterator[Compared]:
        """Each statistic of the export beside those of the simulations, each at this level."""
        values, shares = np.array(self._values, np.float64), np.array(self._shares, np.float64)
        for place, statistic in enumerate(self.statistics):
            share = self._share[place]
            yield _compared(statistic, self._observed[place], values[:, place], share, shares[:, place], horizon, level)

    def _beyond(self, parts: Parts) -> list[float]:
        """The share of the runs beyond the export's value, of percentiles."""
        both = zip(self.statistics, self._observed, strict=True)
        return [math.nan if math.isnan(statistic.p) else statistic.beyond(parts, value) for statistic, value in both]


def _compared(statistic: Statistic, observed: float, drawn: Floats, share: float, shares: Floats, horizon: int, level: float) -> Compared:
    values = np.sort(drawn)
    # A run that was never claimed waited for the whole time at least; a simulation without such runs has no value.
    known = np.nan_to_num(values, nan=0.0, posinf=float(horizon))
    mine = float(np.nan_to_num(observed, nan=0.0, posinf=float(horizon)))
    logs = np.log(known + statistic.tolerance)
    half = _half_width(logs, level)
    low, high = (math.exp(logs.mean() + way * half) - statistic.tolerance for way in (-1, 1))
    fitted, plain = float(np.median(values)), float(np.median(known))
    alike = abs(plain - mine) <= statistic.tolerance or (
        plain > 0 and mine > 0 and abs(math.log(plain / mine)) <= math.log(statistic.ratio)
    )
    rejected = not alike and not low <= mine <= high and not known[0] <= mine <= known[-1]
    if rejected and not math.isnan(statistic.p):
        # Where waits are rare and long, percentiles jump from one replication to the next; the share beyond the observed one does not.
        rejected = abs(share - float(shares.mean())) > _half_width(shares, level)
    words = f"{statistic.scope}.{statistic.name} is {statistic.show(fitted)} in the fit and {statistic.show(observed)} in the export"
    return Compared(
        scope=statistic.scope,
        metric=statistic.metric,
        name=statistic.name,
        is_time=statistic.is_time,
        observed=observed,
        fitted=fitted,
        low=max(low, 0.0),
        high=high,
        rejected=rejected,
        words=words,
        p=statistic.p,
    )


def _half_width(values: Floats, level: float) -> float:
    """Of the prediction interval of one more value (Student's)."""
    from scipy.special import stdtrit

    return float(stdtrit(len(values) - 1, 1 - level / 2) * values.std(ddof=1) * math.sqrt(1 + 1 / len(values)))


class LaneCounts:
    """For the picture: the runs of each lane in each stretch of the clock."""

    def __init__(self, seen: RunSample, clock: Clock) -> None:
        self.clock = clock
        self._lanes = lanes_of(seen)
        self._observed = self._counts(seen)
        self._drawn: list[list[Floats]] = []

    def add(self, sample: RunSample) -> None:
        self._drawn.append(self._counts(sample))

    def bands(self) -> dict[str, tuple[Row, Row, Row]]:
        """Of each lane: (observed, least, most)."""
        found = {}
        for place, lane in enumerate(self._lanes):
            drawn = np.sort([counts[place] for counts in self._drawn], axis=0)
            rows = [tuple(float(count) for count in row) for row in (self._observed[place], drawn[0], drawn[-1])]
            found[QUEUES[lane]] = rows[0], rows[1], rows[2]
        return found

    def _counts(self, sample: RunSample) -> list[Floats]:
        return [self.clock.counts(sample.inserted[sample.queue == lane]).astype(np.float64) for lane in self._lanes]


class LaneQuantiles:
    """For the picture: the wait or the service of each lane at many shares of the runs."""

    def __init__(self, seen: RunSample, metric: str) -> None:
        self._metric = metric
        self._lanes = lanes_of(seen)
        self._shares = {lane: self._shares_of(seen, lane) for lane in self._lanes}
        self._observed = self._quantiles(seen)
        self._drawn: list[list[Floats]] = []

    def add(self, sample: RunSample) -> None:
        self._drawn.append(self._quantiles(sample))

    def points(self) -> dict[str, Points]:
        """Of each lane: (observed, median, least, most)."""
        found: dict[str, Points] = {}
        for place, lane in enumerate(self._lanes):
            drawn = [quantiles[place] for quantiles in self._drawn if len(quantiles[place])]
            found[QUEUES[lane]] = ()
            if drawn and len(self._observed[place]):
                spread = np.sort(drawn, axis=0)
                points = zip(self._observed[place], spread[len(drawn) // 2], spread[0], spread[-1], strict=True)
                found[QUEUES[lane]] = tuple((float(one), float(middle), float(least), float(most)) for one, middle, least, most in points)
        return found

    def _known(self, sample: RunSample, lane: int) -> Floats:
        values = getattr(sample, self._metric)[sample.queue == lane]
        return np.sort(values[~np.isnan(values)])

    def _shares_of(self, seen: RunSample, lane: int) -> Floats:
        count = min(len(self._known(seen, lane)), _MOST_POINTS)
        return (np.arange(count) + 0.5) / max(count, 1)

    def _quantiles(self, sample: RunSample) -> list[Floats]:
        found = []
        for lane in self._lanes:
            known = self._known(sample, lane)
            found.append(known[(self._shares[lane] * len(known)).astype(np.int64)] if len(known) else known)
        return found


def lanes_of(seen: RunSample) -> list[int]:
    """Those with runs."""
    return [place for place in range(len(QUEUES)) if (seen.queue == place).any()]
