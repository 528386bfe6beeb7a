"""The world before the first event: a deployment's plain values put into the kernel's arrays; and arrays that are full made larger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import chain, count
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import OF_CALLERS, OF_CALLS, RunTable
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.engines.kernel import departures, event_list, free_list, lineage, process, timeouts, wait_causes
from fastlanes_sim.engines.kernel import records as of
from fastlanes_sim.engines.kernel.event_list import FOLLOW_UPS_COME_FIRST
from fastlanes_sim.engines.kernel.event_loop import ahead
from fastlanes_sim.engines.kernel.jit import entry
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.engines.kernel.world import FIELDS, World
from fastlanes_sim.rules.autoscaling import NOT_SINCE
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import passes_filter, queue_rank, sanitise_queues
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.database import pool_size
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.layout_parser import WILDCARD
from fastlanes_sim.rules.polling import sleep_ms, whole_timer
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.rulesets import RunQueue
from fastlanes_sim.rules.run_messages import guard
from fastlanes_sim.rules.sharing import processors

FIRST_SIZE = 64
"""Of every array that grows."""
RINGS = (
    ("follow_ups", "first", "last"),
    ("ends_of_queries", "first_query", "last_query"),
    ("on_the_way_up", "first_up", "last_up"),
    ("on_the_way_down", "first_down", "last_down"),
)
"""Name, and the fields of the clock that say what of it waits."""
EVENTS_A_WORKER = 3
"""Planned beforehand: its first connection, SIGTERM, SIGKILL."""
_LIMITLESS = 2**62


def world_of(
    deployment: Deployment,
    table: RunTable,
    log: RunLog,
    *,
    keeps_claims: bool = False,
    keeps_changes: bool = False,
    foresees: bool = True,
    skips_polls: bool = True,
) -> World:
    """The deployment at instant 0, before anything has happened."""
    workers = deployment.workers
    slots = sum(loop.capacity for worker in workers for loop in worker.workloops)
    polling = sum(loop.capacity for worker in workers if worker.dispatch != "ideal" for loop in worker.workloops)
    many_loops = sum(len(worker.workloops) for worker in workers)
    outages = [
        (begins, ends, place, is_mute)
        for place, worker in enumerate(workers)
        if worker.dispatch != "ideal"
        for spans, is_mute in ((worker.outages, False), (worker.mute, True))
        for begins, ends in spans
    ]
    planned = len(deployment.autoscalers) + 2 * len(deployment.incidents.down)
    planned += sum(EVENTS_A_WORKER + len(worker.mute) + len(worker.channel_crashes) for worker in workers)
    partitions: list[int] = []
    workflows = _workflows(deployment, partitions)
    loops, flights = _loops(deployment)
    shares = _shares(deployment)
    world = World(
        **columns(table, log),
        **log_lines(table),
        clock=_clock(deployment, margin=slots + many_loops + len(workers) + len(shares) + 4),
        lightning=_lightning(deployment, table, keeps_claims, keeps_changes, foresees, skips_polls),
        counts=_array(of.COUNTS, 1),
        database=_database(deployment),
        timers=_array(of.EVENT, FIRST_SIZE + planned),
        naps=_array(of.EVENT, FIRST_SIZE),
        sleepers=_array(of.EVENT, FIRST_SIZE),
        follow_ups=_array(of.FOLLOW_UP, FIRST_SIZE),
        ends_of_queries=_array(of.EVENT, FIRST_SIZE),
        on_the_way_up=_array(of.EVENT, FIRST_SIZE),
        on_the_way_down=_array(of.EVENT, FIRST_SIZE),
        runs=_array(of.RUN, 1),
        services=_array(of.SERVICE, int(_has_phases(deployment, table))),
        sharing=_array(of.NODE, int(_has_phases(deployment, table))),
        awaited_by=np.full(len(table) if table.has_calls else 0, NOBODY, np.int32),
        claimable=_array(of.NODE, 1),
        numbering=_array(of.NODE, 1),
        tops=_tops(deployment),
        projects=_projects(deployment),
        workflows=workflows,
        partitions=_records(of.PARTITION, [{"limit": limit, "within": NOBODY, "beyond": NOBODY} for limit in partitions]),
        claims=_array(of.CLAIM, 1),
        segments=_array(of.SEGMENT, 1),
        messages=_array(of.MESSAGE, 1),
        connections=_array(of.CONNECTION, 1),
        channels=_array(of.CHANNEL, 1),
        creators=_array(of.CREATOR, lineage.remembered(polling)),
        departures=_array(of.DEPARTURE, 1),
        details=_details(len(table) if keeps_claims else 0),
        servers=_array(of.SERVER, 0),
        tournament=np.zeros(0, np.int64),
        lines=_array(of.LINE, 0),
        line_ranks=np.zeros(0, np.int64),
        behind=np.zeros(0, np.int32),
        stages=_array(of.STAGE, 1),
        exits=_array(of.EXIT, 1),
        loops=loops,
        flights=_array(of.FLIGHT, flights),
        autoscalers=_autoscalers(deployment),
        workers=_workers(deployment),
        resources=_resources(deployment),
        shares=_records(of.SHARE, shares),
        timeouts=_timeouts(len(workers)),
        outages=_outages(outages),
        outages_begin=_outages(sorted((outage for outage in outages if not outage[3]), key=lambda outage: outage[0])),
        **_curves(deployment),
        pairs=_records(of.PAIR, [{"until_decided": first, "until_replied": second} for first, second in deployment.latency.pairs]),
        database_times=np.array(deployment.latency.database_times, np.int64),
        downs=_spans(deployment.incidents.down),
        over_quota=_records(of.OVER_QUOTA, [asdict(span) for span in deployment.incidents.over_quota]),
        claim_errors=_spans(deployment.incidents.claim_errors),
        silent=_spans(deployment.incidents.silent),
        drops=_records(of.DROP, [asdict(span) for span in deployment.incidents.dropped]),
        loaded_at=np.full(len(workers) * len(deployment.adaptors), NOBODY, np.int64),
        claim_rows=_array(of.CLAIM_ROW, FIRST_SIZE if keeps_claims else 0),
        notes=_array(of.NOTE, FIRST_SIZE if keeps_claims else 0),
        loop_changes=_array(of.CHANGE, FIRST_SIZE if keeps_changes else 0),
        run_changes=_array(of.CHANGE, FIRST_SIZE if keeps_changes else 0),
        asked_at=_never(len(table) if keeps_changes else 0),
    )
    world = grown(world)
    plan = list(_plan(deployment, world.workers["planned_kill"].tolist()))
    _follow(world, np.array(plan, np.int64).reshape(len(plan), 3))
    return world


def _plan(deployment: Deployment, planned_kills: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """What is known beforehand, in the order of creation: (time, kind, subject)."""
    if any(worker.dispatch == "ideal" for worker in deployment.workers):
        for instant in chain.from_iterable(deployment.incidents.down):
            yield instant, Kind.TURNED, NOBODY
    for place, worker in enumerate(deployment.workers):
        if worker.dispatch != "ideal":
            if not worker.is_standby:
                yield worker.connect_at, Kind.OPEN, place
            for begins, _ in worker.mute:
                yield begins, Kind.MUTE, place
            for instant in worker.channel_crashes:
                yield instant, Kind.CHANNEL_CRASH, place
            if worker.stops_at is not None:
                yield worker.stops_at, Kind.STOP, place
            if planned_kills[place] != NOBODY:
                yield planned_kills[place], Kind.KILL, place
    for place, scaler in enumerate(deployment.autoscalers):
        yield scaler.poll, Kind.POLL, place


def columns(table: RunTable, log: RunLog) -> dict[str, npt.NDArray[Any]]:
    """The world's fields that are columns: what the kernel reads of a run table, and what it writes of a run log."""
    sources = {"table": table, "log": log}
    found = {
        name: getattr(sources[whose], column)
        for name in FIELDS
        for whose, _, column in [name.partition("_")]
        if whose in sources and name not in OF_LINES
    }
    # Columns that say nothing, which may be long.
    left_out = table.left_out | set(() if table.has_attempts else OF_CALLERS) | set(OF_CALLS)
    left_out -= set(OF_CALLS if table.has_calls else ())
    left_out |= set() if table.has_uses else {"use_first"}
    return found | {f"table_{name}": found[f"table_{name}"][:0] for name in left_out if f"table_{name}" in found}


