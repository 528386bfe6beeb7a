"""What could be changed about each cause of waiting, in the settings of a scenario: the candidates that `advise` simulates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fastlanes_sim.core.units import MINUTE, SECOND, format_duration
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import passes_filter
from fastlanes_sim.rules.layout_parser import ParsedWorkloop, parse_workloops
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.expansion import PlacedWorkflow, copies, placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup

MOST_STEPS = 60
_MOST_SLOTS = 64

Overrides = dict[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a scenario."""

    words: str
    """What it does, as in `raising its limit from 2 to 4`."""
    overrides: Overrides
    """By dotted path, as `--set` takes them."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One kind of change, in steps of which each goes further than the one before."""

    steps: tuple[Step, ...]
    is_real: bool = True
    """False: a what-if; nobody can set it, but it says how much there is to gain."""


def remedies(scenario: Scenario, why: Explanation, cause: Cause) -> list[Remedy]:
    """For one cause of a lane's waits, what goes to its root first; empty where no setting has a hold on it."""
    candidates: dict[Cause, Callable[[Scenario, Explanation], Iterator[Remedy]]] = {
        Cause.CLAIM_LIMIT: _of_claim_limit,
        Cause.CONCURRENCY: _of_concurrency,
        Cause.UNSERVED: _of_unserved,
        Cause.OUTAGE: _of_outage,
        Cause.LEAKED: _of_leaked,
        Cause.CLAIM: _of_claim,
        Cause.SLOTS: _of_slots,
        Cause.PENDING: _of_pending,
        Cause.STOPPED: _of_stopped,
        Cause.POLLING: _of_polling,
    }
    return [remedy for remedy in candidates[cause](scenario, why) if remedy.steps] if cause in candidates else []


def more_of_everything(scenario: Scenario) -> Step:
    """What comes to mind first, to be held against the advice: twice the slots."""
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        changes |= _with_layout(number, group, [(loop, 2 * loop.capacity) for loop in _loops(group)])
    return Step("twice the slots of every workloop", changes)


# --- by cause ---


