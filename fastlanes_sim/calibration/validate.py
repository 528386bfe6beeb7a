"""How far the model is from what happened: an export's insertions through the deployment that is said to have served it.

Insertions, service times and overheads are those of the export. What an export does not tell is when each worker polled: every
replication lets the workers connect at other instants (and draws anew what the export leaves open, see `traffic.replay`). So the
model's answer is not one sample of waits but many, all on the same runs.

Waits of runs that queue behind one another are far from independent, so the critical values of Kolmogorov and Smirnov do not apply.
Instead the observed distance (to all replications together) is held against the distances of each replication to all the others: were
the export made by this deployment, it would be one more of them. This is a Monte Carlo test (Barnard, JRSS B 25, 1963; Besag and
Clifford, Biometrika 76, 1989); beyond the largest of few distances it uses Student's prediction interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.around_export import moved, origin_of, scenario_around
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.distance import NOT_YET, distance
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.deployment.worker_processes import placed_workers
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.results.export_writer import as_exported
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.replay import begin_of, replay_table, replayed_rows
from fastlanes_sim.traffic.streams import stream

LEVEL = 0.01
"""Of the test, all lanes together."""
LEAD = 2 * MINUTE
"""Simulated before the first insertion, so that the workers poll as on any day; they connect within the first half."""
PERCENTILES = (0.5, 0.95, 0.99)
_ALIKE = 1.1
_NOT_WORTH_A_WORD = 100 * MILLISECOND
_FEWEST = 5
_MOST_WAITS = 20_000_000
Times = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Percentile:
    """One percentile of one interval, µs. Infinite where runs that never came so far reach it."""

    p: float
    observed: float
    predicted: float
    """The median over replications."""
    low: float
    high: float
    """The least and the most of any replication."""

    @property
    def ratio(self) -> float:
        """Predicted to observed."""
        if self.predicted == self.observed:
            return 1.0
        return self.predicted / self.observed if self.observed else math.inf

    @property
    def off(self) -> float:
        """How far predicted and observed are apart, either way; 0 if nobody would plan differently."""
        return 0.0 if self.alike else abs(math.log(self.ratio)) if 0 < self.ratio < math.inf else math.inf

    @property
    def alike(self) -> bool:
        """Nobody would plan differently."""
        if not math.isfinite(self.predicted - self.observed):
            return self.predicted == self.observed
        return 1 / _ALIKE <= self.ratio <= _ALIKE or abs(self.predicted - self.observed) <= _NOT_WORTH_A_WORD


@dataclass(frozen=True, slots=True)
class LaneComparison:
    lane: str
    runs: int
    wait: tuple[Percentile, ...]
    response: tuple[Percentile, ...]
    distance: float
    """Kolmogorov's, of the observed waits to those of all replications together."""
    interval: tuple[float, float]
    """The least and the largest distance to a single replication."""
    usual: float
    """The largest distance of a replication to all others."""
    bound: float
    """What the distance of one more replication would exceed once in 100 (Bonferroni over the lanes)."""
    quantiles: tuple[tuple[float, float, float, float], ...]
    """For a QQ plot: (observed, predicted, least, most) µs at many shares of the runs."""

    @property
    def rejected(self) -> bool:
        return self.distance > max(self.bound, self.usual)

    @property
    def words(self) -> str:
        """One sentence."""
        name = self.lane
        if self.runs < _FEWEST:
            return f"{name}: {self.runs} runs are too few to tell."
        apart = [entry for entry in self.wait if not entry.alike]
        how = f"KS {self.distance:.3f}, chance allows {max(self.bound, self.usual):.3f}"
        if not self.rejected:
            text = f"{name}: nothing speaks against the model ({how})"
            p95 = self.wait[1]
            if math.isfinite(p95.ratio) and p95.alike:
                return f"{text}; it is within {abs(p95.ratio - 1):.0%} of the observed p95 of the wait."
            return text + "."
        if not apart:
            return f"{name}: the model differs by more than chance ({how}), yet by so little that its percentiles agree."
        worst = max(apart, key=lambda entry: entry.off)
        return f"{name}: the model is {_times(worst.ratio)} at p{100 * worst.p:g} of the wait ({how})."


