"""From an export to what a scenario needs to know of it: arrival processes, distributions of durations, and how well they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.around_export import origin_of, scenario_around
from fastlanes_sim.calibration.arrival_processes import ArrivalProcess, arrival_processes
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.distance import distance
from fastlanes_sim.calibration.fitted_distribution import FittedDistribution, fit
from fastlanes_sim.calibration.window import sayable, window
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.rules.creation import IMMEDIATE, Queue
from fastlanes_sim.rules.lifecycle import FAILURES, State
from fastlanes_sim.traffic.export_startup import startups

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Called with (workflows fitted, workflows in total)."""

_FEWEST_OWN = 30
"""Runs of one process that get a distribution of their own; fewer share that of their workflow's lane."""
_FEWEST_STARTUP = 50
_OTHER_STARTUP = 0.1
"""Distance of a trigger's claimed→started to everybody's from which on it gets its own."""
_ENDED = (State.SUCCESS, *FAILURES)


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


@dataclass(frozen=True, slots=True)
class FittedWorkflow:
    workflow: ExportedWorkflow
    run_timeout: int | None
    """Its own, µs, if its killed runs ran for another time than the deployment's timeout."""
    triggers: list[FittedTrigger]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was fitted."""

    export: Export
    deployed: Deployed
    timezone: str
    begin: int
    end: int
    startup: FittedDistribution
    workflows: list[FittedWorkflow]
    most_in_flight: int
    """Most runs at once between claim and end: a lower bound of the slots there were."""
    notes: list[str]


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
        ExportError: there is no run to learn from.
    """
    begin, end = span or window(export)
    begin = sayable(begin, timezone)
    most = _most_in_flight(export)
    deployed = deployed or Deployed([{"workloops": f"manual>*:{max(most, 1)}"}], guessed=True)
    deployed = deployed.for_export(export)
    overhead = startups(scenario_around(export, deployed, origin_of(export, deployed)), export)
    pooled_startup = fit(overhead[overhead >= 0]) or _assumed("500ms")
    pooled_service = fit(*_services(export, np.arange(len(export)))) or _assumed("1s")
    by_workflow = np.argsort(export.workflow, kind="stable")
    edges = np.searchsorted(export.workflow[by_workflow], np.arange(len(export.workflows) + 1))
    workflows = []
    for index, workflow in enumerate(export.workflows):
        runs = by_workflow[edges[index] : edges[index + 1]]
        triggers = [
            trigger
            for keys, lane_runs in _lanes(export, runs)
            for trigger in _triggers(export, lane_runs, keys, (begin, end, timezone), overhead, pooled_service)
        ]
        workflows.append(FittedWorkflow(workflow, _own_timeout(export, runs, overhead, deployed), triggers))
        if progress is not None:
            progress(index + 1, len(export.workflows))
    return Calibration(export, deployed, timezone, begin, end, pooled_startup, workflows, most, _notes(export, deployed))


def _assumed(duration: str) -> FittedDistribution:
    """Where the export has no duration at all."""
    return FittedDistribution(Distribution.model_validate(duration).family)


def _lanes(export: Export, runs: Indices) -> Iterator[tuple[dict[str, str], Indices]]:
    """L-3 in reverse: what can have made the runs of each lane and priority."""
    queue, immediate, retry = export.queue[runs], export.priority[runs] == IMMEDIATE, export.retry[runs]
    manual, default = queue == Queue.MANUAL, queue == Queue.DEFAULT
    for keys, mine in (
        ({"type": "webhook", "reply": "after_completion"}, queue == Queue.FAST_LANE),
        ({"type": "manual"}, manual & ~retry),
        ({"type": "retry"}, manual & retry),
        # Observed are the insertions, not the request: no background job must make them anew (L-21).
        ({"type": "bulk_retry", "from_job": "true"}, default & immediate),
        ({"type": "webhook"}, default & ~immediate),
    ):
        if mine.any():
            yield keys, runs[mine]


