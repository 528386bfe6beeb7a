"""What is deployed, in the plain values that an engine simulates: no YAML, no units, no defaults left to fill in.

Times and durations are microseconds. An index of a project, workflow or worker is its place in the tuple.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fastlanes_sim.core.units import DAY, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.rules.layout_parser import ParsedWorkloop
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    concurrency: int | None = None
    fast_lane_limit: int | None = None
    """With so many active fast-lane runs, a further one is refused with 429 (`rules.admission`); None: none ever is."""


@dataclass(frozen=True, slots=True)
class Workflow:
    name: str
    project: int
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a claim is under way (W-16): to Lightning, in the database, and back.

    `database` is a curve: (active runs, µs) pairs with rising first members, linear in between, level before the first and
    after the last. `pairs`, where given, overrides all three: (until decided, from there to the reply), used in order of
    sending over all workers, again and again.
    """

    request: int = 0
    database: tuple[tuple[int, int], ...] = ((0, 0),)
    reply: int = 0
    pairs: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    workloops: tuple[ParsedWorkloop, ...]
    backoff_min_ms: int = 1_000
    backoff_max_ms: int = 10_000
    """Effective bounds of the poll's backoff in milliseconds (W-3)."""
    connect_at: int = 0
    start_up: int = 0
    """How long before `connect_at` its process was started: from then on it costs, though it cannot be reached yet (F-1)."""
    is_standby: bool = False
    """It is started by an autoscaler, or never; `connect_at` means nothing then."""
    stops_at: int | None = None
    """When it gets SIGTERM, or crashes, which is a SIGTERM without `grace`; None: never (F-2, F-5)."""
    grace: int = 0
    """From SIGTERM to the kill, whatever still runs then (F-4)."""
    outages: tuple[tuple[int, int], ...] = ()
    """Half-open intervals [from, to) in which this worker has no way to Lightning (W-12)."""
    claim_timeout: int = 3_600 * SECOND
    verification: int | None = None
    """How long a run token takes to verify, None where tokens are not verified (W-8)."""
    refusal: int = 3 * MILLISECOND
    """How long a refused attempt to reconnect takes to fail."""
    reconnection: int = 30 * MILLISECOND
    """How long a successful attempt to reconnect takes to open."""
    claim_chains: str = "real"
    """"real": as the worker does it, chains multiply and die. "single": one chain a workloop that never dies of W-6."""
    dispatch: str = "real"
    """"real": the worker polls. "ideal": a free slot takes an eligible run at once, at no cost (queueing theory's server)."""

    def __post_init__(self) -> None:
        if (self.stops_at is not None or self.is_standby) and self.dispatch == "ideal":
            raise ValueError(f"{self.name}: an ideal worker has no process that could start or stop")
        if self.stops_at is not None and self.stops_at < self.connect_at - self.start_up:
            raise ValueError(f"{self.name}: it would stop before its process is started")


@dataclass(frozen=True, slots=True)
class Lightning:
    ruleset: Ruleset = Ruleset.PR_4515
    run_queue: RunQueue = RunQueue.FIFO
    claim_limit: int = 50
    """PER_WORKFLOW_CLAIM_LIMIT (L-11)."""
    debounce: int | None = 500 * MILLISECOND
    """L-17; None where BROADCAST_WORK_AVAILABLE is false."""
    notification: int = 0
    """From the end of the debounce to the worker's receipt of `work-available`."""
    grace_period: int = 10 * SECOND
    """RUN_GRACE_PERIOD_SECONDS (L-18)."""
    janitor_first: int | None = 0
    """When the janitor first comes round; None: never."""
    janitor_period: int = 5 * MINUTE
    webhook_timeout: int = 30 * SECOND
    """WEBHOOK_RESPONSE_TIMEOUT_MS (L-20)."""


@dataclass(frozen=True, slots=True)
class SlowDatabase:
    begins: int
    ends: int
    database: tuple[tuple[int, int], ...]
    """The curve that holds for claims sent in [begins, ends), as `Latency.database`."""


@dataclass(frozen=True, slots=True)
class DroppedReplies:
    begins: int
    ends: int
    millionths: int
    """So many of a million replies to claims decided in [begins, ends) never arrive."""


@dataclass(frozen=True, slots=True)
class Incidents:
    """What goes wrong at Lightning (docs/incidents.md)."""

    down: tuple[tuple[int, int], ...] = ()
    """Half-open intervals [from, to) in which there is no Lightning, disjoint and in order. For workers that poll they are outages as well:
    `deployment.from_scenario` adds them."""
    slow: tuple[SlowDatabase, ...] = ()
    """Where two hold, the first counts. Without effect on a `Latency` of `pairs`."""
    dropped: tuple[DroppedReplies, ...] = ()
    """Where two hold, the first counts."""


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """Starts and stops workers alike, which stand in the deployment one after the other (A-1 to A-6)."""

    first: int
    """Index of its first worker."""
    end: int
    """Behind its last. So many are the most there can be."""
    least: int
    """The first so many are there from the beginning, the others are `is_standby`."""
    runs_per_replica: int
    counts_active: bool = False
    """Claimed and started runs count as well as available ones."""
    poll: int = 30 * SECOND
    cool_down: int = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Deployment:
    projects: tuple[Project, ...]
    workflows: tuple[Workflow, ...]
    workers: tuple[Worker, ...]
    lightning: Lightning = field(default_factory=Lightning)
    latency: Latency = field(default_factory=Latency)
    incidents: Incidents = field(default_factory=Incidents)
    adaptors: tuple[str, ...] = ()
    """Names of those that a worker loads for its first run of them (I-10)."""
    horizon: int = DAY
    """Events up to and including this instant are simulated."""
    autoscalers: tuple[Autoscaler, ...] = ()

    @property
    def workers_come_and_go(self) -> bool:
        """Whether worker processes start or stop during the simulation (docs/failures.md)."""
        return bool(self.autoscalers) or any(worker.stops_at is not None for worker in self.workers)
