"""The further attempts of callers who might ask again: everything about them is drawn beforehand, only whether they come is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED, OF_CALLERS, RunTable
from fastlanes_sim.core.units import LONGEST
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.expansion import placed_projects
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Callers, Webhook
from fastlanes_sim.traffic.messages import at_end_of, lines_of, with_lines
from fastlanes_sim.traffic.sources import Columns, Source, concatenated, draw_columns
from fastlanes_sim.traffic.streams import stream

Times = npt.NDArray[np.int64]


def with_attempts(table: RunTable, scenario: Scenario, sources: list[Source], seed: int, replication: int) -> RunTable:
    """The table with a row for each attempt that one of its callers might make, each caller's one behind the other.

    Marks are keyed by (run, attempt): the n-th caller of a source has the same third attempt whatever becomes of the others.
    """
    projects = placed_projects(scenario)
    links: list[_Link] = []
    rows = len(table)
    for index, source in enumerate(sources):
        if not isinstance(source.trigger, Webhook) or source.trigger.callers is None:
            continue
        callers, admission = source.trigger.callers, projects[source.placed.project][1].admission
        first = before = np.flatnonzero(table.source == index)
        # L-28: over the quota whoever does not wait for the end is answered 200, and only the fast lane has another limit.
        is_told = table.sync[first] | (table.queue[first] == Queue.FAST_LANE)
        for attempt in range(2, callers.attempts + 1):
            place = np.arange(rows, rows + len(first))
            pause = pauses(callers, attempt, len(first), stream(seed, replication, source.name, f"pause before attempt {attempt}"))
            retry_after = admission.retry_after if admission is not None and callers.heeds_retry_after else 0
            never = np.full(len(first), NEVER, np.int64)
            links.append(
                _Link(
                    before,
                    first,
                    place,
                    draw_columns(scenario, source, len(first), seed, replication, attempt),
                    pause if 504 in callers.retry_on and source.trigger.is_sync else never,
                    np.where(is_told, np.maximum(pause, retry_after), NEVER) if 429 in callers.retry_on else never,
                    pause if 503 in callers.retry_on else never,
                )
            )
            before, rows = place, rows + len(first)
    return _linked(table, scenario, sources, links) if links else table


@dataclass(frozen=True, slots=True)
class _Link:
    """From one attempt of each caller of a source to the next. One entry a caller."""

    before: Times
    """Rows of the attempt before."""
    first: Times
    """Rows of the first requests."""
    place: Times
    """Rows of this attempt."""
    drawn: Columns
    after_timeout: Times
    after_refusal: Times
    after_outage: Times


def _linked(table: RunTable, scenario: Scenario, sources: list[Source], links: list[_Link]) -> RunTable:
    further = table.rows(np.concatenate([link.first for link in links]))
    further = replace(
        further,
        inserted_at=np.full(len(further), IF_ASKED, np.int64),
        service_time=np.concatenate([link.drawn.service_time for link in links]),
        startup_time=np.concatenate([link.drawn.startup_time for link in links]),
        outcome=np.concatenate([link.drawn.outcome for link in links]),
        cold_start=concatenated([link.drawn.cold_start for link in links]),
        reply_luck=concatenated([link.drawn.reply_luck for link in links]),
    )
    lines = lines_of([(link.drawn.log_lines, len(link.first)) for link in links])
    at_end = at_end_of([scenario.messages_of(source.placed.settings) for source in sources])
    joined = table.followed_by(with_lines(further, lines, at_end[further.source]))
    columns: dict[str, Any] = {name: np.array(getattr(joined, name)) for name in OF_CALLERS}
    for link in links:
        columns["next_attempt"][link.before] = link.place
        columns["after_timeout"][link.before] = link.after_timeout
        columns["after_refusal"][link.before] = link.after_refusal
        columns["after_outage"][link.before] = link.after_outage
    return replace(joined, **columns)


def pauses(callers: Callers, attempt: int, size: int, random: np.random.Generator) -> Times:
    """From an answer to the attempt with this number (2 is the first repetition): exponential backoff, at least 1 µs."""
    pause = callers.pause.sample(size, random) * callers.factor ** (attempt - 2)
    longest = LONGEST if callers.longest_pause is None else callers.longest_pause
    whole: Times = np.rint(np.clip(pause, 1, longest)).astype(np.int64)
    return whole
