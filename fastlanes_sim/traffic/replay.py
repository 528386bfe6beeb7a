"""Runs of a file as a run table: exactly its insertions, service times and overheads. Only what the file cannot know is drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.large_arrays import kept
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.exports.cache import known_export
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.expectation import is_ideal
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.schema import Replay, Scenario
from fastlanes_sim.traffic.export_startup import startups
from fastlanes_sim.traffic.messages import at_end_of, drawn_lines, fetch_columns, line_columns
from fastlanes_sim.traffic.sources import reply_luck
from fastlanes_sim.traffic.streams import stream

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_ENDED = (State.SUCCESS, State.FAILED, State.CRASHED, State.EXCEPTION, State.CANCELLED)


def replayed(scenario: Scenario, replay: Replay, seed: int, replication: int) -> RunTable:
    """The file's runs that fall into [start, start + horizon).

    A run that ended keeps its service time, and a timeout that allows it; one that was killed is killed after the same time. How long a
    run would have taken that had not ended, or was lost, is drawn from the runs of its workflow that did. Runs cancelled before they
    were claimed never held a slot and are left out.
    """
    return replay_table(scenario, known_export(replay.file, replay.timezone)[0], seed, replication)


def replayed_rows(scenario: Scenario, export: Export) -> Times:
    """Which rows of the export are replayed, in their order."""
    inserted = export.inserted_at - begin_of(scenario)
    return np.flatnonzero((inserted >= 0) & (inserted < scenario.horizon) & ~cancelled_before_claim(export))


def cancelled_before_claim(export: Export) -> Mask:
    """Which runs of the export never held a slot, and never would have."""
    never: Mask = (export.state == State.CANCELLED) & (export.claimed_at == NEVER)
    return never


def begin_of(scenario: Scenario) -> int:
    """µs since 1970 of the simulation's time 0."""
    return since_epoch(scenario.start, scenario.timezone)


def replay_table(scenario: Scenario, export: Export, seed: int, replication: int) -> RunTable:
    """`replayed`, of an export in memory whose workflows the scenario has.

    Raises:
        ExportError: it has not all of them, such as a scenario that was fitted to another export.
    """
    rows = replayed_rows(scenario, export)
    placed = placed_workflows(scenario)
    index = {workflow.full_name: place for place, workflow in enumerate(placed)}
    lacking = [name for w in export.workflows if (name := f"{w.project}/{w.name}") not in index]
    if lacking:
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        message = f"the scenario lacks workflows of {export.reading.source}: {show(lacking[0])}{more}"
        raise ExportError(message, "name the scenario that was fitted to this export, or calibrate again")
    place_of = np.array([index[f"{w.project}/{w.name}"] for w in export.workflows], np.int32)
    workflow = place_of[export.workflow[rows]]
    timeouts = np.array([w.settings.run_timeout or scenario.lightning.run_timeout for w in placed], np.int64)[workflow]
    messages = [scenario.messages_of(one.settings) for one in placed]
    startup = _startup(scenario, export, rows, workflow, seed, replication)
    lasted, ended, killed = _lasted(export, rows)
    chance = stream(seed, replication, "replay", "service").random(len(rows))
    service = _filled(lasted, ended, workflow, _age(export, rows), chance)
    del chance
    service[killed] = lasted[killed] + 1
    counted = 0 if is_ideal(scenario) else startup  # L-19: from the launch; an ideal worker has none
    timeout = np.where(ended, np.maximum(timeouts, counted + service), timeouts)
    timeout[killed] = (counted + lasted)[killed]
    del lasted, timeouts
    lines = _log_lines(scenario, workflow, seed, replication)
    return RunTable(
        inserted_at=kept(export.inserted_at[rows] - begin_of(scenario)),
        workflow=workflow,
        queue=export.queue[rows],
        priority=export.priority[rows],
        service_time=kept(service),
        startup_time=kept(startup),
        timeout=kept(timeout),
        outcome=np.where(ended, export.state[rows], np.int8(State.SUCCESS)),
        sync=export.queue[rows] == Queue.FAST_LANE,
        join_fails=np.zeros(len(rows), np.bool_),
        source=workflow.astype(np.int32),
        sources=tuple(w.replay_source for w in placed),
        reply_luck=reply_luck(scenario, len(rows), partial(stream, seed, replication, "replay")),  # type: ignore[arg-type]
        **fetch_columns(messages, workflow),
        **({} if lines is None else line_columns(lines, at_end_of(messages)[workflow], startup, service)),
    )


