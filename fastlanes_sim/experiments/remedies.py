"""What could be changed about each cause of waiting, in the settings of a scenario: the candidates that `advise` simulates.

A remedy is free (a setting), costly (slots, workers) or a what-if (nobody can set it, but it says how much there is to gain). They come in
the order in which an engineer would try them: what is free first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import MINUTE, SECOND, format_duration
from fastlanes_sim.experiments.remedies_of_calls import Standstill, waiting_less
from fastlanes_sim.experiments.remedies_of_crons import spread_crons
from fastlanes_sim.experiments.remedies_of_layouts import more_slots, pinned, preferring, serving, sharing, takes_lane
from fastlanes_sim.experiments.remedies_of_resources import Shared, more_of_what_is_shared
from fastlanes_sim.experiments.remedy import Kind, Overrides, Remedy, Step, below, beyond, workers_of
from fastlanes_sim.results.explanation import Limited
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.rulesets import RunQueue
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.expansion import PlacedWorkflow, copies, placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup

_MOST = 64
_MOST_HOGS = 2


@dataclass(frozen=True, slots=True)
class Situation:
    """What is to be cured, in which scenario."""

    scenario: Scenario
    lane: str
    """Of the runs that wait."""
    causes: tuple[Cause, ...]
    """Of their waits, the main one first."""
    limits: tuple[Limited, ...] = ()
    """That any of them was beyond, whether slots were free or not."""
    hogs: tuple[int, ...] = ()
    """Workflows of other runs, by how long they held slots that these runs could have had, the longest first."""
    own: frozenset[int] = frozenset()
    """Workflows of the runs that wait."""
    wanted: frozenset[str] = frozenset()
    """Names of the measures that are not as they should be, such as `lost` or `gateway_timeouts`."""
    is_saturated: bool = False
    """L-23: claims wait for claims."""
    longest: int = 0
    """µs that the longest run takes from its start to its end."""
    stands: tuple[Standstill, ...] = ()
    """Whose runs hold slots and wait for runs that they have called, where much of the slots' time goes into that."""
    shared: Shared = field(default_factory=Shared)
    """What runs are held up or killed by beside slots, where that is much."""
    times_out: bool = True
    """Not all runs that are killed had no memory."""


def remedies(situation: Situation) -> list[Remedy]:
    """Everything that might help, free ones first; each setting once."""
    found = [*_of_outcomes(situation), *waiting_less(situation.scenario, situation.stands)]
    found += more_of_what_is_shared(situation.scenario, situation.shared)
    found += [remedy for cause in situation.causes for remedy in _BY_CAUSE.get(cause, _nothing)(situation)]
    seen: set[str] = set()
    each: list[Remedy] = []
    for remedy in sorted(found, key=lambda one: one.kind):
        if remedy.steps and str(remedy.steps) not in seen:
            seen.add(str(remedy.steps))
            each.append(remedy)
    return each


def _nothing(_: Situation) -> Iterator[Remedy]:
    return iter(())


# --- by what is missed ---


def _of_outcomes(situation: Situation) -> Iterator[Remedy]:
    """Runs that are lost or killed, callers that get no reply: not a matter of waiting, or not alone."""
    if "lost" in situation.wanted:
        yield from _longer_graces(situation.scenario, situation.longest)
        yield from _new_ones_first(situation.scenario)
        yield from _longer_message_timeouts(situation.scenario)
    if "killed" in situation.wanted and situation.times_out:
        yield from _longer_run_timeouts(situation.scenario)
    if situation.wanted & {"gateway_timeouts", "gave_up", "caller_response"}:
        patience = situation.scenario.lightning.webhook_response_timeout
        longer = [time for time in (45 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE) if time > patience]
        words = f"raising WEBHOOK_RESPONSE_TIMEOUT_MS from {format_duration(patience)} to "
        yield Remedy(
            tuple(Step(words + format_duration(time), {"lightning.webhook_response_timeout": f"{time // SECOND}s"}) for time in longer),
            Kind.LAST_RESORT,
        )


def _longer_graces(scenario: Scenario, longest: int) -> Iterator[Remedy]:
    """F-4: what still runs at the end of the grace is killed, and lost (L-18).

    A grace shorter than the longest run takes is luck: in this sample no such run was under way at the end of it.
    """
    own = [workflow.run_timeout for project in scenario.projects.values() for workflow in project.workflows.values()]
    timeout = max([scenario.lightning.run_timeout, *(time for time in own if time is not None)])
    for number, group in enumerate(scenario.workers):
        places = [(f"workers.{number}.deploys.{place}.grace", deploy.grace) for place, deploy in enumerate(group.deploys)]
        if group.autoscaling is not None:
            places.append((f"workers.{number}.autoscaling.grace", group.autoscaling.grace))
        if not places:
            continue
        shortest = min(grace for _, grace in places)
        longer = [time for time in (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 60 * MINUTE) if time > shortest]
        longer = [time for time in longer if time >= min(longest, timeout)] or longer[-1:]
        yield Remedy(
            tuple(
                Step(
                    f"a grace of {format_duration(time)} instead of {format_duration(shortest)} for {group.name}",
                    {path: f"{time // SECOND}s" for path, grace in places if grace < time},
                )
                for time in longer
            )
        )


