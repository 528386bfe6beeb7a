"""Legal but suspicious: what a planner will want to know before the simulation. One small function a suspicion."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.expansion import cold_start_of
from fastlanes_sim.deployment.from_scenario import layout_of
from fastlanes_sim.exports.cache import known_export
from fastlanes_sim.rules.creation import Queue, queue_and_priority
from fastlanes_sim.rules.layout_parser import WILDCARD, ParsedWorkloop, parse_workloops
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.check_lives import suspicious_lives
from fastlanes_sim.scenario.expectation import ExpectedSource, expected_sources, is_sync
from fastlanes_sim.scenario.incidents import Span
from fastlanes_sim.scenario.origins import origin_of
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.slo import parse_slo
from fastlanes_sim.scenario.triggers import Webhook
from fastlanes_sim.scenario.yaml.validation_errors import Complaint, Path

QUEUES = tuple(queue.label for queue in Queue)


@dataclass(frozen=True, slots=True)
class _Traffic:
    lane: str
    source: ExpectedSource

    @property
    def runs(self) -> float:
        return self.source.runs * self.source.copies


@dataclass(frozen=True, slots=True)
class _Loop:
    path: Path
    replicas: int
    loop: ParsedWorkloop
    offset: int
    is_later: bool = False
    """Only a deploy brings it."""

    @property
    def slots(self) -> int:
        return self.loop.capacity * self.replicas

    def serves(self, lane: str) -> bool:
        return lane in self.loop.queues or WILDCARD in self.loop.queues


def lint(scenario: Scenario) -> Iterator[Complaint]:
    """Every warning about a valid scenario."""
    traffic = [
        _Traffic(queue_and_priority(origin_of(source.trigger), scenario.lightning.ruleset)[0].label, source)
        for source in expected_sources(scenario)
    ]
    versions = list(_loops(scenario))
    loops = [loop for loop in versions if not loop.is_later]
    yield from _queues_never_created(versions)
    yield from _what_the_worker_warns_of(scenario)
    yield from _pins_without_queues(scenario, versions)
    yield from _queues_nobody_serves(scenario, traffic, versions)
    yield from _offered_load(scenario, traffic, loops)
    yield from _offered_load_of_lanes(scenario, traffic, loops)
    yield from _offered_load_of_workflows(scenario, traffic)
    yield from _concurrency_above_the_claim_limit(scenario)
    yield from _silent_triggers(traffic)
    if scenario.replay is None:
        yield from _no_traffic(traffic)
        yield from _slos_without_traffic(scenario, traffic)
    yield from _timeouts(scenario, traffic)
    yield from _backoffs(scenario)
    yield from _admission(scenario, traffic)
    yield from _late_outages(scenario)
    yield from _replayed_too_early(scenario)
    yield from _incidents(scenario)
    yield from _callers_in_an_outage(scenario, traffic)
    yield from suspicious_lives(scenario)
    yield from _adaptors(scenario)


def _loops(scenario: Scenario) -> Iterator[_Loop]:
    """Of every layout, those that deploys bring (F-7) among them."""
    for index, group in enumerate(scenario.workers):
        place: Path = ("workers", index)
        if group.workloops is not None:
            yield from _of_layout((*place, "workloops"), group.most_replicas, group.workloops)
        else:
            for loop in _of_layout((*place, "capacity"), group.most_replicas, layout_of(group)):
                yield replace(loop, offset=0)
        for number, deploy in enumerate(group.deploys):
            if deploy.workloops is not None:
                for loop in _of_layout((*place, "deploys", number, "workloops"), group.most_replicas, deploy.workloops):
                    yield replace(loop, is_later=True)


def _of_layout(path: Path, replicas: int, text: str) -> Iterator[_Loop]:
    position = 0
    for loop in parse_workloops(text).workloops:
        position = text.find(loop.id, position)
        yield _Loop(path, replicas, loop, position)
        position += len(loop.id)


def _queues_never_created(loops: list[_Loop]) -> Iterator[Complaint]:
    """L-5: unknown names are legal, they match nothing."""
    for loop in loops:
        for name in dict.fromkeys(loop.loop.queues):
            if name not in (*QUEUES, WILDCARD):
                close = difflib.get_close_matches(name.lower(), QUEUES, n=1, cutoff=0.5)
                start = f"did you mean {close[0]}? " if close else ""
                hint = f"{start}Lightning knows {', '.join(QUEUES)} (L-2)"
                message = f"workloop {loop.loop.id} names the queue {name}, which Lightning never creates"
                yield Complaint(loop.path, message, hint, offset=loop.offset + loop.loop.id.find(name))


def _what_the_worker_warns_of(scenario: Scenario) -> Iterator[Complaint]:
    """W-17, in the worker's words."""
    for index, group in enumerate(scenario.workers):
        if group.workloops is not None:
            for warning in parse_workloops(group.workloops).warnings:
                message = warning.removeprefix("Warning: ")
                hint = "join them into one workloop" if "identical" in message else "name each queue once"
                yield Complaint(("workers", index, "workloops"), message, hint)


