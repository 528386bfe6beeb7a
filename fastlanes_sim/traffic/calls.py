"""The runs that other runs call: everything about them is drawn beforehand, only whether and when they come is not (K-9, docs/chains.md).

Rows of one depth cause those of the next: a run that is called may call others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED, OF_CALLS, RunTable
from fastlanes_sim.core.units import LONGEST
from fastlanes_sim.scenario.call_graph import placed_calls, trigger_of
from fastlanes_sim.scenario.calls import Call
from fastlanes_sim.scenario.expansion import workflow_places
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.arrivals import batch_sizes
from fastlanes_sim.traffic.sources import Columns, Source, draw_columns
from fastlanes_sim.traffic.streams import stream
from fastlanes_sim.traffic.table_rows import rows_of

Numbers = npt.NDArray[np.int64]
MOST_RUNS = 50_000_000
"""That are called. Loops in which runs hardly die out may come to that by chance."""


def with_calls(table: RunTable, scenario: Scenario, sources: list[Source], seed: int, replication: int) -> RunTable:
    """The table with a row for each run that one of its runs might call, and for each that those might call.

    Raises:
        FastlanesError: there are too many.
    """
    entries = _entries(scenario, sources)
    if not entries:
        return table
    drawing = _Drawing(scenario, sources, entries, seed, replication)
    levels: list[_Level] = []
    begin, last = 0, table
    while (level := drawing.called(last, begin, len(levels) + 1)) is not None:
        levels.append(level)
        begin, last = begin + len(last), level.table
        if begin + len(last) > len(table) + MOST_RUNS:
            raise FastlanesError(f"runs call more than {MOST_RUNS:,} others", "lower `count` or `probability` of `calls` (K-10)")
    return _linked(table, levels) if levels else table


@dataclass(frozen=True, slots=True)
class _Entry:
    """One of the `calls` of a workflow, of one copy of it."""

    number: int
    """In the file."""
    call: Call
    target: int
    """Place of the source that makes the runs."""


@dataclass(frozen=True, slots=True)
class _Level:
    """Runs that are called, all by runs of the same depth."""

    table: RunTable
    callers: Numbers
    """Of each, the row that calls it; those of one caller stand together, in the order of its calls."""
    call_at: Numbers
    patience: Numbers
    fails: npt.NDArray[np.bool_]
    longer: Numbers
    """Rows of callers whose service is longer, for the spacing of their calls (K-3)."""
    by: Numbers
    """How much."""


def _entries(scenario: Scenario, sources: list[Source]) -> dict[int, list[_Entry]]:
    """By source: what its runs call, in the order in which they do (K-3, K-11)."""
    places, projects = workflow_places(scenario), scenario.projects
    first_source: dict[int, int] = {}
    for place, source in enumerate(sources):
        first_source.setdefault(source.workflow, place)
    found: dict[int, list[_Entry]] = {}
    for placed in placed_calls(scenario):
        caller_project, caller = placed.caller
        (project, name), trigger = trigger_of(scenario, placed)
        for one in range(projects[caller_project].copies):
            for other in range(projects[caller_project].workflows[caller].copies):
                target_project = one if project == caller_project else one % projects[project].copies
                target = places[project, target_project, name, other % projects[project].workflows[name].copies]
                entry = _Entry(placed.number, placed.call, first_source[target] + trigger)
                workflow = places[caller_project, one, caller, other]
                for number in range(len(projects[caller_project].workflows[caller].triggers)):
                    found.setdefault(first_source[workflow] + number, []).append(entry)
    return {source: sorted(entries, key=lambda entry: entry.call.at) for source, entries in found.items()}


@dataclass(frozen=True, slots=True)
class _Group:
    """The runs that the runs of one source call by one of its calls."""

    call: Call
    target: int
    callers: Numbers
    """Of each run that is called, its caller."""
    place: Numbers
    """Of each, its place among all calls of its caller: they need not follow one another."""
    call_at: Numbers
    drawn: Columns
    makes: Numbers
    """Those that make this call at all."""
    spent: Numbers
    """By how much that makes the service of each of them longer."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    scenario: Scenario
    sources: list[Source]
    entries: dict[int, list[_Entry]]
    seed: int
    replication: int

    def called(self, table: RunTable, begin: int, depth: int) -> _Level | None:
        """What the runs of this table call, the first of which has the row `begin`; None: nothing."""
        groups = [
            group
            for caller in np.unique(table.source).tolist()
            for group in self._groups(caller, np.flatnonzero(table.source == caller), table.service_time, depth)
            if len(group.callers)
        ]
        if not groups:
            return None
        sizes = [len(group.callers) for group in groups]
        callers = np.concatenate([group.callers for group in groups])
        order = np.lexsort((np.concatenate([group.place for group in groups]), callers))

        def of_call(values: list[Any], dtype: type) -> npt.NDArray:  # type: ignore[type-arg]
            return np.repeat(np.asarray(values, dtype), sizes)[order]

        drawn = [(group.drawn, size) for group, size in zip(groups, sizes, strict=True)]
        source_of = np.repeat(np.array([group.target for group in groups], np.int32), sizes)
        rows = rows_of(self.scenario, self.sources, drawn, source_of, np.full(len(callers), IF_ASKED, np.int64), order)
        waits = of_call([group.call.wait for group in groups], np.bool_)
        return _Level(
            table=replace(rows, sync=waits),
            callers=begin + callers[order],
            call_at=np.concatenate([group.call_at for group in groups])[order],
            patience=np.where(waits, of_call([group.call.timeout or LONGEST for group in groups], np.int64), NEVER),
            fails=of_call([group.call.if_unanswered == "fail" for group in groups], np.bool_),
            longer=begin + np.concatenate([group.makes for group in groups]),
            by=np.concatenate([group.spent for group in groups]),
        )

    def _groups(self, caller: int, rows: Numbers, service: Numbers, depth: int) -> Iterator[_Group]:
        """What these rows of the source `caller` call: one group for each call, in order."""
        before, longer = np.zeros((2, len(rows)), np.int64)  # of each, calls and spacing so far
        for entry in self.entries.get(caller, ()):
            name, call = f"{self.sources[caller].name} calls {entry.number} at depth {depth}", entry.call
            counts = _counts(call, len(rows), partial(stream, self.seed, self.replication, name))
            of = np.repeat(np.arange(len(rows)), counts)
            number = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
            at = np.rint(call.at * service[rows]).astype(np.int64) + longer
            spent = np.maximum(counts - 1, 0) * call.spacing
            source = replace(self.sources[entry.target], name=name)
            yield _Group(
                call=call,
                target=entry.target,
                callers=rows[of],
                place=before[of] + number,
                call_at=at[of] + number * call.spacing,
                drawn=draw_columns(self.scenario, source, len(of), self.seed, self.replication),
                makes=rows[counts > 0],
                spent=spent[counts > 0],
            )
            before += counts
            longer += spent


