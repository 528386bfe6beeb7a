"""Lightning's own metrics beside the replays of an export: a second source, which no query of the database has filtered.

Compared are the share of the runs that started within each bound of the histogram of delays, the mean of the available runs, and the mean
of the runs that ended between two looks, over the time in which both the metrics and the export watched. The metrics speak against the
model where they are outside of all replays and apart by more than anybody would notice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.units import MILLISECOND, format_duration, format_number
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.queue_metrics import QueueMetrics, Times, available_at, delays_of, finalised_at
from fastlanes_sim.scenario.schedule import at_epoch

_SHARE, _NUMBER, _RATIO = 0.05, 0.5, 1.25
"""Differences that nobody would plan differently for: of shares; of numbers of runs, absolute and as a factor."""
_COMPLETE = 0.02
"""The part of the runs that an export may lack."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One number of the metrics beside those of the export and of the replays."""

    name: str
    metrics: float
    export: float
    low: float
    high: float
    """Over the replays."""
    apart: bool
    words: str


@dataclass(frozen=True, slots=True)
class MetricsCheck:
    """Lightning's metrics beside the replays, number by number."""

    compared: tuple[MetricComparison, ...]
    started: int
    """Runs that started, according to the metrics; -1 where they do not tell."""
    exported: int
    """Runs that started in the same time, according to the export."""

    @property
    def contradicts(self) -> bool:
        """Whether the metrics speak against the model."""
        return any(one.apart for one in self.compared)

    @property
    def lines(self) -> list[str]:
        """What there is to say."""
        apart = [one for one in self.compared if one.apart]
        found = [f"Prometheus: {one.words}." for one in apart]
        if not self.compared:
            found = ["Prometheus: its metrics have no number that can be compared with the export."]
        elif not apart:
            found = [f"Prometheus: nothing in its metrics speaks against the model ({len(self.compared)} numbers)."]
        if self.started > 0 and abs(self.started - self.exported) > max(_COMPLETE * self.started, 5):
            found.append(f"Prometheus: {self.started:,} runs started in its time, and {self.exported:,} are in the export. Is it complete?")
        return found


class MetricsCheckBuilder:
    """Makes a `MetricsCheck` of the replays as they come.

    Raises:
        ExportError: the metrics and the export watched at different times.
    """

    def __init__(self, metrics: QueueMetrics, export: Export) -> None:
        self._metrics, self._export = metrics, export
        first, last = int(export.inserted_at[0]), export.last_seen
        _require_common_time(metrics, export, first, last)
        self._delays = _inside(metrics.delay.times, first, last) if metrics.delay is not None else None
        self._available = _inside(metrics.available.times, first, last) if metrics.available is not None else None
        self._finalised = _inside(metrics.finalised.times, first, last) if metrics.finalised is not None else None
        self._span = np.array([first - 1, last])
        self._replays: list[dict[str, float]] = []

    def add(self, inserted: Times, claimed: Times, started: Times, ended: Times) -> None:
        """A replay; µs since 1970, or NEVER."""
        self._replays.append(self._numbers(inserted, claimed, started, ended))

    def result(self) -> MetricsCheck:
        """After all replays."""
        export = self._export
        own = self._numbers(export.inserted_at, export.claimed_at, export.started_at, export.finished_at)
        told = self._told()
        compared = []
        for name, value in told.items():
            drawn = [replay[name] for replay in self._replays]
            if not any(map(math.isnan, (value, own[name], *drawn))):
                compared.append(_compared(name, value, own[name], drawn))
        delay = self._metrics.delay
        if delay is None:
            return MetricsCheck(tuple(compared), -1, 0)
        exported = delays_of(export.inserted_at, export.started_at, self._delay_instants(), delay.bounds).counts[-1, -1]
        return MetricsCheck(tuple(compared), int(self._counts()[-1]), int(exported))

    def _delay_instants(self) -> Times:
        """The first and the last that both watched."""
        assert self._metrics.delay is not None
        times = self._metrics.delay.times
        if not len(times) or self._delays is None or self._delays.sum() < 2:
            return self._span
        return np.asarray(times[self._delays][[0, -1]], np.int64)

    def _counts(self) -> np.ndarray:
        """Delays up to each bound, in the time of both."""
        delay = self._metrics.delay
        assert delay is not None
        if not len(delay.times) or self._delays is None:
            return np.asarray(delay.counts[-1])
        mine = delay.counts[self._delays]
        return np.asarray(mine[-1] - mine[0]) if len(mine) > 1 else np.zeros(len(delay.bounds))

    def _told(self) -> dict[str, float]:
        found: dict[str, float] = {}
        metrics = self._metrics
        if metrics.delay is not None:
            found |= _shares(metrics.delay.bounds, self._counts())
        for name, gauge, mine in (("available", metrics.available, self._available), ("finalised", metrics.finalised, self._finalised)):
            if gauge is not None and mine is not None and mine.any():
                found[_NAMES[name]] = float(gauge.values[mine].mean())
        return found

    def _numbers(self, inserted: Times, claimed: Times, started: Times, ended: Times) -> dict[str, float]:
        found: dict[str, float] = {}
        metrics = self._metrics
        if metrics.delay is not None:
            bounds = metrics.delay.bounds
            found |= _shares(bounds, delays_of(inserted, started, self._delay_instants(), bounds).counts[-1])
        if metrics.available is not None and self._available is not None and self._available.any():
            at = metrics.available.times[self._available]
            found[_NAMES["available"]] = float(available_at(inserted, np.where(claimed >= 0, claimed, ended), at).values.mean())
        if metrics.finalised is not None and self._finalised is not None and self._finalised.any():
            found[_NAMES["finalised"]] = float(finalised_at(ended, metrics.finalised.times[self._finalised]).values.mean())
        return found