OF_LINES = ("table_log_first", "table_log_at")


def log_lines(table: RunTable) -> dict[str, npt.NDArray[Any]]:
    """The world's fields of the log lines of this table."""
    if not table.has_log_lines:
        return dict.fromkeys(OF_LINES, np.zeros(0, np.int64))
    run = np.repeat(np.arange(len(table)), np.diff(table.log_first))
    in_order = np.lexsort((table.log_at, run))
    return dict(zip(OF_LINES, (table.log_first, table.log_at[in_order]), strict=True))


def most_messages(table: RunTable) -> int:
    """That one event may push at most: all credentials of a run."""
    return int(table.credentials.max(initial=0)) if "credentials" not in table.left_out else 0


def loses_plans(table: RunTable) -> bool:
    """Whether the plan of some run never comes (W-15a)."""
    return "plan_lost" not in table.left_out and bool(table.plan_lost.any())


def grown(world: World) -> World:
    """The same world with more room in every array that is short of it."""
    clock, counts = world.clock[0], world.counts[0]
    events = 1 if world.lightning[0].keeps_claims or world.lightning[0].keeps_changes else ahead(int(clock.margin))
    margin = events * int(clock.margin)
    changes: dict[str, Any] = {}
    if counts.free_runs < events:
        changes |= {name: _larger(getattr(world, name), events) for name in ("claimable", "numbering")}
        changes["runs"] = _larger_free_list(world.runs, events)
        if world.lightning[0].has_phases:
            changes["sharing"] = _larger(world.sharing, events)
            services = changes["services"] = _larger(world.services, events)
            for name in ("resource", "share", "awaits"):
                services[name][len(world.services) :] = NOBODY
        counts.free_runs += len(changes["runs"]) - len(world.runs)
    if counts.free_claims < margin:
        claims = changes["claims"] = _larger_free_list(world.claims, margin)
        claims["loop"][len(world.claims) :] = NOBODY
        counts.free_claims += len(claims) - len(world.claims)
    if counts.free_segments < margin:
        segments = changes["segments"] = _larger_free_list(world.segments, margin)
        segments["loop"][len(world.segments) :] = NOBODY
        counts.free_segments += len(segments) - len(world.segments)
    needed = margin + events * int(world.lightning[0].most_messages)
    if counts.free_messages < needed:
        messages = changes["messages"] = _larger_free_list(world.messages, needed)
        messages["run"][len(world.messages) :] = NOBODY
        counts.free_messages += len(messages) - len(world.messages)
    changes |= {
        name: _larger(getattr(world, name), margin)
        for name in ("stages", "exits", "connections", "channels")
        if counts[name] + margin > len(getattr(world, name))
    }
    leave = departures.at_most(events, int(world.lightning[0].active - world.lightning[0].available), int(clock.margin))
    first, last = int(world.database[0].first_departure), int(world.database[0].last_departure)
    if last - first + leave > len(world.departures):
        changes["departures"] = _larger_ring(world.departures, first, last, leave)
    most = margin + len(changes.get("claims", world.claims)) + len(changes.get("messages", world.messages))
    most += len(changes.get("services", world.services))
    if clock.timers + most > len(world.timers):
        changes["timers"] = _larger(world.timers, most)
    asleep = clock.naps + clock.last_sleeper - clock.first_sleeper
    if asleep + most > min(len(world.naps), len(world.sleepers)):
        changes["naps"] = _larger(world.naps, int(asleep) + most)
        changes["sleepers"] = _larger_ring(world.sleepers, int(clock.first_sleeper), int(clock.last_sleeper), int(asleep) + most)
    for name, of_first, of_last in RINGS:
        first, last = int(clock[of_first]), int(clock[of_last])
        if last - first + most > len(getattr(world, name)):
            changes[name] = _larger_ring(getattr(world, name), first, last, most)
    if world.lightning[0].keeps_claims:
        changes |= {
            name: _larger(getattr(world, name), margin)
            for name in ("claim_rows", "notes")
            if counts[name] + margin > len(getattr(world, name))
        }
    if world.lightning[0].keeps_changes:
        at_most = {"loop_changes": len(world.loops), "run_changes": wait_causes.at_most(int(world.lightning[0].active))}
        changes |= {
            name: _larger(getattr(world, name), most) for name, most in at_most.items() if counts[name] + most > len(getattr(world, name))
        }
    return world.replaced(**changes)


