"""The run log: the one table that an engine fills in and that everything after it reads.

A row a run, in the order of the run table (`core.run_table.RunTable`), whether or not the run ever got anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import Changes

NEVER = -1
"""In a column of times: it has not happened (by the horizon). In `worker` and `workloop`: nobody."""
_AVAILABLE = 0  # rules.lifecycle.State


@dataclass(slots=True, repr=False)
class RunLog:
    """What became of each run. Times are microseconds since the start of the simulation.

    Every array has one entry a run. `claimed_at`, `ended_at` and `state` are what Lightning knows; `received_at`, `started_at`,
    `finished_at` and `freed_at` what the run's worker knows. Between the two lie messages (lives.md).
    """

    inserted_at: npt.NDArray[np.int64]
    """Lightning created the run (L-1), or NEVER: there is no such run. The simulation did not come to it, or the request was refused, or it
    is a further attempt that its caller had no reason to make."""
    refused_at: npt.NDArray[np.int64]
    """Lightning refused the request instead of creating a run, or NEVER: with 429 (`rules.admission`), or with 503 while it was down
    (I-2); of what comes from within Lightning, such as a cron tick, when it would have come (I-3)."""
    began_at: npt.NDArray[np.int64]
    """The query of the claim that won it began, or NEVER: what Lightning stamps as the run's `claimed_at` (L-10)."""
    claimed_at: npt.NDArray[np.int64]
    """Lightning's decision, at the end of that query (L-24), or NEVER."""
    received_at: npt.NDArray[np.int64]
    """The run took a slot of its workloop (W-8), or NEVER: the reply to the claim was lost or came too late."""
    started_at: npt.NDArray[np.int64]
    """The engine started the run, or NEVER. (Lightning learns of it later, by `run:start`, if at all.)"""
    finished_at: npt.NDArray[np.int64]
    """The engine's end of the run: finished, crashed, killed, or never begun for lack of a credential (W-15c), or NEVER."""
    ended_at: npt.NDArray[np.int64]
    """The run reached a final state in Lightning's eyes (L-1), or NEVER: Lightning has processed the worker's `run:complete`, or the
    janitor has marked the run lost (L-18)."""
    freed_at: npt.NDArray[np.int64]
    """Its slot was free again (W-13), or NEVER: it still holds it, its worker's process ended with it, or the slot is lost for the life of
    that process (W-13a)."""
    leaked_at: npt.NDArray[np.int64]
    """Its slot is lost from here on, for the life of its worker's process: nobody frees it any more (W-13a, W-15a), or NEVER."""
    state: npt.NDArray[np.int8]
    """`rules.lifecycle.State` at the horizon."""
    worker: npt.NDArray[np.int32]
    """Index of the worker that claimed the run, or NEVER."""
    workloop: npt.NDArray[np.int32]
    """Index of the workloop within that worker, or NEVER."""
    ended_on: int = 0
    """The instant up to which the simulation was played: the horizon, or earlier if it was interrupted."""
    interrupted: bool = False
    claims_sent: int = 0
    """Claims that went out on the wire, answered or not."""
    claims_empty: int = 0
    """Claims that Lightning decided without giving a run."""
    notifications: int = 0
    """`work-available` messages that reached a worker (L-17)."""
    events: int = 0
    """Events the engine played: a measure of work, not of the system."""
    claims: list[ClaimRow] = field(default_factory=list)
    """Every claim in the order of pushing; empty unless it was asked for."""
    connections: list[tuple[int, int, str]] = field(default_factory=list)
    """(time, worker, "connect" | "disconnect"); empty unless claims were asked for."""
    wake_ups: list[tuple[int, int]] = field(default_factory=list)
    """(time, worker) of each `work-available`; empty unless claims were asked for."""
    received: dict[int, int] = field(default_factory=dict)
    """run -> when the worker got the reply that carried it; empty unless claims were asked for."""
    join_failed: dict[int, int] = field(default_factory=dict)
    """run -> when its channel could not be joined; empty unless claims were asked for."""
    details: dict[int, RunDetail] = field(default_factory=dict)
    """run -> what was said of it between its worker and Lightning, of every claimed run; empty unless claims were asked for."""
    slots: list[tuple[SlotState, ...] | None] = field(default_factory=list)
    """By worker, what its workloops were like at the end, None where its process has ended; empty unless claims were asked for."""
    exits: list[tuple[int, int, int]] = field(default_factory=list)
    """(time, worker, `rules.process.Exit`: how its process ended), in the order in which it happened."""
    lives: list[tuple[int, int, int]] = field(default_factory=list)
    """(time, worker, `rules.process.Stage` that its process enters), by time and worker: docs/failures.md."""
    changes: Changes | None = None
    """The change points that attribution needs, if they were asked for."""

    @classmethod
    def empty(cls, runs: int, same: Mapping[str, str] = MappingProxyType({}), unwritten: Collection[str] = ()) -> RunLog:
        """A log of `runs` rows in which nothing has happened yet.

        Args:
            same: columns that are another one under a further name, and that one.
            unwritten: columns with anything in them, for the caller to write.

        Its columns lie side by side in one block of memory: the larger a block, the fewer and larger the pages in which it is handed out,
        and that is most of what a new log costs.
        """
        kinds = {name: kind for name, kind in COLUMNS.items() if name not in same}
        block = large_arrays.empty(runs * sum(kind.itemsize for kind in kinds.values()), np.byte)
        columns: dict[str, Any] = {}
        end = 0
        for name, kind in kinds.items():
            begin, end = end, end + runs * kind.itemsize
            columns[name] = block[begin:end].view(kind)
            if name not in unwritten:
                columns[name].fill(_NOTHING[name])
                large_arrays.release()
        return cls(**columns, **{name: columns[other] for name, other in same.items()})

    def clear(self, names: Collection[str], begin: int) -> None:
        """Nothing has happened to the runs from this row on, as far as these columns know."""
        for name in names:
            getattr(self, name)[begin:] = _NOTHING[name]

    def __repr__(self) -> str:
        return f"<RunLog of {len(self.state):,} runs, {int((self.ended_at != NEVER).sum()):,} of them ended, up to {self.ended_on:,} µs>"

    def rows(self, which: slice | npt.NDArray[np.int64]) -> RunLog:
        """These rows, of a slice as views, and nothing of the lists and counts."""
        columns: dict[str, Any] = {name: large_arrays.taken(getattr(self, name), which) for name in COLUMNS}
        return RunLog(**columns, ended_on=self.ended_on)

    def followed_by(self, other: RunLog) -> RunLog:
        """The rows of both, and nothing of the lists and counts."""
        columns: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in COLUMNS}
        return RunLog(**columns, ended_on=self.ended_on)


