"""From an export to what a scenario needs to know of it: arrival processes, distributions of durations, and how well they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.around_export import origin_of, scenario_around
from fastlanes_sim.calibration.arrival_processes import ArrivalProcess, arrival_processes
from fastlanes_sim.calibration.cancelled_runs import without_cancelled
from fastlanes_sim.calibration.chained_runs import chain_notes, chains
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.distance import distance
from fastlanes_sim.calibration.durations import services
from fastlanes_sim.calibration.fitted_distribution import FittedDistribution, fit
from fastlanes_sim.calibration.held_slots import held_a_slot, most_at_once
from fastlanes_sim.calibration.initial_backlog import Backlog, initial_backlog, shared_out
from fastlanes_sim.calibration.input_uncertainty import InputUncertainty
from fastlanes_sim.calibration.resolution import resolution_notes
from fastlanes_sim.calibration.run_timeouts import ENDED, forgotten_runs, run_timeout
from fastlanes_sim.calibration.service_order import ServiceOrder, service_order, startup_order
from fastlanes_sim.calibration.shared_notes import sharing_notes
from fastlanes_sim.calibration.shared_services import sharing
from fastlanes_sim.calibration.shared_systems import SharedSystem, alone
from fastlanes_sim.calibration.window import Gaps, Watched, sayable, unwatched, window, within_reason
from fastlanes_sim.calibration.worker_names import SeenWorkers, seen_workers
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.rules.creation import IMMEDIATE, Queue
from fastlanes_sim.rules.lifecycle import FAILURES, State
from fastlanes_sim.scenario.schedule import at_epoch
from fastlanes_sim.traffic.export_startup import startups

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Called with (workflows fitted, workflows in total)."""

_FEWEST_OWN = 30
"""Runs of one process that get a distribution of their own; fewer share that of their workflow's lane."""
_FEWEST_STARTUP = 50
_MOST_STARTUPS = 50_000
_OTHER_STARTUP = 0.1
"""Distance of a trigger's claimed→started to everybody's from which on it gets its own."""


@dataclass(frozen=True, slots=True)
class FittedTrigger:
    """A trigger of the future scenario, with what it was fitted to."""

    keys: dict[str, str]
    """`type` and, where it has one, `reply`."""
    process: ArrivalProcess
    service: FittedDistribution
    startup: FittedDistribution | None
    """Where it differs from everybody's."""
    failures: float
    runs: int
    notes: list[str] = field(default_factory=list)
    service_factors: str | None = None
    """What services depend on, as a scenario writes it."""
    startup_factors: str | None = None
    """The same of startups."""
    rows: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    """The runs of the export that it stands for."""
    service_rows: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    """Those that its service was fitted to."""


@dataclass(frozen=True, slots=True)
class FittedWorkflow:
    workflow: ExportedWorkflow
    run_timeout: int | None
    """Its own, µs, where its runs show another one than the deployment's."""
    triggers: list[FittedTrigger]
    timeout_note: str = ""
    """What shows it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was fitted."""

    export: Export
    deployed: Deployed
    timezone: str
    begin: int
    end: int
    gaps: Gaps
    """Stretches in between in which nobody looked."""
    startup: FittedDistribution
    workflows: list[FittedWorkflow]
    most_in_flight: int
    """Most runs at once between claim and end: a lower bound of the slots there were."""
    notes: list[str]
    shared: tuple[SharedSystem, ...] = ()
    """What runs share: services are those that each run would have alone."""
    startups: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """µs from the launch to the start of each run of the export, or NEVER."""
    uncertainty: InputUncertainty | None = None
    """How sure all this is; None where the export is too short to tell, or nobody asked."""


