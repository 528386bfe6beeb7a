"""Whether a fitted scenario behaves as what it was fitted to: it is simulated, and laid beside the export.

A posterior predictive check (Gelman, Meng and Stern, Statistica Sinica 6, 1996) with the parameters at their estimates: were the export one
more simulation of the scenario, each of its statistics would lie within the prediction interval of the replications (Student's, of the
logarithm; all statistics together at 1 %, Bonferroni), or within their range. What differs by so little that nobody would plan differently
does not count. `validate` is another test: it replays the export itself, and so tests the model, not the fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastlanes_sim.calibration.compared import Compared
from fastlanes_sim.calibration.fit_causes import Cause, causes
from fastlanes_sim.calibration.fit_sample import Clock, RunSample, of_export, of_simulation, of_traffic
from fastlanes_sim.calibration.fit_statistics import Parts, Statistic, statistics
from fastlanes_sim.calibration.window import Gaps, unwatched
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import COMPILING, Engine, needs_compiling, reference_seconds, resolve, run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.rules.creation import QUEUES
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.replay import begin_of
from fastlanes_sim.traffic.sources import sources_of

LEVEL = 0.01
"""Of the check, all statistics together."""
REPLICATIONS = 19
FEWEST_REPLICATIONS = 7
_MOST_RUNS = 2_000_000
"""Simulated, all replications together: of a large export fewer replications are enough."""
_MOST_POLLS = 30_000_000
"""In one replication."""
_POLLS_PER_RUN = 20
"""Polls of idle workers that take as long as a run."""
Progress = Callable[[int, int], None]
Row = tuple[float, ...]
Points = tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class FitCheck:
    """A fit beside what it was fitted to."""

    compared: tuple[Compared, ...]
    causes: tuple[Cause, ...]
    """What the export has and the fit has not, where the fit is rejected; the largest first."""
    replications: int
    waits: bool
    """Waits were compared."""
    no_waits: str
    """Why they were not."""
    counts: dict[str, tuple[Row, Row, Row]]
    """For the picture. Of each lane: (observed, least, most) runs in each stretch of the clock."""
    clock: str
    quantiles: dict[str, Points]
    """Of each lane: (observed, median, least, most) µs of the wait (of the service, without waits) at many shares of the runs."""

    @property
    def rejected(self) -> list[Compared]:
        """The statistics that the fit does not have, the furthest off first; waits before what makes them."""
        return sorted((one for one in self.compared if one.rejected), key=lambda one: (one.metric != "wait", -one.off))

    @property
    def words(self) -> str:
        """The verdict."""
        what = f"{len(self.compared)} statistics, {self.replications} replications, level {LEVEL:.0%}"
        unknown = "" if self.waits else f" Waits were not compared: {self.no_waits}."
        if not self.rejected:
            return f"The fitted scenario behaves like the export ({what}).{unknown}"
        return f"The fitted scenario does not behave like the export ({len(self.rejected)} of {what}).{unknown}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, null where infinite."""

        def plain(value: float, is_time: bool) -> float | None:
            return (value / SECOND if is_time else value) if math.isfinite(value) else None

        return {
            "verdict": self.words,
            "rejected": [f"{one.scope}.{one.name}" for one in self.rejected],
            "replications": self.replications,
            "waits_compared": self.waits,
            "causes": [{"cause": cause.words, "size": cause.size} for cause in self.causes],
            "statistics": [
                {
                    "scope": one.scope,
                    "statistic": one.name,
                    "unit": "s" if one.is_time else "runs",
                    "rejected": one.rejected,
                    **{key: plain(getattr(one, key), one.is_time) for key in ("observed", "fitted", "low", "high")},
                }
                for one in self.compared
            ],
        }


