"""The table of lanes: counts and the usual statistics of every interval, lane by lane."""

from __future__ import annotations

from dataclasses import dataclass

from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.measures.times import INTERVALS
from fastlanes_sim.measures.values import Quantile
from fastlanes_sim.results.observed import Observed

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class IntervalStatistics:
    """Statistics of one interval over the runs of a lane; None where no run came to the interval's beginning."""

    runs: int
    """That began the interval."""
    censored: int
    """Of these, not at its end when the log ends."""
    p50: Quantile | None
    p95: Quantile | None
    p99: Quantile | None
    max: Quantile | None
    mean: Quantile | None

    def to_json(self) -> dict[str, object]:
        statistics = {name: getattr(self, name) for name in (*QUANTILES, "max", "mean")}
        return {"runs": self.runs, "censored": self.censored} | {
            name: None if value is None else value.to_json() for name, value in statistics.items()
        }


def interval_statistics(observed: Observed, lane: str, interval: str) -> IntervalStatistics:
    """Of the runs of a lane, of a time that is a duration."""
    spans = observed.durations(lane, interval)
    p50, p95, p99 = (spans.quantile(p) for p in QUANTILES.values())
    return IntervalStatistics(len(spans), len(spans.censored), p50, p95, p99, spans.maximum(), spans.mean())


def lane_table(observed: Observed) -> dict[str, dict[str, object]]:
    """Every lane's counts and interval statistics, in seconds."""
    return {lane: _row(observed, lane) for lane in LANES}


def _row(observed: Observed, lane: str) -> dict[str, object]:
    intervals: dict[str, object] = {interval: interval_statistics(observed, lane, interval).to_json() for interval in INTERVALS}
    orders: dict[str, object] = {"work_orders": _work_orders(observed, lane)} if observed.table.has_calls else {}
    return {**observed.counts(lane), **intervals, **orders, "callers": observed.callers.to_json(observed.rows(lane))}


def _work_orders(observed: Observed, lane: str) -> dict[str, object]:
    """Those whose first request is of this lane (docs/chains.md)."""
    orders, rows = observed.work_orders, observed.rows(lane)
    response = interval_statistics(observed, lane, "work_order_response").to_json()
    return {"number": orders.number(rows), "runs": int(orders.runs[rows].sum()), "response": response}
