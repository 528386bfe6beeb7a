"""What a scenario deploys, in the plain values that an engine simulates: copies and replicas written out, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.deployment import deployment as plain
from fastlanes_sim.deployment.worker_processes import WorkerProcess, placed_workers
from fastlanes_sim.rules.deadlines import first_janitor
from fastlanes_sim.rules.incidents import MILLION
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.expansion import placed_adaptors, placed_projects, placed_workflows
from fastlanes_sim.scenario.resources import Resource
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Project, Scenario
from fastlanes_sim.scenario.workers import WorkerGroup


def deployment(scenario: Scenario) -> plain.Deployment:
    """The scenario's projects, workflows, workers and settings, ready for an engine."""
    down = lightning_down(scenario)
    workflows = tuple(plain.Workflow(placed.name, placed.project, placed.settings.concurrency) for placed in placed_workflows(scenario))
    return plain.Deployment(
        projects=tuple(_project(name, project) for name, project in placed_projects(scenario)),
        workflows=workflows,
        workers=tuple(_out_with_lightning(_worker(name, process, group), down) for name, process, group in placed_workers(scenario)),
        lightning=_lightning(scenario),
        latency=plain.Latency(
            up=scenario.network.up,
            database=scenario.network.database_curve(len(workflows)),
            down=scenario.network.down,
            message=scenario.network.message,
        ),
        incidents=plain.Incidents(
            down=down, slow=_slow_database(scenario, len(workflows)), dropped=_dropped_replies(scenario), over_quota=_over_quota(scenario)
        ),
        adaptors=placed_adaptors(scenario),
        horizon=scenario.horizon,
        autoscalers=tuple(_autoscalers(scenario)),
        resources=tuple(_resource(name, resource) for name, resource in scenario.resources.items()),
    )


def _resource(name: str, resource: Resource) -> plain.Resource:
    return plain.Resource(
        name=name,
        concurrency=resource.concurrency,
        processors=resource.processors,
        every=None if resource.rate is None else max(1, round(SECOND / resource.rate)),
        burst=resource.burst,
        retry_after=resource.retry_after,
        attempts=resource.attempts or 0,
    )


def lightning_down(scenario: Scenario) -> tuple[tuple[int, int], ...]:
    """I-1: when there is no Lightning, in order; spans that touch are one."""
    return _joined((span.begins, span.ends) for span in scenario.incidents.lightning_down)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order; spans that touch are one."""
    joined: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return tuple(joined)


def _out_with_lightning(worker: plain.Worker, down: tuple[tuple[int, int], ...]) -> plain.Worker:
    """I-1: for a worker that polls, Lightning down is an outage like any other (W-12, F-1)."""
    return worker if worker.dispatch == "ideal" else replace(worker, outages=tuple(sorted(worker.outages + down)))


def _slow_database(scenario: Scenario, workflows: int) -> tuple[plain.SlowDatabase, ...]:
    """I-7"""
    curve = scenario.network.database_curve(workflows)
    return tuple(plain.SlowDatabase(span.begins, span.ends, span.slowed(curve)) for span in scenario.incidents.slow_database)


def _dropped_replies(scenario: Scenario) -> tuple[plain.DroppedReplies, ...]:
    """I-8"""
    spans = scenario.incidents.dropped_replies
    return tuple(plain.DroppedReplies(span.begins, span.ends, round(span.probability * MILLION)) for span in spans)


def _over_quota(scenario: Scenario) -> tuple[plain.OverQuota, ...]:
    """L-28"""
    of = [(place, project) for place, (_, project) in enumerate(placed_projects(scenario))]
    return tuple(
        plain.OverQuota(span.begins, span.ends, place)
        for span in scenario.incidents.over_quota
        for place, project in of
        if project is scenario.projects[span.project]
    )


def _project(name: str, project: Project) -> plain.Project:
    return plain.Project(name, project.concurrency, None if project.admission is None else project.admission.fast_lane)


def _lightning(scenario: Scenario) -> plain.Lightning:
    settings = scenario.lightning
    return plain.Lightning(
        ruleset=settings.ruleset,
        run_queue=settings.run_queue,
        claim_limit=settings.per_workflow_claim_limit,
        debounce=settings.work_available_debounce if settings.broadcast_work_available else None,
        notification=scenario.network.notification,
        database_processors=settings.database_processors,
        database_pool=settings.database_pool_size,
        nodes=settings.nodes,
        database_timeout=settings.database_timeout,
        puts_back=settings.puts_back_unheard_claims,
        grace_period=settings.grace_period,
        janitor_first=first_janitor(_time_of_day(scenario), settings.janitor_every),
        janitor_period=settings.janitor_every,
        webhook_timeout=settings.webhook_response_timeout,
    )


def _autoscalers(scenario: Scenario) -> Iterator[plain.Autoscaler]:
    groups = [group for _, _, group in placed_workers(scenario)]
    for group in scenario.workers:
        scaling = group.autoscaling
        if scaling is not None:
            first = next(place for place, other in enumerate(groups) if other is group)
            yield plain.Autoscaler(
                first=first,
                end=first + scaling.max,
                least=scaling.min,
                runs_per_replica=scaling.runs_per_replica,
                counts_active=scaling.counts == "active",
                poll=scaling.poll,
                cool_down=scaling.cool_down,
            )


def _time_of_day(scenario: Scenario) -> int:
    """µs since midnight UTC at the start: the janitor's cron goes by the server's clock (L-18)."""
    begin = instant(scenario.start, scenario.timezone)
    return begin.hour * HOUR + begin.minute * MINUTE + begin.second * SECOND + begin.microsecond


def _worker(name: str, process: WorkerProcess, group: WorkerGroup) -> plain.Worker:
    minimum, maximum = effective_backoff(*parse_backoff(group.backoff))
    return plain.Worker(
        name=name,
        workloops=parse_workloops(process.workloops or group.layout).workloops,
        backoff_min_ms=minimum,
        backoff_max_ms=maximum,
        connect_at=process.connect_at,
        start_up=process.start_up,
        stops_at=process.stops_at,
        grace=process.grace,
        is_standby=process.is_standby,
        outages=tuple(sorted((outage.begins, outage.ends) for outage in group.outages if outage.kind == "closed")),
        mute=_joined((outage.begins, outage.ends) for outage in group.outages if outage.kind == "mute"),
        message_timeout=group.message_timeout,
        survives_lost_plan=group.survives_lost_plan,
        restart=None if group.restart == "never" else group.restart,
        claim_timeout=group.claim_timeout,
        verification=group.verification,
        claim_chains=group.claim_chains,
        cores=group.cores,
        memory=group.memory,
        dispatch=group.dispatch,
    )
