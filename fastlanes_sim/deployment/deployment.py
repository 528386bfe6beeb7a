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
class Resource:
    """A system that runs use for a part of their service (docs/resources.md). What is not given does not hold a use up."""

    name: str
    concurrency: int | None = None
    """So many uses at once; further ones wait in a line (R-1)."""
    processors: int | None = None
    """Thousandths of processors that its uses share (R-2)."""
    every: int | None = None
    """One more use may begin every so many µs (R-3)."""
    burst: int = 1
    """So many may begin at once where none has for long (R-3)."""
    retry_after: int = SECOND
    """From a refusal to the next attempt (R-3)."""
    attempts: int = 0
    """So many refusals fail the run (R-3); 0: none do."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a message is under way between a worker and Lightning, one way, and how long Lightning takes for it."""

    up: int = 0
    """Every message from a worker to Lightning: claims, joins, and what is said on a run's channel."""
    database: tuple[tuple[int, int], ...] = ((0, 0),)
    """How long the query of a claim takes (L-24), as a curve: (active runs, µs) points with rising first members, linear in between, level
    before the first and after the last. The number of active runs is that at the beginning of the query."""
    down: int = 0
    """Every message back: answers and notifications."""
    message: int = 0
    """What Lightning takes for a message on a run's channel, the join included (L-30)."""
    database_times: tuple[int, ...] = ()
    """Where given, instead of `database` and of slow databases (I-7): used in the order in which the queries of all connections begin,
    again and again."""
    pairs: tuple[tuple[int, int], ...] = ()
    """Where given, instead of all of the above for claims, which are decided in parallel then (`Lightning.claims`): (until decided, from
    there to the reply), used in order of sending over all workers, again and again."""


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    workloops: tuple[ParsedWorkloop, ...]
    backoff_min_ms: float = 1_000
    backoff_max_ms: float = 10_000
    """Effective bounds of the poll's backoff in milliseconds and fractions of them (W-3)."""
    connect_at: int = 0
    start_up: int = 0
    """How long before `connect_at` its process was started: from then on it costs, though it cannot be reached yet (F-1)."""
    is_standby: bool = False
    """It is started by an autoscaler, or never; `connect_at` means nothing then."""
    stops_at: int | None = None
    """When it gets SIGTERM, or crashes; None: never (F-2, F-5)."""
    grace: int | None = None
    """From SIGTERM to the kill, whatever still runs then (F-4). None: it gets no SIGTERM, it crashes (F-5)."""
    outages: tuple[tuple[int, int], ...] = ()
    """Half-open intervals [from, to) in which this worker has no way to Lightning (W-12)."""
    mute: tuple[tuple[int, int], ...] = ()
    """Half-open intervals [from, to): a connection that is open at `from` goes mute, for good, without closing (W-25). Attempts to connect
    inside are refused, and a closing inside is not answered. Disjoint and in order."""
    channel_crashes: tuple[int, ...] = ()
    """When the queue's channel of this worker's connection dies in Lightning while the socket lives (W-21), in order. L-26 makes more."""
    claim_timeout: int = 3_600 * SECOND
    verification: int | None = None
    """How long a run token takes to verify, None where tokens are not verified (W-8)."""
    refusal: int = 3 * MILLISECOND
    """How long a refused attempt to reconnect takes to fail."""
    reconnection: int = 30 * MILLISECOND
    """How long a successful attempt to reconnect takes to open."""
    claim_chains: str = "real"
    """"real": as the worker does it, chains multiply and die. "single": one chain a workloop that never dies of W-6."""
    run_channel: str = "whole"
    """"whole": a run's life is played message by message (lives.md). "simplified", as in the first recordings: the run starts
    `RunTable.startup_time` after its receipt, its slot is free at its end, whatever the connection does, and Lightning knows at once."""
    message_timeout: int = 30 * SECOND
    """M, WORKER_MESSAGE_TIMEOUT_SECONDS: when a message on a run's channel fails (W-23)."""
    survives_lost_plan: bool = False
    """Sentry is configured: a plan that cannot be had (W-15a) does not end the process, the slot is lost instead."""
    restart: int | None = None
    """A process that ended by itself with an error (W-15a) is started again and connects so long after that, as Kubernetes does it; None:
    never. What stops by `stops_at`, an autoscaler or SIGKILL is not."""
    cores: int | None = None
    """Thousandths of processors that the own work of its runs shares (R-4); None: each has one of its own."""
    memory: int | None = None
    """Bytes. A run whose launch would take more than that of all runs together is killed (R-5); None: none is."""
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
    notification: int | None = None
    """From the push of `work-available` to its receipt (L-17); None: `Latency.down`, as any message. See `Deployment.notification`."""
    claims: str = "serial"
    """"serial": the claims of a connection are decided one after another, each from the table as of its query's beginning (L-23, L-24).
    "parallel", as in the first recordings: each at its own instant, from the table as it stands then, and never once its socket died."""
    database_processors: int | None = None
    """What the queries of claims share (L-25); None: they do not slow each other down."""
    database_pool: int | None = None
    """DATABASE_POOL_SIZE of each node (L-26); None: no claim waits for a connection to the database."""
    nodes: int = 1
    """Of Lightning: each has a pool (L-26)."""
    database_timeout: int | None = None
    """DATABASE_TIMEOUT: a longer query is broken off, and the channel's process dies (L-26); None: none is."""
    puts_back: bool = False
    """A run that is won by a claim whose socket has closed meanwhile is available again at once (L-27); otherwise it stays claimed."""
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
class OverQuota:
    """L-28: in [begins, ends) this project has used up its quota of runs, and none is created."""

    begins: int
    ends: int
    project: int


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
    over_quota: tuple[OverQuota, ...] = ()
    claim_errors: tuple[tuple[int, int], ...] = ()
    """Half-open intervals: a claim that is decided inside takes no run and gets an error reply (W-16)."""
    silent: tuple[tuple[int, int], ...] = ()
    """Half-open intervals: what reaches Lightning on a run's channel inside is processed and never answered."""


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
    resources: tuple[Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.latency.pairs and self.lightning.claims == "serial":
            raise ValueError('latency in pairs is that of claims decided in parallel: set lightning.claims to "parallel", or give no pairs')

    @property
    def notification(self) -> int:
        """From the push of `work-available` to its receipt (L-17)."""
        return self.latency.down if self.lightning.notification is None else self.lightning.notification

    @property
    def slots_share(self) -> bool:
        """Whether runs of one worker share anything but its slots (R-4, R-5)."""
        return any(worker.cores is not None or worker.memory is not None for worker in self.workers)

    @property
    def workers_come_and_go(self) -> bool:
        """Whether worker processes start or stop during the simulation (docs/failures.md)."""
        return bool(self.autoscalers) or any(worker.stops_at is not None or worker.restart is not None for worker in self.workers)
