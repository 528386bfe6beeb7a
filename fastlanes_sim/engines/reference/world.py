"""The world: all that a simulation knows and changes, under one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.active_runs import Table
from fastlanes_sim.engines.reference.event_list import FutureEventList
from fastlanes_sim.engines.reference.records import ChangesSoFar, Database, Resource, Service, Worker, Workloop


@dataclass(slots=True, eq=False)
class World:
    deployment: Deployment
    table: RunTable
    log: RunLog
    events: FutureEventList
    active_runs: Table
    pairs: Iterator[tuple[int, int]]
    """Latencies from a list, again and again (W-16)."""
    database_times: Iterator[int]
    """Of queries, from a list, again and again (L-24)."""
    workers: list[Worker]
    loops: list[Workloop]
    """Of all workers."""
    ideal_loops: list[Workloop]
    """Those of ideal workers."""
    keeps_claims: bool
    """Write down every claim, connection and notification."""
    changes: ChangesSoFar | None
    """The change points of wait causes, where they are asked for."""
    resources: list[Resource] = field(default_factory=list)
    database: Database = field(default_factory=Database)
    next_arrival: int = 0
    """Row of the next request in the table."""
    awaited: dict[int, Service] = field(default_factory=dict)
    """By row of the run table: who waits for the end of that run (K-5)."""
    run_ids: Iterator[int] = field(default_factory=count)
    segment_numbers: Iterator[int] = field(default_factory=count)
    empty_replies: Iterator[int] = field(default_factory=lambda: count(1))
    """While replies are dropped (I-9)."""
    fast_lane: Counter[int] = field(default_factory=Counter)
    """Active runs of each project in the fast lane."""

    @property
    def is_serial(self) -> bool:
        """L-23: the claims of a connection are decided one after another."""
        return self.deployment.lightning.claims == "serial"

    @property
    def now(self) -> int:
        """Microseconds since the start."""
        return self.events.now