_NAMES = {"available": "the mean number of available runs", "finalised": "the mean number of runs that ended between two looks"}


def _require_common_time(metrics: QueueMetrics, export: Export, first: int, last: int) -> None:
    """Metrics of another week would be compared in nothing, and so speak against nothing."""
    looks = [one.times for one in (metrics.delay, metrics.available, metrics.finalised) if one is not None and len(one.times)]
    untimed = metrics.delay is not None and not len(metrics.delay.times)
    if untimed or not looks or any(_inside(times, first, last).any() for times in looks):
        return
    begin, end = min(int(times[0]) for times in looks), max(int(times[-1]) for times in looks)
    message = (
        f"the metrics are from {_minute(begin)} to {_minute(end)}, and {export.reading.source} is from {_minute(first)} to {_minute(last)} "
        "(UTC): there is no time that both watched"
    )
    raise ExportError(message, "ask Prometheus for the time of the export (start=…&end=…); see --times if the export is not in UTC")


def _minute(at: int) -> str:
    return f"{at_epoch(at):%Y-%m-%d %H:%M}"


def _inside(times: Times, first: int, last: int) -> np.ndarray:
    return (times >= first) & (times <= last)


def _shares(bounds: Sequence[float], counts: np.ndarray) -> dict[str, float]:
    if not counts[-1]:
        return {}
    return {
        f"the share of runs started within {format_duration(bound * MILLISECOND)}": float(count / counts[-1])
        for bound, count in zip(bounds, counts, strict=True)
        if math.isfinite(bound)
    }


def _compared(name: str, metrics: float, export: float, drawn: Sequence[float]) -> MetricComparison:
    low, high = min(drawn), max(drawn)
    is_share = name.startswith("the share")
    nearest = min(max(metrics, low), high)
    if is_share:
        apart = abs(metrics - nearest) > _SHARE
    else:
        apart = abs(metrics - nearest) > _NUMBER and not 1 / _RATIO <= (metrics + 1e-9) / (nearest + 1e-9) <= _RATIO
    show: Callable[[float], str] = (lambda value: f"{value:.0%}") if is_share else format_number
    words = f"{name} is {show(metrics)} in its metrics, {show(low)} to {show(high)} in the replays, {show(export)} in the export"
    return MetricComparison(name, metrics, export, low, high, apart, words)
