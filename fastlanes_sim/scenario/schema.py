"""The scenario file as a tree: what is deployed, what arrives, for how long, and what must hold.

The larger branches are in files of their own. The models validate values one at a time; what concerns several values is in `checks`,
what is suspicious in `lint`; reading files with line numbers is in `load`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.fields import (
    Count,
    Duration,
    Limit,
    Name,
    PositiveDuration,
    Probability,
    Size,
    Strict,
    one_of,
    read_duration,
    wrong,
)
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from fastlanes_sim.scenario.calls import Call
from fastlanes_sim.scenario.incidents import Incidents
from fastlanes_sim.scenario.messages import Messages
from fastlanes_sim.scenario.network import Network
from fastlanes_sim.scenario.resources import Resource, Use
from fastlanes_sim.scenario.triggers import TimeZone, Trigger
from fastlanes_sim.scenario.uncertainty import Uncertainty
from fastlanes_sim.scenario.workers import WorkerGroup


def _check_slo(text: str) -> str:
    try:
        parse_objective(text)
    except MeasureError as error:
        raise wrong(error.message, error.hint, error.offset) from None
    return text


class Workflow(Strict):
    concurrency: Limit | None = None
    """The most runs of this workflow at once (L-12). Default: the project's limit."""
    copies: Count = 1
    """How many identical workflows there are, each with its own limit and its own traffic."""
    run_timeout: PositiveDuration | None = None
    """The workflow's own run timeout (L-18, L-19). Default: Lightning's."""
    adaptor: Name | None = None
    """The adaptor that its runs load on their worker (I-10)."""
    messages: Messages | None = None
    """What its runs make their worker and Lightning say to each other. Default: the scenario's `messages`, all of it."""
    triggers: list[Trigger] = Field(default_factory=list)
    """What makes its runs. `type` says the kind."""
    calls: list[Call] = Field(default_factory=list)
    """Runs of other workflows that its runs cause (docs/chains.md)."""
    uses: list[Use] = Field(default_factory=list)
    """Resources that its runs use for a part of their service (docs/resources.md)."""
    memory: Size | None = None
    """What one of its runs takes on its worker, from its launch to its end (R-5). Default: nothing."""

    @property
    def uses_in_order(self) -> list[Use]:
        """As a run comes to them."""
        return sorted(self.uses, key=lambda use: use.begins)


class Admission(Strict):
    """Admission control for the fast lane (lightning #4573, a proposal): beyond the limit, webhooks are answered with 429."""

    fast_lane: Limit
    """While the project has this many active fast-lane runs, available ones included, further requests are refused."""
    retry_after: Duration = 0
    """The Retry-After that comes with the 429."""


class Project(Strict):
    concurrency: Limit | None = None
    """The most runs at once of all its workflows that have no limit of their own (L-12)."""
    admission: Admission | None = None
    """Refuse webhooks of the fast lane beyond a limit, with 429. Default: none is refused."""
    copies: Count = 1
    """How many identical projects there are, each with its own limit and its own traffic."""
    workflows: Annotated[dict[Name, Workflow], Field(min_length=1)]
    """By name."""


class Lightning(Strict):
    """The server's settings, by default as Lightning ships them."""

    ruleset: Annotated[Ruleset, one_of(Ruleset)] = Ruleset.PR_4515
    """Which state of Lightning: as pull request 4515 ships it, before it, as of March 2026 (`main-4547`), the newest (`main`), or with
    priority gone (#4502, an assumption). They differ in what L-3 says of custom replies and Kafka, and before 4515 in queues."""
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
    database_processors: Limit = 4
    """Processors of the database. Claims that are in it at once share them (L-25)."""
    database_pool_size: Limit = 10
    """DATABASE_POOL_SIZE of each node: so many claims are in the database at once at most, the others wait (L-26)."""
    nodes: Limit = 1
    """How many nodes Lightning has. Each has a pool of connections to the database (L-26)."""
    database_timeout: PositiveDuration = 15 * SECOND
    """DATABASE_TIMEOUT: the query of a claim that takes longer is broken off, and the claim's channel dies with it (L-26)."""
    puts_back_unheard_claims: bool = False
    """A run that is given to a claim whose socket has closed meanwhile is available again at once (L-27, lightning #3566, never merged)."""
    cron_spacing: Duration = 5 * MILLISECOND
    """Between runs that a background job creates one after another: a cron tick, or a bulk retry from the start (L-21)."""


def _read_warm_up(value: Any) -> Any:
    return value if value in ("mser-5", "none") or value is None else read_duration(value)


WarmUp = Annotated[
    int | Literal["mser-5", "none"],
    BeforeValidator(_read_warm_up),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration, mser-5 or none"}),
]


class ColdStart(Strict):
    """What the first run of an adaptor on a worker takes beyond its startup (I-10)."""

    probability: Probability = 1.0
    """The probability that it takes any time."""
    time: Distribution
    """How long it takes then."""


class Adaptor(Strict):
    cold_start: ColdStart | None = None
    """Default: the scenario's `cold_start`."""