def _new_ones_first(scenario: Scenario) -> Iterator[Remedy]:
    """F-7: a deploy that starts new workers before it stops old ones."""
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        for place, deploy in enumerate(group.deploys):
            if deploy.max_unavailable is not None:
                changes |= {f"workers.{number}.deploys.{place}.max_unavailable": None, f"workers.{number}.deploys.{place}.surge": 1}
    if changes:
        yield Remedy((Step("deploys that start each new worker before they stop an old one (surge 1)", changes),))


def _longer_run_timeouts(scenario: Scenario) -> Iterator[Remedy]:
    timeout = scenario.lightning.run_timeout
    longer = [factor * timeout for factor in (2, 4, 12)]
    yield Remedy(
        tuple(
            Step(
                f"a run timeout of {format_duration(time)} instead of {format_duration(timeout)}",
                {"lightning.run_timeout": f"{time // SECOND}s"},
            )
            for time in longer
        )
    )


# --- by cause ---


def _of_limits(situation: Situation) -> Iterator[Remedy]:
    """L-11, L-12: every limit that any of the runs was beyond."""
    scenario = situation.scenario
    for limited in situation.limits:
        if limited.cause is Cause.CLAIM_LIMIT:
            limit = scenario.lightning.per_workflow_claim_limit
            words = f"raising PER_WORKFLOW_CLAIM_LIMIT from {limit:,} to "
            yield Remedy(tuple(Step(f"{words}{more:,}", {"lightning.per_workflow_claim_limit": more}) for more in beyond(limit)))
            continue
        workflow = placed_workflows(scenario)[limited.workflow]
        project_key, workflow_key = keys_of(scenario, workflow)
        own = f"projects.{project_key}.workflows.{workflow_key}.concurrency"
        path = f"projects.{project_key}.concurrency" if limited.is_projects else own
        words = f"raising the limit of {limited.name} from {limited.limit:,} to "
        yield Remedy(tuple(Step(f"{words}{more:,}", {path: more}) for more in beyond(limited.limit)))
        if limited.is_projects and len(scenario.projects[project_key].workflows) > 1:
            # L-12: with a limit of its own a workflow is numbered apart from the others.
            words = f"giving workflow {workflow.full_name} a limit of its own of "
            yield Remedy(tuple(Step(f"{words}{most:,}", {own: most}) for most in (limited.limit, *beyond(limited.limit))))
    if any(limited.cause is Cause.CONCURRENCY for limited in situation.limits):
        yield from _shorter_run_timeouts(situation)


def _shorter_run_timeouts(situation: Situation) -> Iterator[Remedy]:
    """L-18: a run whose worker is dead counts against its limit until it is given up, which is after its timeout."""
    scenario, timeout = situation.scenario, situation.scenario.lightning.run_timeout
    crashes = any(group.crashes for group in scenario.workers)
    shorter = [time for time in (10 * MINUTE, 5 * MINUTE, 2 * MINUTE, MINUTE) if situation.longest < time < timeout]
    if crashes and shorter:
        words = f"a run timeout of {{}} instead of {format_duration(timeout)}, so that runs of a dead worker are given up sooner"
        yield Remedy(tuple(Step(words.format(format_duration(time)), {"lightning.run_timeout": f"{time // SECOND}s"}) for time in shorter))


def _of_claim_limit(situation: Situation) -> Iterator[Remedy]:
    yield from _of_limits(situation)
    yield from _of_slots(situation)


def _of_unserved(situation: Situation) -> Iterator[Remedy]:
    yield from serving(situation.scenario, situation.lane)
    yield from more_slots(situation.scenario, situation.lane)


def _of_outage(situation: Situation) -> Iterator[Remedy]:
    scenario = situation.scenario
    yield from _new_ones_first(scenario)
    for number, group in enumerate(scenario.workers):
        if group.restart == "never" and _outages_end(scenario, group):
            words = f"restarting a process of {group.name} that exits by itself (W-15a)"
            yield Remedy((Step(words, {f"workers.{number}.restart": "5s"}),))
    yield from _fleet(situation)
    changes: Overrides = {
        f"workers.{number}.{name}": []
        for number, group in enumerate(scenario.workers)
        for name in ("outages", "crashes", "deploys")
        if getattr(group, name)
    }
    changes |= {f"workers.{number}.connect": "0s" for number, group in enumerate(scenario.workers) if group.connect}
    if changes:
        yield Remedy((Step("workers that are always connected", changes),), Kind.WHAT_IF)


