"""Small deployments and run tables, with times in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED, SAFE, RunTable
from fastlanes_sim.core.units import HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Latency, Lightning, Project, Worker, Workflow
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.lifecycle import State

ROUND_TRIP_50_MS = Latency(up=20 * MILLISECOND, down=30 * MILLISECOND)


def worker(layout: str, **settings: Any) -> Worker:
    return Worker(name=settings.pop("name", "worker"), workloops=parse_workloops(layout).workloops, **settings)


def deployment(
    *workers: Worker, horizon: int = HOUR, latency: Latency | None = None, incidents: Incidents | None = None, **lightning: Any
) -> Deployment:
    """One project, one workflow, no notifications unless `debounce` is given, no janitor unless `janitor_first` is."""
    settings = {"debounce": None, "janitor_first": None} | lightning
    return Deployment(
        projects=(Project("project"),),
        workflows=(Workflow("workflow", 0),),
        workers=workers,
        lightning=Lightning(**settings),
        latency=latency or Latency(),
        incidents=incidents or Incidents(),
        horizon=horizon,
    )


def simplified(deployed: Deployment) -> Deployment:
    """The same in the world of the first recordings: claims decided in parallel, and runs' channels as one duration."""
    workers = tuple(replace(each, run_channel="simplified") for each in deployed.workers)
    return replace(deployed, workers=workers, lightning=replace(deployed.lightning, claims="parallel"))


def run(at: float, service: float, queue: str = "default", *, startup: float = 0.0, timeout: float = 300.0, **more: Any) -> dict[str, Any]:
    """One run; times in seconds."""
    return {"at": at, "service": service, "queue": queue, "startup": startup, "timeout": timeout} | more


def attempt(service: float, **more: Any) -> dict[str, Any]:
    """A further attempt of a run's caller, for `run(…, again=[…])`: so long `after_timeout` (504 of the one before), `after_refusal` (429)
    or `after_outage` (503). Times in seconds."""
    return {"service": service, "after_timeout": None, "after_refusal": None, "after_outage": None} | more


def call(
    at: float, service: float, queue: str = "fast_lane", *, waits: float | None = None, fails: bool = False, **more: Any
) -> dict[str, Any]:
    """A run that another calls, for `run(…, calls=[…])`, after `at` seconds of that run's own work: it waits `waits` seconds for the answer
    at most, and `fails` without one. The called run may have `calls` of its own."""
    row = run(at, service, queue, **more) | {"at": None, "call_at": at, "fails_unanswered": fails}
    return row | ({} if waits is None else {"patience": waits, "sync": True})


def table(rows: Iterable[dict[str, Any]]) -> RunTable:
    rows = list(rows)
    links: dict[int, tuple[int, dict[str, Any]]] = {}
    for number, row in enumerate(rows[:]):
        before = number
        for again in row.get("again", ()):
            links[before] = len(rows), again
            before = len(rows)
            rows.append(row | {"at": None} | again)
    first_call: dict[int, int] = {}
    next_call: dict[int, int] = {}
    for number, row in enumerate(rows):  # which grow meanwhile
        for place, called in enumerate(row.get("calls", ())):
            (next_call if place else first_call)[len(rows) - 1 if place else number] = len(rows)
            rows.append(called)
    calls = {"first_call": first_call, "next_call": next_call} if first_call else {}

    def column(name: str, scale: int = SECOND, default: float = 0) -> Any:
        return np.array([round(row.get(name, default) * scale) for row in rows], np.int64)

    def link(value: Any) -> Any:
        return np.array([value(*links[number]) if number in links else NEVER for number in range(len(rows))], np.int64)

    def delay(name: str) -> Any:
        return link(lambda _, again: NEVER if again[name] is None else round(again[name] * SECOND))

    return RunTable(
        inserted_at=np.array([IF_ASKED if row["at"] is None else round(row["at"] * SECOND) for row in rows], np.int64),
        workflow=column("workflow", 1).astype(np.int32),
        queue=np.array([Queue.named(row["queue"]) for row in rows], np.int8),
        priority=column("priority", 1, NORMAL).astype(np.int8),
        service_time=column("service"),
        startup_time=column("startup"),
        timeout=column("timeout"),
        outcome=column("outcome", 1, State.SUCCESS).astype(np.int8),
        sync=column("sync", 1).astype(np.bool_),
        join_fails=column("join_fails", 1).astype(np.bool_),
        source=np.zeros(len(rows), np.int32),
        sources=("test",),
        next_attempt=link(lambda following, _: following),
        after_timeout=delay("after_timeout"),
        after_refusal=delay("after_refusal"),
        after_outage=delay("after_outage"),
        adaptor=column("adaptor", 1, NEVER).astype(np.int32),
        cold_start=column("cold_start"),
        reply_luck=column("reply_luck", 1, SAFE).astype(np.int32),
        install_time=column("install"),
        credentials=column("credentials", 1).astype(np.int8),
        has_input=column("has_input", 1, True).astype(np.bool_),
        plan_lost=column("plan_lost", 1).astype(np.bool_),
        accepted=column("accepted", 1).astype(np.bool_),
        **{name: np.array([rows_of.get(number, NEVER) for number in range(len(rows))], np.int64) for name, rows_of in calls.items()},
        **({"call_at": column("call_at"), "fails_unanswered": column("fails_unanswered", 1).astype(np.bool_)} if calls else {}),
        patience=np.array([round(row["patience"] * SECOND) if "patience" in row else NEVER for row in rows], np.int64) if calls else None,
        memory=column("memory", 1),
        **log_lines([row.get("logs", ()) for row in rows]),
        **uses([row.get("uses", ()) for row in rows]),
    )


def log_lines(lines: list[Iterable[float]]) -> dict[str, Any]:
    """The columns of log lines, one list a run; seconds after the launch."""
    return {
        "log_first": np.cumsum([0, *map(len, map(list, lines))]),
        "log_at": np.array([round(line * SECOND) for own in lines for line in own], np.int64),
    }


def uses(uses: list[Iterable[tuple[int, float, float]]]) -> dict[str, Any]:
    """The columns of uses of resources, one list a run: (resource, from, until), seconds of the run's own work."""
    every = [use for own in uses for use in own]
    return {
        "use_first": np.cumsum([0, *(len(list(own)) for own in uses)]),
        "use_of": np.array([resource for resource, _, _ in every], np.int32),
        "use_from": np.array([round(begins * SECOND) for _, begins, _ in every], np.int64),
        "use_until": np.array([round(ends * SECOND) for _, _, ends in every], np.int64),
    }


__all__ = [
    "HOUR",
    "MILLISECOND",
    "MINUTE",
    "ROUND_TRIP_50_MS",
    "SECOND",
    "attempt",
    "call",
    "deployment",
    "run",
    "simplified",
    "table",
    "worker",
]
