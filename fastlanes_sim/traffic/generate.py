"""From a scenario to the table of every run that will be created."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Cron
from fastlanes_sim.traffic import cron
from fastlanes_sim.traffic.arrivals import arrival_times, as_often, is_random
from fastlanes_sim.traffic.attempts import with_attempts
from fastlanes_sim.traffic.replay import replayed, together
from fastlanes_sim.traffic.sources import Source, concatenated, draw_columns, sources_of
from fastlanes_sim.traffic.streams import stream

Times = npt.NDArray[np.int64]


def generate(scenario: Scenario, seed: int | None = None, replication: int = 0) -> RunTable:
    """Draw everything that is left to chance.

    Each seed (the scenario's own unless given) and replication is another world; the workers' layout is not part of it. Runs are ordered by
    `inserted_at`; at the same instant by source, then by the source's own order (L-22). Replayed runs come after all sources, and attempts
    that callers might make (`IF_ASKED`) behind everything.
    """
    seed = scenario.seed if seed is None else seed
    table = _drawn(scenario, seed, replication)
    if scenario.replay is None:
        return table
    return together(table, replayed(scenario, scenario.replay, seed, replication))


def _drawn(scenario: Scenario, seed: int, replication: int) -> RunTable:
    """The runs that the scenario's triggers make."""
    sources = sources_of(scenario)
    times = _times(scenario, sources, seed, replication)
    sizes = [len(own) for own in times]
    columns = [
        draw_columns(scenario, source, len(own), seed, replication, requested=own) for source, own in zip(sources, times, strict=True)
    ]
    inserted_at = _joined(times, np.int64)
    order = np.argsort(inserted_at, kind="stable")
    lanes = [scenario.lightning.ruleset.queue_and_priority(source.trigger.origin) for source in sources]

    def of_source(values: list[int], dtype: type) -> npt.NDArray[np.generic]:
        return np.repeat(np.asarray(values, dtype), sizes)[order]

    table = RunTable(
        inserted_at=inserted_at[order],
        workflow=of_source([source.workflow for source in sources], np.int32),  # type: ignore[arg-type]
        queue=of_source([int(queue) for queue, _ in lanes], np.int8),  # type: ignore[arg-type]
        priority=of_source([int(priority) for _, priority in lanes], np.int8),  # type: ignore[arg-type]
        service_time=_joined([column.service_time for column in columns], np.int64)[order],
        startup_time=_joined([column.startup_time for column in columns], np.int64)[order],
        timeout=of_source([source.placed.settings.run_timeout or scenario.lightning.run_timeout for source in sources], np.int64),  # type: ignore[arg-type]
        outcome=_joined([column.outcome for column in columns], np.int8)[order],
        sync=of_source([source.trigger.is_sync for source in sources], np.bool_),  # type: ignore[arg-type]
        join_fails=np.zeros(len(order), np.bool_),
        source=of_source(list(range(len(sources))), np.int32),  # type: ignore[arg-type]
        sources=tuple(source.name for source in sources),
        adaptor=concatenated([column.adaptor for column in columns], order),
        cold_start=concatenated([column.cold_start for column in columns], order),
        reply_luck=concatenated([column.reply_luck for column in columns], order),
    )
    return with_attempts(table, scenario, sources, seed, replication)


def _times(scenario: Scenario, sources: list[Source], seed: int, replication: int) -> list[Times]:
    begin = instant(scenario.start, scenario.timezone)

    def multiplied(times: Times, source: Source) -> Times:
        return as_often(times, scenario.traffic, stream(seed, replication, source.name, "traffic"))

    due = []
    for source in sources:
        if isinstance(source.trigger, Cron):
            ticks = cron.ticks(source.trigger.cron, source.trigger.timezone or scenario.timezone, begin, scenario.horizon)
            due.append(multiplied(np.repeat(ticks, source.trigger.runs_per_tick), source))
    lined_up = iter(cron.one_after_another(due, scenario.lightning.cron_spacing, scenario.horizon))
    times = []
    for source in sources:
        if isinstance(source.trigger, Cron):
            times.append(next(lined_up))
            continue
        arrivals, random = source.trigger.arrivals, stream(seed, replication, source.name, "arrivals")
        own = arrival_times(arrivals, scenario.timezone, begin, scenario.horizon, random, scenario.traffic)
        times.append(own if is_random(arrivals) else multiplied(own, source))
    return times


def _joined(parts: Sequence[npt.NDArray[np.generic]], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
    return np.concatenate(parts) if parts else np.empty(0, dtype)
