"""Simulations that stand at an instant and go on from there, with other traffic if need be.

Engines draw nothing and are causal: what happens up to an instant depends only on what the run table holds up to it. So a simulation may be
stopped, copied, and given another table that agrees with its own so far (`traffic.redraw`). The log is that of the other table simulated
from the start, byte for byte (tests/engines/test_resumable.py), and only what comes after the instant takes time.

The kernel's state is a list of arrays, which are copied. A service that is drawn anew changes the run that waits in them, and of a run
that is being served the event that is its end. The other table is simulated from the start where that cannot be done: by the reference
engine; where callers ask again or runs call others (their rows stand behind all others, and so have other numbers in the other table);
where services use resources or share what a worker has; where the state is large; or where only `lineage` knows which of two timers comes
first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import COLUMNS, RunLog, in_order
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.selection import Engine, resolve, run_engine
from fastlanes_sim.rules.deadlines import run_end
from fastlanes_sim.rules.events import Kind, forgotten

if TYPE_CHECKING:
    from fastlanes_sim.engines.kernel.world import World

BEFORE = -1
"""The instant of a simulation in which nothing has happened."""
MOST_BYTES = 8_000_000
"""Of a state that is copied: there are some hundred copies at a time."""


class Simulation:
    """Simulated from the start whenever somebody wants to know more: any engine does that, and it costs what a whole simulation costs."""

    def __init__(self, deployment: Deployment, table: RunTable, engine: Engine) -> None:
        self.deployment = deployment
        self.table = table
        self.engine: Engine = engine
        self.instant = BEFORE
        """Everything up to and including it has happened (µs)."""
        self.log = RunLog.empty(len(table))
        """As it stands at that instant; of what is no column only `complete_log` knows."""

    def complete_log(self) -> RunLog:
        """With its counts, exits and lives."""
        return self.log

    def advance(self, until: int) -> None:
        """Go on, up to and including `until` (µs), which is not before the instant reached.

        Raises:
            KeyboardInterrupt: interrupted.
        """
        if until > self.instant:
            self.log = run_engine(replace(self.deployment, horizon=until), self.table, engine=self.engine)
            self.instant = until

    def on(self, table: RunTable) -> Simulation:
        """A copy that stands at the same instant and meets `table` from there on.

        Args:
            table: agrees with the own one in everything that the log shows so far.
        """
        other = begin(self.deployment, table, self.engine)
        if self.instant > BEFORE:
            other.advance(self.instant)
        return other


def begin(deployment: Deployment, table: RunTable, engine: Engine = "auto") -> Simulation:
    """Nothing has happened yet. The deployment's horizon does not matter: the simulation goes as far as it is asked to.

    Raises:
        EngineError: the kernel was asked for and cannot be had.
    """
    if resolve(engine) == "kernel" and not _has_rows_behind(table):
        return _Kept(deployment, table, engine)
    return Simulation(deployment, table, engine)


def _has_rows_behind(table: RunTable) -> bool:
    return table.first_requests < len(table)


class _Kept(Simulation):
    """The kernel's, with its state."""

    def __init__(self, deployment: Deployment, table: RunTable, engine: Engine) -> None:
        super().__init__(deployment, table, engine)
        self._world = self._new_world(foresees=True)

    def _new_world(self, *, foresees: bool) -> World:
        from fastlanes_sim.engines.kernel.initial_state import world_of

        return world_of(self.deployment, self.table, self.log, foresees=foresees)

    def complete_log(self) -> RunLog:
        from fastlanes_sim.engines.kernel import process

        log, counts = self.log, self._world.counts[0]
        log.events = int(self._world.clock[0].events)
        log.claims_sent, log.claims_empty, log.notifications = (
            int(counts[name]) for name in ("claims_sent", "claims_empty", "notifications")
        )
        log.lives = in_order(process.stages_entered(self._world), log.ended_on)
        log.exits = process.exits(self._world)
        return log

    def advance(self, until: int) -> None:
        from fastlanes_sim.engines.kernel import event_loop
        from fastlanes_sim.engines.kernel.initial_state import grown

        simulate: Any = event_loop.simulate
        self._world.clock[0].horizon = until
        while (status := int(simulate(self._world, event_loop.SHARE))) != event_loop.OVER:
            if status == event_loop.NEEDS_ROOM:
                self._world = grown(self._world)
            elif status == event_loop.UNDECIDED:  # it must do without foresight
                self.log = RunLog.empty(len(self.table))
                self._world = self._new_world(foresees=False)
                self._world.clock[0].horizon = until
            elif status == event_loop.FORGOTTEN:
                raise forgotten(int(self._world.clock[0].kind), "kernel.event_loop")
        self.instant = self.log.ended_on = until

    def on(self, table: RunTable) -> Simulation:
        log = RunLog.empty(len(table))
        other = None if _has_rows_behind(table) else _meeting(self._world, self.log, self.table, table, log)
        if other is None:
            return super().on(table)
        copied = object.__new__(_Kept)
        copied.deployment, copied.table, copied.engine, copied.instant = self.deployment, table, self.engine, self.instant
        log.ended_on = self.log.ended_on
        copied.log, copied._world = log, other
        return copied


