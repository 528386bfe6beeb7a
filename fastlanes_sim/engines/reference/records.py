"""What the reference engine remembers: plain objects, with a comment a field. `world.World` holds them.

Times and durations are microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import ClaimRow
from fastlanes_sim.core.run_table import SAFE
from fastlanes_sim.deployment.deployment import Autoscaler as AutoscalerSpec
from fastlanes_sim.deployment.deployment import Worker as WorkerSpec
from fastlanes_sim.engines.reference.event_list import Event
from fastlanes_sim.rules.autoscaling import NOT_SINCE
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage


@dataclass(slots=True, eq=False)
class RunRow:
    """One active run."""

    id: int
    """Its place in the order of creation (L-22)."""
    workflow: int
    state: State
    queue: str
    priority: int
    inserted_at: int
    timeout: int = 0
    claimed_at: int = 0
    """Meaningful once it is claimed."""
    started_at: int | None = None
    row: int = 0
    """In the run table."""
    reply_luck: int = SAFE
    """I-8"""
    loop: Workloop | None = None
    """That claimed it."""
    segment: Segment | None = None
    """That sent the winning claim (W-8)."""


@dataclass(slots=True, eq=False)
class Claim:
    loop: Workloop
    segment: Segment | None
    """None: made on `work-available` (W-14)."""
    row: ClaimRow
    session: int | None = None
    """Of the worker's socket when it was sent: if the socket has closed since, the claim is lost (W-16)."""
    until_replied: int = 0
    """From Lightning's decision."""
    run: RunRow | None = None
    """That Lightning gave."""
    timeout: Event | None = None
    is_dropped: bool = False
    """The reply never arrives (I-8)."""
    is_timed_out: bool = False


@dataclass(slots=True, eq=False)
class Segment:
    """W-2: one use of the backoff helper."""

    loop: Workloop
    number: int
    delay: float
    """Milliseconds, with their fraction (W-7)."""
    attempts: int = 0
    is_cancelled: bool = False


@dataclass(slots=True, eq=False)
class Workloop:
    worker: Worker
    number: int
    """Within its worker."""
    queues: Sequence[str]
    slots: int
    """Of its layout."""
    capacity: int
    """Its slots; none while its process drains or is gone (F-2)."""
    is_single: bool
    """`claim_chains: single`"""
    active: int = 0
    """Runs it holds."""
    verifying: int = 0
    """Runs whose token is being verified (W-8)."""
    open: int = 0
    """Claims sent and not answered (W-1)."""
    is_cancelled: bool = True
    latest: Segment | None = None
    """The segment started most recently (W-2)."""
    chains: int = 0
    """Alive (W-2); where it `is_single`, `latest` says it."""


@dataclass(slots=True, eq=False)
class Worker:
    index: int
    spec: WorkerSpec
    loops: list[Workloop] = field(default_factory=list)
    stage: Stage = Stage.GONE
    """Of its process."""
    began: int = 0
    """When its process was started (F-1)."""
    is_open: bool = False
    """Its socket."""
    session: int = 0
    """How often its socket has closed."""
    session_began: int = 0
    """Timers created before belong to a socket that has closed."""
    attempts: int = 0
    """To reconnect (W-12)."""
    buffered: list[Claim] = field(default_factory=list)
    """W-11"""
    is_announcing: bool = False
    """L-17: a debounce timer is pending."""
    due: int = 0
    """Notifications pending or under way (L-17)."""
    loaded_at: dict[int, int] = field(default_factory=dict)
    """By adaptor (I-10)."""

    @property
    def is_ideal(self) -> bool:
        return self.spec.dispatch == "ideal"


@dataclass(slots=True, eq=False)
class Autoscaler:
    spec: AutoscalerSpec
    workers: Sequence[Worker]
    queues: Sequence[Sequence[str]]
    """Of each workloop of a worker (A-2)."""
    fewer_since: int = NOT_SINCE
    """`rules.autoscaling.decide`"""
    highest: int = 0


@dataclass(slots=True, eq=False)
class ChangesSoFar:
    """Of what holds back loops and runs (`wait_causes`). Causes are those of `rules.causes`."""

    of_loop: list[int]
    """By loop: what holds it back."""
    asked_at: npt.NDArray[np.int64]
    """By row of the run table: when the claim that won it was sent."""
    of_run: dict[int, int] = field(default_factory=dict)
    """By row of the run table."""
    version: int = 0
    """Of the table of active runs when it was last looked at."""
    loop_rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(time, loop, was, cause)"""
    run_rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(time, row of the run table, was, cause)"""