def _pins_without_queues(scenario: Scenario, loops: list[_Loop]) -> Iterator[Complaint]:
    if not scenario.lightning.ruleset.has_queues:
        for loop in loops:
            if WILDCARD not in loop.loop.queues:
                message = f"the ruleset {scenario.lightning.ruleset} knows no queues: {loop.loop.id} takes every run"
                yield Complaint(loop.path, message, "compare with a layout such as *:5", offset=loop.offset)


def _queues_nobody_serves(scenario: Scenario, traffic: list[_Traffic], loops: list[_Loop]) -> Iterator[Complaint]:
    """L-6"""
    if not scenario.lightning.ruleset.has_queues:
        return
    for lane in QUEUES:
        own = [part for part in traffic if part.lane == lane and part.runs > 0]
        if own and not any(loop.serves(lane) for loop in loops):
            message = f"nobody serves the queue {lane}: about {sum(part.runs for part in own):,.0f} runs will wait for ever"
            yield Complaint(own[0].source.path, message, f"add a workloop such as {lane}:1 or *:4 to a worker")


def _load(traffic: list[_Traffic], horizon: int) -> float:
    """Slots busy on average, were there enough of them."""
    return sum(part.runs * part.source.busy for part in traffic) / horizon


def _offered_load(scenario: Scenario, traffic: list[_Traffic], loops: list[_Loop]) -> Iterator[Complaint]:
    slots = sum(loop.slots for loop in loops)
    load = _load(traffic, scenario.horizon) / slots
    if load > 1:
        message = f"offered load {load:.2f}: the traffic needs {load * slots:.1f} slots, the workers have {slots}"
        yield Complaint(("workers",), message, "expect queues that grow to the end; add slots or shorten the runs", about_key=True)


def _offered_load_of_lanes(scenario: Scenario, traffic: list[_Traffic], loops: list[_Loop]) -> Iterator[Complaint]:
    if not scenario.lightning.ruleset.has_queues:
        return
    total = sum(loop.slots for loop in loops)
    for lane in QUEUES:
        slots = sum(loop.slots for loop in loops if loop.serves(lane))
        load = _load([part for part in traffic if part.lane == lane], scenario.horizon)
        if 0 < slots < total and load > slots:
            message = f"offered load {load / slots:.2f} in the lane {lane}: it needs {load:.1f} slots, {slots} serve it"
            yield Complaint(("workers",), message, f"let more workloops serve {lane}", about_key=True)


def _offered_load_of_workflows(scenario: Scenario, traffic: list[_Traffic]) -> Iterator[Complaint]:
    """L-12, L-14: a limit of its own that a workflow's traffic outgrows; fast-lane runs are exempt."""
    by_workflow: defaultdict[Path, list[_Traffic]] = defaultdict(list)
    for part in traffic:
        if part.lane != "fast_lane" or not scenario.lightning.ruleset.has_queues:
            by_workflow[part.source.path[:4]].append(part)
    for path, parts in by_workflow.items():
        limit, copies = parts[0].source.concurrency, parts[0].source.copies
        load = _load(parts, scenario.horizon) / copies
        if limit is not None and load > limit:
            message = f"offered load {load / limit:.2f} of the workflow's concurrency: it needs {load:.1f}, its limit is {limit}"
            yield Complaint((*path, "concurrency"), message, "raise the limit or expect a backlog")


