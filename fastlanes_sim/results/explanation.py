"""What the waits of a lane, project or workflow were made of, of all its runs and of the slowest, and whose limit it was: in numbers and in
words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.scopes import ALL, Scope
from fastlanes_sim.results.attribution import Attribution
from fastlanes_sim.results.connected_workloops import gaps
from fastlanes_sim.results.queue_causes import serves
from fastlanes_sim.results.series import bins_of
from fastlanes_sim.results.split import Split
from fastlanes_sim.results.worker_processes import come_and_go
from fastlanes_sim.rules.causes import LIMITS, Cause
from fastlanes_sim.rules.creation import Queue

SLOWEST = 0.01
"""Share of a lane's runs that count as its slowest; at least one does."""


_SATURATED = "claims waited for claims: one connection decides its claims one after another (L-23), so more workers help, not more slots"


@dataclass(frozen=True, slots=True)
class WaitSplit(Split):
    """How the waits of some runs divide among the causes."""

    @property
    def cause(self) -> Cause | None:
        """The largest part; None where nobody waited."""
        return Cause(max(Cause, key=lambda cause: (self.micros[cause], -cause))) if self.total else None

    def to_json(self) -> dict[str, object]:
        parts = {f"{cause.label}_s": self.mean(cause) / SECOND for cause in Cause if self.micros[cause]}
        return {"runs": self.runs, "mean_wait_s": self.mean() / SECOND, **parts}


@dataclass(frozen=True, slots=True)
class Limited:
    """Whose limit held back most of the slowest runs' wait that a limit held back (L-11, L-12)."""

    cause: Cause
    """CLAIM_LIMIT or CONCURRENCY."""
    workflow: int
    """Index of the workflow whose runs waited most for it."""
    is_projects: bool
    """It is the project's limit, which the workflow shares with others (L-12)."""
    limit: int
    name: str
    """`project clinic` or `workflow clinic/import`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the runs of a lane, or of another scope, waited."""

    lane: str
    """Of a project or workflow the lane in which most of the slowest runs' wait was."""
    all: WaitSplit
    slowest: WaitSplit
    limited: Limited | None
    """Where `cause` is a limit."""
    slots: int | None
    """That take this lane's runs, over all workers; None where they were not all there while the slowest runs waited."""
    in_line: float = 0.0
    """µs that the claims which won the slowest runs waited, on average, until their query began: behind others of their connection (L-23),
    or for a connection to the database (L-26)."""
    in_database: float = 0.0
    """µs that their queries took, on average."""
    scope: Scope = ALL
    """Whose runs they are."""
    workers_come_and_go: bool = False
    """Worker processes start or stop during the simulation (docs/failures.md)."""

    @property
    def name(self) -> str:
        """Of the scope, as it is written: `fast_lane`, `workflow.clinic.import`."""
        return self.lane if self.scope == ALL else str(self.scope)

    @property
    def cause(self) -> Cause | None:
        """The largest part of the slowest runs' wait."""
        return self.slowest.cause

    @property
    def sentence(self) -> str:
        """`92 % of the wait of the slowest 7 fast_lane runs (mean 41 s) was concurrency of project p1 (limit 2): …`"""
        if self.cause is None:
            return f"No {self.name} run waited."
        many = f"the slowest {self.slowest.runs:,} {self.name} runs" if self.slowest.runs > 1 else f"the slowest {self.name} run"
        mean = f"mean {format_duration(self.slowest.mean())}" if self.slowest.runs > 1 else format_duration(self.slowest.mean())
        return f"{100 * self.slowest.share(self.cause):.0f} % of the wait of {many} ({mean}) was {self.what}: {self._meaning}."

    @property
    def is_saturated(self) -> bool:
        """L-23: most of what held back the slowest runs are claims that waited for other claims."""
        return self.cause in (Cause.CLAIM, Cause.PENDING) and self.in_line > self.in_database

    @property
    def what(self) -> str:
        """The cause, with the name of the limit where it is one."""
        if self.cause is None:
            return "nothing"
        whose = "" if self.limited is None else f" of {self.limited.name} (limit {self.limited.limit:,})"
        return f"`{self.cause.label}`{whose}"

    @property
    def _meaning(self) -> str:
        if self.slots is None:
            slots = "every slot that took it at the time was"
        else:
            slots = "the only slot that takes it was" if self.slots == 1 else f"all {self.slots:,} slots that take it were"
        return {
            Cause.CLAIM_LIMIT: "slots were free, and no claim sees these runs (L-11)",
            Cause.CONCURRENCY: "slots were free, and may not take these runs (L-14)",
            Cause.UNSERVED: f"no workloop takes {self.lane} (L-6)",
            Cause.OUTAGE: f"no worker that takes it was {'on duty (F-8)' if self.workers_come_and_go else 'connected (W-12)'}",
            Cause.LEAKED: f"{slots} lost, to runs that nobody frees or claims that nobody answers (W-13a, W-16)",
            Cause.CLAIM: _SATURATED if self.is_saturated else "the claim that won was under way or in the database (W-16)",
            Cause.SLOTS: f"{slots} busy",
            Cause.PENDING: _SATURATED if self.is_saturated else "free slots were taken up by unanswered claims (W-16)",
            Cause.STOPPED: "there was room, but the workloops had stopped asking for good (W-6)",
            Cause.POLLING: "a slot was free, and nobody had asked yet (W-7)",
            Cause.START: "what comes after Lightning's decision: reply, join, cold start (W-15)",
            None: "",
        }[self.cause]

    def to_json(self) -> dict[str, object]:
        """Means in seconds; causes that took no time are left out."""
        return {"all": self.all.to_json(), "slowest": self.slowest.to_json(), "sentence": self.sentence}