@dataclass(frozen=True, slots=True)
class Validation:
    lanes: tuple[LaneComparison, ...]
    """Those with runs."""
    replications: int

    @property
    def rejected(self) -> list[str]:
        """The lanes for which the model is rejected, the one whose percentiles are furthest off first."""
        worst = sorted(self.lanes, key=lambda lane: (max(entry.off for entry in lane.wait), lane.distance), reverse=True)
        return [lane.lane for lane in worst if lane.rejected]

    @property
    def words(self) -> str:
        """The verdict."""
        if not self.rejected:
            return f"The model agrees with the export in every lane ({self.replications} replications, level {LEVEL:.0%})."
        return f"The export does not look like this deployment in {', '.join(self.rejected)} (the worst first)."

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, null where infinite."""

        def seconds(us: float) -> float | None:
            return us / SECOND if math.isfinite(us) else None

        def percentile(entry: Percentile) -> dict[str, float | None]:
            names = ("observed", "predicted", "low", "high")
            return {f"{name}_s": seconds(getattr(entry, name)) for name in names}

        def lane_of(lane: LaneComparison) -> dict[str, Any]:
            return {
                "runs": lane.runs,
                "verdict": lane.words,
                "rejected": lane.rejected,
                "ks": lane.distance,
                "ks_interval": list(lane.interval),
                "ks_bound": max(lane.bound, lane.usual),
                "wait": {f"p{100 * entry.p:g}": percentile(entry) for entry in lane.wait},
                "response": {f"p{100 * entry.p:g}": percentile(entry) for entry in lane.response},
            }

        return {
            "verdict": self.words,
            "rejected": self.rejected,
            "replications": self.replications,
            "lanes": {lane.lane: lane_of(lane) for lane in self.lanes},
        }


def validate(
    export: Export, deployed: Deployed, *, replications: int = 39, seed: int = 1, engine: Engine = "auto", progress: Progress | None = None
) -> Validation:
    """Replay the export through the deployment, `replications` times, and compare.

    Args:
        export: the runs, with what became of them.
        deployed: what is said to have served them.
        replications: at least 5; fewer are simulated of an export so large that their waits would not fit into memory.
        seed: of what an export does not tell.
        progress: called with (replications simulated, replications in total).

    Raises:
        ExportError: there is no run.
        FastlanesError: the deployment is not valid.
    """
    if not len(export):
        raise ExportError(f"{export.reading.source}: there is no run to compare with", "check the export; see what was dropped")
    replications = max(5, min(replications, _MOST_WAITS // len(export)))
    deployed = deployed.for_export(export)
    first = int(export.inserted_at[0])
    scenario = scenario_around(export, deployed, first - first % MINUTE - LEAD)
    plain = _deployment(scenario, export, deployed)
    table = replay_table(scenario, export, seed, 0)
    observed = _observed(scenario, export, table)
    predicted = []
    for replication in range(replications):
        drawn = replay_table(scenario, export, seed, replication) if replication else table
        phases = stream(seed, replication, "validate", "connect")
        log = run_engine(_connected(plain, first - begin_of(scenario), phases), drawn, engine=engine)
        if log.interrupted:
            raise KeyboardInterrupt
        predicted.append(Observed(drawn, as_exported(log), plain))
        if progress is not None:
            progress(replication + 1, replications)
    seen = Observed(table, observed, plain)
    lanes = [lane for lane in LANES[:-1] if seen.counts(lane).runs]
    return Validation(tuple(_compare(lane, seen, predicted, LEVEL / len(lanes)) for lane in lanes), replications)


def _compare(lane: str, seen: Observed, predicted: list[Observed], level: float) -> LaneComparison:
    from scipy.special import stdtrit

    mine, theirs = _sample(seen, lane), [_sample(metrics, lane) for metrics in predicted]
    count = len(theirs)
    pooled = np.sort(np.concatenate(theirs))
    among = np.array([distance(one, _without(pooled, one)) for one in theirs])
    single = [distance(mine, one) for one in theirs]
    bound = float(among.mean() + stdtrit(count - 1, 1 - level) * among.std(ddof=1) * math.sqrt(1 + 1 / count))
    shares = (np.arange(min(len(mine), 200)) + 0.5) / min(len(mine), 200)
    places = (shares * len(mine)).astype(np.int64)
    spread = np.sort(np.array([one[np.minimum((shares * len(one)).astype(np.int64), len(one) - 1)] for one in theirs]), axis=0)
    points = zip(mine[places], spread[count // 2], spread[0], spread[-1], strict=True)
    return LaneComparison(
        lane=lane,
        runs=len(mine),
        wait=tuple(_percentile(lane, "wait", p, seen, predicted) for p in PERCENTILES),
        response=tuple(_percentile(lane, "response", p, seen, predicted) for p in PERCENTILES),
        distance=distance(mine, pooled),
        interval=(min(single), max(single)),
        usual=float(among.max()),
        bound=bound,
        quantiles=tuple(tuple(float(x) if x < NOT_YET else math.inf for x in point) for point in points),  # type: ignore[misc]
    )


def _without(pooled: Times, one: Times) -> Times:
    """The sorted union of all samples without one of them, both with repetitions."""
    first = np.searchsorted(pooled, one, side="left")
    # The n-th of equal members takes the n-th place among its equals.
    repeat = np.arange(len(one)) - np.searchsorted(one, one, side="left")
    return np.asarray(np.delete(pooled, first + repeat))


def _sample(metrics: Observed, lane: str) -> Times:
    spans = metrics.durations(lane, "wait")
    return np.concatenate([spans.complete, np.full(len(spans.censored), NOT_YET, np.int64)])


def _percentile(lane: str, metric: IntervalName, p: float, seen: Observed, predicted: list[Observed]) -> Percentile:
    def of(metrics: Observed) -> float:
        quantile = metrics.durations(lane, metric).quantile(p)
        return quantile.upper_us if quantile is not None else math.nan

    values = sorted(of(metrics) for metrics in predicted)
    return Percentile(p, of(seen), values[len(values) // 2], values[0], values[-1])


def _observed(scenario: Scenario, export: Export, table: RunTable) -> RunLog:
    """What happened, as a log of the same table. A time before the insertion (clocks differ) counts as the insertion."""
    rows = replayed_rows(scenario, export)
    begin = begin_of(scenario)

    def since(column: Times) -> Times:
        return np.where(column[rows] == NEVER, NEVER, np.maximum(column[rows] - begin, table.inserted_at))

    log = RunLog.empty(len(rows))
    log.inserted_at = table.inserted_at.copy()
    log.claimed_at, log.started_at = since(export.claimed_at), since(export.started_at)
    log.finished_at = log.ended_at = since(export.finished_at)
    log.state = export.state[rows]
    log.ended_on = scenario.horizon
    return log


def _deployment(scenario: Scenario, export: Export, deployed: Deployed) -> Deployment:
    """Its processes at their own instants. Where nobody says when the deployment's time began, its first processes were there before."""
    plain, begin = deployment_of(scenario), begin_of(scenario)
    by = origin_of(export, deployed) - begin
    at_their_instants = moved(plain, by)
    if deployed.start is not None:
        return at_their_instants
    is_first = [process.number == 1 for _, process, _ in placed_workers(scenario)]
    workers = zip(plain.workers, at_their_instants.workers, is_first, strict=True)
    return replace(
        plain,
        workers=tuple(replace(late, connect_at=early.connect_at) if first else late for early, late, first in workers),
    )


def _connected(plain: Deployment, first: int, random: np.random.Generator) -> Deployment:
    """The same deployment with workers that poll at other instants. Those that are there at the first insertion (µs) connect some time in
    the lead, the others up to a poll's shortest pause later than they would."""
    chances = random.random(len(plain.workers)).tolist()
    return replace(plain, workers=tuple(_reconnected(w, first, chance) for w, chance in zip(plain.workers, chances, strict=True)))


def _reconnected(worker: Worker, first: int, chance: float) -> Worker:
    if worker.is_standby or worker.dispatch == "ideal":
        return worker
    if worker.connect_at > first:
        return replace(worker, connect_at=worker.connect_at + int(chance * worker.backoff_min_ms * MILLISECOND))
    at = int(chance * (LEAD // 2))
    return replace(worker, connect_at=at if worker.stops_at is None else min(at, worker.stops_at), start_up=0)


def _times(ratio: float) -> str:
    """`2.1× high`, `1.3× low`."""
    if not math.isfinite(ratio):
        return "without end"
    if ratio == 0:
        return "at zero"
    return f"{ratio:.2g}× high" if ratio > 1 else f"{1 / ratio:.2g}× low"
