"""One replication: draw the runs, simulate them, measure. A pure function, so that it can be computed anywhere."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.experiments.run_out import needs_run_out, only_arrived, run_out
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate

Rows = npt.NDArray[np.int64]

STILL_OPEN = 0.05
"""Of a steady scenario's horizon: if only runs inserted in this last part are still open, the part that holds them is left out."""


@dataclass(frozen=True, slots=True)
class Values:
    """What one replication (or batch) came to: an entry a measure, see `Measure.ends`."""

    replication: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    evidence: tuple[Evidence, ...]
    """What is kept of the runs behind each."""
    traffic: int | None = None
    """A checksum of the run table, which holds all that is drawn: replications with the same one are copies. None: nobody knows."""
    growing: tuple[str, ...] = ()
    """Lanes of a steady scenario whose backlog grows to the end (`warmup`), in order: their runs have no mean."""
    is_batch: bool = False
    """It is one of the parts that a single simulation was cut into."""


def play_replication(scenario: LoadedScenario | Scenario, replication: int, *, engine: Engine = "auto") -> tuple[RunTable, RunLog]:
    """Replication number 0 is what a single run plays.

    Raises:
        KeyboardInterrupt: a replication that was interrupted is none.
    """
    observed = _observed(_plain(scenario), replication, engine)
    return observed.table, observed.log


def _plain(scenario: LoadedScenario | Scenario) -> Scenario:
    return scenario.scenario if isinstance(scenario, LoadedScenario) else scenario


def _observed(scenario: Scenario, replication: int, engine: Engine, measures: Sequence[Measure] = ()) -> Observed:
    table, deployed = generate(scenario, replication=replication), deployment(scenario)
    log = run_engine(deployed, table, engine=engine, record_changes=any(one.row.needs_changes for one in measures))
    return Observed(table, log, deployed)


def measure(
    scenario: LoadedScenario | Scenario,
    replication: int,
    measures: Sequence[Measure],
    *,
    engine: Engine = "auto",
    warm_up: int = 0,
    growing: Iterable[str] = (),
) -> Values:
    """Simulate one replication and measure the runs inserted from `warm_up` (µs) on.

    Of a terminating scenario the means and maxima that open runs leave open are those of the runs simulated to their end (`run_out`).

    Args:
        growing: lanes whose backlog grows to the end, as pilots tell (`warmup.WarmUp.growing_lanes`).
    """
    plain = _plain(scenario)
    whole = _observed(plain, replication, engine, measures)
    counted = counted_requests(plain, whole.table, whole.log, warm_up)
    rows = requests(whole.table, counted.start, counted.stop)
    values = replace(_values(whole, replication, measures, rows), traffic=_checksum(whole.table), growing=tuple(sorted(growing)))
    if plain.kind == "terminating":
        return _run_out(whole, values, measures, rows, engine)
    return values


def _run_out(whole: Observed, values: Values, measures: Sequence[Measure], rows: slice | Rows, engine: Engine) -> Values:
    if not any(needs_run_out(one, high) for one, high in zip(measures, values.high, strict=True)):
        return values
    later = run_out(whole, engine)
    runs = Observed(later.table, only_arrived(later.log, whole.log), later.deployment)
    low, high = list(values.low), list(values.high)
    for place, one in enumerate(measures):
        if needs_run_out(one, values.high[place]):
            # A caller asks until there is an answer, and a run calls others, whenever that is.
            found = _values(runs if one.row.whose == "run" else later, values.replication, [one], rows)
            low[place], high[place] = found.low[0], found.high[0]
    return replace(values, low=tuple(low), high=tuple(high))


def measure_batches(
    scenario: LoadedScenario | Scenario,
    batches: int,
    measures: Sequence[Measure],
    *,
    engine: Engine = "auto",
    warm_up: int = 0,
    growing: Iterable[str] = (),
) -> Iterator[Values]:
    """One long run cut after its warm-up into `batches` spans of equal length, each measured like a replication (batch means).

    What is no matter of runs is of the whole simulation, and so the same in each. `growing`: see `measure`.
    """
    plain = _plain(scenario)
    whole = _observed(plain, 0, engine, measures)
    counted = counted_requests(plain, whole.table, whole.log, warm_up)
    edges = np.linspace(warm_up, plain.horizon, batches + 1)
    places = np.searchsorted(whole.table.inserted_at, edges).clip(counted.start, counted.stop)
    for number, (first, last) in enumerate(pairwise(places)):
        found = _values(whole, number, measures, requests(whole.table, int(first), int(last)))
        yield replace(found, growing=tuple(sorted(growing)), is_batch=True)


def counted_requests(scenario: Scenario, table: RunTable, log: RunLog, warm_up: int) -> slice:
    """The first requests that count: all of a terminating scenario; of a steady one those from the warm-up to the first run still open.

    Leaving out the last runs only because they are open would leave out the longest; so all that came after the first of them go too.
    Where a run is open that was inserted long before the end they all stay, and what is open bounds the measures.
    """
    first, last = int(np.searchsorted(table.inserted_at, warm_up)), table.first_requests
    still_open = np.flatnonzero((arrived(log) & (log.ended_at == NEVER))[:last])
    if scenario.kind == "steady" and len(still_open) and table.inserted_at[still_open[0]] >= (1 - STILL_OPEN) * scenario.horizon:
        last = int(still_open[0])
    return slice(first, max(first, last))


def requests(table: RunTable, first: int, last: int) -> slice | Rows:
    """These first requests, whatever further attempts their callers might make, and whatever all these might call (K-1)."""
    if not table.has_attempts and not table.has_calls:
        return slice(first, last)
    rows = [np.arange(first, last)]
    while len(rows[-1]):
        following = [link[rows[-1]] for link in (table.next_attempt, table.first_call, table.next_call)]
        rows.append(np.unique(np.concatenate([some[some != NEVER] for some in following])))
    return np.sort(np.concatenate(rows))


def _values(whole: Observed, number: int, measures: Sequence[Measure], rows: slice | Rows) -> Values:
    """Of these rows; what is no matter of runs is of the whole simulation."""
    observed = Observed(whole.table.rows(rows), whole.log.rows(rows), whole.deployment, whole)
    ends = [one.ends(observed) for one in measures]
    return Values(number, tuple(low for low, _ in ends), tuple(high for _, high in ends), tuple(one.evidence(observed) for one in measures))


def _checksum(table: RunTable) -> int:
    """Of all that an engine learns about the traffic."""
    found = 0
    for column in (getattr(table, one.name) for one in fields(table) if one.name != "sources"):
        if column.strides != (0,):  # else it was left out
            found = zlib.crc32(np.ascontiguousarray(column).view(np.uint8).data, found)
    return found
