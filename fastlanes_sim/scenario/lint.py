"""Warnings: what is legal but suspicious, and what a planner will want to know before the simulation. One small function for each."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.exports.cache import known_export
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.measures.scopes import ALL
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.expansion import copies
from fastlanes_sim.scenario.expectation import ExpectedSource, expected_sources
from fastlanes_sim.scenario.incidents import Span
from fastlanes_sim.scenario.lint_calls import lint_calls
from fastlanes_sim.scenario.lint_idle_keys import adaptors_in, lint_idle_keys
from fastlanes_sim.scenario.lint_layouts import lint_layouts
from fastlanes_sim.scenario.lint_messages import lint_messages
from fastlanes_sim.scenario.objectives import placed_triggers, places_of
from fastlanes_sim.scenario.resource_uses import lint_resources
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Callers, Trigger, Webhook
from fastlanes_sim.scenario.yaml.places import Finding, Path

_MOST_IDLE = 20
"""Workflows that never run and are named."""
_MOST_NEAR = 1_000
"""Names among which one is looked for that may be meant."""
_MOVE = "move it, or lengthen the horizon"


def lint(scenario: Scenario) -> Iterator[Finding]:
    """Every warning about a valid scenario."""
    sources = list(expected_sources(scenario))
    yield from lint_layouts(scenario, sources)
    yield from lint_messages(scenario, sources)
    yield from lint_calls(scenario, sources)
    yield from lint_resources(scenario, sources)
    yield from lint_idle_keys(scenario)
    yield from _silent_triggers(scenario, sources)
    yield from _no_traffic(scenario, sources)
    if scenario.replay is None:
        yield from _slos_without_traffic(scenario, sources)
    yield from _timeouts(scenario, sources)
    yield from _backoffs(scenario)
    yield from _admission(scenario, sources)
    yield from _replayed_too_early(scenario)
    yield from _incidents(scenario)
    yield from _callers_and_incidents(scenario, sources)
    yield from _too_late_for_workers(scenario)
    yield from _short_graces(scenario, sources)
    yield from _adaptors(scenario)


def _callers_of(trigger: Trigger) -> Callers | None:
    return trigger.callers if isinstance(trigger, Webhook) else None


def _silent_triggers(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    for source in sources:
        if not scenario.lightning.ruleset.makes(source.trigger.origin):
            message = f"the ruleset {scenario.lightning.ruleset} has no {source.trigger.type} triggers: this one makes no run (L-3)"
            yield Finding(source.path, message, "write the trigger that took its place, such as a webhook, or another ruleset")
        elif source.runs == 0:
            yield Finding(source.path, "this trigger makes no run within the horizon", "check its times, its rate and the horizon")


def _no_traffic(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """Workflows that never run: a slip in a name may have made them."""
    replayed = _replayed(scenario)
    if not sources and not replayed:
        yield Finding(("projects",), "no run is ever created: no workflow has a trigger", "add `triggers` to a workflow", about_key=True)
        return
    found = 0
    for project_name, project in scenario.projects.items():
        idle = [name for name, workflow in project.workflows.items() if not workflow.triggers]
        if replayed:
            projects = copies(project_name, project.copies)
            idle = [name for name in idle if replayed.isdisjoint(product(projects, copies(name, project.workflows[name].copies)))]
        others = [*islice((name for name, workflow in project.workflows.items() if workflow.triggers), _MOST_NEAR)]
        for name in idle[: max(_MOST_IDLE - found, 0)]:
            known = difflib.get_close_matches(name, others, n=1)
            hint = f"did you mean {known[0]}?" if known else "add `triggers` to it, or remove it"
            path = ("projects", project_name, "workflows", name)
            yield Finding(path, f"no run of {name} is ever created: it has no trigger", hint, about_key=True)
        found += len(idle)
    if found > _MOST_IDLE:
        message = f"{found - _MOST_IDLE:,} more workflows have no trigger"
        yield Finding(("projects",), message, "add `triggers` to them, or remove them", about_key=True)


def _replayed(scenario: Scenario) -> set[tuple[str, str]]:
    """Projects and workflows that the replayed file names."""
    if scenario.replay is None:
        return set()
    export, _ = known_export(scenario.replay.file, scenario.replay.timezone)
    return {(workflow.project, workflow.name) for workflow in export.workflows}


def _slos_without_traffic(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    if not scenario.slos:
        return
    places, placed = places_of(scenario), placed_triggers(scenario)
    runs = {id(source.trigger): source.runs for source in sources}
    busy = np.array([runs[id(trigger)] > 0 for trigger in placed.triggers], np.bool_)
    for index, text in enumerate(scenario.slos):
        measure = parse_objective(text).measure
        mine = np.logical_or.reduce([scope.rows(placed.table, places) for scope in measure.scope.expanded(places)])
        if not (mine & busy).any() and measure.scope != ALL:
            whose = f"the lane {measure.scope}" if measure.scope.kind == "lane" else str(measure.scope)
            busy_lanes = sorted({source.lane for source in sources if source.runs > 0})
            yield Finding(("slos", index), f"no traffic goes to {whose}", f"busy lanes: {', '.join(busy_lanes) or 'none'}")
        if measure.row.of_callers and not (mine & placed.table.sync).any():
            yield Finding(
                ("slos", index),
                "no caller waits for a reply, so none can get a 504 (L-20)",
                "only webhooks with reply: after_completion can",
            )


def _timeouts(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    patience = scenario.lightning.webhook_response_timeout
    for source in sources:
        timeout = format_duration(source.timeout)
        if source.trigger.is_sync and patience > source.timeout:
            message = f"the caller waits {format_duration(patience)}, longer than the run timeout of {timeout}"
            hint = "runs are killed before their callers get a 504 (L-19, L-20): raise run_timeout"
            yield Finding(source.path, message, hint)
        service, place = source.trigger.service, (*source.path, "service")
        if service.constant is not None and service.constant > source.timeout:
            message = f"every run is killed: it takes {format_duration(service.constant)}, its timeout is {timeout}"
            yield Finding(place, message, "raise run_timeout or shorten the service (L-19)")
        elif source.service > source.timeout:
            message = f"many runs are killed: they take {format_duration(source.service)} on average, their timeout is {timeout}"
            yield Finding(place, message, "raise run_timeout or shorten the service (L-19)")


def _backoffs(scenario: Scenario) -> Iterator[Finding]:
    """W-3, W-7"""
    for index, group in enumerate(scenario.workers):
        least, most = effective_backoff(*parse_backoff(group.backoff))
        path = ("workers", index, "backoff")
        if least > most:
            message = f"the least backoff, {least} ms, exceeds the most, {most} ms: the first pause is the longer one (W-7)"
            yield Finding(path, message, "write LEAST/MOST, such as 1/10")
        elif "0" in [part.strip() for part in group.backoff.split("/")]:
            message = f"0 means the default here: the worker polls with {least} ms and {most} ms (W-3)"
            yield Finding(path, message, "write the seconds that you mean")


def _admission(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """docs/callers.md"""
    limited = {span.project for span in scenario.incidents.over_quota}
    for name, project in scenario.projects.items():
        own = [source for source in sources if source.path[1] == name]
        if project.admission is not None and scenario.replay is None and all(source.lane != Queue.FAST_LANE.label for source in own):
            message = f"no run of {name} goes to the fast lane: no request is ever refused"
            yield Finding(("projects", name, "admission"), message, "remove it, or add a webhook with reply: after_completion")
        for source in own:
            callers, place = _callers_of(source.trigger), (*source.path, "callers")
            if callers is not None and callers.retry_on == [429] and project.admission is None and name not in limited:
                message = f"these callers ask again after a 429, but {name} never refuses a request"
                yield Finding(place, message, f"add `admission: {{fast_lane: 5}}` to {name}, or 504 to retry_on")
            if callers is not None and 504 in callers.retry_on and not source.trigger.is_sync:
                message = "the reply of a webhook with `reply: custom` is not simulated: its callers never get a 504"
                is_refusable = source.lane == Queue.FAST_LANE.label  # of rulesets, main-4547 alone
                yield Finding(place, message, f"write `retry_on: [{429 if is_refusable else 503}]`")


def _replayed_too_early(scenario: Scenario) -> Iterator[Finding]:
    """A horizon may cut a file short. A start after its beginning is more likely a mistake, such as another year or time zone."""
    if scenario.replay is None:
        return
    export, _ = known_export(scenario.replay.file, scenario.replay.timezone)
    inserted = export.inserted_at - since_epoch(scenario.start, scenario.timezone)
    early, inside = int((inserted < 0).sum()), int(((inserted >= 0) & (inserted < scenario.horizon)).sum())
    if early or not inside:
        message = f"of {len(inserted):,} runs in the file {early:,} come before the start, and {inside:,} fall into the horizon"
        yield Finding(("replay", "file"), message, "remove `start` to begin with the file, or check `timezone`")


def _incidents(scenario: Scenario) -> Iterator[Finding]:
    """docs/incidents.md"""
    for kind in type(scenario.incidents).model_fields:
        spans: list[Span] = getattr(scenario.incidents, kind)
        for number, span in enumerate(spans):
            path = ("incidents", kind, number)
            if span.begins > scenario.horizon:
                yield Finding(path, "this incident begins after the horizon", _MOVE)
            if kind != "over_quota" and any(span.begins < other.ends and other.begins < span.ends for other in spans[:number]):
                yield Finding(path, "this incident overlaps one above it", "where both hold, the one above counts")


def _callers_and_incidents(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """I-2, I-5"""
    down = scenario.incidents.lightning_down
    for source in sources:
        callers, place = _callers_of(source.trigger), (*source.path, "callers")
        if callers is not None and down and 503 not in callers.retry_on:
            message = "these callers do not ask again after a 503, but Lightning is down for a while"
            yield Finding(place, message, "add 503 to retry_on if they do ask again")
        if callers is not None and not down and callers.retry_on == [503]:
            message = "these callers ask again after a 503, but Lightning is never down"
            yield Finding(place, message, "add `incidents: {lightning_down: [{from: 10m, to: 15m}]}`")


def _too_late_for_workers(scenario: Scenario) -> Iterator[Finding]:
    for index, group in enumerate(scenario.workers):
        place: Path = ("workers", index)
        events = [("outage begins", (*place, "outages", number), outage.begins) for number, outage in enumerate(group.outages)]
        events += [("crash comes", (*place, "crashes", number, "at"), crash.at) for number, crash in enumerate(group.crashes)]
        events += [("deploy comes", (*place, "deploys", number, "at"), deploy.at) for number, deploy in enumerate(group.deploys)]
        for event, where, at in events:
            if at > scenario.horizon:
                yield Finding(where, f"this {event} after the horizon", _MOVE)


def _short_graces(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """F-4"""
    longest = max((source.service for source in sources if source.runs), default=0)
    for index, group in enumerate(scenario.workers):
        graces: list[tuple[Path, int]] = [(("deploys", number), deploy.grace) for number, deploy in enumerate(group.deploys)]
        if group.autoscaling is not None:
            graces.append((("autoscaling", "grace"), group.autoscaling.grace))
        for where, grace in graces:
            if grace < longest:
                message = f"runs that take {format_duration(longest)} on average outlive a grace of {format_duration(grace)}"
                yield Finding(("workers", index, *where), message, "write a longer `grace` (F-4), or expect lost runs")


def _adaptors(scenario: Scenario) -> Iterator[Finding]:
    """I-10"""
    used = set()
    for project_name, project in scenario.projects.items():
        for workflow_name, workflow in project.workflows.items():
            path: Path = ("projects", project_name, "workflows", workflow_name)
            for place, name in adaptors_in(path, workflow):
                used.add(name)
                if scenario.cold_start_of(name) is None:
                    known = difflib.get_close_matches(name, scenario.adaptors, n=1)
                    hint = f"did you mean {known[0]}?" if known else f"add `adaptors: {{{name}: {{cold_start: {{time: 4s}}}}}}`"
                    yield Finding(place, f"nothing says how long the adaptor {name} takes to load: it is always warm", hint)
    for name in scenario.adaptors:
        if name not in used:
            hint = f"write `adaptor: {name}` where it is used"
            yield Finding(("adaptors", name), "no workflow names this adaptor", hint, about_key=True)