def _of_claim_limit(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    limit = scenario.lightning.per_workflow_claim_limit
    yield Remedy(
        tuple(
            Step(f"raising PER_WORKFLOW_CLAIM_LIMIT from {limit:,} to {more:,}", {"lightning.per_workflow_claim_limit": more})
            for more in _beyond(limit)
        )
    )


def _of_concurrency(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    if why.limited is None or why.cause is not Cause.CONCURRENCY:
        return
    workflow = placed_workflows(scenario)[why.limited.workflow]
    project_key, workflow_key = _keys(scenario, workflow)
    own = f"projects.{project_key}.workflows.{workflow_key}.concurrency"
    path = f"projects.{project_key}.concurrency" if why.limited.is_projects else own
    limit = why.limited.limit
    yield Remedy(tuple(Step(f"raising its limit from {limit:,} to {more:,}", {path: more}) for more in _beyond(limit)))
    if why.limited.is_projects and len(scenario.projects[project_key].workflows) > 1:
        # L-12: with a limit of its own a workflow is numbered apart from the others.
        yield Remedy(
            tuple(
                Step(f"giving workflow {workflow.full_name} a limit of its own of {most:,}", {own: most})
                for most in (limit, *_beyond(limit))
            )
        )


def _of_unserved(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    for number, group in enumerate(scenario.workers):
        text = f"{group.layout} {why.lane}:1"
        yield Remedy((Step(f"giving {group.name} a workloop {why.lane}:1", _set_layout(number, group, text)),))


def _of_outage(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    for number, group in enumerate(scenario.workers):
        if group.restart == "never" and _outages_end(scenario, group):
            words = f"restarting a process of {group.name} that exits by itself (W-15a)"
            yield Remedy((Step(words, {f"workers.{number}.restart": "5s"}),))
    changes: Overrides = {f"workers.{number}.outages": [] for number, group in enumerate(scenario.workers) if group.outages}
    changes |= {
        f"workers.{number}.{what}": []
        for number, group in enumerate(scenario.workers)
        for what, events in (("crashes", group.crashes), ("deploys", group.deploys))
        if events
    }
    changes |= {f"workers.{number}.connect": "0s" for number, group in enumerate(scenario.workers) if group.connect}
    if changes:
        yield Remedy((Step("workers that are always connected", changes),), is_real=False)


def _of_leaked(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    """W-13a: a longer message timeout outlasts an outage. W-16: a shorter claim timeout ends the wait for a claim that nobody answers."""
    for number, group in enumerate(scenario.workers):
        longer = [time for time in (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE) if time > group.message_timeout]
        yield Remedy(
            tuple(
                Step(
                    f"raising WORKER_MESSAGE_TIMEOUT_SECONDS of {group.name} from {group.message_timeout // SECOND:,} to {time // SECOND}",
                    {f"workers.{number}.message_timeout": f"{time // SECOND}s"},
                )
                for time in longer
            )
        )
    yield from _shorter_claim_timeouts(scenario)
    yield from _restarts_after_outages(scenario)
    yield from _of_outage(scenario, why)


def _restarts_after_outages(scenario: Scenario) -> Iterator[Remedy]:
    """W-13a: a lost slot comes back with a new process only."""
    for number, group in enumerate(scenario.workers):
        ends = _outages_end(scenario, group)
        if ends and not group.deploys and group.autoscaling is None:
            restarts = [{"at": f"{end + MINUTE}us"} for end in ends if end + MINUTE < scenario.horizon]
            words = f"restarting {group.name} a minute after each outage"
            yield Remedy((Step(words, {f"workers.{number}.deploys": restarts}),) if restarts else ())


def _outages_end(scenario: Scenario, group: WorkerGroup) -> list[int]:
    """When outages of this group are over; none of ideal workers, which have no connection to lose."""
    if group.dispatch == "ideal":
        return []
    return sorted({outage.ends for outage in group.outages} | {down.ends for down in scenario.incidents.lightning_down})


def _of_claim(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    yield from _more_workers(scenario, why)
    ways = ("latency",) if scenario.network.latency is not None else ("request", "reply")
    fast: Overrides = {"network.database": "5ms", **{f"network.{way}": "10ms" for way in ways}}
    yield Remedy((Step("claims that take 25 ms", fast),), is_real=False)


def _of_slots(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    yield from _pinned(scenario, why)
    yield from _more_slots(scenario, why)
    yield from _more_workers(scenario, why)


def _more_workers(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    """L-23: each has a connection of its own, whose claims wait for no others."""
    for number, group in enumerate(scenario.workers):
        if not any(_takes(loop, why.lane, scenario) for loop in _loops(group)):
            continue
        if (scaling := group.autoscaling) is not None:
            yield Remedy(
                tuple(
                    Step(f"keeping at least {many:,} {group.name} workers", {f"workers.{number}.autoscaling.min": many})
                    for many in range(scaling.min + 1, min(scaling.max, scaling.min + _MOST_SLOTS) + 1)
                )
            )
        else:
            yield Remedy(
                tuple(
                    Step(f"going from {group.replicas:,} to {many:,} {group.name} workers", {f"workers.{number}.replicas": many})
                    for many in range(group.replicas + 1, group.replicas + 1 + _MOST_SLOTS)
                )
            )


def _of_pending(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    if why.is_saturated:
        yield from _more_workers(scenario, why)
    yield from _shorter_claim_timeouts(scenario)
    yield from _more_slots(scenario, why)


def _shorter_claim_timeouts(scenario: Scenario) -> Iterator[Remedy]:
    for number, group in enumerate(scenario.workers):
        shorter = [time for time in (10 * MINUTE, MINUTE, 30 * SECOND, 10 * SECOND, 5 * SECOND) if time < group.claim_timeout]
        yield Remedy(
            tuple(
                Step(
                    f"lowering WORKER_CLAIM_TIMEOUT_SECONDS of {group.name} from {group.claim_timeout // SECOND:,} to {time // SECOND}",
                    {f"workers.{number}.claim_timeout": f"{time // SECOND}s"},
                )
                for time in shorter
            )
        )


def _of_stopped(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    yield from _announcing(scenario)
    yield from _more_slots(scenario, why)
    changes: Overrides = {f"workers.{number}.claim_chains": "single" for number in range(len(scenario.workers))}
    yield Remedy((Step("a worker whose workloops do not stop for good (`claim_chains: single`)", changes),), is_real=False)


def _of_polling(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    yield from _announcing(scenario)
    steps = []
    for most in (5, 2, 1, 0.5, 0.2, 0.1):
        changes: Overrides = {}
        for number, group in enumerate(scenario.workers):
            low, high = effective_backoff(*parse_backoff(group.backoff))
            if 1_000 * most < high:
                changes[f"workers.{number}.backoff"] = f"{min(low / 1_000, most):g}/{most:g}"
        if changes:
            steps.append(Step(f"a WORKER_BACKOFF of at most {format_duration(most * SECOND)} between polls", changes))
    yield Remedy(tuple(steps))


# --- settings that several causes share ---


def _announcing(scenario: Scenario) -> Iterator[Remedy]:
    if not scenario.lightning.broadcast_work_available:
        on: Overrides = {"lightning.broadcast_work_available": True}
        yield Remedy((Step("turning BROADCAST_WORK_AVAILABLE on", on),))


def _pinned(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    """Slots of the lane's own, taken from the largest workloop that it shares: no more slots than before."""
    if not scenario.lightning.ruleset.has_queues:
        return
    for number, group in enumerate(scenario.workers):
        loops = _loops(group)
        shared = [loop for loop in loops if _takes(loop, why.lane, scenario) and loop.queues != (why.lane,)]
        if not shared or any(loop.queues == (why.lane,) for loop in loops):
            continue
        largest = max(shared, key=lambda loop: loop.capacity)
        steps = []
        for pinned in range(1, min(largest.capacity, _MOST_SLOTS)):
            rest = [(loop, loop.capacity - pinned * (loop is largest)) for loop in loops]
            text = " ".join([f"{why.lane}:{pinned}", *(f"{'>'.join(loop.queues)}:{slots}" for loop, slots in rest)])
            steps.append(Step(f"pinning {pinned} of the slots of {largest.id} to {why.lane}", _set_layout(number, group, text)))
        yield Remedy(tuple(steps))


def _more_slots(scenario: Scenario, why: Explanation) -> Iterator[Remedy]:
    """For each token that takes the lane, those first that take little else."""
    tokens: dict[tuple[str, ...], int] = {}
    for group in scenario.workers:
        for loop in _loops(group):
            if _takes(loop, why.lane, scenario):
                tokens.setdefault(loop.queues, loop.capacity)
    for queues in sorted(tokens, key=lambda names: ("*" in names, len(names))):
        names, slots = ">".join(queues), tokens[queues]
        yield Remedy(tuple(_with_slots(scenario, queues, more, f"{names}:{slots}") for more in range(1, _MOST_SLOTS + 1)))


def _with_slots(scenario: Scenario, queues: tuple[str, ...], more: int, token: str) -> Step:
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        loops = _loops(group)
        if any(loop.queues == queues for loop in loops):
            changes |= _with_layout(number, group, [(loop, loop.capacity + more * (loop.queues == queues)) for loop in loops])
    return Step(f"giving {token} {more} more slot{'s' if more > 1 else ''}", changes)


def _loops(group: WorkerGroup) -> tuple[ParsedWorkloop, ...]:
    return parse_workloops(group.layout).workloops


def _takes(loop: ParsedWorkloop, lane: str, scenario: Scenario) -> bool:
    return not scenario.lightning.ruleset.has_queues or passes_filter(lane, loop.queues)


def _with_layout(number: int, group: WorkerGroup, loops: Sequence[tuple[ParsedWorkloop, int]]) -> Overrides:
    return _set_layout(number, group, " ".join(f"{'>'.join(loop.queues)}:{slots}" for loop, slots in loops))


def _set_layout(number: int, group: WorkerGroup, text: str) -> Overrides:
    without: Overrides = {} if group.capacity is None else {f"workers.{number}.capacity": None}
    return without | {f"workers.{number}.workloops": text}


def _beyond(limit: int) -> tuple[int, ...]:
    """Larger limits: one by one at first, by a tenth further out."""
    found: list[int] = []
    while len(found) < MOST_STEPS:
        limit = max(limit + 1, round(1.1 * limit))
        found.append(limit)
    return tuple(found)


def _keys(scenario: Scenario, placed: PlacedWorkflow) -> tuple[str, str]:
    """The keys under which the file has this workflow and its project."""
    for project_key, project in scenario.projects.items():
        if placed.project_name in copies(project_key, project.copies):
            for key, workflow in project.workflows.items():
                if placed.name in copies(key, workflow.copies):
                    return project_key, key
    raise KeyError(placed.full_name)
