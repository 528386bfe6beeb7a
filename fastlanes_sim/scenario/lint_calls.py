"""Warnings about runs that call others: where runs can wait for themselves (docs/chains.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.rulesets import RunQueue
from fastlanes_sim.scenario.call_graph import Key, placed_calls, trigger_of
from fastlanes_sim.scenario.expectation import ExpectedSource
from fastlanes_sim.scenario.placed_loops import placed_loops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.places import Finding


def lint_calls(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """Every warning about calls."""
    yield from _lanes_that_wait_for_themselves(scenario, sources)
    yield from _limits_that_count_their_own_callers(scenario, sources)
    yield from _answers_that_come_too_late(scenario, sources)
    if scenario.replay is not None:
        for placed in placed_calls(scenario)[:1]:
            hint = "what they called is in the file too, or write the scenario without the file"
            yield Finding(placed.path, "runs of the replayed file make no calls (K-12)", hint)


def _lanes_that_wait_for_themselves(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """K-5: all slots that take what is called may be held by runs that wait for it, or for what it waits for. Then nobody is answered."""
    loops = [loop for loop in placed_loops(scenario) if not loop.is_later]
    has_queues = scenario.lightning.ruleset.has_queues
    lanes = _lanes(sources)
    waiting = [(placed, trigger_of(scenario, placed)) for placed in placed_calls(scenario) if placed.call.wait]
    wait_for = {(placed.caller, target) for placed, (target, _) in waiting}
    told: set[Key] = set()
    for placed, (target, trigger) in waiting:
        origin = scenario.projects[target[0]].workflows[target[1]].triggers[trigger].origin
        lane = scenario.lightning.ruleset.queue_and_priority(origin)[0].label
        held_by = {lane for key in _that_wait(target, wait_for) for lane in lanes.get(key, ())}
        taking = [loop for loop in loops if not has_queues or loop.serves(lane)]
        slots = sum(loop.slots for loop in taking)
        if target in told or not taking or not held_by or not placed.call.mean_count:
            continue
        if _most_at_once(scenario, {key: lanes[key] for key in _that_wait(target, wait_for) if key in lanes}) < slots:
            continue  # L-12: some slot is always left to what is called
        if all(not has_queues or any(loop.serves(other) for other in held_by) for loop in taking):
            told.add(target)
            message = f"all {slots:,} slots for {target[1]} also take its callers: {slots:,} of these at once wait for each other in vain"
            if slots == 1:
                message = f"the only slot for {target[1]} also takes its callers: each of these waits for itself in vain"
            hint = f"keep a slot for {lane} that takes no callers (here: {', '.join(sorted(held_by))}), or call without `wait` (K-5)"
            yield Finding((*placed.path, "wait"), message, hint)


def _limits_that_count_their_own_callers(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """K-5, L-11, L-12: a limit of what is called may be used up by runs that wait for it, or for what it waits for."""
    loops = [loop for loop in placed_loops(scenario) if not loop.is_later]
    has_queues = scenario.lightning.ruleset.has_queues
    lanes = _lanes(sources)
    awaited = [placed for placed in placed_calls(scenario) if placed.call.wait and placed.call.mean_count]
    waiting = [(placed, trigger_of(scenario, placed)) for placed in awaited]
    wait_for = {(placed.caller, target) for placed, (target, _) in waiting}
    told: set[Key] = set()
    for placed, (target, trigger) in waiting:
        limit, owner = _limit_of(scenario, target)
        alike = [key for key in _that_wait(target, wait_for) if key in lanes and _limit_of(scenario, key)[1] == owner]
        origin = scenario.projects[target[0]].workflows[target[1]].triggers[trigger].origin
        if _ignores_limits(scenario, {scenario.lightning.ruleset.queue_and_priority(origin)[0].label}):
            limit = None
        of_claims = scenario.lightning.per_workflow_claim_limit
        is_hidden = target in alike and scenario.lightning.run_queue is not RunQueue.FASTER_FIFO and of_claims < (limit or math.inf)
        if is_hidden:
            limit, owner, alike = of_claims, target, [target]
        of_callers = {lane for key in alike for lane in lanes[key]}
        slots = sum(loop.slots for loop in loops if not has_queues or any(loop.serves(lane) for lane in of_callers))
        if target in told or not alike or limit is None or slots < limit:
            continue
        told.add(target)
        whose = "per_workflow_claim_limit" if is_hidden else " ".join(("workflow" if len(owner) > 1 else "project", owner[-1]))
        vain = "each of these waits for itself" if limit == 1 else f"{limit:,} of these at once wait for each other"
        message = f"the limit of {limit:,} of {whose} counts {target[1]} and its callers: {vain} in vain"
        own = f"a higher limit ({'L-11' if is_hidden else 'L-12'})" if len(owner) > 1 else f"a `concurrency` for {target[1]} alone (L-12)"
        yield Finding((*placed.path, "wait"), message, f"write {own}, or call without `wait` (K-5)")


def _ignores_limits(scenario: Scenario, lanes: set[str]) -> bool:
    """L-14, L-16: whether runs in any of these lanes run whatever the limits of concurrency are."""
    lightning = scenario.lightning
    return lightning.run_queue is RunQueue.FASTER_FIFO or (lightning.ruleset.has_bypass and Queue.FAST_LANE.label in lanes)


def _lanes(sources: list[ExpectedSource]) -> dict[Key, set[str]]:
    """By workflow that has any runs: in which lanes they are."""
    lanes: dict[Key, set[str]] = {}
    for source in sources:
        if source.runs:
            lanes.setdefault((str(source.path[1]), str(source.path[3])), set()).add(source.lane)
    return lanes


def _limit_of(scenario: Scenario, key: Key) -> tuple[int | None, tuple[str, ...]]:
    """L-12: of one copy, the limit that counts the runs of this workflow, and whose it is: its project's, or its own."""
    project = scenario.projects[key[0]]
    own = project.workflows[key[1]].concurrency
    return (project.concurrency, key[:1]) if own is None else (own, key)