class Replay(Strict):
    """Exactly these insertions, service times and claimed→started overheads. `runs.csv` alone is short for `{file: runs.csv}`."""

    file: str
    """CSV or Parquet; a relative path begins at the scenario's folder."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the file's content. If it is written, the file must have this content. It is part of the scenario's hash either way."""
    timezone: TimeZone = "UTC"
    """Of times without an offset."""

    @model_validator(mode="before")
    @classmethod
    def a_bare_file_is_short(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, and the short form beside it."""
        reference = handler(core_schema)
        whole = handler.resolve_ref_schema(reference)
        mapping = dict(whole)
        whole.clear()
        whole.update(anyOf=[{"type": "string", "description": "the file alone"}, mapping])
        return reference


class Scenario(Strict):
    """One question, ready to simulate."""

    version: Literal[1] = 1
    """Of the file format."""
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    """Small letters, digits, `-` and `_`. Default: the file's own name; if that has letters of other alphabets, with a short hash of it.
    Results are written to `results/NAME`."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    """Of all random numbers. The same seed gives the same runs, whatever serves them."""
    start: datetime = datetime(2026, 1, 5)
    """Local time in `timezone` at which the simulation begins."""
    timezone: TimeZone = "UTC"
    """Of `start`, crons and times of the week: a name of the IANA database, such as Africa/Addis_Ababa."""
    horizon: PositiveDuration
    """How long is simulated."""
    kind: Literal["terminating", "steady"] = "terminating"
    """`terminating`: the question is about just this span, such as a day from 06:00, its empty beginning included. `steady`: it is about
    the long run, and replications leave out the warm-up."""
    warm_up: WarmUp | None = None
    """Of a steady scenario: how much of the beginning replications leave out. `mser-5` (the default) finds it out; `none` is nothing."""
    lightning: Lightning = Lightning()
    """The server's settings."""
    network: Network = Network()
    """How long messages take."""
    incidents: Incidents = Incidents()
    """What goes wrong at Lightning, and when (docs/incidents.md)."""
    startup: Distribution = Distribution(constant="500ms")  # type: ignore[arg-type]
    """From a run's launch to its start, unless a trigger says otherwise: fork and compilation. What is fetched before the launch comes on
    top: three round trips from the worker's receipt of the run, one more with credentials (W-15)."""
    messages: Messages = Messages()
    """What runs make their worker and Lightning say to each other, unless a workflow says otherwise."""
    cold_start: ColdStart | None = None
    """What the first run of an adaptor on a worker takes beyond its startup, unless `adaptors` says otherwise (I-10)."""
    adaptors: dict[Name, Adaptor] = Field(default_factory=dict)
    """Adaptors with a cold start of their own."""
    traffic: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    """A factor for the runs of all triggers. Rates are multiplied. Each run at a set time (cron, every, at, burst) comes this often on
    average: once or twice for 1.3."""
    replay: Replay | None = None
    """A file of real runs as traffic, instead of triggers or in addition to them."""
    resources: dict[Name, Resource] = Field(default_factory=dict)
    """Systems outside that runs use (docs/resources.md)."""
    projects: Annotated[dict[Name, Project], Field(min_length=1)]
    """With `replay`, those that the file names need not be written here."""
    workers: Annotated[list[WorkerGroup], Field(min_length=1)]
    """What serves the runs."""
    slos: list[Annotated[str, AfterValidator(_check_slo)]] = Field(default_factory=list)
    """What must hold, such as `p99(fast_lane.response) < 30s`."""
    uncertainty: Annotated[Uncertainty | None, Field(exclude=True)] = None
    """How sure the values above are, as `calibrate` writes it. `--inputs` carries it into the intervals. It is no part of the hash."""

    def messages_of(self, workflow: Workflow) -> Messages:
        """What its runs make their worker and Lightning say to each other."""
        return self.messages if workflow.messages is None else workflow.messages

    def cold_start_of(self, adaptor: str | None) -> ColdStart | None:
        """I-10: what loading an adaptor for the first time takes; None: nothing, or there is no adaptor."""
        own = self.adaptors.get(adaptor) if adaptor is not None else None
        return (own and own.cold_start) or (self.cold_start if adaptor is not None else None)

    @model_validator(mode="after")
    def warms_up_only_if_steady_and_in_time(self) -> Scenario:
        if self.kind == "terminating" and self.warm_up not in (None, "none"):
            raise wrong("a terminating scenario has no warm-up", "write `kind: steady`, or remove `warm_up`")
        if isinstance(self.warm_up, int) and self.warm_up >= self.horizon:
            raise wrong("the warm-up takes the whole horizon", "write a shorter `warm_up`, or a longer `horizon`")
        return self

    @model_validator(mode="after")
    def replays_the_file_as_it_is(self) -> Scenario:
        if self.replay is not None and self.traffic != 1:
            raise wrong(
                "`traffic` does not apply to a replay: the runs of its file stay as they are",
                "remove `traffic`, or calibrate a scenario from the file",
            )
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
            raise wrong("start is a local time", "remove the offset and name the `timezone`")
        if isinstance(value, datetime) and not 1970 <= value.year < 2200:
            raise wrong(f"the year {value.year} is out of range", "write a start between 1970 and 2199")
        return value


def json_schema() -> dict[str, Any]:
    """The scenario file as a JSON Schema (draft 2020-12), for editors. The docstrings of fields are its descriptions."""
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "fastlanes-sim scenario"
    schema["required"] = [key for key in schema.get("required", []) if key not in ("name", "projects")]
    schema["anyOf"] = [{"required": ["projects"]}, {"required": ["replay"]}]
    return schema