def calibrate(
    export: Export,
    deployed: Deployed | None = None,
    *,
    timezone: str = "UTC",
    span: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit everything.

    Args:
        export: the runs.
        deployed: what served them; where absent, one worker with as many slots as were seen busy at once.
        timezone: in which crons are sought and hours and weekdays counted.
        span: µs since 1970 from which and up to which the export watched insertions; taken from the runs where absent.
        progress: called with (workflows fitted, workflows in total).

    Raises:
        ExportError: there is no run to learn from, none that a worker was to claim, or a few lie years from all others.
    """
    if not len(export):
        raise ExportError(f"{export.reading.source}: there is no run to calibrate from", "check the export; see what was dropped")
    export.reading.refuse_far()
    begin, end = window(export) if span is None else within_reason(span, export)
    begin = sayable(begin, timezone)
    watched = Watched(begin, end, timezone, unwatched(export.inserted_at, begin, end), export.resolution)
    export, cancelled = without_cancelled(export)
    held = held_a_slot(export)
    most = most_at_once(export.claimed_at[held], export.finished_at[held])
    named = seen_workers(export)
    deployed = deployed or _guessed(most, named)
    deployed = deployed.for_export(export)
    overhead = startups(scenario_around(export, deployed, origin_of(export, deployed)), export)
    started = _Startups.of(overhead)
    pooled_startup = fit(overhead[overhead >= 0]) or _assumed("500ms")
    runs_of = _by_workflow(export)
    timeouts = [run_timeout(export, runs, overhead, deployed.run_timeout) for runs in runs_of]  # by the times that were measured
    workflows, lanes = _fitted_workflows(export, runs_of, watched, started, timeouts, progress)
    shared = sharing(export, _kinds(export, workflows))
    if shared.fitted:
        deployed = deployed.with_cores(shared.fitted)
        workflows, lanes = _fitted_workflows(alone(export, shared.fitted), runs_of, watched, started, timeouts)
    of_workers = [] if named is None else named.notes(deployed, _replicas(deployed))
    chained = chain_notes(export, chains(export, _made_by_crons(export, workflows)))
    together = [*chained, *sharing_notes(export, shared)]
    of_export = [*cancelled, *resolution_notes(export, overhead)]
    notes = [*of_export, *_notes(export, deployed), *of_workers, *lanes.notes(), *_gap_notes(watched), *together]
    timed = (timezone, begin, end, watched.gaps)
    return Calibration(export, deployed, *timed, pooled_startup, workflows, most, notes, shared.fitted, overhead)


def _fitted_workflows(
    export: Export,
    runs_of: list[Indices],
    watched: Watched,
    started: _Startups,
    timeouts: list[tuple[int | None, str]],
    progress: Progress | None = None,
) -> tuple[list[FittedWorkflow], _Lanes]:
    """Of an export whose services are those that runs would have alone."""
    pooled_service = fit(*_services(export, np.arange(len(export)))) or _assumed("1s")
    lanes = _Lanes.of(export, watched.begin)
    workflows = []
    for index, (workflow, runs, (timeout, why)) in enumerate(zip(export.workflows, runs_of, timeouts, strict=True)):
        triggers = []
        for place, lane_runs in lanes.of_workflow(runs):
            pooled = lanes.pooled(place) or _Pooled(pooled_service, np.arange(len(export)))
            fitted = list(_triggers(export, lane_runs, _LANES[place], watched, started, pooled))
            triggers += [*_backlog_trigger(fitted, lanes.backlogs[place], lanes.ahead[place][index], _LANES[place]), *fitted]
        workflows.append(FittedWorkflow(workflow, timeout, triggers, why))
        if progress is not None:
            progress(index + 1, len(export.workflows))
    return workflows, lanes


def _by_workflow(export: Export) -> list[Indices]:
    """The runs of each workflow, in the order of these."""
    order = np.argsort(export.workflow, kind="stable")
    edges = np.searchsorted(export.workflow[order], np.arange(len(export.workflows) + 1))
    return [order[begin:end] for begin, end in pairwise(edges)]


def _kinds(export: Export, workflows: list[FittedWorkflow]) -> npt.NDArray[np.int32]:
    """Of each run, the number of its trigger; where it has none of its own, another one for its workflow."""
    kinds, number = export.workflow.astype(np.int32), len(export.workflows)
    for workflow in workflows:
        for trigger in workflow.triggers:
            kinds[trigger.rows] = number
            number += 1
    return kinds


def _made_by_crons(export: Export, workflows: list[FittedWorkflow]) -> Mask:
    made = np.zeros(len(export), np.bool_)
    for workflow in workflows:
        for trigger in workflow.triggers:
            if trigger.keys["type"] == "cron":
                made[trigger.rows] = True
    return made


def _guessed(most: int, named: SeenWorkers | None) -> Deployed:
    """One worker with as many slots as were seen busy at once; where workers have names, as many as there were."""
    group: dict[str, object] = {"workloops": f"manual>*:{max(most, 1)}"}
    if named is not None and named.at_once > 1:
        group = {"workloops": f"manual>*:{named.most}", "replicas": named.at_once}
    return Deployed([group], guessed=True)


def _replicas(deployed: Deployed) -> int | None:
    """Of all its workers; None where their number changes."""
    if any("autoscaling" in group for group in deployed.workers):
        return None
    return sum(int(group.get("replicas", 1)) for group in deployed.workers)


def _assumed(duration: str) -> FittedDistribution:
    """Where the export has no duration at all."""
    return FittedDistribution(Distribution.model_validate(duration).family)


_LANES: tuple[dict[str, str], ...] = (
    {"type": "webhook", "reply": "after_completion"},
    {"type": "manual"},
    {"type": "retry"},
    {"type": "bulk_retry", "from_job": "true"},
    {"type": "webhook"},
)
"""What can have made the runs of each lane and priority: L-3 in reverse. Observed are the insertions of a bulk retry, not its request: no
background job must make them anew (L-21)."""


@dataclass(frozen=True, slots=True)
class _Pooled:
    """A distribution of the runs of many workflows."""

    service: FittedDistribution
    runs: Indices


@dataclass(frozen=True, slots=True)
class _Lanes:
    """The runs of each kind of `_LANES`, of all workflows together."""

    export: Export
    kind: npt.NDArray[np.int8]
    """Of each run, its place in `_LANES`."""
    backlogs: list[Backlog | None]
    ahead: list[list[int]]
    """Of each backlog, the runs of each workflow."""
    _services: dict[int, _Pooled | None] = field(default_factory=dict)

    @classmethod
    def of(cls, export: Export, begin: int) -> _Lanes:
        queue, immediate = export.queue, export.priority == IMMEDIATE
        manual, default = queue == Queue.MANUAL, queue == Queue.DEFAULT
        kind = np.select([queue == Queue.FAST_LANE, manual & ~export.retry, manual, default & immediate], [0, 1, 2, 3], 4).astype(np.int8)
        backlogs, ahead = [], []
        for place in range(len(_LANES)):
            mine = np.flatnonzero(kind == place)
            found = initial_backlog(export, mine, begin)
            early = mine[export.inserted_at[mine] - begin <= found.drained] if found else mine[:0]
            backlogs.append(found)
            ahead.append(shared_out(found.runs if found else 0, np.bincount(export.workflow[early], minlength=len(export.workflows))))
        return cls(export, kind, backlogs, ahead)

    def of_workflow(self, runs: Indices) -> Iterator[tuple[int, Indices]]:
        for place in range(len(_LANES)):
            mine = runs[self.kind[runs] == place]
            if len(mine):
                yield place, mine

    def pooled(self, place: int) -> _Pooled | None:
        """The service of all runs of this kind; None where none of them ended."""
        if place not in self._services:
            mine = np.flatnonzero(self.kind == place)
            found = fit(*_services(self.export, mine))
            self._services[place] = None if found is None else _Pooled(found, mine)
        return self._services[place]

    def notes(self) -> Iterator[str]:
        for keys, found in zip(_LANES, self.backlogs, strict=True):
            if found is not None:
                first, drained = format_duration(found.first_wait), format_duration(found.drained)
                yield (
                    f"The export begins in a backlog: the first runs of {' '.join(keys.values())} waited {first}, and it took {drained} "
                    f"until waits were as later. {found.runs:,} runs that were in front of them are there at the start of this scenario."
                )


def _backlog_trigger(fitted: list[FittedTrigger], found: Backlog | None, runs: int, keys: dict[str, str]) -> Iterator[FittedTrigger]:
    """The runs of a workflow that waited already at the start, with the service of its most frequent trigger."""
    if found is None or not runs:
        return
    like = max(fitted, key=lambda trigger: trigger.runs)
    process = ArrivalProcess("backlog", np.zeros(0, np.bool_), {"arrivals": f"{{burst: {{size: {runs}, at: [0s]}}}}"})
    note = f"{runs:,} runs that waited already when the export begins; they are not in it"
    yield replace(like, keys=keys, process=process, runs=0, notes=[note], rows=like.rows[:0])


def _triggers(
    export: Export, runs: Indices, keys: dict[str, str], watched: Watched, startups: _Startups, pooled: _Pooled
) -> Iterator[FittedTrigger]:
    found = arrival_processes(export.inserted_at[runs], watched, crons=keys == {"type": "webhook"})
    shared: FittedDistribution | None = None
    for process in found:
        mine = runs[process.members]
        notes = list(process.notes)
        order, service = _ordered(export, mine, watched.timezone)
        of_startups, startup = startups.ordered(export.inserted_at, mine, watched.timezone)
        notes += [one.words for one in (order, of_startups) if one is not None]
        service = service or fit(*_services(export, mine)) if len(mine) >= _FEWEST_OWN or len(found) == 1 else None
        fitted_to = mine
        if service is None:
            shared = shared or fit(*_services(export, runs))
            service, fitted_to = shared, runs
        if service is None:
            service, fitted_to = pooled.service, pooled.runs
            notes.append("none of them ended, so the service is that of all runs")
        elif len(runs) < _FEWEST_OWN and _may_be_of(_services(export, runs)[0], pooled.service):
            service, fitted_to = pooled.service, pooled.runs
            few = "1 run is" if len(runs) == 1 else f"{len(runs):,} runs are"
            notes.append(f"{few} too few for a service of their own, and theirs does not differ from that of all runs")
        states = export.state[mine]
        ended = int(np.isin(states, ENDED).sum())
        yield FittedTrigger(
            keys={"type": "cron"} if process.kind == "cron" else keys,
            process=process,
            service=service,
            startup=startup or startups.own(mine),
            failures=float(np.isin(states, FAILURES).sum() / ended) if ended else 0.0,
            runs=len(mine),
            notes=notes,
            service_factors=None if order is None else order.text,
            startup_factors=None if of_startups is None else of_startups.text,
            rows=mine,
            service_rows=fitted_to,
        )


def _ordered(export: Export, runs: Indices, timezone: str) -> tuple[ServiceOrder | None, FittedDistribution | None]:
    """What services depend on, and the distribution of what is left of them; (None, None) where they depend on nothing."""
    started, finished = export.started_at[runs], export.finished_at[runs]
    known = (started != NEVER) & (finished != NEVER) & (finished > started) & np.isin(export.state[runs], ENDED)
    lengths = (finished - started)[known]
    order = service_order(export.inserted_at[runs[known]], lengths, export.inserted_at[runs], timezone)
    if order is None:
        return None, None
    _, censored = _services(export, runs)
    return order, fit(np.maximum(np.rint(lengths / order.factors), 1).astype(np.int64), censored)


def _may_be_of(lengths: npt.NDArray[np.int64], pooled: FittedDistribution) -> bool:
    """Whether so few durations can have come from this distribution (Kolmogorov's test at 5 %)."""
    from scipy.special import kolmogorov

    if not len(lengths):
        return True
    values, counts = np.unique(lengths, return_counts=True)
    upper = np.cumsum(counts) / len(lengths)
    at, below = pooled.family.cdf(values.astype(np.float64)), pooled.family.cdf(values.astype(np.float64) - 1)
    apart = float(np.maximum(np.abs(upper - at), np.abs(below - (upper - counts / len(lengths)))).max())
    return bool(kolmogorov(apart * np.sqrt(len(lengths))) > 0.05)


def _services(export: Export, runs: Indices) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(complete, censored) µs from start to end."""
    return services(export, runs).parts


@dataclass(frozen=True, slots=True)
class _Startups:
    """From the launch to the start."""

    of_run: npt.NDArray[np.int64]
    """Of each run of the export, or NEVER."""
    known: int
    some: npt.NDArray[np.int64]
    """At most `_MOST_STARTUPS` of them, ascending."""

    @classmethod
    def of(cls, overhead: npt.NDArray[np.int64]) -> _Startups:
        known = overhead[overhead >= 0]
        return cls(overhead, len(known), np.sort(known[:: max(-(-len(known) // _MOST_STARTUPS), 1)]))

    def ordered(self, inserted: Times, runs: Indices, timezone: str) -> tuple[ServiceOrder | None, FittedDistribution | None]:
        """What a trigger's startups depend on, and the distribution of what is left; (None, None) where they depend on nothing."""
        lengths, requested = self.of_run[runs], inserted[runs]
        known = lengths >= 0
        order = startup_order(requested[known], lengths[known], requested, timezone)
        if order is None:
            return None, None
        return order, fit(np.maximum(np.rint(lengths[known] / order.factors), 1).astype(np.int64))

    def own(self, runs: Indices) -> FittedDistribution | None:
        """Of a trigger's runs, where theirs differ from everybody's."""
        mine = self.of_run[runs]
        mine = np.sort(mine[mine >= 0])
        if len(mine) < _FEWEST_STARTUP or len(mine) == self.known:
            return None
        return fit(mine) if distance(mine, self.some) > max(_OTHER_STARTUP, 1.63 / np.sqrt(len(mine))) else None


def _gap_notes(watched: Watched) -> Iterator[str]:
    for since, until in watched.gaps:
        yield (
            f"No run at all was inserted from {at_epoch(since):%Y-%m-%d %H:%M} to {at_epoch(until):%Y-%m-%d %H:%M} (UTC), where other days "
            "have many: this time counts as not watched, and the scenario has runs there."
        )


def _notes(export: Export, deployed: Deployed) -> list[str]:
    """What a planner must know about the whole."""
    notes = []
    if not export.has_queue:
        notes.append(
            "The export has no queue column: lanes are by priority (L-4), so sync webhooks are among the default runs. "
            "The ruleset is pre-4515; change it to try Fast Lanes."
        )
    if not deployed.messages and not deployed.workflows:
        notes.append(
            "An export does not tell what is said on the runs' channels: log lines and credentials take round trips in which a run holds "
            "its slot. None are assumed; docs/traffic.md tells how to find `messages` in a worker's log."
        )
    lost = int((export.state == State.LOST).sum())
    if lost:
        notes.append(f"{lost:,} runs were lost (L-18); what lost them is not modelled here: they are ordinary runs in this scenario.")
    if forgotten := forgotten_runs(export):
        notes.append(
            f"{forgotten:,} of the runs are called started, and have been for longer than any run took or may take: nobody runs them any "
            "more. They count as lost."
        )
    return notes
