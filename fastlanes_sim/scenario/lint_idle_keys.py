"""Warnings about keys that say nothing, because another key is missing that they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from fastlanes_sim.scenario.expectation import is_ideal
from fastlanes_sim.scenario.messages import Messages
from fastlanes_sim.scenario.schema import Scenario, Workflow
from fastlanes_sim.scenario.triggers import Cron, Webhook
from fastlanes_sim.scenario.yaml.places import Finding, Path


def lint_idle_keys(scenario: Scenario) -> Iterator[Finding]:
    """Every warning about a key that changes nothing as long as another one is missing."""
    yield from _cold_start(scenario)
    yield from _messages(("messages",), scenario.messages)
    for project_name, project in scenario.projects.items():
        for name, workflow in project.workflows.items():
            path: Path = ("projects", project_name, "workflows", name)
            yield from _spreads(path, workflow, project.copies)
            yield from _spacings(path, workflow)
            yield from _retry_afters(path, workflow)
            yield from _messages((*path, "messages"), workflow.messages)
    yield from _memory(scenario)
    yield from _resources(scenario)
    yield from _ideal_workers(scenario)


def adaptors_in(path: Path, workflow: Workflow) -> Iterator[tuple[Path, str]]:
    """The adaptors that a workflow and its triggers name, and where."""
    named = [((*path, "adaptor"), workflow.adaptor)]
    named += [((*path, "triggers", index, "adaptor"), trigger.adaptor) for index, trigger in enumerate(workflow.triggers)]
    yield from ((place, name) for place, name in named if name is not None)


def _cold_start(scenario: Scenario) -> Iterator[Finding]:
    """I-10"""
    named = {name for project in scenario.projects.values() for one in project.workflows.values() for _, name in adaptors_in((), one)}
    own = {name for name, adaptor in scenario.adaptors.items() if adaptor.cold_start is not None}
    if scenario.cold_start is not None and not named - own:
        which = "an adaptor without a cold start of its own" if named else "an adaptor"
        message = f"no run has this cold start: no workflow names {which}"
        yield Finding(("cold_start",), message, "write `adaptor: NAME` at a workflow or a trigger (I-10), or remove it", about_key=True)


def _messages(path: Path, messages: Messages | None) -> Iterator[Finding]:
    """W-13"""
    if messages is not None and messages.at_end and messages.log_lines.is_none:
        yield Finding((*path, "at_end"), "runs write no log lines, so none at their end either", "write `log_lines` as well, or remove it")


def _spreads(path: Path, workflow: Workflow, copies_of_project: int) -> Iterator[Finding]:
    """L-21"""
    for index, trigger in enumerate(workflow.triggers):
        if isinstance(trigger, Cron) and trigger.spread and workflow.copies * copies_of_project == 1:
            message = "there is nothing to spread: neither the workflow nor its project has copies"
            yield Finding((*path, "triggers", index, "spread"), message, "write `copies` at one of them, or remove it")


def _spacings(path: Path, workflow: Workflow) -> Iterator[Finding]:
    """K-3"""
    for number, call in enumerate(workflow.calls):
        if call.spacing and "count" not in call.model_fields_set:
            message = "a run makes this call once: there is no time between calls"
            yield Finding((*path, "calls", number, "spacing"), message, "write `count` as well, or remove it")


def _retry_afters(path: Path, workflow: Workflow) -> Iterator[Finding]:
    """docs/callers.md"""
    for index, trigger in enumerate(workflow.triggers):
        callers = trigger.callers if isinstance(trigger, Webhook) else None
        if callers is not None and "heeds_retry_after" in callers.model_fields_set and 429 not in callers.retry_on:
            message = "only a 429 comes with a Retry-After, and these callers do not ask again after one"
            yield Finding((*path, "triggers", index, "callers", "heeds_retry_after"), message, "add 429 to retry_on, or remove it")


def _memory(scenario: Scenario) -> Iterator[Finding]:
    """R-5. That workers have memory and runs take none is in `resource_uses`."""
    if any(group.memory is not None for group in scenario.workers):
        return
    for project_name, project in scenario.projects.items():
        for name, workflow in project.workflows.items():
            if workflow.memory is not None:
                path = ("projects", project_name, "workflows", name, "memory")
                yield Finding(path, "every worker has enough memory: none says how much", "write `memory` at workers as well (R-5)")
                return


def _resources(scenario: Scenario) -> Iterator[Finding]:
    """R-1 to R-3"""
    used = {use.resource for project in scenario.projects.values() for one in project.workflows.values() for use in one.uses}
    for name, resource in scenario.resources.items():
        if name in used and resource.at_once is None and resource.rate is None:
            message, hint = f"{name} holds no use up: it has no limit", "write `concurrency`, `processors` or `rate`"
            yield Finding(("resources", name), message, hint, about_key=True)


def _ideal_workers(scenario: Scenario) -> Iterator[Finding]:
    """What concerns tokens, claims and their replies, where nothing polls. What happens to processes is refused (`checks`)."""
    for index, group in enumerate(scenario.workers):
        for key in ("verification", "claim_chains"):
            if group.dispatch == "ideal" and key in group.model_fields_set:
                yield Finding(("workers", index, key), "ideal workers send no claims", "write `dispatch: real`, or remove it")
    for kind in ("slow_database", "dropped_replies"):
        if is_ideal(scenario) and getattr(scenario.incidents, kind):
            message = f"ideal workers send no claims: there is no {kind.replace('_', ' ').removesuffix('s')} for them"
            yield Finding(("incidents", kind), message, "write `dispatch: real`, or remove it", about_key=True)
