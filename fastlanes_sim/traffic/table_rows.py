"""Rows of a run table, made of what is drawn for each run and of what its source says of all its runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.messages import at_end_of, fetch_columns, line_columns, lines_of
from fastlanes_sim.traffic.sources import Columns, Source, concatenated

Times = npt.NDArray[np.int64]


def rows_of(
    scenario: Scenario,
    sources: Sequence[Source],
    drawn: Sequence[tuple[Columns, int]],
    source_of: npt.NDArray[np.int32],
    inserted_at: Times,
    order: Times,
) -> RunTable:
    """A table of runs.

    Args:
        drawn: what differs from run to run, of several groups of runs, each with its size.
        source_of: of all runs of these groups, in their order, the place of their source.
        inserted_at: of these too.
        order: the order of the rows, as places among these runs.
    """
    columns = [part for part, _ in drawn]
    source = source_of[order]
    lanes = [scenario.lightning.ruleset.queue_and_priority(one.trigger.origin) for one in sources]
    messages = [scenario.messages_of(one.placed.settings) for one in sources]
    service_time = _joined([column.service_time for column in columns], np.int64)[order]
    startup_time = _joined([column.startup_time for column in columns], np.int64)[order]
    lines = lines_of([(column.log_lines, size) for column, size in drawn])

    def of_source(values: Sequence[int], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
        return np.asarray(values, dtype)[source]

    return RunTable(
        inserted_at=inserted_at[order],
        workflow=of_source([one.workflow for one in sources], np.int32),
        queue=of_source([int(queue) for queue, _ in lanes], np.int8),
        priority=of_source([int(priority) for _, priority in lanes], np.int8),
        service_time=service_time,
        startup_time=startup_time,
        timeout=of_source([one.placed.settings.run_timeout or scenario.lightning.run_timeout for one in sources], np.int64),
        outcome=_joined([column.outcome for column in columns], np.int8)[order],
        sync=of_source([one.trigger.is_sync for one in sources], np.bool_),
        join_fails=np.zeros(len(order), np.bool_),
        source=source,
        sources=tuple(one.name for one in sources),
        adaptor=concatenated([column.adaptor for column in columns], order),
        cold_start=concatenated([column.cold_start for column in columns], order),
        reply_luck=concatenated([column.reply_luck for column in columns], order),
        **fetch_columns(messages, source),
        **line_columns(None if lines is None else lines[order], at_end_of(messages)[source], startup_time, service_time),
    )


def _joined(parts: Sequence[npt.NDArray[np.generic]], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
    return np.concatenate(parts) if parts else np.empty(0, dtype)