def _most_at_once(scenario: Scenario, callers: dict[Key, set[str]]) -> float:
    """L-12: how many runs of these workflows, which are in these lanes, their limits allow at once."""
    limits: dict[tuple[str, ...], float] = {}
    for key, lanes in callers.items():
        limit, owner = _limit_of(scenario, key)
        project = scenario.projects[key[0]]
        copies = project.copies * (project.workflows[key[1]].copies if len(owner) > 1 else 1)
        own = math.inf if limit is None or _ignores_limits(scenario, lanes) else limit * copies
        limits[owner] = max(limits.get(owner, 0.0), own)
    return sum(limits.values())


def _that_wait(target: Key, wait_for: set[tuple[Key, Key]]) -> set[Key]:
    """Workflows whose runs wait for this one's, or for those of others that do."""
    found: set[Key] = set()
    soon = {target}
    while soon:
        soon = {caller for caller, called in wait_for if called in soon} - found
        found |= soon
    return found


def _answers_that_come_too_late(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """K-5"""
    busy = {source.path: source.busy for source in sources}
    for placed in placed_calls(scenario):
        if not placed.call.wait:
            continue
        (project, name), trigger = trigger_of(scenario, placed)
        patience = min(placed.call.timeout or scenario.lightning.webhook_response_timeout, scenario.lightning.webhook_response_timeout)
        takes = busy["projects", project, "workflows", name, "triggers", trigger]
        if takes > patience:
            message = f"a run of {name} takes {format_duration(round(takes))} on average, and its caller waits {format_duration(patience)}"
            key = "wait" if placed.call.timeout is None else "timeout"
            yield Finding((*placed.path, key), message, "most callers get no answer (K-6): wait longer, or call without `wait`")
