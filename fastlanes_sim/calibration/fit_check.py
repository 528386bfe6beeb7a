"""Whether a fitted scenario behaves as what it was fitted to: it is simulated, and laid beside the export.

A posterior predictive check (Gelman, Meng and Stern, Statistica Sinica 6, 1996) with the parameters at their estimates: were the export one
more simulation of the scenario, each of its statistics would lie within the prediction interval of the replications (Student's, of the
logarithm; all statistics together at 1 %, Bonferroni), or within their range. What differs by so little that nobody would plan differently
does not count. `validate` is another test: it replays the export itself, and so tests the model, not the fit.

The work is bounded. Where simulating the complete span would take too long, arrivals and services are drawn over all of it, and so are the
waits that ideal workers would give to them and to the export's own runs; the workers themselves are simulated in excerpts (`fit_excerpts`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastlanes_sim.calibration.compared import Compared
from fastlanes_sim.calibration.fit_causes import Cause, Pattern, RejectedWaits, causes, pattern
from fastlanes_sim.calibration.fit_excerpts import Excerpt, beginning, excerpts, whole
from fastlanes_sim.calibration.fit_replications import LaneCounts, LaneQuantiles, Points, Replications, Row
from fastlanes_sim.calibration.fit_sample import Clock, RunSample, of_export, together
from fastlanes_sim.calibration.fit_simulation import FitSimulation
from fastlanes_sim.calibration.fit_statistics import FEWEST_RUNS, shared_service_statistics, traffic_statistics, wait_statistics
from fastlanes_sim.calibration.shared_systems import alone, shared_systems
from fastlanes_sim.calibration.window import unwatched
from fastlanes_sim.core.large_arrays import release
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schedule import at_epoch
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.replay import begin_of
from fastlanes_sim.traffic.streams import stream

LEVEL = 0.01
"""Of the check, all statistics together."""
REPLICATIONS = 19
FEWEST_REPLICATIONS = 7
_MOST_RUNS = 7_000_000
"""Drawn, all replications together: of a large export fewer replications are enough."""
_SOON = 100_000
"""Runs of which a first answer is there before anything is known of the workers."""
_WORTH_A_WORD = 5.0
"""Seconds from which on there is a first answer."""
_PILOT = 20
"""The part of the span that tells how many events it takes is so much shorter."""
_FOR_CAUSES = 2
"""Simulations that explain a rejection."""
_MOST_NAMED = 4
"""Excerpts of which the beginning is told."""
Progress = Callable[[int, int], None]


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
    excerpts: str
    """In which parts of the span the workers were simulated, as a sentence; empty: in all of it."""
    counts: dict[str, tuple[Row, Row, Row]]
    """For the picture. Of each lane: (observed, least, most) runs in each stretch of the clock."""
    clock: str
    quantiles: dict[str, Points]
    """Of each lane: (observed, median, least, most) µs of the wait (of the service, without waits) at many shares of the runs; of those in
    excerpts, where there are some."""

    @property
    def rejected(self) -> list[Compared]:
        """The statistics that the fit does not have, the furthest off first; waits before what makes them."""
        return sorted((one for one in self.compared if one.rejected), key=lambda one: (one.metric != "wait", -one.off))

    @property
    def outcome(self) -> Outcome:
        """Missed: a statistic is rejected. Undecided: there are too few runs for any."""
        return "missed" if self.rejected else "met" if self.compared else "undecided"

    @property
    def words(self) -> str:
        """The verdict."""
        if not self.compared:
            return f"There are too few runs to compare: a lane or a workflow needs {FEWEST_RUNS}, and none has them."
        what = f"{len(self.compared)} statistics, {self.replications} replications, level {LEVEL:.0%}"
        unknown = f" {self.excerpts}" if self.excerpts else "" if self.waits else f" Waits were not compared: {self.no_waits}."
        if not self.rejected:
            return f"The fitted scenario behaves like the export ({what}).{unknown}"
        return f"The fitted scenario does not behave like the export ({len(self.rejected)} of {what}).{unknown}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, null where infinite."""

        def plain(value: float, is_time: bool) -> float | None:
            return (value / SECOND if is_time else value) if math.isfinite(value) else None

        return {
            "verdict": self.words,
            "outcome": self.outcome,
            "rejected": [f"{one.scope}.{one.name}" for one in self.rejected],
            "replications": self.replications,
            "waits_compared": self.waits,
            "excerpts": self.excerpts,
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
    tell: Callable[[str], None] | None = None,
) -> FitCheck:
    """Simulate a scenario that was fitted to an export, and compare.

    Args:
        export: the runs, with what became of them.
        scenario: fitted to them; its span should be that of the export.
        waits: whether the scenario's workers are those that served the export. Otherwise only what arrives is compared.
        replications: at least 7; fewer are drawn of a large export.
        seed: of the simulations.
        progress: called with (steps done, steps in total).
        tell: called with a first answer, where the workers take longer than some seconds.

    Raises:
        ExportError: no run of the export falls into the scenario's span.
    """
    shared = shared_systems(scenario, export)
    own = alone(export, shared)
    seen = of_export(scenario, own)
    if not len(seen.inserted):
        message = f"{export.reading.source}: no run falls into the scenario's span"
        raise ExportError(message, "name the scenario that was fitted to this export")
    replications = max(FEWEST_REPLICATIONS, min(replications, _MOST_RUNS // len(seen.inserted)))
    measured = of_export(scenario, export) if shared else seen
    check = _Check(export, seen, measured, FitSimulation(scenario, seen, seed, engine, replications), replications, progress)
    if not waits:
        return check.of_traffic("nothing says which workers served the export (--layout)")
    if not check.traffic.statistics:
        tell = None  # a first answer compares them
    if tell is not None and check.fit.takes > _WORTH_A_WORD and len(seen.inserted) <= _SOON:
        tell(check.soon())
        tell = None
    elif len(seen.inserted) > _SOON and check.fit.has_ideal_workers:
        check.fit.replayed(export)  # before the kernel's machine code is in memory, too
    chosen = _excerpts(check.fit, seen, replications)
    return check.of_excerpts(chosen, tell) if chosen else check.of_all()


def _excerpts(fit: FitSimulation, seen: RunSample, replications: int) -> tuple[Excerpt, ...]:
    """Those that can be simulated with as many events as there may be, in order of time; none: the complete span can.

    How many events it takes is told by the simulation of a short part of it, so the same excerpts are chosen on every machine.
    """
    horizon, table = fit.scenario.horizon, fit.drawn(0)
    chance = float(stream(fit.seed, 0, "fit check", "excerpts").random())
    first = beginning(seen, horizon) if fit.has_set_times else next(excerpts(seen, horizon, chance))
    pilot = first.shortened(max(min(horizon // _PILOT, fit.longest_pilot), 1))
    events = fit.events(pilot, table) + 1

    def expected(excerpt: Excerpt) -> float:
        """Events, all replications together."""
        runs = excerpt.runs(table) / max(pilot.runs(table), 1)
        return replications * events * max(runs, excerpt.lasts / pilot.lasts)

    most, in_all = fit.most_events, expected(whole(horizon))
    fit.expect(min(in_all, most))
    if in_all <= most:
        return ()
    if expected(first) > most:
        return (first.shortened(int(first.lasts * most / expected(first))),)
    if fit.has_set_times:
        return (beginning(seen, horizon, int(most / expected(first))),)
    chosen: list[Excerpt] = []
    left = float(most)
    for excerpt in excerpts(seen, horizon, chance):
        left -= expected(excerpt)
        if chosen and left < 0:
            break
        chosen.append(excerpt)
    return tuple(sorted(chosen, key=lambda excerpt: excerpt.begin))


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class _Waits:
    """The waits of the export beside those of the fit, and how they are simulated."""

    replications: Replications
    simulated: Callable[..., RunSample]
    """With (the run table, whether its services are `as_measured`)."""


class _Check:
    """What is compared in any case, and the ways in which waits can be."""

    def __init__(
        self,
        export: Export,
        seen: RunSample,
        measured: RunSample,
        fit: FitSimulation,
        replications: int,
        progress: Progress | None,
    ) -> None:
        """`seen` has the services that runs would have had alone, `measured` has them as they were: the same, where runs share nothing."""
        self.export, self.seen, self.measured, self.fit, self.replications = export, seen, measured, fit, replications
        self.progress = progress or _silent
        begin, horizon = begin_of(fit.scenario), fit.scenario.horizon
        clock = Clock.of(begin, horizon, unwatched(export.inserted_at, begin, begin + horizon))
        names = [workflow.full_name for workflow in placed_workflows(fit.scenario)]
        self.traffic = Replications(traffic_statistics(seen, clock, names, export.resolution), seen)
        self.counts = LaneCounts(seen, clock)
        self.patterns: list[Pattern] = []
        release()  # the export and its sample are not needed until it is all simulated

    @property
    def _share(self) -> bool:
        """Whether runs hold each other up."""
        return self.measured is not self.seen

    def soon(self) -> str:
        """A first answer, from the fewest replications."""
        ideal = self._on_ideal_workers() if self.fit.has_ideal_workers else None
        traffic = Replications(self.traffic.statistics, self.seen)
        for replication in range(FEWEST_REPLICATIONS):
            table = self.fit.drawn(replication)
            traffic.add(self.fit.traffic(table))
            if ideal is not None:
                ideal.replications.add(ideal.simulated(table))
        return self._first_answer(traffic, ideal)

    def of_traffic(self, why: str) -> FitCheck:
        """Arrivals and services, drawn and not simulated; why waits are not compared."""
        quantiles = LaneQuantiles(self.seen, "service")
        for replication in range(self.replications):
            sample = self.fit.traffic(self.fit.drawn(replication))
            self._note(sample)
            quantiles.add(sample)
            self.progress(replication + 1, self.replications)
        return self._found([], quantiles, no_waits=why)

    def of_all(self) -> FitCheck:
        """The complete span, simulated."""
        waits = _Waits(self._in_lanes(self.measured), self.fit.simulated)
        quantiles = LaneQuantiles(self.seen, "wait")
        for replication in range(self.replications):
            table = self.fit.drawn(replication)
            sample = self.fit.simulated(table)
            self._note(self.fit.traffic(table) if self._share else sample)
            waits.replications.add(sample)
            quantiles.add(sample)
            self.progress(replication + 1, self.replications + _FOR_CAUSES)
        return self._found([waits], quantiles)

    def of_excerpts(self, chosen: Sequence[Excerpt], tell: Callable[[str], None] | None) -> FitCheck:
        """Arrivals, services, and the waits on ideal workers over the complete span; those on the scenario's workers in excerpts."""
        steps = self.replications * (1 + len(chosen)) + _FOR_CAUSES * len(chosen)
        ideal = self._on_ideal_workers() if self.fit.has_ideal_workers else None
        cut = []
        for replication in range(self.replications):
            table = self.fit.drawn(replication)
            self._note(self.fit.traffic(table))
            cut.append([(excerpt, excerpt.table(table)) for excerpt in chosen])
            if ideal is not None:
                ideal.replications.add(ideal.simulated(table))
            del table  # before the next one is drawn: both together would be the most that is ever in memory
            release()
            self.progress(replication + 1, steps)
        if tell is not None:
            tell(self._first_answer(self.traffic, ideal))
        seen = together([excerpt.of_span(self.measured) for excerpt in chosen])
        real = self._in_lanes(seen)
        quantiles = LaneQuantiles(seen, "wait")
        for replication, tables in enumerate(cut):
            sample = self.fit.in_excerpts(tables)
            real.add(sample)
            quantiles.add(sample)
            self.progress(self.replications + (replication + 1) * len(chosen), steps)

        def simulated(table: RunTable, *, as_measured: bool = False) -> RunSample:
            return self.fit.in_excerpts([(excerpt, excerpt.table(table)) for excerpt in chosen], as_measured=as_measured)

        waits = [_Waits(real, simulated)]
        return self._found([*waits, *([] if ideal is None else [ideal])], quantiles, excerpts=self._named(chosen, real, ideal))

    def _in_lanes(self, seen: RunSample) -> Replications:
        """What is simulated on the scenario's workers: waits, and services where runs hold each other up."""
        services = shared_service_statistics(seen, self.export.resolution) if self._share else []
        return Replications([*wait_statistics(seen, self.export.resolution), *services], seen)

    def _on_ideal_workers(self) -> _Waits:
        own = self.fit.on_ideal_workers(self.fit.replayed(self.export), as_measured=True)
        return _Waits(Replications(wait_statistics(own, self.export.resolution, " on ideal workers"), own), self.fit.on_ideal_workers)

    def _note(self, sample: RunSample) -> None:
        """A replication's arrivals and services."""
        self.traffic.add(sample)
        self.counts.add(sample)
        self.patterns.append(pattern(sample, self.fit.scenario.horizon))

    def _first_answer(self, traffic: Replications, ideal: _Waits | None) -> str:
        every = [traffic, *([] if ideal is None else [ideal.replications])]
        rejected = sorted((one for one in self._compared(every) if one.rejected), key=lambda one: -one.off)
        what = "arrivals, services and the waits on ideal workers" if ideal else "arrivals and services"
        then = f"The workers are simulated next (about {format_duration(max(round(self.fit.takes), 1) * SECOND)})."
        if not rejected:
            return f"First answer: nothing speaks against the fit in {what}. {then}"
        return f"First answer, of {what}: {rejected[0].words}. {then}"

    def _compared(self, every: Sequence[Replications]) -> list[Compared]:
        level = LEVEL / max(sum(len(one.statistics) for one in every), 1)
        return [compared for one in every for compared in one.compared(self.fit.scenario.horizon, level)]

    def _named(self, chosen: Sequence[Excerpt], real: Replications, ideal: _Waits | None) -> str:
        """The sentence about the excerpts."""
        begin, horizon = begin_of(self.fit.scenario), self.fit.scenario.horizon
        length = sum(excerpt.end - excerpt.begin for excerpt in chosen)
        at = ", ".join(f"{at_epoch(begin + excerpt.begin):%Y-%m-%d %H:%M}" for excerpt in chosen[:_MOST_NAMED])
        more = f" and {len(chosen) - _MOST_NAMED} more" if len(chosen) > _MOST_NAMED else ""
        over_all = "" if ideal is None else "; over all of it they were compared on ideal workers"
        what = "Waits were compared" if real.statistics else "There were too few runs to compare waits"
        counted = f"{format_duration(length)} of {format_duration(horizon)} (from {at}{more} UTC)"
        return f"{what} in {counted}, because simulating the workers for all of it would take too long{over_all}."

    def _found(self, waits: Sequence[_Waits], quantiles: LaneQuantiles, *, no_waits: str = "", excerpts: str = "") -> FitCheck:
        every = [self.traffic, *(one.replications for one in waits)]
        compared = self._compared(every)
        of_waits, place = [], len(self.traffic.statistics)
        for one in waits:
            mine = compared[place : place + len(one.replications.statistics)]
            place += len(mine)
            rejected = [entry for entry in mine if entry.rejected and entry.metric == "wait"]
            of_waits.append(RejectedWaits(rejected, partial(one.simulated, as_measured=True)))
        is_rejected = any(one.rejected for one in compared)
        return FitCheck(
            compared=tuple(compared),
            causes=tuple(causes(self.export, self.seen, self.fit, self.patterns, of_waits)) if is_rejected else (),
            replications=self.replications,
            waits=bool(waits),
            no_waits=no_waits,
            excerpts=excerpts,
            counts=self.counts.bands(),
            clock=self.counts.clock.name,
            quantiles=quantiles.points(),
        )