def arrived(log: RunLog) -> npt.NDArray[np.bool_]:
    """The runs that exist. Not those that the simulation did not come to, requests that were refused, attempts that nobody made."""
    here: npt.NDArray[np.bool_] = log.inserted_at != NEVER
    return here


def in_order(lives: list[tuple[int, int, int]], until: int) -> list[tuple[int, int, int]]:
    """The lives of all workers by time and worker, up to and including `until`: engines write them down as they come to them."""
    return sorted((life for life in lives if life[0] <= until), key=lambda life: life[:2])


COLUMNS: dict[str, np.dtype[Any]] = {
    **dict.fromkeys(
        (
            "inserted_at",
            "refused_at",
            "began_at",
            "claimed_at",
            "received_at",
            "started_at",
            "finished_at",
            "ended_at",
            "freed_at",
            "leaked_at",
        ),
        np.dtype(np.int64),
    ),
    **dict.fromkeys(("worker", "workloop"), np.dtype(np.int32)),
    "state": np.dtype(np.int8),
}
"""The arrays of a run log, the widest first, so that each begins where its values may."""
_NOTHING = {name: _AVAILABLE if name == "state" else NEVER for name in COLUMNS}
"""What is in each column of a run to which nothing has happened."""


@dataclass(slots=True)
class ClaimRow:
    """One claim, from the worker's push to its reply. Times in microseconds, None where it was not reached."""

    pushed_at: int
    worker: int
    workloop: int
    segment: int | None
    """Number of the segment that sent it, None for a claim made on `work-available` (W-14)."""
    attempt: int | None
    sent_at: int | None = None
    """When it really went out: later than `pushed_at` if it was buffered while the socket was down (W-11)."""
    began_at: int | None = None
    """Its query began (L-24). None where claims are decided in parallel."""
    decided_at: int | None = None
    replied_at: int | None = None
    """The reply arrived, too late or not."""
    run: int | None = None
    """What Lightning gave, even if the reply never arrived."""
    error: bool | None = None
    """Whether the reply is an error (W-16); None while it is not decided."""
    lost: str | None = None
    """"request" or "reply" if the socket died under it (W-16), the process was gone by then (W-24) or the reply was dropped (I-8); noted
    when it would have arrived, or at the decision where it is plain by then."""


@dataclass(slots=True)
class RunDetail:
    """The messages of a claimed run (W-15, W-22a, W-23). Times in microseconds, None where it was not reached."""

    joined_at: int | None = None
    """The first join of its channel was answered ok."""
    planned_at: int | None = None
    """Its plan arrived."""
    handed_over_at: int | None = None
    """It was handed over to the engine, which installs."""
    told_at: int | None = None
    """The acknowledgement of `run:complete` reached the worker in time."""
    messages: int = 0
    """Messages that Lightning has processed on the run's channels, joins not counted, from any connection."""
    timeouts: int = 0
    """Messages that failed on the worker because they were not answered in time (W-23), joins not counted."""


@dataclass(frozen=True, slots=True)
class SlotState:
    """A workloop at the end of the simulation."""

    stopped: bool
    """Its flag (W-4)."""
    held: int
    """Runs that hold a slot of it."""
    open: int
    """Claims that are not answered and have not met their timeout."""