@entry
def _follow(world: Any, plan: Any) -> None:
    """`_plan`, in one call: a call from Python costs as much as hundreds of events."""
    for place in range(len(plan)):
        time, kind, subject = plan[place, 0], plan[place, 1], plan[place, 2]
        if kind == Kind.OPEN:
            process.start(world, subject, time)
        else:
            event_list.at(world, time, kind, subject)


@entry
def _stock(array: Any, begin: int, end: int) -> None:
    free_list.stock(array, begin, end)


def _larger(array: npt.NDArray[Any], least: int) -> npt.NDArray[Any]:
    """At least twice as long, and by `least` longer; a power of two."""
    size = max(FIRST_SIZE, 1 << (max(2 * len(array), len(array) + least) - 1).bit_length())
    larger: npt.NDArray[Any] = _array(array.dtype, size)
    larger[: len(array)] = array
    return larger


def _larger_free_list(array: npt.NDArray[Any], least: int) -> npt.NDArray[Any]:
    larger = _larger(array, least)
    _stock(larger, len(array), len(larger))
    return larger


def _larger_ring(ring: npt.NDArray[Any], first: int, last: int, least: int) -> npt.NDArray[Any]:
    larger = _larger(ring, least)
    waiting = np.arange(first, last)
    larger[waiting % len(larger)] = ring[waiting % len(ring)]
    return larger


