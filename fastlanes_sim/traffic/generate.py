"""From a scenario to the table of every run that will be created."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.expansion import placed_projects
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import BulkRetry, Cron
from fastlanes_sim.traffic import background_jobs, cron
from fastlanes_sim.traffic.arrivals import arrival_times, as_often, is_random
from fastlanes_sim.traffic.attempts import with_attempts
from fastlanes_sim.traffic.calls import with_calls
from fastlanes_sim.traffic.replay import replayed, together
from fastlanes_sim.traffic.sources import Source, draw_columns, sources_of
from fastlanes_sim.traffic.streams import stream
from fastlanes_sim.traffic.table_rows import joined, rows_of
from fastlanes_sim.traffic.uses import with_memory, with_uses

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def generate(scenario: Scenario, seed: int | None = None, replication: int = 0) -> RunTable:
    """Draw everything that is left to chance.

    Each seed (the scenario's own unless given) and replication is another world; the workers' layout is not part of it. Runs are ordered by
    `inserted_at`; at the same instant by source, then by the source's own order (L-22). Replayed runs come after all sources; attempts that
    callers might make and runs that runs might call (`IF_ASKED`) behind everything.
    """
    seed = scenario.seed if seed is None else seed
    table = with_uses(_drawn(scenario, seed, replication), scenario)
    if scenario.replay is not None:
        table = together(table, replayed(scenario, scenario.replay, seed, replication))
    return with_memory(table, scenario)


def _drawn(scenario: Scenario, seed: int, replication: int) -> RunTable:
    """The runs that the scenario's triggers make."""
    sources = sources_of(scenario)
    times, accepted = _times(scenario, sources, seed, replication)
    sizes = [len(own) for own in times]
    drawn = [
        (draw_columns(scenario, source, len(own), seed, replication, requested=own), len(own))
        for source, own in zip(sources, times, strict=True)
    ]
    inserted_at = joined(times, np.int64)
    source_of = np.repeat(np.arange(len(sources), dtype=np.int32), sizes)
    order = np.argsort(inserted_at, kind="stable")
    table = rows_of(scenario, sources, drawn, source_of, inserted_at, order)
    if scenario.incidents.over_quota:
        table = replace(table, accepted=joined(accepted, np.bool_)[order])
    return with_calls(with_attempts(table, scenario, sources, seed, replication), scenario, sources, seed, replication)


def _times(scenario: Scenario, sources: list[Source], seed: int, replication: int) -> tuple[list[Times], list[Mask]]:
    """Of each source, when Lightning makes its runs or refuses to, and which of them it has accepted before (L-28)."""
    begin = instant(scenario.start, scenario.timezone)

    def multiplied(times: Times, source: Source) -> Times:
        return times if scenario.traffic == 1 else as_often(times, scenario.traffic, stream(seed, replication, source.name, "traffic"))

    copies = Counter(id(source.trigger) for source in sources)
    met: Counter[int] = Counter()

    def requested(source: Source) -> Times:
        if isinstance(source.trigger, Cron):
            later = cron.delay_of_copy(source.trigger.spread, met[id(source.trigger)], copies[id(source.trigger)])
            met[id(source.trigger)] += 1
            ticks = cron.ticks(source.trigger.cron, source.trigger.timezone or scenario.timezone, begin, scenario.horizon, later)
            return multiplied(np.repeat(ticks, source.trigger.runs_per_tick), source)
        if not scenario.lightning.ruleset.makes(source.trigger.origin):
            return np.empty(0, np.int64)
        arrivals, random = source.trigger.arrivals, stream(seed, replication, source.name, "arrivals")
        own = arrival_times(arrivals, scenario.timezone, begin, scenario.horizon, random, scenario.traffic)
        return own if is_random(arrivals) else multiplied(own, source)

    times = [requested(source) for source in sources]
    waiting = [place for place, source in enumerate(sources) if _is_background(source)]
    over = [_refused_as_a_whole(scenario, sources[place], times[place]) for place in waiting]
    due = [
        background_jobs.Due(times[place][~refused], isinstance(sources[place].trigger, BulkRetry))
        for place, refused in zip(waiting, over, strict=True)
    ]
    made = background_jobs.created(due, scenario.lightning.cron_spacing, scenario.horizon, scenario.lightning.nodes)
    accepted = [np.zeros(len(own), np.bool_) for own in times]
    for place, own, refused in zip(waiting, made, over, strict=True):
        both = np.append(own, times[place][refused])
        order = np.argsort(both, kind="stable")
        times[place] = both[order]
        accepted[place] = (order < len(own)) & isinstance(sources[place].trigger, BulkRetry)
    return times, accepted


def _refused_as_a_whole(scenario: Scenario, source: Source, requested: Times) -> Mask:
    """L-28: which of these runs are of a bulk retry that is requested over the quota. No job makes them; the engines refuse them."""
    refused = np.zeros(len(requested), np.bool_)
    if isinstance(source.trigger, BulkRetry):
        for span in scenario.incidents.over_quota:
            if placed_projects(scenario)[source.placed.project][1] is scenario.projects[span.project]:
                refused |= (span.begins <= requested) & (requested < span.ends)
    return refused


def _is_background(source: Source) -> bool:
    """L-21"""
    trigger = source.trigger
    return isinstance(trigger, Cron) or (isinstance(trigger, BulkRetry) and not trigger.from_job)
