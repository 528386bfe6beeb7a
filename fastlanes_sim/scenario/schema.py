"""The scenario file as a tree: what is deployed, what arrives, for how long, and what must hold.

The folder's other files hold its leaves. The models validate values one at a time; what concerns several values, and lint,
is in `checks.py`; reading files with line numbers is in `load.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from fastlanes_sim.core.fields import Count, Duration, Limit, Name, PositiveDuration, Strict, one_of, read_duration, wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from fastlanes_sim.scenario.adaptors import Adaptor, ColdStart
from fastlanes_sim.scenario.callers import Admission
from fastlanes_sim.scenario.incidents import Incidents
from fastlanes_sim.scenario.lives import Autoscaling, Crash, Deploy
from fastlanes_sim.scenario.network import read_database_time
from fastlanes_sim.scenario.options import check_backoff, check_layout
from fastlanes_sim.scenario.replay import Replay
from fastlanes_sim.scenario.slo import parse_slo
from fastlanes_sim.scenario.triggers import TimeZone, Trigger


def _check_slo(text: str) -> str:
    parse_slo(text)
    return text


class Workflow(Strict):
    concurrency: Limit | None = None
    """Most runs of this workflow at once; the project's limit where absent (L-12)."""
    copies: Count = 1
    """That many workflows alike, each with its own limit and its own traffic."""
    run_timeout: PositiveDuration | None = None
    """The workflow's own run timeout; Lightning's where absent (L-18, L-19)."""
    adaptor: Name | None = None
    """That its runs load on their worker (I-10)."""
    triggers: list[Trigger] = Field(default_factory=list)
    """What makes its runs; `type` says of which kind each is."""


class Project(Strict):
    concurrency: Limit | None = None
    """Most runs at once of those of its workflows that have no limit of their own (L-12)."""
    admission: Admission | None = None
    """Refuse webhooks of the fast lane beyond a limit, with 429; without this none is refused."""
    copies: Count = 1
    """That many projects alike, each with its own limit and its own traffic."""
    workflows: Annotated[dict[Name, Workflow], Field(min_length=1)]
    """By name."""


class Lightning(Strict):
    """The server's settings, by default as Lightning ships them."""

    ruleset: Annotated[Ruleset, one_of(Ruleset)] = Ruleset.PR_4515
    """Which state of Lightning: as pull request 4515 ships it, before it, with later fixes (`main`), or with priority gone (#4502)."""
    run_queue: Annotated[RunQueue, one_of(RunQueue)] = RunQueue.FIFO
    """In which order runs are claimed (L-9, L-16)."""
    per_workflow_claim_limit: Limit = 50
    """PER_WORKFLOW_CLAIM_LIMIT (L-11)."""
    broadcast_work_available: bool = True
    """BROADCAST_WORK_AVAILABLE (L-17)."""
    work_available_debounce: Duration = 500 * MILLISECOND
    """From a run's creation to the notification of the workers (L-17)."""
    run_timeout: PositiveDuration = 300 * SECOND
    """WORKER_MAX_RUN_DURATION_SECONDS (L-18, L-19)."""
    grace_period: Duration = 10 * SECOND
    """RUN_GRACE_PERIOD_SECONDS (L-18)."""
    webhook_response_timeout: PositiveDuration = 30 * SECOND
    """WEBHOOK_RESPONSE_TIMEOUT_MS (L-20)."""
    janitor_every: PositiveDuration = 5 * MINUTE
    """The janitor's period, counted from midnight (L-18)."""
    cron_spacing: Duration = 5 * MILLISECOND
    """Between runs that one minute's cron ticks create one after another (L-21)."""


DatabaseTime = Annotated[
    int | dict[int, int] | Literal["measured"],
    BeforeValidator(read_database_time),
    WithJsonSchema({"type": ["string", "integer", "object"], "description": "a duration, {active runs: duration}, or measured"}),
]


def _read_warm_up(value: Any) -> Any:
    return value if value in ("mser-5", "none") or value is None else read_duration(value)


WarmUp = Annotated[
    int | Literal["mser-5", "none"],
    BeforeValidator(_read_warm_up),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration, mser-5 or none"}),
]


class Network(Strict):
    """How long messages between worker and Lightning take."""

    request: Duration = 10 * MILLISECOND
    """A claim's way to Lightning (W-16)."""
    database: DatabaseTime = 5 * MILLISECOND
    """Time of a claim in the database: a duration; a curve `{active runs: duration}`, linear in between; or `measured`,
    PostgreSQL 15's curve for as many workflows as the scenario has."""
    reply: Duration = 10 * MILLISECOND
    """The answer's way back to the worker (W-16)."""
    notification: Duration = 10 * MILLISECOND
    """A notification's way to the worker (L-17)."""


class Outage(Strict):
    """The workers of this group have no connection from `from` until `to` (offsets from the start)."""

    begins: Duration = Field(alias="from")
    """The socket closes then (W-12)."""
    ends: PositiveDuration = Field(alias="to")
    """From then on an attempt to reconnect succeeds (W-12)."""

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Outage:
        if self.ends <= self.begins:
            raise wrong("an outage ends after it begins", "write a later `to`, or an earlier `from`")
        return self


