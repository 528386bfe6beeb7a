"""The metrics of one log, lane by lane: counts, and the statistics of every interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.results.callers import CallerStories
from fastlanes_sim.results.durations import Durations, Quantile
from fastlanes_sim.results.replies import Answers, answers
from fastlanes_sim.results.run_times import METRICS, Interval, Metric, arrived, interval
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import FAILURES, State

LANES: tuple[str, ...] = (*(queue.label for queue in Queue), "all")
"""The queues by name, and all of them together."""

CallerResponse = Literal["caller_response"]
"""What a caller waited over all attempts, beside the intervals of single runs."""

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of runs of a lane as they stand at the end of the log."""

    runs: int
    """Created."""
    started: int
    ended: int
    """Reached a final state, whichever."""
    lost: int
    """Given up by the janitor (L-18)."""
    killed: int
    """At their timeout (L-19)."""
    failed: int
    """Ended as failed, crashed or exception."""
    open: int
    """Not in a final state at the end."""
    gateway_timeouts: int
    """Sync callers that got a 504 (L-20)."""
    refused: int
    """Requests answered with 429 (`rules.admission`) or 503 (Lightning was down, I-2) instead of a run."""
    unavailable: int
    """Of these, with 503."""
    missed: int
    """Cron ticks and other runs of Lightning's own making that never came, because it was down (I-3)."""
    cut_off: int
    """Sync callers whose connection broke because Lightning went down (I-5)."""
    gave_up: int
    """Sync callers who got a 504, a 429 or a 503 or were cut off, and did not ask again."""


@dataclass(frozen=True, slots=True)
class IntervalMetrics:
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


class Metrics:
    """Everything that can be asked of one log. Answers are computed when asked for and kept.

    `webhook_timeout` is Lightning's WEBHOOK_RESPONSE_TIMEOUT in µs (L-20), `down` when there was no Lightning (I-1).
    """

    def __init__(self, table: RunTable, log: RunLog, webhook_timeout: int, down: Sequence[tuple[int, int]] = ()) -> None:
        self._table = table
        self._log = log
        self._webhook_timeout = webhook_timeout
        self._down = down
        self._intervals: dict[Metric, Interval] = {}
        self._durations: dict[tuple[str, Metric | CallerResponse], Durations] = {}
        self._counts: dict[str, Counts] = {}

    @cached_property
    def answers(self) -> Answers:
        """What each request came to."""
        return answers(self._table, self._log, self._webhook_timeout, self._down)

    @cached_property
    def callers(self) -> CallerStories:
        """What became of those who wait for a run's end."""
        return CallerStories(self._table, self._log, self.answers)

    def interval(self, metric: Metric) -> Interval:
        """That interval of every run."""
        if metric not in self._intervals:
            self._intervals[metric] = interval(metric, self._table, self._log)
        return self._intervals[metric]

    def members(self, lane: str) -> npt.NDArray[np.bool_]:
        """The created runs of a lane: one entry a run of the table."""
        return arrived(self._log) & self.lane(lane)

    def lane(self, lane: str) -> npt.NDArray[np.bool_]:
        """The rows of the table that belong to a lane, created or not."""
        return np.ones(len(self._table), np.bool_) if lane == "all" else self._table.queue == LANES.index(lane)

    def durations(self, lane: str, metric: Metric | CallerResponse) -> Durations:
        """That interval over the runs of a lane, or what its callers waited over all attempts; sorted."""
        key = lane, metric
        if key not in self._durations:
            self._durations[key] = self.callers.durations(self.lane(lane)) if metric == "caller_response" else self._spans(lane, metric)
        return self._durations[key]

    def _spans(self, lane: str, metric: Metric) -> Durations:
        span = self.interval(metric)
        begun = span.begun & self.members(lane)
        return Durations.of(span.length[begun & span.complete], span.length[begun & ~span.complete])

    def of(self, lane: str, metric: Metric) -> IntervalMetrics:
        """The usual statistics of an interval over the runs of a lane."""
        spans = self.durations(lane, metric)
        p50, p95, p99 = (spans.quantile(p) for p in QUANTILES.values())
        return IntervalMetrics(len(spans), len(spans.censored), p50, p95, p99, spans.maximum(), spans.mean())

    def counts(self, lane: str) -> Counts:
        """How many runs of a lane got how far."""
        if lane not in self._counts:
            requests, members = self.lane(lane), self.members(lane)
            states = np.bincount(self._log.state[members], minlength=len(State))
            answers, waited_for = self.answers, members & self._table.sync
            ended = int(np.count_nonzero(members & (self._log.ended_at != NEVER)))
            runs = int(np.count_nonzero(members))
            self._counts[lane] = Counts(
                runs=runs,
                started=int(np.count_nonzero(members & (self._log.started_at != NEVER))),
                ended=ended,
                lost=int(states[State.LOST]),
                killed=int(states[State.KILLED]),
                failed=int(sum(states[state] for state in FAILURES)),
                open=runs - ended,
                gateway_timeouts=int(np.count_nonzero(waited_for & answers.timed_out)),
                refused=int(np.count_nonzero(requests & (answers.refused | answers.unavailable))),
                unavailable=int(np.count_nonzero(requests & answers.unavailable)),
                missed=int(np.count_nonzero(requests & answers.missed)),
                cut_off=int(np.count_nonzero(waited_for & answers.cut_off)),
                gave_up=self.callers.gave_up(requests),
            )
        return self._counts[lane]

    def to_json(self) -> dict[str, dict[str, object]]:
        """Every lane's counts and interval statistics, in seconds."""
        return {
            lane: asdict(self.counts(lane))
            | {metric: self.of(lane, metric).to_json() for metric in METRICS}
            | {"callers": self.callers.to_json(self.lane(lane))}
            for lane in LANES
        }
