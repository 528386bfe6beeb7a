"""What the rig saw as a recorded case of lives (lives.schema.md): to be kept, and put to `conform lives --tolerance`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.follower import Conduct
from fastlanes_sim.rig.latencies import Latencies
from fastlanes_sim.rig.recording import Recording, SeenRun
from fastlanes_sim.rig.seen_log import workloop_of
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

CLAIM_COLUMNS = (
    *("push_ms", "worker", "workloop", "segment", "attempt", "wire_ms"),
    *("begin_ms", "server_ms", "reply_ms", "run", "error", "lost"),
)
LIFE_COLUMNS = (
    *("id", "claimed_ms", "worker", "workloop", "received_ms", "joined_ms", "planned_ms", "executed_ms"),
    *("start_ms", "end_ms", "completed_ms", "told_ms", "freed_ms", "messages", "timeouts"),
)
RUN_COLUMNS = (
    *("id", "arrival_ms", "queue", "dataclip", "creds", "install_ms", "start_ms", "duration_ms"),
    *("log_ms", "outcome", "timeout_ms", "join_fails", "plan_lost"),
)
_OUTCOMES = {State.SUCCESS: "success", State.FAILED: "fail", State.CRASHED: "crash"}


def case(
    name: str, recording: Recording, deployment: Deployment, table: RunTable, measured: Latencies, conducts: Sequence[Conduct]
) -> dict[str, Any]:
    """One line of such a file. Time 0 is the opening of the first socket. `jitter_ms` says how exact it is."""
    zero = min((event.at for event in recording.events if event.kind == "open"), default=recording.zero)

    def ms(at: int | None) -> int | None:
        return None if at is None else max(0, (at - zero) // MILLISECOND)

    horizon = ms(recording.zero + recording.ended_on) or 0
    names = [f"r{row}" for row in range(len(recording.runs))]
    followed = {id(one.claim): one for conduct in conducts for one in conduct.claims}
    claims = []
    for claim in recording.claims:
        one = followed.get(id(claim))
        segment, attempt = (None, None) if one is None else (one.segment, one.attempt)
        loop = workloop_of(claim, deployment) if one is None or one.loop is None else one.loop
        run = None if claim.run is None else names[claim.run]
        error = None if claim.decided_at is None else int(claim.error)
        times = (ms(claim.began_at), ms(claim.decided_at), ms(claim.replied_at))
        claims.append([ms(claim.pushed_at), claim.worker, loop, segment, attempt, ms(claim.pushed_at), *times, run, error, claim.lost])
    events = [event for event in recording.events if event.at <= recording.zero + recording.ended_on]
    changes = {"joined": "connect", "closed": "disconnect"}
    slots: list[list[list[int]] | None] = [None] * len(deployment.workers)
    for conduct in conducts:
        slots[conduct.worker] = [[int(stopped), held, open_claims] for stopped, held, open_claims in conduct.slots]
    return {
        "id": name,
        "regime": "rig",
        "worker_version": next(iter(recording.versions.values()), ""),
        "jitter_ms": measured.tolerance // MILLISECOND,
        "params": _params(recording, deployment, table, measured, ms, horizon, names),
        "conn_events": [[ms(one.at), one.worker, changes[one.kind]] for one in events if one.kind in changes],
        "claims_cols": list(CLAIM_COLUMNS),
        "claims": claims,
        "lives_cols": list(LIFE_COLUMNS),
        "lives": [_life(names[row], run, deployment, ms) for row, run in enumerate(recording.runs) if run.claimed_at is not None],
        "work_available": [[ms(one.at), one.worker] for one in events if one.kind == "work-available"],
        "exits": [[ms(one.at), one.worker, _exit(one.detail)] for one in events if one.kind == "exit"],
        "slots": slots,
        "summary": {"runs": len(recording.runs), "claims": len(claims)},
    }


def _exit(code: str) -> str:
    return {"0": "term", "-9": "kill"}.get(code, "crash")


def _params(
    recording: Recording, deployment: Deployment, table: RunTable, measured: Latencies, ms: Any, horizon: int, names: list[str]
) -> dict[str, Any]:
    lightning, zero = deployment.lightning, recording.zero
    claim_timeouts = {worker.claim_timeout for worker in deployment.workers} or {3_600 * SECOND}
    message_timeouts = {worker.message_timeout for worker in deployment.workers} or {30 * SECOND}
    queries = sorted((c for c in recording.claims if c.began_at is not None and c.decided_at is not None), key=lambda c: c.began_at or 0)
    return {
        "workers": [_worker(number, recording, deployment, ms) for number in range(len(deployment.workers))],
        "up_ms": round(measured.request / MILLISECOND),
        "down_ms": round(measured.reply / MILLISECOND),
        "database_ms": [round(((c.decided_at or 0) - (c.began_at or 0)) / MILLISECOND) for c in queries] or 0,
        "message_ms": deployment.latency.message // MILLISECOND,
        "message_timeout_ms": min(message_timeouts) // MILLISECOND,
        "debounce_ms": None if lightning.debounce is None else lightning.debounce // MILLISECOND,
        "claim_timeout_s": min(claim_timeouts) // SECOND,
        "refuse_ms": 3,
        "reconnect_open_ms": 30,
        "claim_errors": [],
        "silent": [],
        "batch_logs": False,
        "horizon_ms": horizon,
        "runs_cols": list(RUN_COLUMNS),
        "runs": [
            _run(names[row], row, run, table, measured, ms)
            for row, run in enumerate(recording.runs)
            if run.inserted_at is not None and run.inserted_at - zero <= recording.ended_on
        ],
    }


def _worker(number: int, recording: Recording, deployment: Deployment, ms: Any) -> dict[str, Any]:
    spec, mine = deployment.workers[number], [event for event in recording.events if event.worker == number]
    opened = next((ms(event.at) for event in mine if event.kind == "open"), 0)
    worker: dict[str, Any] = {
        "workloops": " ".join(loop.id for loop in spec.workloops),
        "backoff_min_ms": spec.backoff_min_ms,
        "backoff_max_ms": spec.backoff_max_ms,
        "connect_ms": opened,
        "outages": [[ms(begins + recording.zero), ms(ends + recording.zero)] for begins, ends in spec.outages],
    }
    stopped = next((ms(event.at) for event in mine if event.kind == "sigterm"), None)
    if stopped is not None:
        worker |= {"sigterm_ms": stopped, "grace_ms": (spec.grace or 0) // MILLISECOND}
    return worker


def _run(name: str, row: int, run: SeenRun, table: RunTable, measured: Latencies, ms: Any) -> list[Any]:
    """As observed where it was: from the hand-over to the start, and from there to the end."""
    launched = run.fetched_at if run.fetched_at is not None else run.planned_at
    startup, duration = int(table.startup_time[row]), int(table.service_time[row])
    if run.started_at is not None and launched is not None:
        startup = max(0, run.started_at - launched - measured.real_round_trip // 2)
    if run.started_at is not None and run.finished_at is not None:
        duration = run.finished_at - run.started_at
    shift = startup - int(table.startup_time[row])
    lines = [max(0, int(line) + shift) // MILLISECOND for line in table.log_at[table.log_first[row] : table.log_first[row + 1]]]
    outcome = State(run.state) if run.state in _OUTCOMES else State(int(table.outcome[row]))
    return [
        *(name, ms(run.inserted_at), Queue(int(table.queue[row])).label, int(table.has_input[row]), int(table.credentials[row]), 0),
        *(startup // MILLISECOND, duration // MILLISECOND, lines, _OUTCOMES.get(outcome, "die"), int(table.timeout[row]) // MILLISECOND),
        *(int(table.join_fails[row]), int(table.plan_lost[row])),
    ]


def _life(name: str, run: SeenRun, deployment: Deployment, ms: Any) -> list[Any]:
    assert run.worker is not None
    assert run.claim is not None
    loop = workloop_of(run.claim, deployment)
    return [
        *(name, ms(run.claimed_at), run.worker, loop, ms(run.received_at), ms(run.joined_at), ms(run.planned_at), ms(run.fetched_at)),
        *(ms(run.started_at), ms(run.finished_at), ms(run.ended_at), ms(run.told_at), ms(run.freed_at), run.messages, 0),
    ]