def explain(deployment: Deployment, table: RunTable, log: RunLog, attribution: Attribution) -> list[Explanation]:
    """One for each lane that has runs, in the order of `rules.creation.Queue`."""
    found = []
    for queue in Queue:
        members = np.flatnonzero(arrived(log) & (table.queue == queue))
        if len(members):
            found.append(explain_runs(deployment, table, log, attribution, members, Scope("lane", (queue.label,))))
    return found


def explain_runs(
    deployment: Deployment, table: RunTable, log: RunLog, attribution: Attribution, members: npt.NDArray[np.int64], scope: Scope
) -> Explanation:
    """Of these rows of the table, at least one, which are the created runs of `scope`."""
    late = slowest(_waits(attribution, members))
    micros = _rows(attribution, members[late])
    split = WaitSplit.of(micros)
    of_lane = np.bincount(table.queue[members[late]], weights=micros.sum(axis=1) + 1, minlength=len(Queue))
    queue = Queue(int(of_lane.argmax()))
    limited = _limited(deployment, table.workflow[members[late]], micros, split.cause)
    slots = _slots(deployment, log, queue, members[late])
    claims = _of_claims(deployment, log, members[late])
    whole = WaitSplit(len(members), tuple(_sum(attribution, members, cause) for cause in Cause))
    large_arrays.release()
    return Explanation(queue.label, whole, split, limited, slots, *claims, scope, come_and_go(deployment, log))


def limits_met(deployment: Deployment, table: RunTable, log: RunLog, members: npt.NDArray[np.int64]) -> list[Limited]:
    """Every limit that any of these rows was beyond at any time, whether slots were free or not; what held back most runs first."""
    assert log.changes is not None
    changes, chosen = log.changes.runs, np.zeros(len(table), np.bool_)
    chosen[members] = True
    mine = chosen[changes.subject]
    found = []
    for cause in LIMITS:
        rows = np.unique(changes.subject[mine & (changes.cause == cause)])
        workflows = table.workflow[rows]
        while len(workflows):
            limited = _limited(deployment, workflows, np.ones((len(workflows), len(Cause)), np.int64), cause)
            assert limited is not None
            own = np.array([one.concurrency is not None for one in deployment.workflows])
            project = np.array([one.project for one in deployment.workflows])
            same = workflows == limited.workflow
            if limited.is_projects:
                same = (project[workflows] == project[limited.workflow]) & ~own[workflows]
            found.append((int(same.sum()), limited))
            workflows = workflows[~same]
    return [limited for _, limited in sorted(found, key=lambda one: -one[0])]


def _slots(deployment: Deployment, log: RunLog, queue: Queue, runs: npt.NDArray[np.int64]) -> int | None:
    """That take a queue's runs; None where they were not all there, from the insertion to the claim of any of these rows."""
    assert log.changes is not None
    if come_and_go(deployment, log):
        return None
    serving = serves(queue, deployment)
    claimed, ended = log.claimed_at[runs], log.ended_at[runs]
    until = np.where(claimed != NEVER, claimed, np.where(ended != NEVER, ended, log.ended_on))
    if gaps(log.changes.workloops, serving, log.ended_on).meet(log.inserted_at[runs], until).any():
        return None
    capacity = [loop.capacity for worker in deployment.workers for loop in worker.workloops]
    return sum(slots for slots, is_serving in zip(capacity, serving, strict=True) if is_serving)