def _concurrency_above_the_claim_limit(scenario: Scenario) -> Iterator[Complaint]:
    """L-11"""
    limit = scenario.lightning.per_workflow_claim_limit
    for project_name, project in scenario.projects.items():
        sharing = sum(workflow.copies for workflow in project.workflows.values() if workflow.concurrency is None)
        if project.concurrency is not None and sharing and project.concurrency > limit * sharing:
            message = (
                f"a concurrency of {project.concurrency} is never reached: PER_WORKFLOW_CLAIM_LIMIT caps each workflow at {limit} (L-11)"
            )
            yield Complaint(
                ("projects", project_name, "concurrency"), message, "raise lightning.per_workflow_claim_limit or lower the concurrency"
            )
        for name, workflow in project.workflows.items():
            if workflow.concurrency is not None and workflow.concurrency > limit:
                message = f"a concurrency of {workflow.concurrency} is never reached: PER_WORKFLOW_CLAIM_LIMIT is {limit} (L-11)"
                path = ("projects", project_name, "workflows", name, "concurrency")
                yield Complaint(path, message, "raise lightning.per_workflow_claim_limit or lower the concurrency")


def _silent_triggers(traffic: list[_Traffic]) -> Iterator[Complaint]:
    for part in traffic:
        if part.runs == 0:
            yield Complaint(part.source.path, "this trigger makes no run within the horizon", "check its times, its rate and the horizon")


def _no_traffic(traffic: list[_Traffic]) -> Iterator[Complaint]:
    if not traffic:
        yield Complaint(("projects",), "nothing arrives: no workflow has a trigger", "add `triggers` to a workflow", about_key=True)


def _slos_without_traffic(scenario: Scenario, traffic: list[_Traffic]) -> Iterator[Complaint]:
    busy = {part.lane for part in traffic if part.runs > 0}
    for index, text in enumerate(scenario.slos):
        slo = parse_slo(text)
        if slo.lane != "all" and slo.lane not in busy:
            yield Complaint(("slos", index), f"no traffic goes to the lane {slo.lane}", f"busy lanes: {', '.join(sorted(busy)) or 'none'}")
        if slo.metric in ("gateway_timeouts", "cut_off", "gave_up", "caller_response") and not any(
            is_sync(part.source.trigger) and slo.lane in ("all", part.lane) for part in traffic
        ):
            yield Complaint(
                ("slos", index),
                "no caller waits for a reply, so none can get a 504 (L-20)",
                "only webhooks with reply: after_completion can",
            )


def _timeouts(scenario: Scenario, traffic: list[_Traffic]) -> Iterator[Complaint]:
    settings = scenario.lightning
    for part in traffic:
        source = part.source
        if is_sync(source.trigger) and settings.webhook_response_timeout > source.timeout:
            yield Complaint(
                source.path,
                f"the caller waits {format_duration(settings.webhook_response_timeout)}, "
                f"longer than the run timeout of {format_duration(source.timeout)}",
                "runs are killed before their callers get a 504 (L-19, L-20): raise run_timeout",
            )
        service, timeout = source.trigger.service, format_duration(source.timeout)
        if service.constant is not None and service.constant > source.timeout:
            message = f"every run is killed: it takes {format_duration(service.constant)}, its timeout is {timeout}"
            yield Complaint((*source.path, "service"), message, "raise run_timeout or shorten the service (L-19)")
        elif service.expectation() > source.timeout:
            message = f"many runs are killed: they take {format_duration(service.expectation())} on average, their timeout is {timeout}"
            yield Complaint((*source.path, "service"), message, "raise run_timeout or shorten the service (L-19)")


def _backoffs(scenario: Scenario) -> Iterator[Complaint]:
    """W-3, W-7"""
    for index, group in enumerate(scenario.workers):
        least, most = effective_backoff(*parse_backoff(group.backoff))
        path = ("workers", index, "backoff")
        if least > most:
            message = f"the backoff's least, {least} ms, exceeds its most, {most} ms: the first sleep is the longer one (W-7)"
            yield Complaint(path, message, "write LEAST/MOST, such as 1/10")
        elif "0" in [part.strip() for part in group.backoff.split("/")]:
            yield Complaint(
                path, f"0 means the default here: the worker polls with {least} ms and {most} ms (W-3)", "write the seconds meant"
            )