def _never(size: int) -> npt.NDArray[np.int64]:
    times = large_arrays.empty(size, np.int64)
    times.fill(NEVER)
    return times


def _array(dtype: np.dtype[Any], size: int) -> Any:
    return np.zeros(size, dtype)


def _records(dtype: np.dtype[Any], rows: Sequence[dict[str, Any]]) -> Any:
    """One record a row; the rows name the same fields, and a field that they do not name is 0."""
    array = np.zeros(len(rows), dtype)
    for name in rows[0] if rows else ():
        array[name] = [row[name] for row in rows]
    return array


def _clock(deployment: Deployment, margin: int) -> Any:
    janitor = deployment.lightning.janitor_first
    return _records(
        of.CLOCK,
        [
            {
                "horizon": deployment.horizon,
                "next_janitor": FOREVER if janitor is None else janitor,
                "margin": margin,
                "remembers_from": NOBODY,
            }
        ],
    )


def _lightning(deployment: Deployment, table: RunTable, keeps_claims: bool, keeps_changes: bool, foresees: bool, skips_polls: bool) -> Any:
    settings = deployment.lightning
    polling = [worker for worker in deployment.workers if worker.dispatch != "ideal"]
    is_limited = settings.database_processors is not None or settings.database_pool is not None
    has_phases = _has_phases(deployment, table)
    # K-8: a timeout of its own rank, whose messages take no time, comes before timers of the same instant that are younger (`lineage`).
    foresees = foresees and not (has_phases and 0 in (deployment.latency.up, deployment.latency.down))
    skips_polls = foresees and skips_polls and FOLLOW_UPS_COME_FIRST and not keeps_claims and _may_skip(deployment)
    return _records(
        of.LIGHTNING,
        [
            {
                "claim_limit": min(settings.claim_limit, _LIMITLESS),
                "debounce": NOBODY if settings.debounce is None else settings.debounce,
                "notification": deployment.notification,
                "grace_period": settings.grace_period,
                "janitor_period": settings.janitor_period,
                "webhook_timeout": settings.webhook_timeout,
                "adaptors": len(deployment.adaptors),
                "up": deployment.latency.up,
                "down": deployment.latency.down,
                "message": deployment.latency.message,
                "most_messages": most_messages(table),
                "last_project": NOBODY,
                "timed_active": NOBODY,
                "has_bypass": settings.ruleset.has_bypass,
                "has_priority": settings.ruleset.has_priority,
                "is_faster_fifo": settings.run_queue is RunQueue.FASTER_FIFO,
                "is_round_robin": settings.run_queue is RunQueue.ROUND_ROBIN,
                "is_serial": settings.claims == "serial",
                "puts_back": settings.puts_back,
                "has_calls": table.has_calls,
                "has_uses": table.has_uses,
                "has_phases": has_phases,
                "has_ideal": any(worker.dispatch == "ideal" for worker in deployment.workers),
                "longest_sleep": max((_longest_sleep(worker) for worker in polling), default=0),
                "skips_polls": skips_polls,
                "foresees_replies": skips_polls and not keeps_changes,  # which want to know when there is room again
                "foresees_queries": skips_polls and not keeps_changes and not is_limited and not _may_go_wrong(deployment, table),
                "limits_database": is_limited,
                "shares_database": is_limited and len(polling) > 1,
                "foresees": foresees and FOLLOW_UPS_COME_FIRST and not keeps_claims,  # which want to know of every message
                "loses_plans": loses_plans(table),
                "keeps_claims": keeps_claims,
                "keeps_changes": keeps_changes,
            }
        ],
    )