def _of_claims(deployment: Deployment, log: RunLog, runs: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean µs in line and in the database of the claims that won these runs; (0, 0) where none did, or nobody waits in line."""
    assert log.changes is not None
    asked = log.changes.asked_at[runs]
    won = (asked != NEVER) & (log.claimed_at[runs] != NEVER)
    if not won.any() or deployment.lightning.claims != "serial":
        return 0.0, 0.0
    began, claimed = log.began_at[runs][won], log.claimed_at[runs][won]
    in_line = np.maximum(began - asked[won] - deployment.latency.up, 0)
    return float(in_line.mean()), float((claimed - began).mean())


def slowest(waits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Places of those that waited longest, of equal ones the first, in ascending order. `waits` has one entry a run, at least one."""
    count = max(1, math.ceil(SLOWEST * len(waits)))
    least = np.partition(waits, len(waits) - count)[len(waits) - count]
    longer = np.flatnonzero(waits > least)
    return np.sort(np.concatenate([longer, np.flatnonzero(waits == least)[: count - len(longer)]]))


def _waits(attribution: Attribution, members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """In µs, of each of these rows."""
    waits = np.zeros(len(members), np.int64)
    for cause in Cause:
        waits += attribution.of(cause)[members]
        large_arrays.release()
    return waits


def _rows(attribution: Attribution, members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """`attribution.micros` of these rows, of which not all columns are in memory at a time."""
    micros = np.empty((len(members), len(Cause)), np.int64)
    for cause in Cause:
        micros[:, cause] = attribution.of(cause)[members]
        large_arrays.release()
    return micros


def _sum(attribution: Attribution, members: npt.NDArray[np.int64], cause: Cause) -> int:
    """µs of all these rows together."""
    large_arrays.release()
    return int(attribution.of(cause)[members].sum())


@dataclass(frozen=True, slots=True)
class OverTime:
    """The mean wait of some runs that were inserted in each span of time, by cause."""

    edges: npt.NDArray[np.int64]
    """µs since the start, one more than spans."""
    runs: npt.NDArray[np.int64]
    """By span."""
    mean: npt.NDArray[np.float64]
    """µs by span and cause; 0 where there are no runs."""


def over_time(log: RunLog, attribution: Attribution, members: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]) -> OverTime:
    """Of these rows of the table, created runs, by when they were inserted."""
    spans = len(edges) - 1
    place = bins_of(log.inserted_at[members], edges)
    runs = np.bincount(place, minlength=spans)
    sums = []
    for cause in Cause:
        sums.append(np.bincount(place, weights=attribution.of(cause)[members], minlength=spans))
        large_arrays.release()
    return OverTime(edges, runs, np.stack(sums, axis=1) / np.maximum(runs, 1)[:, None])


def _limited(deployment: Deployment, workflow: npt.NDArray[np.int32], micros: npt.NDArray[np.int64], cause: Cause | None) -> Limited | None:
    if cause not in (Cause.CLAIM_LIMIT, Cause.CONCURRENCY):
        return None
    workflows = deployment.workflows
    held = np.bincount(workflow, weights=micros[:, cause], minlength=len(workflows))
    if cause is Cause.CLAIM_LIMIT:
        worst = int(held.argmax())
        return Limited(cause, worst, False, deployment.lightning.claim_limit, _full_name(deployment, worst))
    own = np.array([one.concurrency is not None for one in workflows])
    group = np.array([NEVER - number if is_own else one.project for number, (one, is_own) in enumerate(zip(workflows, own, strict=True))])
    groups, place = np.unique(group, return_inverse=True)
    which = groups[np.bincount(place, weights=held).argmax()]
    worst = int(np.where(group == which, held, -1).argmax())
    if own[worst]:
        return Limited(cause, worst, False, _known(workflows[worst].concurrency), _full_name(deployment, worst))
    project = deployment.projects[workflows[worst].project]
    return Limited(cause, worst, True, _known(project.concurrency), f"project {project.name}")


def _full_name(deployment: Deployment, workflow: int) -> str:
    one = deployment.workflows[workflow]
    return f"workflow {deployment.projects[one.project].name}/{one.name}"


def _known(limit: int | None) -> int:
    assert limit is not None, "a run waited for a limit that is none"
    return limit


def of_lane(explanations: Sequence[Explanation], lane: str) -> Explanation | None:
    return next((one for one in explanations if one.lane == lane), None)