def _state(world: World) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a world that are no columns of the table or the log, and not empty."""
    from fastlanes_sim.engines.kernel.world import FIELDS

    arrays = {name: getattr(world, name) for name in FIELDS if not name.startswith(("table_", "log_"))}
    return {name: array for name, array in arrays.items() if len(array)}


def _meeting(world: World, log: RunLog, table: RunTable, other: RunTable, into: RunLog) -> World | None:
    """A copy of the world that reads the other table from here on, and writes the log `into`; None where it cannot be had."""
    from fastlanes_sim.engines.kernel.initial_state import columns, log_lines, loses_plans, most_messages

    state = _state(world)
    if world.lightning[0].has_phases:  # how far a service has come is told in many places
        return None
    if sum(array.nbytes for array in state.values()) > MOST_BYTES:
        return None
    come = int(world.clock[0].next_arrival)
    for name in COLUMNS:
        getattr(into, name)[:come] = getattr(log, name)[:come]
    copies = {name: array.copy() for name, array in state.items()}
    copied = world.replaced(**copies, **columns(other, into), **log_lines(other))
    lightning = copied.lightning[0]
    lightning.most_messages = max(int(lightning.most_messages), most_messages(other))
    lightning.loses_plans = bool(lightning.loses_plans) or loses_plans(other)
    copied.clock[0].room = 0  # events may need more room than those of the table before
    changed = table.service_time[:come] != other.service_time[:come]
    changed |= table.startup_time[:come] != other.startup_time[:come]
    if changed.any() and not _with_services(copied, other, into, np.flatnonzero(changed)):
        return None
    return copied


def _with_services(world: World, table: RunTable, log: RunLog, rows: npt.NDArray[np.int64]) -> bool:
    """Give the runs of these rows the services and startups of the table; whether that could be done.

    The ends of those that are being served come when they come by the new service. An event keeps its place in the order of creation.
    """
    runs, clock = np.asarray(world.runs), world.clock[0]
    places = np.flatnonzero(np.isin(runs["number"], rows))  # also those that nobody uses any more, whose content means nothing
    for name in ("service_time", "startup_time"):
        runs[name][places] = getattr(table, name)[runs["number"][places]]
    events = world.timers[int(clock.is_hollow) : int(clock.timers)].copy()
    for place in np.flatnonzero(np.isin(events["kind"], _ENDS) & np.isin(events["subject"], places)):
        _end_as_served(world, table, log, events[place])
    events = events[np.lexsort((events["created"], events["order"], events["time"]))]
    if not _is_order_known(events):
        return False
    world.timers[: len(events)] = events  # in order, which is a heap
    clock.timers, clock.is_hollow = len(events), False
    return True


_ENDS = (int(Kind.FINISHED), int(Kind.KILLED), int(Kind.ENDED))
"""Of a run: `execution` and `simplified`."""


def _end_as_served(world: World, table: RunTable, log: RunLog, event: Any) -> None:
    """The event is the end of a run: when it comes, and what it is."""
    from fastlanes_sim.engines.kernel.execution import END_AS, KILL_AS, KILLED

    run = world.runs[event.subject]
    row, timeout = int(run.number), int(run.timeout)
    if event.kind == Kind.ENDED:
        lasts, is_killed = run_end(int(run.service_time), timeout)
        event.time = log.started_at[row] + lasts
        run.outcome = KILLED if is_killed else table.outcome[row]
        return
    lasts, is_killed = run_end(int(run.startup_time + run.service_time), timeout)
    event.time = run.launched_at + lasts
    event.kind = int(Kind.KILLED if is_killed else Kind.FINISHED)
    event.created = run.launched_as + (KILL_AS if is_killed else END_AS)


def _is_order_known(events: Any) -> bool:
    """Whether no two of them are alike but for a place in the order of creation that is not the real one (`lineage`)."""
    from fastlanes_sim.engines.kernel.lineage import FORESEEN

    alike = (events["time"][1:] == events["time"][:-1]) & (events["order"][1:] == events["order"][:-1])
    is_foreseen = (events["created"][1:] >= FORESEEN) | (events["created"][:-1] >= FORESEEN)
    return not bool((alike & is_foreseen).any())