def _database(deployment: Deployment) -> Any:
    """L-25, L-26"""
    settings = deployment.lightning
    size = FOREVER if settings.database_pool is None else min(pool_size(settings.database_pool, settings.nodes), FOREVER)
    return _records(
        of.DATABASE,
        [
            {
                "processors": NOBODY if settings.database_processors is None else settings.database_processors,
                "pool": size,
                "timeout": FOREVER if settings.database_timeout is None else settings.database_timeout,
                "first": NOBODY,
                "last": NOBODY,
                "first_waiting": NOBODY,
                "last_waiting": NOBODY,
                "turn_as": NOBODY,
            }
        ],
    )


def _curves(deployment: Deployment) -> dict[str, Any]:
    """I-7: those of the spans in which the database is slow, and the usual one behind them."""
    spans = [(slow.begins, slow.ends, slow.database) for slow in deployment.incidents.slow]
    rows: list[dict[str, int]] = []
    points: list[dict[str, int]] = []
    for begins, ends, curve in [*spans, (0, FOREVER, deployment.latency.database)]:
        rows.append({"begins": begins, "ends": ends, "first": len(points), "end": len(points) + len(curve)})
        points += [{"active": active, "time": time} for active, time in curve]
    return {"curves": _records(of.CURVE, rows), "points": _records(of.POINT, points)}


def _tops(deployment: Deployment) -> npt.NDArray[np.int32]:
    groups = len(deployment.projects) if deployment.lightning.run_queue is RunQueue.ROUND_ROBIN else 1
    return np.full(groups * len(Queue), NOBODY, np.int32)


def _projects(deployment: Deployment) -> Any:
    projects = _array(of.PROJECT, len(deployment.projects))
    projects["limit"] = [_LIMITLESS if project.fast_lane_limit is None else project.fast_lane_limit for project in deployment.projects]
    return projects


def _workflows(deployment: Deployment, partitions: list[int]) -> Any:
    """L-12: adds the limit of each partition to `partitions`; without a limit there is nothing to number."""
    by_project: dict[int, int] = {}
    found = []
    for workflow in deployment.workflows:
        limit = workflow.concurrency
        partition = NOBODY
        if limit is not None:
            partition = len(partitions)
            partitions.append(limit)
        elif (limit := deployment.projects[workflow.project].concurrency) is not None:
            if workflow.project not in by_project:
                by_project[workflow.project] = len(partitions)
                partitions.append(limit)
            partition = by_project[workflow.project]
        found.append(partition)
    workflows = _array(of.WORKFLOW, len(found))
    workflows["partition"] = found
    workflows["project"] = [workflow.project for workflow in deployment.workflows]
    for name in ("head", "tail", "last_kept"):
        workflows[name] = NOBODY
    return workflows


