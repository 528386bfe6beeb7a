"""How far the model is from what happened: an export's insertions through the deployment that is said to have served it.

Insertions, service times and overheads are those of the export. What an export does not tell is when each worker polled: every
replication lets the workers connect at other instants (and draws anew what the export leaves open, see `traffic.replay`). So the
model's answer is not one sample of waits but many, all on the same runs.

Waits of runs that queue behind one another are far from independent, so the critical values of Kolmogorov and Smirnov do not apply.
Instead the observed waits are one more sample beside those of the replications (`ranked_lanes`). A lane with hardly any runs is shown, and
not judged.

Replications differ little, so the test sees differences that nobody would plan by. A lane is rejected if it fails the test and a percentile
of its waits is apart as well.

Replications are compared as the export would tell them. Where its times are whole seconds, their runs come anywhere in the second in which
the export has them, and their times are cut down to seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.around_export import moved, origin_of, scenario_around
from fastlanes_sim.calibration.cancelled_runs import refuse_only_cancelled
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.distance import NOT_YET, pairwise
from fastlanes_sim.calibration.idle_time import with_shortened_idle_time
from fastlanes_sim.calibration.metrics_check import MetricsCheck, MetricsCheckBuilder
from fastlanes_sim.calibration.ranked_lanes import LEVEL, Rank, ranked
from fastlanes_sim.calibration.resolution import as_told, common_resolution, resolution_notes, spread_out
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, MINUTE, finite_seconds, format_duration, format_number
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.deployment.worker_processes import placed_workers
from fastlanes_sim.engines.selection import Engine, for_many, resolve, run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.queue_metrics import QueueMetrics
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.measures.stopped_workloops import PREDICTS_NOTHING, stopped_workloops
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.results.export_writer import as_exported
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.schedule import at_epoch
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.work import work_of
from fastlanes_sim.traffic.export_startup import startups
from fastlanes_sim.traffic.replay import begin_of, replay_table, replayed_rows
from fastlanes_sim.traffic.streams import stream

REPLICATIONS = 99
"""Enough for an export to be told from another deployment in a third of whose replications a workloop dies (docs/live.md); 39 are not."""
LEAD = 2 * MINUTE
"""Simulated before the first insertion, so that the workers poll as on any day; they connect within the first half."""
PERCENTILES = (0.5, 0.95, 0.99)
_ALIKE = 1.1
_NOT_WORTH_A_WORD = 100 * MILLISECOND
FEWEST_RUNS = 5
"""Of a lane, from which on it is judged."""
_MOST_HOURS = 4.0
"""Of all replications together."""
_MOST_WAITS = 20_000_000
_FIRST = 9
"""Replications of a first answer."""
_MOSTLY_IDLE = 10
"""An export is that is so many times as long as without its idle time."""
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
    tolerance: float = _NOT_WORTH_A_WORD
    """µs by which nobody would plan differently, or which the export cannot tell."""

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
        return 1 / _ALIKE <= self.ratio <= _ALIKE or abs(self.predicted - self.observed) <= self.tolerance


@dataclass(frozen=True, slots=True)
class LaneComparison:
    lane: str
    runs: int
    wait: tuple[Percentile, ...]
    response: tuple[Percentile, ...]
    distance: float
    """The mean of Kolmogorov's distances of the observed waits to those of each replication."""
    interval: tuple[float, float]
    """The least and the largest distance to a single replication."""
    usual: float
    """The median over replications of the same mean, of their distances to all other samples. NaN, as `bound` and `p`, of a lane that has
    too few runs to be judged."""
    bound: float
    """A larger mean is beyond chance (`LEVEL`, over all lanes that are judged)."""
    p: float
    """How often chance puts a sample as far from all others, in whichever lane."""
    quantiles: tuple[tuple[float, float, float, float], ...]
    """For a QQ plot: (observed, predicted, least, most) µs at many shares of the runs."""

    @property
    def apart(self) -> list[Percentile]:
        """Percentiles of the wait that somebody would plan differently by."""
        return [entry for entry in self.wait if not entry.alike]

    @property
    def is_judged(self) -> bool:
        """It has enough runs."""
        return self.runs >= FEWEST_RUNS

    @property
    def beyond_chance(self) -> bool:
        return self.is_judged and self.p <= LEVEL + 1e-9

    @property
    def rejected(self) -> bool:
        return self.beyond_chance and bool(self.apart)

    @property
    def words(self) -> str:
        """One sentence."""
        name = self.lane
        if not self.is_judged:
            return f"{name}: {self.runs} run{' is' if self.runs == 1 else 's are'} too few to tell."
        how = f"KS {self.distance:.3f}, chance allows {self.bound:.3f}"
        worst = max(self.wait, key=lambda entry: entry.off)
        if self.rejected:
            return f"{name}: the model is {_times(worst.ratio)} at p{100 * worst.p:g} of the wait ({how})."
        if self.beyond_chance:
            return f"{name}: the model differs by more than chance ({how}), yet by so little that its percentiles agree."
        text = f"{name}: nothing speaks against the model ({how})"
        if self.apart:
            return f"{text}, but {self.runs:,} runs tell little: it is {_times(worst.ratio)} at p{100 * worst.p:g} of the wait."
        return f"{text}; it is within {abs(self.wait[1].ratio - 1):.0%} of the observed p95 of the wait."