def _of_leaked(situation: Situation) -> Iterator[Remedy]:
    """W-13a: a longer message timeout outlasts an outage. W-16: a shorter claim timeout ends the wait for a claim that nobody answers."""
    yield from _longer_message_timeouts(situation.scenario)
    yield from _shorter_claim_timeouts(situation.scenario)
    yield from _restarts_after_outages(situation.scenario)
    yield from _of_outage(situation)


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


def _longer_message_timeouts(scenario: Scenario) -> Iterator[Remedy]:
    for number, group in enumerate(scenario.workers):
        longer = [time for time in (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 60 * MINUTE) if time > group.message_timeout]
        words = f"raising WORKER_MESSAGE_TIMEOUT_SECONDS of {group.name} from {group.message_timeout // SECOND:,} to "
        yield Remedy(
            tuple(Step(f"{words}{time // SECOND}", {f"workers.{number}.message_timeout": f"{time // SECOND}s"}) for time in longer)
        )


def _of_claim(situation: Situation) -> Iterator[Remedy]:
    yield from _fleet(situation)
    ways = ("latency",) if situation.scenario.network.latency is not None else ("request", "reply")
    fast: Overrides = {"network.database": "5ms", **{f"network.{way}": "10ms" for way in ways}}
    yield Remedy((Step("claims that take 25 ms", fast),), Kind.WHAT_IF)


def _of_slots(situation: Situation) -> Iterator[Remedy]:
    scenario, lane = situation.scenario, situation.lane
    yield from preferring(scenario, lane)
    yield from sharing(scenario, lane)
    yield from pinned(scenario, lane)
    yield from _limited_hogs(situation)
    yield from spread_crons(scenario)
    yield from _of_limits(situation)
    yield from _taking_turns(scenario)
    yield from more_slots(scenario, lane)
    yield from _fleet(situation)
    yield from _refusing(situation)


def _taking_turns(scenario: Scenario) -> Iterator[Remedy]:
    """L-16: a project's backlog does not stand before the runs of the others."""
    if scenario.lightning.run_queue is RunQueue.FIFO and sum(project.copies for project in scenario.projects.values()) > 1:
        yield Remedy((Step("letting projects take turns (round_robin)", {"lightning.run_queue": RunQueue.ROUND_ROBIN.value}),))


def _refusing(situation: Situation) -> Iterator[Remedy]:
    """Admission control for callers who would ask again and again (lightning #4573, a proposal)."""
    scenario = situation.scenario
    slots = sum(takes_lane(group, situation.lane, scenario) * _replicas(group) for group in scenario.workers)
    for key, project in scenario.projects.items():
        triggers = [trigger for workflow in project.workflows.values() for trigger in workflow.triggers]
        if project.admission is None and any(trigger.is_sync and trigger.most_attempts > 1 for trigger in triggers):
            words = f"refusing requests of {key} (429) beyond {{:,}} active ones"
            limits = [limit for limit in (4 * slots, 2 * slots, slots) if limit]
            yield Remedy(
                tuple(
                    Step(words.format(limit), {f"projects.{key}.admission": {"fast_lane": limit, "retry_after": "1m"}}) for limit in limits
                ),
                Kind.WHAT_IF,
            )


def _limited_hogs(situation: Situation) -> Iterator[Remedy]:
    """A limit for whoever holds the slots that these runs wait for (L-12): for a project of which several workflows do, for the project."""
    scenario, placed = situation.scenario, placed_workflows(situation.scenario)
    slots = sum(takes_lane(group, situation.lane, scenario) * _replicas(group) for group in scenario.workers)
    mine = {placed[place].project_name for place in situation.own}
    projects = Counter(placed[place].project_name for place in situation.hogs)
    done: set[str] = set()
    for place in situation.hogs:
        workflow = placed[place]
        project_key, workflow_key = keys_of(scenario, workflow)
        project, own = scenario.projects[project_key], scenario.projects[project_key].workflows[workflow_key]
        several = projects[workflow.project_name] > 1 and workflow.project_name not in mine
        path, name, present = (
            f"projects.{project_key}.workflows.{workflow_key}.concurrency",
            f"workflow {workflow.full_name}",
            own.concurrency,
        )
        if own.concurrency is None and (several or own.copies > 1):  # each copy, each workflow would have the limit for itself
            path, name, present = f"projects.{project_key}.concurrency", f"project {workflow.project_name}", project.concurrency
        if path in done or len(done) == _MOST_HOGS:
            continue
        done.add(path)
        most = min(slots, present or slots)
        yield Remedy(
            tuple(Step(f"a limit of {limit:,} for {name}", {path: limit}) for limit in below(most)),
        )


