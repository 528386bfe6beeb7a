"""What Lightning's metrics say of its queue (`Lightning.Runs.PromExPlugin`), and the same of runs whose times are known.

The names are those under which Lightning shows them to Prometheus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, SECOND

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DELAY = "lightning_run_queue_delay_milliseconds"
"""A histogram: from a run's insertion to its start."""
AVAILABLE = "lightning_run_queue_available_count"
"""A gauge: runs that are available."""
FINALISED = "lightning_run_queue_finalised_count"
"""A gauge: runs that reached a final state since the last look, `LOOK` ago."""
LOOK = 5 * SECOND
"""METRICS_RUN_QUEUE_METRICS_PERIOD_SECONDS, as it is by default."""
BOUNDS = (100.0, 200.0, 400.0, 800.0, 1_500.0, 5_000.0, 15_000.0, 30_000.0, 50_000.0, 100_000.0, float("inf"))
"""Upper bounds of the histogram's buckets, ms."""
_HELP = {
    DELAY: "Queue delay for runs",
    AVAILABLE: "The number of available runs in the queue",
    FINALISED: "The number of runs finalised during the consideration window",
}


@dataclass(frozen=True, slots=True)
class Histogram:
    """Delays, counted from the first of the instants on."""

    times: Times
    """Instants, µs since 1970, ascending; none: the counts are those of one look, since nobody knows when."""
    bounds: tuple[float, ...]
    """ms, ascending; the last is infinite."""
    counts: Floats
    """(instants or one, bounds): so many delays up to each bound."""
    total: Floats
    """(instants or one): the sum of the delays, ms; NaN where it is not told."""

    @property
    def shares(self) -> Floats:
        """Of all delays in the end, the share up to each bound; NaN without delays."""
        last = self.counts[-1] if len(self.counts) else np.zeros(len(self.bounds))
        return np.asarray(last / last[-1] if last[-1] else np.full(len(last), np.nan))


@dataclass(frozen=True, slots=True)
class Gauge:
    times: Times
    """µs since 1970, ascending."""
    values: Floats


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """None of what is not told."""

    delay: Histogram | None
    available: Gauge | None
    finalised: Gauge | None


def delays_of(inserted: Times, started: Times, at: Times, bounds: tuple[float, ...] = BOUNDS) -> Histogram:
    """Of runs with these times (NEVER: not yet), counted from the first instant on."""
    known = (started != NEVER) & (started > at[0]) & (started <= at[-1])
    delay = np.maximum(started - inserted, 0)[known] // MILLISECOND  # whole milliseconds, as Elixir's DateTime.diff
    order = np.argsort(started[known], kind="stable")
    until = np.searchsorted(started[known][order], at, side="right")
    within = [np.append(0, np.cumsum(delay[order] <= bound))[until] for bound in bounds]
    return Histogram(at, bounds, np.array(within, np.float64).T, np.append(0, np.cumsum(delay[order]))[until].astype(np.float64))


def available_at(inserted: Times, left: Times, at: Times) -> Gauge:
    """Runs that were inserted and not yet claimed (or cancelled before that); `left`: when they were, or NEVER."""
    came = np.searchsorted(np.sort(inserted[inserted != NEVER]), at, side="right")
    went = np.searchsorted(np.sort(left[(inserted != NEVER) & (left != NEVER)]), at, side="right")
    return Gauge(at, (came - went).astype(np.float64))


def finalised_at(ended: Times, at: Times) -> Gauge:
    """Runs that ended since the last look before each instant."""
    ends = np.sort(ended[ended != NEVER])
    looked = at // LOOK * LOOK
    recent = np.searchsorted(ends, looked, side="right") - np.searchsorted(ends, looked - LOOK, side="right")
    return Gauge(at, recent.astype(np.float64))


def openmetrics(found: QueueMetrics) -> Iterator[str]:
    """As OpenMetrics text with time stamps, line by line (https://prometheus.io/docs/specs/om/open_metrics_spec/)."""
    if found.delay is not None:
        yield from _head(DELAY, "histogram")
        for at, counts, total in zip(found.delay.times, found.delay.counts, found.delay.total, strict=True):
            stamp = _stamp(int(at))
            for bound, count in zip(found.delay.bounds, counts, strict=True):
                le = "+Inf" if bound == float("inf") else f"{bound:.1f}"
                yield f'{DELAY}_bucket{{le="{le}"}} {int(count)} {stamp}\n'
            yield f"{DELAY}_count {int(counts[-1])} {stamp}\n"
            yield f"{DELAY}_sum {total:.1f} {stamp}\n"
    for name, gauge in ((AVAILABLE, found.available), (FINALISED, found.finalised)):
        if gauge is not None:
            yield from _head(name, "gauge")
            yield from (f"{name} {int(value)} {_stamp(int(at))}\n" for at, value in zip(gauge.times, gauge.values, strict=True))
    yield "# EOF\n"


def _head(name: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {_HELP[name]}\n"
    yield f"# TYPE {name} {kind}\n"


def _stamp(us: int) -> str:
    """Seconds since 1970."""
    return f"{us // SECOND}.{us % SECOND:06d}" if us % SECOND else str(us // SECOND)
