"""A fitted scenario that is drawn and simulated, as often as a check of it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.fit_excerpts import Excerpt, has_set_times, parts
from fastlanes_sim.calibration.fit_sample import RunSample, of_simulation, of_traffic, together, waits_of
from fastlanes_sim.core.large_arrays import release, sparing
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, HOUR, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import (
    COMPILING,
    KERNEL_EVENTS_PER_SECOND,
    REFERENCE_EVENTS_PER_SECOND,
    Engine,
    for_many,
    needs_compiling,
    reference_seconds,
    resolve,
    run_engine,
)
from fastlanes_sim.exports.export import Export
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.work import work_of
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.replay import replay_table
from fastlanes_sim.traffic.replay import together as joined
from fastlanes_sim.traffic.sources import sources_of

MOST_EVENTS = 300_000_000
"""Simulated, all replications together: about half the work of reading and fitting a million runs."""
MOST_EVENTS_WITHOUT_KERNEL = 4_000_000


class FitSimulation:
    """Everything that is drawn of a fit, by replication, and the export's own runs.

    The services of runs that are replayed are *as measured*: they include what these lost by sharing. Workers that share cores would take
    it from them again, so such runs are simulated on workers that share none (R-7 says the same of resources).
    """

    def __init__(self, scenario: Scenario, seen: RunSample, seed: int, engine: Engine, replications: int) -> None:
        self.scenario, self.seed = scenario, seed
        self.plain = deployment_of(scenario)
        self._was_there = _was_there(scenario, seen)
        self._parts = parts(seen, scenario.horizon)
        self._replayed: tuple[Export, RunTable] | None = None
        self._asked: Engine = engine
        self._engine = engine
        self.takes = 0.0
        """About how many seconds the workers take."""
        in_all = replications * work_of(scenario).seconds("reference", attribution=False) * REFERENCE_EVENTS_PER_SECOND
        self.expect(min(in_all, self.most_events))
        self._runs_in_all = replications * len(seen.inserted)

    def drawn(self, replication: int) -> RunTable:
        """The runs of one replication."""
        with sparing():
            return generate(self.scenario, self.seed, replication)

    def replayed(self, export: Export) -> RunTable:
        """The export's own runs, and those that the fit puts in front of them."""
        if self._replayed is None or self._replayed[0] is not export:
            with sparing():
                table = replay_table(self.scenario, export, self.seed, 0)
            if self._was_there:
                first = self.drawn(0)
                table = joined(first.rows(np.flatnonzero(~self._visible(first))), table)
            self._replayed = export, table
            release()
        return self._replayed[1]

    def traffic(self, table: RunTable) -> RunSample:
        """Arrivals and services, as drawn."""
        found = of_traffic(table.rows(np.flatnonzero(self._visible(table))) if self._was_there else table)
        release()
        return found

    def simulated(self, table: RunTable, *, as_measured: bool = False) -> RunSample:
        """On the scenario's workers."""
        return self._simulated(_without_cores(self.plain) if as_measured else self.plain, table, self._engine)

    def in_excerpts(self, tables: list[tuple[Excerpt, RunTable]], *, as_measured: bool = False) -> RunSample:
        """On the scenario's workers, in excerpts that were cut out."""
        plain = _without_cores(self.plain) if as_measured else self.plain
        return together([excerpt.counted(self._simulated(excerpt.deployment(plain), table, self._engine)) for excerpt, table in tables])

    def on_ideal_workers(self, table: RunTable, *, as_measured: bool = False) -> RunSample:
        """The waits on workers with the same slots that neither poll nor wait for messages (`has_ideal_workers`): queueing theory's
        servers. A long span is simulated in parts, so that the log of one part at a time is in memory."""
        plain = _without_cores(self._ideal) if as_measured else self._ideal
        if len(self._parts) == 1:
            return self._simulated(plain, table, self._of_ideal, waits_of)
        parts = ((part, part.table(table)) for part in self._parts)
        found = together([part.counted(self._simulated(part.deployment(plain), runs, self._of_ideal, waits_of)) for part, runs in parts])
        release()
        return found

    @cached_property
    def has_set_times(self) -> bool:
        """Whether anything happens to the workers at a set time."""
        return has_set_times(self.plain)

    @property
    def has_ideal_workers(self) -> bool:
        """Ideal workers have no processes to which anything could happen."""
        return not self.has_set_times

    def events(self, excerpt: Excerpt, table: RunTable) -> int:
        """How many the scenario's workers take for a part of the span."""
        return run_engine(excerpt.deployment(self.plain), excerpt.table(table), engine=self._engine).events

    @property
    def most_events(self) -> int:
        """That may be simulated of the workers, all replications together: by the engine that there is, not by the machine."""
        return MOST_EVENTS if self._has_kernel else MOST_EVENTS_WITHOUT_KERNEL

    @property
    def longest_pilot(self) -> int:
        """µs; see `fit_check`."""
        return DAY if self._has_kernel else HOUR

    def expect(self, events: float) -> None:
        """Choose the engine by what is known by now: how many events the workers will take."""
        self._engine = for_many(self._asked, events / REFERENCE_EVENTS_PER_SECOND)
        waits = self._has_kernel and needs_compiling()
        if not self._has_kernel or (waits and self._engine == "auto"):
            self.takes = events / REFERENCE_EVENTS_PER_SECOND
        else:
            self.takes = events / KERNEL_EVENTS_PER_SECOND + COMPILING * waits

    @property
    def _has_kernel(self) -> bool:
        return resolve(self._asked) == "kernel"

    @cached_property
    def _of_ideal(self) -> Engine:
        """The engine that simulates ideal workers, where there can be any."""
        return for_many(self._asked, reference_seconds(self._ideal, range(self._runs_in_all)))

    @cached_property
    def _ideal(self) -> Deployment:
        return replace(self.plain, workers=tuple(replace(worker, dispatch="ideal", restart=None) for worker in self.plain.workers))

    def _visible(self, table: RunTable) -> npt.NDArray[np.bool_]:
        """Which runs an export shows: not those that waited already when it begins."""
        names = np.array([name in self._was_there for name in table.sources], np.bool_)
        return ~names[table.source] if len(table) else np.zeros(0, np.bool_)

    def _simulated(
        self, plain: Deployment, table: RunTable, engine: Engine, sample: Callable[[RunTable, RunLog], RunSample] = of_simulation
    ) -> RunSample:
        log = run_engine(plain, table, engine=engine)
        if not self._was_there:
            return sample(table, log)
        rows = np.flatnonzero(self._visible(table))
        return sample(table.rows(rows), log.rows(rows))


def _without_cores(plain: Deployment) -> Deployment:
    return replace(plain, workers=tuple(replace(worker, cores=None) for worker in plain.workers))


def _was_there(scenario: Scenario, seen: RunSample) -> frozenset[str]:
    """The sources of runs that waited already at the start: bursts at 0s that the export does not have."""
    at_start = int((seen.inserted < SECOND).sum())
    bursts = ((source.name, getattr(getattr(source.trigger, "arrivals", None), "burst", None)) for source in sources_of(scenario))
    return frozenset(name for name, burst in bursts if burst is not None and burst.at == [0] and burst.size > 2 * at_start)
