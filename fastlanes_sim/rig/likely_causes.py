"""What likely made predicted and observed differ: everything in which the session was not as the scenario says, with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fastlanes_sim.core.units import MILLISECOND, SECOND, format_duration
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.rig.conduct_verdict import FEWEST, LEAST_SHARE
from fastlanes_sim.rig.follower import Conduct, follow
from fastlanes_sim.rig.latencies import Latencies
from fastlanes_sim.rig.recording import Recording
from fastlanes_sim.rig.roster import layout_of
from fastlanes_sim.rules.database import interpolate
from fastlanes_sim.rules.polling import HEARTBEAT
from fastlanes_sim.scenario.workers import RECORDED_VERSIONS

_WORTH_A_WORD = 1.2
_FEW = 5 * MILLISECOND
_BETTER = 0.1
_LEAST, _MOST = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0), (5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds, as people set WORKER_BACKOFF. 1/30 is the worker's own where none is set (W-3)."""


def causes(
    recording: Recording,
    deployment: Deployment,
    measured: Latencies,
    conducts: Sequence[Conduct],
    startup: int | None,
    planned_startup: float,
) -> list[str]:
    """Sentences, the most telling first. `startup`: the observed median from the launch to the start (µs), `planned_startup`: the
    scenario's mean."""
    return [
        *_layouts(recording, deployment),
        *_backoffs(recording, deployment, conducts),
        *_dead_workloops(recording, deployment, conducts),
        *_mute(conducts, deployment),
        *_restarts(recording, deployment),
        *_latencies(deployment, measured),
        *_startup(startup, planned_startup),
        *_versions(recording, deployment),
        *_machine(measured),
    ]


def _layouts(recording: Recording, deployment: Deployment) -> Iterator[str]:
    for number, said in sorted(recording.layouts.items()):
        worker = deployment.workers[number]
        if said != layout_of(worker):
            yield f"Layout: {worker.name} says that it has {said}, the scenario says {layout_of(worker)}."


def _backoffs(recording: Recording, deployment: Deployment, conducts: Sequence[Conduct]) -> Iterator[str]:
    """W-3, W-7: another backoff with which the worker's claims would have come when they were due."""
    for conduct in conducts:
        worker = deployment.workers[conduct.worker]
        if conduct.expected < FEWEST or _share(conduct) >= LEAST_SHARE:
            continue
        best = worker
        for others in (_LEAST, _MOST):
            tried = [best, *(_with_backoff(best, others is _LEAST, second) for second in others)]
            best = max(tried, key=lambda other: _share(follow(recording, conduct.worker, other, conduct.tolerance)))
        share = _share(follow(recording, conduct.worker, best, conduct.tolerance))
        if share > _share(conduct) + _BETTER:
            good, before = f"{100 * share:.0f} %", f"{100 * _share(conduct):.0f} %"
            backoffs = f"{_written(best)} instead of {_written(worker)}"
            yield f"Backoff: with {backoffs}, {good} of the claims of {worker.name} come when they are due, instead of {before}."


def _with_backoff(worker: Worker, is_least: bool, seconds: float) -> Worker:
    return replace(worker, backoff_min_ms=1_000 * seconds) if is_least else replace(worker, backoff_max_ms=1_000 * seconds)


def _share(conduct: Conduct) -> float:
    return conduct.as_expected / max(1, conduct.expected)


def _written(worker: Worker) -> str:
    return f"{worker.backoff_min_ms / 1_000:g}/{worker.backoff_max_ms / 1_000:g}"


def _dead_workloops(recording: Recording, deployment: Deployment, conducts: Sequence[Conduct]) -> Iterator[str]:
    """W-6: it has room and asks no more."""
    end = recording.zero + recording.ended_on
    for conduct in conducts:
        worker = deployment.workers[conduct.worker]
        for loop, (stopped, held, open_claims) in zip(worker.workloops, conduct.slots, strict=False):
            mine = [claim.pushed_at for claim in recording.claims if claim.worker == conduct.worker and claim.queues == loop.queues]
            silent = end - max(mine, default=recording.zero)
            if stopped and held + open_claims < loop.capacity and silent > worker.backoff_max_ms * MILLISECOND + SECOND:
                yield (
                    f"Dead workloop: {loop.id} of {worker.name} has room and has not claimed for {format_duration(silent)} (W-6). "
                    "The model does that too, though not at the same instant: only replications say how likely it is."
                )


def _mute(conducts: Sequence[Conduct], deployment: Deployment) -> Iterator[str]:
    for conduct in conducts:
        if conduct.followed_until is not None:
            name = deployment.workers[conduct.worker].name
            yield f"Mute connection: {name} is followed up to it; a worker notices it {HEARTBEAT // SECOND} to 60 s later (W-25)."


def _restarts(recording: Recording, deployment: Deployment) -> Iterator[str]:
    for event in recording.events:
        if event.kind == "exit" and event.detail not in ("0", "-9", "-15"):
            at = format_duration(max(0, event.at - recording.zero))
            yield f"Exit: {deployment.workers[event.worker].name} ended by itself with code {event.detail} after {at} (W-15a; see its log)."


def _latencies(deployment: Deployment, measured: Latencies) -> Iterator[str]:
    """Of what was measured: 0 is what was not (`Latencies`)."""
    latency = deployment.latency
    planned, seen = latency.up + latency.down, measured.request + measured.reply
    if seen and _differs(planned, seen):
        yield (
            f"Round trips: a message took {format_duration(seen)} there and back, the scenario says {format_duration(planned)}; "
            f"{format_duration(measured.real_round_trip)} of it is the real network and the worker. The prediction uses what was measured."
        )
    database = interpolate(latency.database, 0)
    if measured.database and _differs(database, measured.database):
        yield (
            f"Database: a claim took {format_duration(measured.database)}, the scenario says {format_duration(database)} with no run "
            "active. The prediction uses what was measured where the scenario has a constant."
        )


def _startup(seen: int | None, planned: float) -> Iterator[str]:
    if seen is not None and _differs(round(planned), seen):
        yield (
            f"Start-up: the engine took {format_duration(seen)} from the launch to the start, the scenario says "
            f"{format_duration(round(planned))}. The prediction uses what was measured."
        )


def _versions(recording: Recording, deployment: Deployment) -> Iterator[str]:
    for number, version in sorted(recording.versions.items()):
        if version and version not in RECORDED_VERSIONS:
            yield (
                f"Version: {deployment.workers[number].name} is ws-worker {show_version(version)}; the model was recorded from "
                f"{' and '.join(RECORDED_VERSIONS)}."
            )


def show_version(text: str) -> str:
    """It comes from outside."""
    return "".join(letter for letter in text if letter.isalnum() or letter in ".-+")[:40]


def _machine(measured: Latencies) -> Iterator[str]:
    if measured.lag > 20 * MILLISECOND:
        late = format_duration(measured.lag)
        yield f"Busy machine: 1 in 100 of the rig's own timers was late by {late} or more; the worker's likely as well."


def _differs(planned: int, seen: int) -> bool:
    return abs(seen - planned) > _FEW and not planned / _WORTH_A_WORD <= seen <= planned * _WORTH_A_WORD
