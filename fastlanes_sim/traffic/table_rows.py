"""Rows of a run table, made of what is drawn for each run and of what its source says of all its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.large_arrays import kept
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.messages import at_end_of, fetch_columns, line_columns, lines_of
from fastlanes_sim.traffic.sources import Columns, Source, concatenated

Times = npt.NDArray[np.int64]


def rows_of(
    scenario: Scenario,
    sources: Sequence[Source],
    drawn: list[tuple[Columns, int]],
    source_of: npt.NDArray[np.int32],
    inserted_at: Times,
    order: Times,
) -> RunTable:
    """A table of runs.

    Args:
        drawn: what differs from run to run, of several groups of runs, each with its size. The list is empty afterwards.
        source_of: of all runs of these groups, in their order, the place of their source.
        inserted_at: of these too.
        order: the order of the rows, as places among these runs.
    """
    lines = lines_of([(part.log_lines, size) for part, size in drawn])
    services, startups, outcomes = ([getattr(part, name) for part, _ in drawn] for name in ("service_time", "startup_time", "outcome"))
    adaptors, cold, luck = ([getattr(part, name) for part, _ in drawn] for name in ("adaptor", "cold_start", "reply_luck"))
    drawn.clear()  # what is joined is gone: of many runs only one column is ever there twice
    inserted_at = kept(inserted_at[order])
    source = source_of[order]
    lanes = [scenario.lightning.ruleset.queue_and_priority(one.trigger.origin) for one in sources]
    messages = [scenario.messages_of(one.placed.settings) for one in sources]
    service_time = kept(joined(services, np.int64)[order])
    startup_time = kept(joined(startups, np.int64)[order])

    def of_source(values: Sequence[int], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
        return kept(np.asarray(values, dtype)[source])

    return RunTable(
        inserted_at=inserted_at,
        workflow=of_source([one.workflow for one in sources], np.int32),
        queue=of_source([int(queue) for queue, _ in lanes], np.int8),
        priority=of_source([int(priority) for _, priority in lanes], np.int8),
        service_time=service_time,
        startup_time=startup_time,
        timeout=of_source([one.placed.settings.run_timeout or scenario.lightning.run_timeout for one in sources], np.int64),
        outcome=joined(outcomes, np.int8)[order],
        sync=of_source([one.trigger.is_sync for one in sources], np.bool_),
        join_fails=np.zeros(len(order), np.bool_),
        source=source,
        sources=tuple(one.name for one in sources),
        adaptor=concatenated(adaptors, order),
        cold_start=concatenated(cold, order),
        reply_luck=concatenated(luck, order),
        **fetch_columns(messages, source),
        **line_columns(None if lines is None else lines[order], at_end_of(messages)[source], startup_time, service_time),
    )


def joined(parts: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
    """One after another; the list is empty afterwards."""
    whole = np.concatenate(parts) if parts else np.empty(0, dtype)
    parts.clear()
    return whole