def ranks(queues: Sequence[str], has_queues: bool) -> tuple[int, ...]:
    """L-5 to L-8: by queue, its place in a claim for `queues`, or NOBODY where the claim does not take it."""
    return _ranks(tuple(queues), has_queues)


@lru_cache(maxsize=1_024)
def _ranks(queues: tuple[str, ...], has_queues: bool) -> tuple[int, ...]:
    """Most loops of a fleet are alike."""
    asked = sanitise_queues(list(queues)) if has_queues else (WILDCARD,)
    return tuple(queue_rank(queue.label, asked) if passes_filter(queue.label, asked) else NOBODY for queue in Queue)


def _ranks_by_queue(worker: Worker, has_queues: bool) -> Iterator[tuple[int, ...]]:
    return zip(*(ranks(loop.queues, has_queues) for loop in worker.workloops), strict=True)


def _may_skip(deployment: Deployment) -> bool:
    """Whether polls may be foreseen at all (`idle_polls`)."""
    return deployment.lightning.claims == "serial" and not deployment.latency.database_times


def _may_go_wrong(deployment: Deployment, table: RunTable) -> bool:
    """Whether a query that finds nothing may come to anything but an empty reply that is planned beforehand (`empty_replies`). L-27: of a
    process that has ended meanwhile, a claim that is put back does not count as empty."""
    wrong = deployment.incidents
    if wrong.claim_errors or wrong.dropped or any(worker.channel_crashes for worker in deployment.workers):
        return True
    return deployment.lightning.puts_back and (bool(deployment.autoscalers) or loses_plans(table))


def _longest_sleep(worker: Worker) -> int:
    """W-7: µs"""
    return max(sleep_ms(worker.backoff_min_ms), sleep_ms(worker.backoff_max_ms)) * MILLISECOND


def _shortest_sleep(worker: Worker) -> int:
    return min(sleep_ms(worker.backoff_min_ms), sleep_ms(worker.backoff_max_ms)) * MILLISECOND


def _loops(deployment: Deployment) -> tuple[Any, int]:
    """And how many places of `flights` they have."""
    has_queues = deployment.lightning.ruleset.has_queues
    sizes = [1 << (loop.capacity - 1).bit_length() for worker in deployment.workers for loop in worker.workloops]
    firsts = iter(np.cumsum([0, *sizes]).tolist())
    loops = _records(
        of.LOOP,
        [
            {
                "worker": place,
                "number": number,
                "slots": loop.capacity,
                "latest": NOBODY,
                "cause": int(Cause.OUTAGE),
                "rank": ranks(loop.queues, has_queues),
                "flights": next(firsts),
                "flights_mask": (1 << (loop.capacity - 1).bit_length()) - 1,
                "is_cancelled": True,
                "is_single": worker.claim_chains == "single",
            }
            for place, worker in enumerate(deployment.workers)
            for number, loop in enumerate(worker.workloops)
        ],
    )
    return loops, sum(sizes)


