"""Small deployments and tables of runs, written the way one would say them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.workloops import parse_workloops
from fastlanes_sim.scenario.deployment import Deployment, Latency, Lightning, Project, Worker, Workflow
from fastlanes_sim.traffic.table import RunTable
from fastlanes_sim.units import HOUR, MILLISECOND, MINUTE, SECOND

ROUND_TRIP_50_MS = Latency(request=20 * MILLISECOND, reply=30 * MILLISECOND)


def worker(layout: str, **settings: Any) -> Worker:
    return Worker(name=settings.pop("name", "worker"), workloops=parse_workloops(layout).workloops, **settings)


def deployment(*workers: Worker, horizon: int = HOUR, latency: Latency | None = None, **lightning: Any) -> Deployment:
    """One project, one workflow, no notifications unless `debounce` is given, no janitor unless `janitor_first` is."""
    settings = {"debounce": None, "janitor_first": None} | lightning
    return Deployment(
        projects=(Project("project"),),
        workflows=(Workflow("workflow", 0),),
        workers=workers,
        lightning=Lightning(**settings),
        latency=latency or Latency(),
        horizon=horizon,
    )


def run(at: float, service: float, queue: str = "default", *, startup: float = 0.0, timeout: float = 300.0, **more: Any) -> dict[str, Any]:
    """One run; times in seconds."""
    return {"at": at, "service": service, "queue": queue, "startup": startup, "timeout": timeout} | more


def table(rows: Iterable[dict[str, Any]]) -> RunTable:
    rows = list(rows)

    def column(name: str, scale: int = SECOND, default: float = 0) -> Any:
        return np.array([round(row.get(name, default) * scale) for row in rows], np.int64)

    return RunTable(
        inserted_at=column("at"),
        workflow=column("workflow", 1).astype(np.int32),
        queue=np.array([Queue.named(row["queue"]) for row in rows], np.int8),
        priority=column("priority", 1, NORMAL).astype(np.int8),
        service_time=column("service"),
        startup_time=column("startup"),
        timeout=column("timeout"),
        outcome=column("outcome", 1, State.SUCCESS).astype(np.int8),
        sync=np.zeros(len(rows), np.bool_),
        join_fails=column("join_fails", 1).astype(np.bool_),
        source=np.zeros(len(rows), np.int32),
        sources=("test",),
    )


__all__ = ["HOUR", "MILLISECOND", "MINUTE", "ROUND_TRIP_50_MS", "SECOND", "deployment", "run", "table", "worker"]