def check_fit(
    export: Export,
    scenario: Scenario,
    *,
    waits: bool = True,
    replications: int = REPLICATIONS,
    seed: int = 1,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> FitCheck:
    """Simulate a scenario that was fitted to an export, and compare.

    Args:
        export: the runs, with what became of them.
        scenario: fitted to them; its span should be that of the export.
        waits: whether the scenario's workers are those that served the export. Otherwise only what arrives is compared.
        replications: at least 7; fewer are simulated of a large export.
        seed: of the simulations.
        progress: called with (replications simulated, replications in total).

    Raises:
        ExportError: no run of the export falls into the scenario's span.
    """
    seen = of_export(scenario, export)
    if not len(seen.inserted):
        message = f"{export.reading.source}: no run falls into the scenario's span"
        raise ExportError(message, "name the scenario that was fitted to this export")
    begin = begin_of(scenario)
    gaps = unwatched(export.inserted_at, begin, begin + scenario.horizon)
    plain = deployment_of(scenario)
    why = "" if waits else "nothing says which workers served the export (--layout)"
    if _polls(scenario, plain) > _MOST_POLLS:
        waits, why = False, "the span is so long that simulating idle workers would take too long"
    replications = _affordable(replications, len(seen.inserted), scenario, plain, waits)
    was_there = _was_there(scenario, seen)
    if engine == "auto" and waits and _worth_compiling(replications, len(seen.inserted), plain):
        engine = "kernel"
    samples = []
    for replication in range(replications):
        samples.append(_simulated(scenario, plain, seed, replication, was_there, engine, waits))
        if progress is not None:
            progress(replication + 1, replications)
    return _compare(export, scenario, seen, samples, gaps, why, seed, engine)


def _simulated(
    scenario: Scenario, plain: Deployment, seed: int, replication: int, was_there: list[int], engine: Engine, waits: bool
) -> RunSample:
    table = generate(scenario, seed, replication)
    if not waits:
        return of_traffic(table).part(~np.isin(table.source, was_there) & (table.inserted_at >= 0))
    log = run_engine(plain, table, engine=engine)
    if log.interrupted:
        raise KeyboardInterrupt
    if not was_there:
        return of_simulation(table, log)
    visible = np.flatnonzero(~np.isin(table.source, was_there))
    return of_simulation(table.rows(visible), log.rows(visible))


def _worth_compiling(replications: int, runs: int, plain: Deployment) -> bool:
    """Whether all replications together take the reference engine longer than the kernel takes to be compiled."""
    if resolve("auto") != "kernel" or not needs_compiling():
        return False
    return replications * reference_seconds(plain, range(runs)) > COMPILING


def _affordable(replications: int, runs: int, scenario: Scenario, plain: Deployment, waits: bool) -> int:
    """As many replications as take about as long as `_MOST_RUNS` runs. The same on every machine."""
    polls = _polls(scenario, plain) / _POLLS_PER_RUN if waits else 0
    return max(FEWEST_REPLICATIONS, min(replications, int(_MOST_RUNS / (runs + polls))))


def _polls(scenario: Scenario, plain: Deployment) -> float:
    """About how often idle workers poll."""
    return len(plain.workers) * scenario.horizon / (5 * SECOND)


def _was_there(scenario: Scenario, seen: RunSample) -> list[int]:
    """The sources of runs that waited already at the start: bursts at 0s that the export does not have."""
    found = []
    at_start = int((seen.inserted < SECOND).sum())
    for index, source in enumerate(sources_of(scenario)):
        burst = getattr(getattr(source.trigger, "arrivals", None), "burst", None)
        if burst is not None and burst.at == [0] and burst.size > 2 * at_start:
            found.append(index)
    return found


def _compare(
    export: Export, scenario: Scenario, seen: RunSample, samples: Sequence[RunSample], gaps: Gaps, no_waits: str, seed: int, engine: Engine
) -> FitCheck:
    waits = not no_waits
    clock = Clock.of(begin_of(scenario), scenario.horizon, gaps)
    names = [workflow.full_name for workflow in placed_workflows(scenario)]
    asked = list(statistics(seen, clock, names, export.resolution, waits=waits))
    mine, theirs = Parts(seen), [Parts(sample) for sample in samples]
    compared = tuple(_compared(statistic, mine, theirs, scenario.horizon, LEVEL / max(len(asked), 1)) for statistic in asked)
    rejected = [one for one in compared if one.rejected]
    found = causes(export, scenario, seen, samples, rejected, seed, engine) if rejected else []
    lanes = [place for place in range(len(QUEUES)) if (seen.queue == place).any()]
    return FitCheck(
        compared=compared,
        causes=tuple(found),
        replications=len(samples),
        waits=waits,
        no_waits=no_waits,
        counts={QUEUES[place]: _band(seen, samples, clock, place) for place in lanes},
        clock=clock.name,
        quantiles={QUEUES[place]: _quantiles(seen, samples, place, "wait" if waits else "service") for place in lanes},
    )


def _compared(statistic: Statistic, seen: Parts, samples: Sequence[Parts], horizon: int, level: float) -> Compared:
    from scipy.special import stdtrit

    observed, values = statistic.value(seen), np.sort([statistic.value(sample) for sample in samples])
    # A run that was never claimed waited for the whole time at least; a simulation without such runs has no value.
    known = np.nan_to_num(values, nan=0.0, posinf=float(horizon))
    mine = float(np.nan_to_num(observed, nan=0.0, posinf=float(horizon)))
    logs = np.log(known + statistic.tolerance)
    half = float(stdtrit(len(known) - 1, 1 - level / 2) * logs.std(ddof=1) * math.sqrt(1 + 1 / len(known)))
    low, high = (math.exp(logs.mean() + way * half) - statistic.tolerance for way in (-1, 1))
    fitted = float(np.median(values))
    plain = float(np.median(known))
    alike = abs(plain - mine) <= statistic.tolerance or (
        plain > 0 and mine > 0 and abs(math.log(plain / mine)) <= math.log(statistic.ratio)
    )
    rejected = not alike and not low <= mine <= high and not known[0] <= mine <= known[-1]
    if rejected and not math.isnan(statistic.p):
        # Where waits are rare and long, percentiles jump from one replication to the next; the share beyond the observed one does not.
        shares = np.array([statistic.beyond(sample, observed) for sample in samples])
        half = float(stdtrit(len(shares) - 1, 1 - level / 2) * shares.std(ddof=1) * math.sqrt(1 + 1 / len(shares)))
        rejected = abs(statistic.beyond(seen, observed) - float(shares.mean())) > half
    words = f"{statistic.scope}.{statistic.name} is {statistic.show(fitted)} in the fit and {statistic.show(observed)} in the export"
    return Compared(
        statistic.scope, statistic.metric, statistic.name, statistic.is_time, observed, fitted, max(low, 0.0), high, rejected, words
    )


def _band(seen: RunSample, samples: Sequence[RunSample], clock: Clock, place: int) -> tuple[Row, Row, Row]:
    observed = clock.counts(seen.inserted[seen.queue == place])
    drawn = np.sort([clock.counts(sample.inserted[sample.queue == place]) for sample in samples], axis=0)
    plain = [tuple(float(count) for count in row) for row in (observed, drawn[0], drawn[-1])]
    return plain[0], plain[1], plain[2]


def _quantiles(seen: RunSample, samples: Sequence[RunSample], place: int, metric: str) -> Points:
    def values(sample: RunSample) -> np.ndarray:
        mine = getattr(sample, metric)[sample.queue == place]
        return np.sort(mine[~np.isnan(mine)])

    observed, drawn = values(seen), [part for part in map(values, samples) if len(part)]
    if not len(observed) or not drawn:
        return ()
    shares = (np.arange(min(len(observed), 200)) + 0.5) / min(len(observed), 200)
    spread = np.sort([part[(shares * len(part)).astype(np.int64)] for part in drawn], axis=0)
    points = zip(observed[(shares * len(observed)).astype(np.int64)], spread[len(drawn) // 2], spread[0], spread[-1], strict=True)
    return tuple((float(one), float(median), float(least), float(most)) for one, median, least, most in points)