def _workers(deployment: Deployment) -> Any:
    rows = []
    loops = outages = 0
    scaled = {place for scaler in deployment.autoscalers for place in range(scaler.first, scaler.end)}
    shares = count(sum(resource.processors is not None for resource in deployment.resources))
    for place, worker in enumerate(deployment.workers):
        is_ideal = worker.dispatch == "ideal"
        until = 0 if is_ideal else len(worker.outages) + len(worker.mute)
        is_to_be_killed = worker.stops_at is not None and worker.grace is not None
        rows.append(
            {
                "first_loop": loops,
                "end_loop": loops + len(worker.workloops),
                "first_outage": outages,
                "end_outage": outages + until,
                "connection": NOBODY,
                "first_buffered": NOBODY,
                "last_buffered": NOBODY,
                "first_hold": NOBODY,
                "last_hold": NOBODY,
                "stops_at": NOBODY if worker.stops_at is None else worker.stops_at,
                "is_scaled": place in scaled,
                "planned_kill": (worker.stops_at or 0) + (worker.grace or 0) if is_to_be_killed else NOBODY,
                "restart": NOBODY if worker.restart is None else worker.restart,
                "minimum": worker.backoff_min_ms,
                "maximum": worker.backoff_max_ms,
                "claim_timeout": whole_timer(worker.claim_timeout),
                "message_timeout": whole_timer(worker.message_timeout),
                "guard": guard(worker.message_timeout),
                "verification": NOBODY if worker.verification is None else worker.verification,
                "refusal": worker.refusal,
                "reconnection": worker.reconnection,
                "start_up": worker.start_up,
                "grace": NOBODY if worker.grace is None else worker.grace,
                "stage": int(Stage.GONE),
                "is_ideal": is_ideal,
                "is_whole": worker.run_channel == "whole" and not is_ideal,
                "survives_lost_plan": worker.survives_lost_plan,
                "is_shared": worker.cores is not None or worker.memory is not None,
                "share": NOBODY if worker.cores is None else next(shares),
                "most_memory": FOREVER if worker.memory is None else worker.memory,
                # A sleep that ends as a reply comes precedes it: it began before the claim was decided (`flights`).
                "may_skip": worker.claim_chains == "real" and deployment.latency.down < _shortest_sleep(worker),
            }
        )
        loops += len(worker.workloops)
        outages += until
    return _records(of.WORKER, rows)


def _has_phases(deployment: Deployment, table: RunTable) -> bool:
    """Whether any run might have phases (`phases`)."""
    return table.has_calls or table.has_uses or deployment.slots_share


def _shares(deployment: Deployment) -> list[dict[str, int]]:
    """R-2, R-4: of resources, then of workers."""
    thousandths = [resource.processors for resource in deployment.resources] + [worker.cores for worker in deployment.workers]
    parts = [processors(number) for number in thousandths if number is not None]
    return [{"numerator": one, "denominator": other, "turn_as": NOBODY, "top": NOBODY} for one, other in parts]


def _resources(deployment: Deployment) -> Any:
    shares = count()
    return _records(
        of.RESOURCE,
        [
            {
                "places": _LIMITLESS if resource.concurrency is None else resource.concurrency,
                "first": NOBODY,
                "last": NOBODY,
                "every": NOBODY if resource.every is None else resource.every,
                "burst": resource.burst,
                "retry_after": resource.retry_after,
                "attempts": resource.attempts,
                "share": NOBODY if resource.processors is None else next(shares),
            }
            for resource in deployment.resources
        ],
    )


def _autoscalers(deployment: Deployment) -> Any:
    has_queues = deployment.lightning.ruleset.has_queues
    return _records(
        of.AUTOSCALER,
        [
            {
                "first": scaler.first,
                "end": scaler.end,
                "least": scaler.least,
                "runs_per_replica": scaler.runs_per_replica,
                "poll": scaler.poll,
                "cool_down": scaler.cool_down,
                "fewer_since": NOT_SINCE,
                "takes": [max(by_loop) != NOBODY for by_loop in _ranks_by_queue(deployment.workers[scaler.first], has_queues)],
                "counts_active": scaler.counts_active,
            }
            for scaler in deployment.autoscalers
        ],
    )


def _timeouts(workers: int) -> Any:
    return _records(of.TIMEOUTS, [{"first": NOBODY, "last": NOBODY, "event": NOBODY}] * workers * timeouts.KINDS)


def _outages(outages: Sequence[tuple[int, int, int, bool]]) -> Any:
    names = ("begins", "ends", "worker", "is_mute")
    return _records(of.OUTAGE, [dict(zip(names, outage, strict=True)) for outage in outages])


def _spans(spans: Sequence[tuple[int, int]]) -> Any:
    return _records(of.SPAN, [{"begins": begins, "ends": ends} for begins, ends in spans])


def _details(rows: int) -> Any:
    details = _array(of.DETAIL, rows)
    for name in ("joined_at", "planned_at", "handed_over_at", "told_at"):
        details[name] = NOBODY
    return details