def _counts(call: Call, size: int, random: Callable[[str], np.random.Generator]) -> Numbers:
    """K-3: how many runs each of so many callers calls."""
    counts = np.full(size, call.count, np.int64) if isinstance(call.count, int) else batch_sizes(call.count, size, random("count"))
    if call.probability < 1:
        counts = np.where(random("at all").random(size) < call.probability, counts, 0)
    return counts


def _linked(table: RunTable, levels: list[_Level]) -> RunTable:
    joined = table.followed_by(reduce(RunTable.followed_by, [level.table for level in levels]))
    columns: dict[str, Any] = {name: np.array(getattr(joined, name)) for name in (*OF_CALLS, "service_time")}
    begin = len(table)
    for level in levels:
        rows = begin + np.arange(len(level.callers))
        is_first = np.append(True, level.callers[1:] != level.callers[:-1])
        columns["first_call"][level.callers[is_first]] = rows[is_first]
        columns["next_call"][rows[:-1][~is_first[1:]]] = rows[1:][~is_first[1:]]
        columns["call_at"][rows] = level.call_at
        columns["patience"][rows] = level.patience
        columns["fails_unanswered"][rows] = level.fails
        np.add.at(columns["service_time"], level.longer, level.by)
        begin += len(rows)
    return replace(joined, **columns)
