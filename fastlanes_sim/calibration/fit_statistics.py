"""The statistics by which a fit is judged: runs an hour, service times and waits, lane by lane and workflow by workflow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.fit_sample import Clock, Floats, RunSample
from fastlanes_sim.core.large_arrays import release
from fastlanes_sim.core.units import MILLISECOND, MINUTE, format_duration, format_number
from fastlanes_sim.rules.creation import QUEUES

FEWEST_RUNS = 30
"""Runs that a lane or a workflow needs to be compared."""
_FEWEST_BEYOND = 5
"""Runs that must lie beyond a percentile."""
PERCENTILES = (0.5, 0.95, 0.99)
_FEWEST_STRETCHES = 12
_FEWEST_CLUMPS = 120
_RATIO = 1.25
_MOST_WORKFLOWS = 40
"""Those with the most runs are compared one by one."""


class Parts:
    """A sample by lane and by workflow, each cut out once."""

    def __init__(self, sample: RunSample) -> None:
        self._sample = sample
        self._known: dict[tuple[str, int], RunSample] = {}

    def of(self, kind: str, place: int) -> RunSample:
        """Of the lane or the workflow at a place."""
        if (kind, place) not in self._known:
            self._known.clear()  # one scope after another is looked at
            if kind == "workflow":
                order, workflows = self._by_workflow
                first, after = np.searchsorted(workflows, (place, place + 1))
                rows: Any = order[first:after]
            else:
                rows = np.flatnonzero(self._sample.queue == place)
            self._known[kind, place] = self._sample.part(rows)
            release()
        return self._known[kind, place]

    @cached_property
    def _by_workflow(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        order = np.argsort(self._sample.workflow, kind="stable").astype(np.int32)
        return order, self._sample.workflow[order]


@dataclass(frozen=True, slots=True)
class Statistic:
    """Something that an export and a simulation both have a value of."""

    kind: str
    """lane or workflow."""
    place: int
    """Its place among them."""
    scope: str
    """Its name: a lane, or project/workflow."""
    metric: str
    """wait, service or runs."""
    name: str
    """`wait p99`, `runs in the busiest of an hour`."""
    compute: Callable[[RunSample], float]
    """From the runs of the scope."""
    is_time: bool
    tolerance: float
    """Absolute difference that nobody would notice: µs, or runs."""
    ratio: float
    """Factor up to which nobody would plan differently."""
    p: float = math.nan
    """Of a percentile."""

    def beyond(self, parts: Parts, value: float) -> float:
        """Of a percentile: the share of the runs that lie beyond a value."""
        values = _known(parts.of(self.kind, self.place), self.metric)
        return float((values > value).mean()) if len(values) else 0.0

    def value(self, parts: Parts) -> float:
        return self.compute(parts.of(self.kind, self.place))

    def show(self, value: float) -> str:
        if not math.isfinite(value):
            return "never"
        return format_duration(value) if self.is_time else format_number(value)


def traffic_statistics(seen: RunSample, clock: Clock, workflows: list[str], resolution: int) -> Iterator[Statistic]:
    """Of arrivals and services, what the export has enough runs for, scope by scope.

    Args:
        seen: the export's runs.
        workflows: full names, as the sample counts them.
        resolution: of the export's time stamps, µs.
    """
    for kind, place, name, runs in _scopes(seen, workflows):
        for of_runs, compute, tolerance, ratio in _counts(runs, clock):
            yield Statistic(kind, place, name, "runs", of_runs, compute, False, tolerance, ratio)
        yield from _percentiles(kind, place, name, "service", runs, PERCENTILES if kind == "lane" else PERCENTILES[:2], resolution)


def wait_statistics(seen: RunSample, resolution: int, where: str = "") -> Iterator[Statistic]:
    """Of the waits of each lane, what the export has enough runs for.

    Args:
        where: what is said behind the name, such as `on ideal workers`.
    """
    for kind, place, name, runs in _scopes(seen, []):
        yield from _percentiles(kind, place, name, "wait", runs, PERCENTILES, resolution, where)


def shared_service_statistics(seen: RunSample, resolution: int) -> Iterator[Statistic]:
    """Of the services of each lane, with what runs lost by what they share."""
    for kind, place, name, runs in _scopes(seen, []):
        yield from _percentiles(kind, place, name, "service", runs, PERCENTILES, resolution, ", with what runs share")


def _scopes(seen: RunSample, workflows: list[str]) -> Iterator[tuple[str, int, str, int]]:
    """(kind, place, name, runs) of the lanes and the largest workflows with enough runs."""
    per_lane = np.bincount(seen.queue, minlength=len(QUEUES))
    scopes = [("lane", place, lane, int(per_lane[place])) for place, lane in enumerate(QUEUES)]
    if len(workflows) > 1:
        per_workflow = np.bincount(seen.workflow[seen.workflow >= 0], minlength=len(workflows))
        most = sorted(int(index) for index in np.argsort(-per_workflow, kind="stable")[:_MOST_WORKFLOWS])
        scopes += [("workflow", index, workflows[index], int(per_workflow[index])) for index in most]
    return (scope for scope in scopes if scope[-1] >= FEWEST_RUNS)


def _percentiles(
    kind: str, place: int, scope: str, metric: str, runs: int, percentiles: Sequence[float], resolution: int, where: str = ""
) -> Iterator[Statistic]:
    exact = float(max(100 * MILLISECOND, 2 * resolution))
    for p in percentiles:
        if runs * (1 - p) >= _FEWEST_BEYOND:
            name = f"{metric} p{100 * p:g}{where}"
            yield Statistic(kind, place, scope, metric, name, _percentile(metric, p), True, exact, _RATIO, p)


def _counts(runs: int, clock: Clock) -> Iterator[tuple[str, Callable[[RunSample], float], float, float]]:
    """(name, computation, tolerance, ratio) of the total, the busiest stretch, their spread, and how clumped arrivals are in a minute."""

    def counts(sample: RunSample) -> Floats:
        return clock.counts(sample.inserted).astype(np.float64)

    yield "runs", lambda sample: float(counts(sample).sum()), 5.0, 1.1
    if len(clock.whole) >= _FEWEST_STRETCHES:
        yield f"runs in the busiest stretch of {clock.name}", lambda sample: float(counts(sample).max(initial=0)), 3.0, _RATIO
        yield f"standard deviation of the runs of {clock.name}", lambda sample: float(counts(sample).std()), 1.0, _RATIO
    if runs >= _FEWEST_CLUMPS:
        yield "runs in the minute of a run", _together, 0.5, 1.5


def _together(sample: RunSample) -> float:
    """Of an arrival, the mean number of arrivals in its minute, itself included."""
    if not len(sample.inserted):
        return 0.0
    counts = np.unique(sample.inserted // MINUTE, return_counts=True)[1].astype(np.float64)
    return float((counts**2).sum() / counts.sum())


def _known(sample: RunSample, metric: str) -> Floats:
    values = getattr(sample, metric)
    return np.asarray(values[~np.isnan(values)])


def _percentile(metric: str, p: float) -> Callable[[RunSample], float]:
    def value(sample: RunSample) -> float:
        values = _known(sample, metric)
        place = min(int(p * len(values)), len(values) - 1)
        return float(np.partition(values, place)[place]) if len(values) else math.nan

    return value