def _admission(scenario: Scenario, traffic: list[_Traffic]) -> Iterator[Complaint]:
    """docs/callers.md"""
    for name, project in scenario.projects.items():
        own = [part for part in traffic if part.source.path[1] == name]
        if project.admission is not None and not any(part.lane == "fast_lane" for part in own) and scenario.replay is None:
            message = f"no run of {name} goes to the fast lane: nobody is ever refused"
            yield Complaint(("projects", name, "admission"), message, "leave it out, or add a webhook with reply: after_completion")
        for part in own:
            callers = part.source.trigger.callers if isinstance(part.source.trigger, Webhook) else None
            if callers is not None and callers.retry_on == [429] and project.admission is None:
                message = f"these callers ask again after a 429, and {name} refuses nobody"
                hint = f"add `admission: {{fast_lane: 5}}` to {name}, or 504 to retry_on"
                yield Complaint((*part.source.path, "callers"), message, hint)
            if callers is not None and 504 in callers.retry_on and not is_sync(part.source.trigger):
                message = "a webhook with a custom reply is not simulated to its reply: its callers never get a 504"
                yield Complaint((*part.source.path, "callers"), message, "write `retry_on: [429]`")


def _late_outages(scenario: Scenario) -> Iterator[Complaint]:
    for index, group in enumerate(scenario.workers):
        for number, outage in enumerate(group.outages):
            if outage.begins > scenario.horizon:
                yield Complaint(("workers", index, "outages", number), "this outage begins after the horizon", "move it")


def _replayed_too_early(scenario: Scenario) -> Iterator[Complaint]:
    """A horizon may cut a file short; a start after its beginning is more likely a mistake, such as another year or time zone."""
    if scenario.replay is None:
        return
    export, _ = known_export(scenario.replay.file, scenario.replay.timezone)
    inserted = export.inserted_at - since_epoch(scenario.start, scenario.timezone)
    early, inside = int((inserted < 0).sum()), int(((inserted >= 0) & (inserted < scenario.horizon)).sum())
    if early or not inside:
        message = f"of {len(inserted):,} runs in the file {early:,} come before the start, and {inside:,} fall into the horizon"
        yield Complaint(("replay", "file"), message, "leave `start` out to begin with the file, or mind `timezone`")


def _incidents(scenario: Scenario) -> Iterator[Complaint]:
    """docs/incidents.md"""
    for kind in type(scenario.incidents).model_fields:
        spans: list[Span] = getattr(scenario.incidents, kind)
        for number, span in enumerate(spans):
            path = ("incidents", kind, number)
            if span.begins > scenario.horizon:
                yield Complaint(path, "this incident begins after the horizon", "move it, or lengthen the horizon")
            for other in spans[:number]:
                if span.begins < other.ends and other.begins < span.ends:
                    yield Complaint(path, "this incident overlaps one above it", "where both hold, the one above counts")
                    break


def _callers_in_an_outage(scenario: Scenario, traffic: list[_Traffic]) -> Iterator[Complaint]:
    """I-2, I-5"""
    down = scenario.incidents.lightning_down
    for part in traffic:
        callers = part.source.trigger.callers if isinstance(part.source.trigger, Webhook) else None
        if callers is not None and down and 503 not in callers.retry_on:
            message = "these callers do not ask again after a 503, and Lightning is down for a while"
            yield Complaint((*part.source.path, "callers"), message, "add 503 to retry_on, if they do")
        if callers is not None and not down and callers.retry_on == [503]:
            message = "these callers ask again after a 503, and Lightning is never down"
            yield Complaint((*part.source.path, "callers"), message, "add `incidents: {lightning_down: [{from: 10m, to: 15m}]}`")


def _adaptors(scenario: Scenario) -> Iterator[Complaint]:
    """I-10"""
    used = set()
    for project_name, project in scenario.projects.items():
        for workflow_name, workflow in project.workflows.items():
            path: Path = ("projects", project_name, "workflows", workflow_name)
            named = [((*path, "adaptor"), workflow.adaptor)]
            named += [((*path, "triggers", index, "adaptor"), trigger.adaptor) for index, trigger in enumerate(workflow.triggers)]
            for place, name in named:
                used.add(name)
                if name is not None and cold_start_of(scenario, name) is None:
                    known = difflib.get_close_matches(name, scenario.adaptors, n=1)
                    hint = f"did you mean {known[0]}?" if known else f"add `adaptors: {{{name}: {{cold_start: {{time: 4s}}}}}}`"
                    yield Complaint(place, f"nothing says how long the adaptor {name} takes to load: it is always warm", hint)
    for name in scenario.adaptors:
        if name not in used:
            yield Complaint(
                ("adaptors", name), "no workflow names this adaptor", f"write `adaptor: {name}` where it is used", about_key=True
            )
