"""What serves the runs: groups of identical workers, and what happens to their processes (docs/failures.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from fastlanes_sim.core.fields import Count, Duration, Limit, Name, PositiveDuration, Processors, Size, Strict, read_duration, wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MINUTE, SECOND
from fastlanes_sim.rules.layout_parser import WorkloopError, default_layout, parse_workloops

MOST_SLOTS = 100_000
MOST_WORKLOOPS = 1_000
"""Of one worker. Each looks at all of them at every instant."""
_TOKEN = re.compile(r'token "(?P<token>.*?)"(?:: m|\Z)', re.DOTALL)
RECORDED_VERSIONS = ("1.22.1", "1.25.0")
"""Of ws-worker, whose behaviour was recorded (docs/versions.md)."""
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
_BACKOFF = re.compile(r"[0-9]{1,6}(\.[0-9]+)?/[0-9]{1,6}(\.[0-9]+)?")
_HINTS = {
    "empty": 'write one or more NAMES:COUNT, such as "fast_lane:1 manual>*:4"',
    "suffix": "end each token with a colon and its number of slots, such as fast_lane:1",
    "count": "write a whole number of 1 or more without sign, leading zero or point",
    "name": "names are letters, digits and _, separated by >, such as manual>*:4",
    "wildcard": "put the * last, such as fast_lane>*:2",
}


def check_layout(text: str) -> str:
    """A layout that the worker accepts (W-17). The error for a refused one has the worker's words."""
    try:
        layout = parse_workloops(text)
    except WorkloopError as error:
        match = _TOKEN.search(error.message)
        offset = text.find(match["token"]) if match else 0
        raise wrong(error.message, _hint(error.message), max(offset, 0)) from None
    if sum(workloop.capacity for workloop in layout.workloops) > MOST_SLOTS:
        raise wrong(f"more than {MOST_SLOTS:,} slots in one worker", "write smaller counts, or more `replicas`")
    if len(layout.workloops) > MOST_WORKLOOPS:
        many = f"{len(layout.workloops):,} workloops in one worker, more than {MOST_WORKLOOPS:,}"
        raise wrong(many, "give one workloop more slots, such as fast_lane:20, or more `replicas`")
    return text


def _hint(message: str) -> str:
    for part, kind in (("empty", "empty"), ("suffix", "suffix"), ("count", "count"), ("queue name", "name")):
        if part in message and not message.startswith("Empty queue"):
            return _HINTS[kind]
    return _HINTS["wildcard" if message.startswith("Wildcard") else "name"]


def check_backoff(text: str) -> str:
    """`least/most` in seconds (W-3). The worker would ignore anything else; in a scenario it is a slip."""
    if _BACKOFF.fullmatch(text.strip()) is None:
        raise wrong(f"{show(text)} is not a backoff", "write LEAST/MOST in seconds, such as 1/10")
    return text


def check_version(text: str) -> str:
    """A version of ws-worker; whether anything is known of it is another question."""
    if _VERSION.fullmatch(text) is None:
        raise wrong(f"{show(text)} is not a version", f"write three numbers, such as {RECORDED_VERSIONS[-1]}")
    return text


def _read_restart(value: Any) -> Any:
    return value if value == "never" else read_duration(value)


Layout = Annotated[str, AfterValidator(check_layout)]
Restart = Annotated[
    int | Literal["never"],
    BeforeValidator(_read_restart),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration such as 30s, or never"}),
]


class Outage(Strict):
    """The workers of this group have no connection from `from` until `to` (offsets from the start)."""

    begins: Duration = Field(alias="from")
    """The socket closes then (W-12), or goes mute (W-25)."""
    ends: PositiveDuration = Field(alias="to")
    """From then on an attempt to reconnect succeeds (W-12)."""
    kind: Literal["closed", "mute"] = "closed"
    """`closed`: the socket closes, and the worker knows. `mute`: nothing comes through any more and nobody knows; the worker closes the
    connection itself 30 to 60 seconds later (W-25)."""

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Outage:
        if self.ends <= self.begins:
            raise wrong("an outage must end after it begins", "write a later `to`, or an earlier `from`")
        return self


class Crash(Strict):
    """A process dies, and with it all runs that it holds (F-5)."""

    at: Duration
    replica: Count | None = None
    """Which replica, counted from 1 as in its name. Default: all of them at once."""
    restart_after: Restart = 30 * SECOND
    """From the crash until the process after it connects, or `never` (F-6)."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a deploy does to one replica. Times in µs."""

    starts: int
    """The new process is started."""
    connects: int
    stops: int
    """The old one gets SIGTERM."""