def _lasted(export: Export, rows: Times) -> tuple[Times, Mask, Mask]:
    """(µs from start to end, who ended, who was killed)."""
    started, finished, state = export.started_at[rows], export.finished_at[rows], export.state[rows]
    lasted = finished - started
    both = (started != NEVER) & (finished != NEVER) & (lasted >= 0)
    return lasted, both & np.isin(state, _ENDED), both & (state == State.KILLED)


def _age(export: Export, rows: Times) -> Times:
    """How long each run was running that has not ended; 0 of the others."""
    started, finished = export.started_at[rows], export.finished_at[rows]
    return np.where((started != NEVER) & (finished == NEVER), np.maximum(export.last_seen - started, 0), 0)


def together(first: RunTable, second: RunTable) -> RunTable:
    """Both tables as one; at the same instant the first one's runs come first (L-22)."""
    second = replace(second, source=second.source + np.int32(len(first.sources)))
    joined = replace(first.followed_by(second), sources=(*first.sources, *second.sources))
    return joined.rows(np.argsort(joined.inserted_at, kind="stable"))


def _startup(scenario: Scenario, export: Export, rows: Times, workflow: npt.NDArray[np.int32], seed: int, replication: int) -> Times:
    """From the launch to the start."""
    startup = startups(scenario, export)[rows]
    known = startup != NEVER
    random = stream(seed, replication, "replay", "startup")
    if not known.any():
        return scenario.startup.sample(len(rows), random)
    return _filled(startup, known, workflow, np.zeros(len(rows), np.int64), random.random(len(rows)))


def _log_lines(scenario: Scenario, workflow: npt.NDArray[np.int32], seed: int, replication: int) -> Times | None:
    """How many log lines each run writes: the file does not say it. None where none ever does."""
    if all(scenario.messages_of(placed.settings).log_lines.is_none for placed in placed_workflows(scenario)):
        return None
    lines = np.zeros(len(workflow), np.int64)
    for index, placed in enumerate(placed_workflows(scenario)):
        mine = np.flatnonzero(workflow == index)
        random = partial(stream, seed, replication, f"{placed.full_name}/replay")
        drawn = drawn_lines(scenario.messages_of(placed.settings), len(mine), random)
        if drawn is not None:
            lines[mine] = drawn
    return lines if lines.any() else None


def _filled(values: Times, known: Mask, workflow: npt.NDArray[np.int32], above: Times, chance: npt.NDArray[np.float64]) -> Times:
    """`values` where known; elsewhere one of the known values of the same workflow (of all, where it has none) that exceeds `above`."""
    filled = np.where(known, values, 0)
    if known.all():
        return filled
    everything = np.sort(values[known])
    for index in np.unique(workflow[~known]):
        missing = np.flatnonzero(~known & (workflow == index))
        own = np.sort(values[known & (workflow == index)])
        own = own if len(own) else everything
        first = np.searchsorted(own, above[missing], side="right")
        place = first + (chance[missing] * (len(own) - first)).astype(np.int64)
        # Older than any that ended: it is taken to last as long again.
        beyond = np.maximum(2 * above[missing], 1)
        filled[missing] = np.where(first < len(own), own[np.minimum(place, len(own) - 1)] if len(own) else beyond, beyond)
    return filled