def _fleet(situation: Situation) -> Iterator[Remedy]:
    """L-23: each worker has a connection of its own, whose claims wait for no others."""
    scenario = situation.scenario
    for number, group in enumerate(scenario.workers):
        if not takes_lane(group, situation.lane, scenario):
            continue
        if (scaling := group.autoscaling) is None:
            words = f"going from {group.replicas:,} to {{:,}} {workers_of(group)}"
            more = range(group.replicas + 1, group.replicas + 1 + _MOST)
            yield Remedy(tuple(Step(words.format(many), {f"workers.{number}.replicas": many}) for many in more), Kind.COSTLY)
            continue
        path = f"workers.{number}.autoscaling"
        quicker = [time for time in (15 * SECOND, 5 * SECOND, SECOND) if time < scaling.poll]
        yield Remedy(
            tuple(
                Step(f"counting runs every {format_duration(time)} in autoscaling", {f"{path}.poll": f"{time // SECOND}s"})
                for time in quicker
            )
        )
        yield Remedy(
            tuple(
                Step(
                    f"one {workers_of(group, 1)} for {counted(target, 'run')} instead of {scaling.runs_per_replica:,}",
                    {f"{path}.runs_per_replica": target},
                )
                for target in below(scaling.runs_per_replica)
            ),
            Kind.COSTLY,
        )
        least = range(scaling.min + 1, min(scaling.max, scaling.min + _MOST) + 1)
        yield Remedy(tuple(Step(f"keeping at least {many:,} {workers_of(group)}", {f"{path}.min": many}) for many in least), Kind.COSTLY)
        most = range(scaling.max + 1, scaling.max + 1 + _MOST)
        yield Remedy(tuple(Step(f"up to {many:,} {workers_of(group)}", {f"{path}.max": many}) for many in most), Kind.COSTLY)


def _of_pending(situation: Situation) -> Iterator[Remedy]:
    yield from _shorter_claim_timeouts(situation.scenario)
    if situation.is_saturated:
        yield from _fleet(situation)
    yield from more_slots(situation.scenario, situation.lane)


def _shorter_claim_timeouts(scenario: Scenario) -> Iterator[Remedy]:
    for number, group in enumerate(scenario.workers):
        shorter = [time for time in (10 * MINUTE, MINUTE, 30 * SECOND, 10 * SECOND, 5 * SECOND) if time < group.claim_timeout]
        words = f"lowering WORKER_CLAIM_TIMEOUT_SECONDS of {group.name} from {group.claim_timeout // SECOND:,} to "
        yield Remedy(tuple(Step(f"{words}{time // SECOND}", {f"workers.{number}.claim_timeout": f"{time // SECOND}s"}) for time in shorter))


def _of_stopped(situation: Situation) -> Iterator[Remedy]:
    scenario = situation.scenario
    yield from _announcing(scenario)
    yield from more_slots(scenario, situation.lane)
    changes: Overrides = {f"workers.{number}.claim_chains": "single" for number in range(len(scenario.workers))}
    yield Remedy((Step("a worker whose workloops do not stop for good (`claim_chains: single`)", changes),), Kind.WHAT_IF)


def _of_polling(situation: Situation) -> Iterator[Remedy]:
    scenario = situation.scenario
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


def _announcing(scenario: Scenario) -> Iterator[Remedy]:
    if not scenario.lightning.broadcast_work_available:
        yield Remedy((Step("turning BROADCAST_WORK_AVAILABLE on", {"lightning.broadcast_work_available": True}),))


_BY_CAUSE: dict[Cause, Callable[[Situation], Iterable[Remedy]]] = {
    Cause.UNSERVED: _of_unserved,
    Cause.OUTAGE: _of_outage,
    Cause.LEAKED: _of_leaked,
    Cause.SLOTS: _of_slots,
    Cause.CLAIM_LIMIT: _of_claim_limit,
    Cause.CONCURRENCY: _of_claim_limit,
    Cause.CLAIM: _of_claim,
    Cause.PENDING: _of_pending,
    Cause.STOPPED: _of_stopped,
    Cause.POLLING: _of_polling,
}


def _replicas(group: WorkerGroup) -> int:
    return group.replicas if group.autoscaling is None else group.autoscaling.max


def keys_of(scenario: Scenario, placed: PlacedWorkflow) -> tuple[str, str]:
    """The keys under which the file has this workflow and its project."""
    for project_key, project in scenario.projects.items():
        if placed.project_name in copies(project_key, project.copies):
            for key, workflow in project.workflows.items():
                if placed.name in copies(key, workflow.copies):
                    return project_key, key
    raise KeyError(placed.full_name)


def causes_of(shares: Sequence[float], least: float) -> tuple[Cause, ...]:
    """Those of at least that share, the largest first."""
    return tuple(sorted((cause for cause in Cause if shares[cause] >= least), key=lambda cause: -shares[cause]))