@dataclass(frozen=True, slots=True)
class Validation:
    lanes: tuple[LaneComparison, ...]
    """Those with runs."""
    replications: int
    stopped: int = 0
    """Replications in which a workloop had stopped asking for good by the end (W-6)."""
    notes: tuple[str, ...] = ()
    """What must be known of the deployment's place in time."""
    metrics: MetricsCheck | None = None
    """Lightning's own metrics beside the replays, where there are some."""

    @property
    def outcome(self) -> Outcome:
        """Missed: the export or Lightning's metrics speak against the model. Undecided: no lane has enough runs to tell."""
        if self.rejected or (self.metrics is not None and self.metrics.contradicts):
            return "missed"
        return "met" if self._judged else "undecided"

    @property
    def agrees(self) -> bool:
        """Neither the export nor Lightning's metrics speak against the model, and there are enough runs to tell."""
        return self.outcome == "met"

    @property
    def level(self) -> float:
        """Of the test, all lanes together."""
        return LEVEL

    @property
    def _judged(self) -> list[LaneComparison]:
        return [lane for lane in self.lanes if lane.is_judged]

    @property
    def rejected(self) -> list[str]:
        """The lanes for which the model is rejected, the one whose percentiles are furthest off first."""
        worst = sorted(self.lanes, key=lambda lane: (max(entry.off for entry in lane.wait), lane.distance), reverse=True)
        return [lane.lane for lane in worst if lane.rejected]

    @property
    def words(self) -> str:
        """The verdict."""
        how = f"({self.replications} replications, level {self.level:.0%})"
        unclear = [lane.lane for lane in self._judged if not lane.rejected and lane.apart]
        if self.rejected:
            return f"The export does not look like this deployment in {', '.join(self.rejected)} (the worst first)."
        if unclear:
            return f"Nothing speaks against the model, but in {', '.join(unclear)} it is apart by no more than chance {how}."
        if not self._judged:
            return f"There are too few runs to tell whether the model agrees with the export: no lane has {FEWEST_RUNS}."
        enough = "" if len(self._judged) == len(self.lanes) else " that has enough runs to tell"
        return f"The model agrees with the export in every lane{enough} {how}."

    @property
    def remarks(self) -> list[str]:
        """What else must be known."""
        told = [*self.notes, *([] if self.metrics is None else self.metrics.lines)]
        if not self.stopped:
            return told
        share = f"{self.stopped} of {self.replications} replications ({self.stopped / self.replications:.0%})"
        return [*told, f"In {share} a workloop stopped asking for good (W-6): {PREDICTS_NOTHING}."]

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, null where infinite."""

        def percentile(entry: Percentile) -> dict[str, float | None]:
            names = ("observed", "predicted", "low", "high")
            return {f"{name}_s": finite_seconds(getattr(entry, name)) for name in names}

        def lane_of(lane: LaneComparison) -> dict[str, Any]:
            return {
                "runs": lane.runs,
                "verdict": lane.words,
                "rejected": lane.rejected,
                "ks": lane.distance,
                "ks_interval": list(lane.interval),
                "ks_usual": lane.usual if lane.is_judged else None,
                "ks_bound": lane.bound if lane.is_judged else None,
                "p": lane.p if lane.is_judged else None,
                "wait": {f"p{100 * entry.p:g}": percentile(entry) for entry in lane.wait},
                "response": {f"p{100 * entry.p:g}": percentile(entry) for entry in lane.response},
            }

        return {
            "verdict": self.words,
            "outcome": self.outcome,
            "rejected": self.rejected,
            "replications": self.replications,
            "replications_with_a_stopped_workloop": self.stopped,
            "remarks": self.remarks,
            "prometheus": None if self.metrics is None else [asdict(one) for one in self.metrics.compared],
            "lanes": {lane.lane: lane_of(lane) for lane in self.lanes},
        }


def validate(
    export: Export,
    deployed: Deployed,
    *,
    replications: int = REPLICATIONS,
    seed: int = 1,
    engine: Engine = "auto",
    progress: Progress | None = None,
    metrics: QueueMetrics | None = None,
    tell: Callable[[str], None] | None = None,
) -> Validation:
    """Replay the export through the deployment, `replications` times, and compare.

    Args:
        export: the runs, with what became of them.
        deployed: what is said to have served them.
        replications: at least 5; fewer are simulated of an export so large that their waits would not fit into memory.
        seed: of what an export does not tell.
        progress: called with (replications simulated, replications in total).
        metrics: what Lightning's own metrics told of the same time.
        tell: called with a first answer, where replaying all of the idle time takes long.

    Raises:
        ExportError: there is no run, none that a worker was to claim, a few lie years from all others, or the replays would take too long.
        FastlanesError: the deployment is not valid.
    """
    if not len(export):
        raise ExportError(f"{export.reading.source}: there is no run to compare with", "check the export; see what was dropped")
    export.reading.refuse_far()
    refuse_only_cancelled(export)
    replications = max(5, min(replications, _MOST_WAITS // len(export)))
    deployed = deployed.for_export(export)
    if tell is not None and not deployed.has_events:
        _tell_first(export, deployed, min(_FIRST, replications), seed, engine, tell)
    first = int(export.inserted_at[0])
    step = common_resolution(export)
    scenario = scenario_around(export, deployed, first - first % MINUTE - LEAD)
    scenario = scenario.model_copy(update={"horizon": scenario.horizon + step - 1})  # the last that it tells came anywhere in its step
    work = work_of(scenario, len(export))
    engine = for_many(engine, replications * work.seconds("reference"))
    _refuse_what_is_endless(export, replications * work.seconds(resolve(engine)) / 3_600)
    plain = _deployment(scenario, export, deployed)
    table = replay_table(scenario, export, seed, 0)
    observed = as_told(_observed(scenario, export, table), step)
    predicted, stopped = [], 0
    builder = None if metrics is None else MetricsCheckBuilder(metrics, export)
    for replication in range(replications):
        drawn = replay_table(scenario, export, seed, replication) if replication else table
        phases = stream(seed, replication, "validate", "connect")
        came = replace(drawn, inserted_at=spread_out(drawn.inserted_at, step, stream(seed, replication, "validate", "insertions")))
        log = run_engine(_connected(plain, first - begin_of(scenario), phases), came, engine=engine, record_changes=True)
        stopped += bool(stopped_workloops(log))
        seen_by_lightning = as_exported(log)
        predicted.append(Observed(drawn, as_told(seen_by_lightning, step), plain))
        if builder is not None:
            _add_replay(builder, seen_by_lightning, begin_of(scenario))
        if progress is not None:
            progress(replication + 1, replications)
    seen = Observed(table, observed, plain)
    lanes = [lane for lane in LANES[:-1] if seen.counts(lane).runs]
    samples = {lane: [_sample(one, lane) for one in (seen, *predicted)] for lane in lanes}
    judged = [lane for lane in lanes if len(samples[lane][0]) >= FEWEST_RUNS]
    ranks = dict(zip(judged, ranked([pairwise(samples[lane]) for lane in judged]), strict=True))
    exact = float(max(_NOT_WORTH_A_WORD, step if step > 1 else 0))
    compared = tuple(_compare(lane, samples[lane], ranks.get(lane), exact, seen, predicted) for lane in lanes)
    checked = None if builder is None else builder.result()
    notes = (*_notes(export, deployed), *resolution_notes(export, startups(scenario, export)))
    return Validation(compared, replications, stopped, notes, checked)


def _tell_first(export: Export, deployed: Deployed, replications: int, seed: int, engine: Engine, tell: Callable[[str], None]) -> None:
    """Of an export that is idle most of the time."""
    short = with_shortened_idle_time(export, LEAD)
    if (short.last_seen - short.inserted_at[0]) * _MOSTLY_IDLE < export.last_seen - export.inserted_at[0]:
        found = validate(short, deployed, replications=replications, seed=seed, engine=engine)
        tell(f"First answer, with idle times of {format_duration(LEAD)} at most: {found.words}")


def _add_replay(builder: MetricsCheckBuilder, log: RunLog, begin: int) -> None:
    columns = (log.inserted_at, log.claimed_at, log.started_at, log.ended_at)
    builder.add(*(np.where(column == NEVER, NEVER, column + begin) for column in columns))


def _refuse_what_is_endless(export: Export, hours: float) -> None:
    """Idle workers poll whether there are runs or not: what takes long is the span of the export, not its rows.

    Raises:
        ExportError: the replays would take longer than `_MOST_HOURS`.
    """
    if hours > _MOST_HOURS:
        first, last = (f"{at_epoch(int(at)):%Y-%m-%d %H:%M}" for at in (export.inserted_at[0], export.last_seen))
        span = f"it spans from {first} to {last}, and has {len(export):,} rows"
        about = f"the replays would take about {hours:,.0f} hours: {span}"
        raise ExportError(
            f"{export.reading.source}: {about}",
            "replay a part of it: leave out the rows before or after; or replay it less often (--replications)",
        )


def _compare(lane: str, samples: list[Times], rank: Rank | None, exact: float, seen: Observed, predicted: list[Observed]) -> LaneComparison:
    """`rank`: None of a lane that is not judged; `exact`: µs, a smaller difference of percentiles counts as none."""
    mine, theirs = samples[0], samples[1:]
    apart = pairwise(samples)[0, 1:] if rank is None else rank.distances
    count = len(theirs)
    shares = (np.arange(min(len(mine), 200)) + 0.5) / min(len(mine), 200)
    places = (shares * len(mine)).astype(np.int64)
    spread = np.sort(np.array([one[np.minimum((shares * len(one)).astype(np.int64), len(one) - 1)] for one in theirs]), axis=0)
    points = zip(mine[places], spread[count // 2], spread[0], spread[-1], strict=True)
    return LaneComparison(
        lane=lane,
        runs=len(mine),
        wait=tuple(_percentile(lane, "wait", p, exact, seen, predicted) for p in PERCENTILES),
        response=tuple(_percentile(lane, "response", p, exact, seen, predicted) for p in PERCENTILES),
        distance=float(apart.mean()),
        interval=(float(apart.min()), float(apart.max())),
        usual=math.nan if rank is None else rank.usual,
        bound=math.nan if rank is None else rank.bound,
        p=math.nan if rank is None else rank.p,
        quantiles=tuple(tuple(float(x) if x < NOT_YET else math.inf for x in point) for point in points),  # type: ignore[misc]
    )


def _notes(export: Export, deployed: Deployed) -> tuple[str, ...]:
    """Whether what happens in the deployment at set times has a place in the export."""
    if not deployed.has_events:
        return ()
    if deployed.start is None:
        return ("The deployment says no `start`: its outages, deploys and incidents count from the export's first minute.",)
    if deployed.start > export.last_seen:
        return ("The deployment's `start` lies behind the export: its outages, deploys and incidents are not in it.",)
    return ()


def _sample(metrics: Observed, lane: str) -> Times:
    spans = metrics.durations(lane, "wait")
    return np.concatenate([spans.complete, np.full(len(spans.censored), NOT_YET, np.int64)])


def _percentile(lane: str, metric: IntervalName, p: float, exact: float, seen: Observed, predicted: list[Observed]) -> Percentile:
    def of(metrics: Observed) -> float:
        quantile = metrics.durations(lane, metric).quantile(p)
        return quantile.upper_us if quantile is not None else math.nan

    values = sorted(of(metrics) for metrics in predicted)
    return Percentile(p, of(seen), values[len(values) // 2], values[0], values[-1], exact)


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
    return f"{format_number(ratio, 2)}× high" if ratio > 1 else f"{format_number(1 / ratio, 2)}× low"