def _triggers(
    export: Export,
    runs: Indices,
    keys: dict[str, str],
    watched: tuple[int, int, str],
    overhead: npt.NDArray[np.int64],
    pooled: FittedDistribution,
) -> Iterator[FittedTrigger]:
    found = arrival_processes(export.inserted_at[runs], *watched, crons=keys == {"type": "webhook"})
    shared: FittedDistribution | None = None
    for process in found:
        mine = runs[process.members]
        notes = list(process.notes)
        service = fit(*_services(export, mine)) if len(mine) >= _FEWEST_OWN or len(found) == 1 else None
        if service is None:
            shared = shared or fit(*_services(export, runs))
            service = shared
        if service is None:
            service = pooled
            notes.append("none of them ended, so the service is that of all runs")
        states = export.state[mine]
        ended = int(np.isin(states, _ENDED).sum())
        yield FittedTrigger(
            keys={"type": "cron"} if process.kind == "cron" else keys,
            process=process,
            service=service,
            startup=_own_startup(overhead, mine),
            failures=float(np.isin(states, FAILURES).sum() / ended) if ended else 0.0,
            runs=len(mine),
            notes=notes,
        )


def _services(export: Export, runs: Indices) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(complete, censored) µs from start to end. Lost runs say nothing; times that run backwards are left out."""
    started, finished, state = export.started_at[runs], export.finished_at[runs], export.state[runs]
    has_started = (started != NEVER) & (state != State.LOST)
    has_finished = finished != NEVER
    complete = has_started & has_finished & np.isin(state, _ENDED)
    cut = has_started & has_finished & np.isin(state, (State.KILLED, State.CANCELLED))
    running = has_started & ~has_finished & (state == State.STARTED)
    lengths = (finished - started)[complete]
    censored = np.concatenate([(finished - started)[cut], export.last_seen - started[running]])
    return lengths[lengths >= 0], censored[censored > 0]


def _own_startup(overhead: npt.NDArray[np.int64], runs: Indices) -> FittedDistribution | None:
    mine, everybody = overhead[runs], overhead[overhead >= 0]
    mine = mine[mine >= 0]
    if len(mine) < _FEWEST_STARTUP or len(mine) == len(everybody):
        return None
    mine, everybody = np.sort(mine), np.sort(_some(everybody))
    return fit(mine) if distance(mine, everybody) > max(_OTHER_STARTUP, 1.63 / np.sqrt(len(mine))) else None


def _some(values: npt.NDArray[np.int64], most: int = 50_000) -> npt.NDArray[np.int64]:
    return values[:: -(-len(values) // most)] if len(values) > most else values


def _own_timeout(export: Export, runs: Indices, startup: npt.NDArray[np.int64], deployed: Deployed) -> int | None:
    """L-19: from the launch to the kill, in whole seconds."""
    killed = runs[(export.state[runs] == State.KILLED) & (export.started_at[runs] != NEVER) & (export.finished_at[runs] != NEVER)]
    if not len(killed):
        return None
    until_kill = export.finished_at[killed] - export.started_at[killed] + np.maximum(startup[killed], 0)
    lasted = round(float(np.median(until_kill)) / SECOND) * SECOND
    return lasted if lasted and abs(lasted - deployed.run_timeout) > 0.01 * deployed.run_timeout else None


def _most_in_flight(export: Export) -> int:
    begun = export.claimed_at[export.claimed_at != NEVER]
    ended = export.finished_at[(export.claimed_at != NEVER) & (export.finished_at != NEVER)]
    times = np.concatenate([begun, ended])
    steps = np.concatenate([np.ones(len(begun), np.int64), -np.ones(len(ended), np.int64)])
    order = np.lexsort((steps, times))  # at the same instant ends come first
    return int(np.cumsum(steps[order]).max(initial=0))


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
    return notes