class WorkerGroup(Strict):
    """Workers alike. Either `workloops` or `capacity`, never both (W-18)."""

    name: Name = "worker"
    """Of the group; its replicas are numbered."""
    replicas: Count = 1
    """How many workers of this group there are."""
    workloops: Annotated[str, AfterValidator(check_layout)] | None = None
    """WORKER_WORKLOOPS: `fast_lane:1 manual>*:4`."""
    capacity: Limit | None = None
    """WORKER_CAPACITY: c is short for workloops `manual>*:c`."""
    backoff: Annotated[str, AfterValidator(check_backoff)] = "1/10"
    """WORKER_BACKOFF: least/most seconds between polls (W-3)."""
    claim_timeout: PositiveDuration = 3_600 * SECOND
    """WORKER_CLAIM_TIMEOUT_SECONDS (W-16)."""
    verification: Duration | None = None
    """How long a run token takes to verify; absent: tokens are not verified (W-8)."""
    connect: Duration = 0
    """When the first replica connects, from the start."""
    stagger: Duration = 0
    """Between one replica's connection and the next's."""
    outages: list[Outage] = Field(default_factory=list)
    crashes: list[Crash] = Field(default_factory=list)
    deploys: list[Deploy] = Field(default_factory=list)
    autoscaling: Autoscaling | None = None
    """Instead of `replicas`."""
    claim_chains: Literal["real", "single"] = "real"
    """`single` turns the worker's multiplying and dying claim chains off."""
    dispatch: Literal["real", "ideal"] = "real"
    """`ideal`: a free slot takes an eligible run at once, without polls or latency: the server of queueing theory."""

    @property
    def most_replicas(self) -> int:
        """At any time."""
        return self.replicas if self.autoscaling is None else self.autoscaling.max


class Scenario(Strict):
    """One question, ready to simulate."""

    version: Literal[1] = 1
    """Of the file format."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    """Small letters, digits, `-` and `_`; the file's own name where absent. Results are written to `results/NAME`."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Of all that is drawn. The same seed gives the same runs, whatever serves them."""
    start: datetime = datetime(2026, 1, 5)
    """Local time in `timezone` at which the simulation begins."""
    timezone: TimeZone = "UTC"
    """Of `start`, crons and times of the week: a name of the IANA database, such as Africa/Addis_Ababa."""
    horizon: PositiveDuration
    """How long is simulated."""
    kind: Literal["terminating", "steady"] = "terminating"
    """`terminating`: the question is about just this span, such as a day from 06:00, its empty beginning included. `steady`: it is about
    the long run, and what replications tell leaves the warm-up out."""
    warm_up: WarmUp | None = None
    """Of a steady scenario: how long the beginning is left out of replications, `mser-5` (found out, the default) or `none`."""
    lightning: Lightning = Lightning()
    """The server's settings."""
    network: Network = Network()
    """How long messages take."""
    incidents: Incidents = Incidents()
    """What goes wrong at Lightning, and when (docs/incidents.md)."""
    startup: Distribution = Distribution(constant="500ms")  # type: ignore[arg-type]
    """From the worker's receipt of a run to its start, where a trigger does not say otherwise."""
    cold_start: ColdStart | None = None
    """What the first run of an adaptor on a worker takes beyond its startup, where `adaptors` does not say otherwise (I-10)."""
    adaptors: dict[Name, Adaptor] = Field(default_factory=dict)
    """Adaptors with a cold start of their own."""
    traffic: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    """All triggers' runs times this: rates are multiplied; each run that comes at a set time (cron, every, at, burst) comes that often on
    average, such as once or twice for 1.3."""
    replay: Replay | None = None
    """A file of real runs as traffic, instead of or beside triggers."""
    projects: Annotated[dict[Name, Project], Field(min_length=1)]
    """With `replay`, those that the file names need not be written here."""
    workers: Annotated[list[WorkerGroup], Field(min_length=1)]
    """What serves the runs."""
    slos: list[Annotated[str, AfterValidator(_check_slo)]] = Field(default_factory=list)
    """What must hold, such as `p99(fast_lane.response) < 30s`."""

    @model_validator(mode="after")
    def warms_up_only_if_steady_and_in_time(self) -> Scenario:
        if self.kind == "terminating" and self.warm_up not in (None, "none"):
            raise wrong("a terminating scenario has no warm-up", "write `kind: steady`, or leave `warm_up` out")
        if isinstance(self.warm_up, int) and self.warm_up >= self.horizon:
            raise wrong("the warm-up leaves nothing of the horizon", "write a shorter `warm_up`, or a longer `horizon`")
        return self

    @model_validator(mode="after")
    def replays_the_file_as_it_is(self) -> Scenario:
        if self.replay is not None and self.traffic != 1:
            raise wrong("a replay plays the runs of its file as they are", "leave `traffic` out, or calibrate a scenario from the file")
        return self

    @field_validator("start", mode="before")
    @classmethod
    def reads_a_local_time(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                raise wrong(f"{show(value)} is not a time", "write a local time such as 2026-01-05 or 2026-01-05T06:00") from None
        if isinstance(value, datetime) and value.tzinfo is not None:
            raise wrong("start is a local time", "leave the offset out and name the `timezone`")
        if isinstance(value, datetime) and not 1970 <= value.year < 2200:
            raise wrong(f"the year {value.year} is out of reach", "write a start between 1970 and 2199")
        return value