class Deploy(Strict):
    """Every replica is replaced by a new process, one batch after the other, as in a Kubernetes rolling update (F-7)."""

    at: Duration
    workloops: Layout | None = None
    """WORKER_WORKLOOPS of the new version. Default: as before."""
    surge: Count | None = None
    """How many new processes are started at a time. When they connect, as many old ones are stopped: there are never fewer than
    `replicas`. Default: 1."""
    max_unavailable: Count | None = None
    """Instead: how many old processes are stopped at a time. As many new ones are started at once: never more than `replicas` take
    runs."""
    start_up: Duration = 20 * SECOND
    """From a new process's start to its connection."""
    pause: Duration = 0
    """From one batch's connection to the next batch."""
    grace: Duration = 30 * SECOND
    """From SIGTERM to the kill of whatever still runs (F-4): terminationGracePeriodSeconds."""

    def replacement(self, replica: int) -> Replacement:
        """F-7: of a replica (counted from 0)."""
        batch = replica // (self.surge or self.max_unavailable or 1)
        starts = self.at + batch * (self.start_up + self.pause)
        connects = starts + self.start_up
        return Replacement(starts, connects, connects if self.max_unavailable is None else starts)

    @model_validator(mode="after")
    def replaces_in_one_way(self) -> Deploy:
        if self.surge is not None and self.max_unavailable is not None:
            raise wrong(
                "surge and max_unavailable are mutually exclusive", "keep `surge` (new ones first) or `max_unavailable` (old ones first)"
            )
        return self


class Autoscaling(Strict):
    """The number of replicas follows the number of runs, as with KEDA and a Kubernetes HPA (A-1 to A-6)."""

    min: Annotated[int, Field(ge=0, le=100_000)] = 1
    """Replicas that are always kept."""
    max: Count
    """The most replicas, including those that drain."""
    runs_per_replica: Count
    """The target: one replica is wanted for this many runs."""
    counts: Literal["available", "active"] = "available"
    """Which runs of the group's queues count: those that wait, or also those that are claimed and started."""
    poll: PositiveDuration = 30 * SECOND
    """How often they are counted."""
    cool_down: Duration = 5 * MINUTE
    """How long fewer replicas must be wanted before one is stopped."""
    start_up: Duration = 20 * SECOND
    """From a new process's start to its connection."""
    grace: Duration = 30 * SECOND
    """From SIGTERM to the kill of whatever still runs (F-4)."""

    @model_validator(mode="after")
    def has_room_between_least_and_most(self) -> Autoscaling:
        if self.min > self.max:
            raise wrong(f"min {self.min} is more than max {self.max}", "write a smaller `min`, or a larger `max`")
        return self


class WorkerGroup(Strict):
    """A group of identical workers. It has either `workloops` or `capacity`, never both (W-18)."""

    name: Name = "worker"
    """Of the group. Its replicas are numbered."""
    replicas: Count = 1
    """How many workers of this group there are."""
    workloops: Layout | None = None
    """WORKER_WORKLOOPS: `fast_lane:1 manual>*:4`."""
    capacity: Limit | None = None
    """WORKER_CAPACITY: c is short for workloops `manual>*:c`."""
    backoff: Annotated[str, AfterValidator(check_backoff)] = "1/10"
    """WORKER_BACKOFF: least/most seconds between polls (W-3)."""
    claim_timeout: PositiveDuration = 3_600 * SECOND
    """WORKER_CLAIM_TIMEOUT_SECONDS (W-16)."""
    verification: Duration | None = None
    """How long a run token takes to verify (W-8). Default: tokens are not verified."""
    connect: Duration = 0
    """When the first replica connects, from the start."""
    stagger: Duration = 0
    """Between one replica's connection and the next's."""
    message_timeout: PositiveDuration = 30 * SECOND
    """WORKER_MESSAGE_TIMEOUT_SECONDS: when a message on a run's channel counts as failed (W-23)."""
    survives_lost_plan: bool = False
    """Sentry is configured: a worker that cannot get the plan of a run lives on and loses the slot, instead of exiting (W-15a)."""
    restart: Restart = "never"
    """From the exit of a process that gave up by itself (W-15a) until the next one connects, as Kubernetes restarts it. Crashes have
    `restart_after`."""
    version: Annotated[str, AfterValidator(check_version)] = RECORDED_VERSIONS[-1]
    """Of ws-worker. 1.22.1 and 1.25.0 were recorded and behave alike, but for batches of logs, which are not simulated."""
    outages: list[Outage] = Field(default_factory=list)
    crashes: list[Crash] = Field(default_factory=list)
    deploys: list[Deploy] = Field(default_factory=list)
    autoscaling: Autoscaling | None = None
    """Instead of `replicas`."""
    claim_chains: Literal["real", "single"] = "real"
    """`real`: claim chains multiply and die as in the worker. `single`: they do not."""
    cores: Processors | None = None
    """Of each worker: the own work of its runs shares them (R-4). Default: runs do not slow each other down."""
    memory: Size | None = None
    """Of each worker, for its runs: a run whose launch would take more is killed (R-5). Default: there is enough."""
    dispatch: Literal["real", "ideal"] = "real"
    """`ideal`: a free slot takes an eligible run at once, without polls or latency: the server of queueing theory. Such workers
    have neither processes nor connections that could fail, and what is said of polls, claims and messages says nothing of them."""

    @property
    def layout(self) -> str:
        """The layout in force: the written one, or the one that a capacity, or neither, stands for (W-18)."""
        if self.workloops is not None:
            return self.workloops
        return default_layout() if self.capacity is None else default_layout(self.capacity)

    @property
    def most_replicas(self) -> int:
        """The most there can be at any time."""
        return self.replicas if self.autoscaling is None else self.autoscaling.max

    def first_connection(self, replica: int) -> int:
        """When a replica (counted from 0) connects for the first time, µs."""
        return self.connect + replica * self.stagger
