"""Hypothesis strategies: random deployments and run tables in which everything happens that can happen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import (
    Autoscaler,
    Deployment,
    DroppedReplies,
    Incidents,
    Latency,
    Lightning,
    OverQuota,
    Project,
    Resource,
    SlowDatabase,
    Worker,
    Workflow,
)
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from tests.support.deployments import MILLISECOND, MINUTE, SECOND, attempt, call, run, table, worker

LAYOUTS = ["*:1", "manual>*:5", "fast_lane:1 manual>*:4", "fast_lane>manual>*:1 *:2", "default:2 fast_lane:1", "manual>fast_lane:2"]


@st.composite
def workers(draw: st.DrawFn):
    begins = draw(st.integers(1, 100)) * SECOND
    short, long = (begins, begins + 40 * MILLISECOND), (begins, begins + 5 * SECOND)
    again = (begins + 6 * SECOND, begins + 9 * SECOND)
    outages = draw(st.sampled_from([(), (short,), (long,), (long, again)]))
    connect_at = draw(st.integers(0, 3_000)) * MILLISECOND
    dispatch = draw(st.sampled_from(["real", "real", "real", "ideal"]))
    stops_at = draw(st.none() | st.integers(connect_at // MILLISECOND, 130_000) | st.sampled_from([5_000, 60_000, begins // MILLISECOND]))
    if stops_at is not None:
        stops_at = None if dispatch == "ideal" else max(connect_at, stops_at * MILLISECOND)
    return worker(
        draw(st.sampled_from(LAYOUTS)),
        connect_at=connect_at,
        start_up=draw(st.sampled_from([0, 2 * SECOND])),
        stops_at=stops_at,
        grace=draw(st.sampled_from([None, 0, SECOND, 2 * SECOND, 10 * SECOND, 60 * SECOND])),
        outages=outages,
        verification=draw(st.sampled_from([None, None, 20 * MILLISECOND])),
        claim_timeout=draw(st.sampled_from([3_600, 30, 2])) * SECOND,
        backoff_min_ms=draw(st.sampled_from([1_000, 1_000, 300])),
        backoff_max_ms=draw(st.sampled_from([10_000, 10_000, 500])),
        claim_chains=draw(st.sampled_from(["real", "real", "single"])),
        dispatch=dispatch,
        run_channel="simplified",
    )


@st.composite
def incidents(draw: st.DrawFn) -> Incidents:
    begins = draw(st.integers(0, 100)) * SECOND
    short, long = (begins, begins + 40 * MILLISECOND), (begins, begins + 20 * SECOND)
    again = (begins + 21 * SECOND, begins + 40 * SECOND)
    crawls = draw(st.integers(0, 100)) * SECOND
    slow = SlowDatabase(crawls, crawls + 30 * SECOND, ((0, 200_000), (10, 3_000_000)))
    slower = SlowDatabase(crawls + 20 * SECOND, crawls + 60 * SECOND, ((0, 40 * SECOND),))
    drops = draw(st.integers(0, 100)) * SECOND
    some, all_of_them = (
        DroppedReplies(drops, drops + 60 * SECOND, 300_000),
        DroppedReplies(drops + 30 * SECOND, drops + 90 * SECOND, 1_000_000),
    )
    over = draw(st.integers(0, 100)) * SECOND
    quota = OverQuota(over, over + 15 * SECOND, draw(st.integers(0, 2)))
    return Incidents(
        over_quota=draw(st.sampled_from([(), (), (quota,)])),
        down=draw(st.sampled_from([(), (), (short,), (long,), (long, again)])),
        slow=draw(st.sampled_from([(), (), (slow,), (slow, slower)])),
        dropped=draw(st.sampled_from([(), (), (some,), (some, all_of_them)])),
    )


def out_with_lightning(workers: list[Worker], down: tuple[tuple[int, int], ...]) -> tuple[Worker, ...]:
    """As `deployment.from_scenario` does it."""
    return tuple(replace(worker, outages=tuple(sorted(worker.outages + down))) for worker in workers)


@st.composite
def autoscaled(draw: st.DrawFn, first: int) -> tuple[list[Worker], Autoscaler]:
    """A group of workers alike, the first of which has this index."""
    alike = replace(draw(workers()), dispatch="real", stops_at=None)
    least, most = sorted(draw(st.tuples(st.integers(0, 3), st.integers(1, 4))))
    group = [replace(alike, is_standby=number >= least) for number in range(most)]
    settings = {
        "runs_per_replica": draw(st.integers(1, 6)),
        "counts_active": draw(st.booleans()),
        "poll": draw(st.sampled_from([1, 5, 7, 30])) * SECOND,
        "cool_down": draw(st.sampled_from([0, 5, 20])) * SECOND,
    }
    return group, Autoscaler(first, first + most, least, **settings)


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    limit = st.sampled_from([None, None, 1, 2, 5])
    fleet, autoscalers = draw(st.lists(workers(), min_size=1, max_size=3)), []
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        group, autoscaler = draw(autoscaled(len(fleet)))
        fleet += group
        autoscalers.append(autoscaler)
    admitted = st.sampled_from([None, None, 1, 3])
    wrong = draw(incidents())
    return Deployment(
        projects=(Project("a", draw(limit), draw(admitted)), Project("b", draw(limit)), Project("c", None, draw(admitted))),
        workflows=(
            Workflow("w0", 0, draw(limit)),
            Workflow("w1", 0, draw(limit)),
            Workflow("w2", 1, draw(limit)),
            Workflow("w3", 2, draw(limit)),
        ),
        workers=out_with_lightning(fleet, wrong.down),
        autoscalers=tuple(autoscalers),
        incidents=wrong,
        lightning=Lightning(
            ruleset=draw(st.sampled_from(list(Ruleset))),
            run_queue=draw(st.sampled_from(list(RunQueue))),
            claim_limit=draw(st.sampled_from([1, 3, 50])),
            debounce=draw(st.sampled_from([None, 500 * MILLISECOND])),
            notification=draw(st.sampled_from([0, 25 * MILLISECOND, 2 * SECOND])),
            grace_period=draw(st.sampled_from([10, 1])) * SECOND,
            janitor_first=draw(st.sampled_from([MINUTE, MINUTE, None])),
            janitor_period=draw(st.sampled_from([MINUTE, 7 * SECOND])),
            webhook_timeout=draw(st.sampled_from([30, 5, 1])) * SECOND,
            claims="parallel",
        ),
        latency=draw(
            st.sampled_from(
                [
                    Latency(),
                    Latency(up=5_000, down=9_000),
                    Latency(database=((0, 0), (20, 300_000))),
                    Latency(pairs=((0, 7_000), (3_000, 0))),
                    Latency(pairs=((0, 0), (2_000_000, 0), (5_000, 40_000_000), (1_000, 1_000))),
                ]
            )
        ),
        adaptors=("http", "dhis2"),
        horizon=draw(st.integers(10, 400)) * SECOND,
    )


@st.composite
def whole_deployments(draw: st.DrawFn) -> Deployment:
    """The same with whole lives: most workers tell of their runs message by message, most Lightnings decide one claim of a connection after
    another, and everything goes wrong that can."""
    deployed = draw(deployments())
    is_serial = draw(st.sampled_from([True, True, True, False]))
    settings = {
        "claims": "serial" if is_serial else "parallel",
        "notification": draw(st.sampled_from([None, 0, 25 * MILLISECOND])),
        "database_processors": draw(st.sampled_from([None, None, 1, 2])),
        "database_pool": draw(st.sampled_from([None, None, 1, 2])),
        "nodes": draw(st.sampled_from([1, 2])),
        "database_timeout": draw(st.sampled_from([None, 15, 1])),
        "puts_back": draw(st.booleans()),
    }
    if settings["database_timeout"] is not None:
        settings["database_timeout"] *= SECOND
    latency = draw(
        st.sampled_from(
            [
                Latency(),
                Latency(up=5_000, down=9_000, message=1_000),
                Latency(up=60 * MILLISECOND, down=60 * MILLISECOND, database=((0, 0), (20, 300_000))),
                Latency(up=200 * MILLISECOND, down=SECOND, message=20 * MILLISECOND, database=((0, 700 * MILLISECOND),)),
                Latency(up=1_000, down=1_000, database_times=(0, 2 * SECOND, 10_000, 500 * MILLISECOND)),
                *([] if is_serial else [Latency(up=1_000, down=3_000, pairs=((0, 7_000), (3_000, 0), (0, 0)))]),
            ]
        )
    )
    begins = draw(st.integers(0, 100)) * SECOND
    spans = st.sampled_from([(), (), ((begins, begins + 3 * SECOND),), ((begins, begins + 40 * SECOND),)])
    wrong = replace(deployed.incidents, claim_errors=draw(spans), silent=draw(spans))
    return replace(
        deployed,
        workers=tuple(draw(whole_workers(each)) for each in deployed.workers),
        lightning=replace(deployed.lightning, **settings),
        latency=latency,
        incidents=wrong,
    )


@st.composite
def sharing(draw: st.DrawFn, deployments: st.SearchStrategy[Deployment]) -> Deployment:
    """The same with resources, and workers whose runs share cores and memory (docs/resources.md)."""
    deployed = draw(deployments)
    places, parts = st.sampled_from([None, 1, 2]), st.sampled_from([None, 500, 1_000, 1_500, 3_000])
    resources = tuple(
        Resource(
            f"resource {number}",
            concurrency=draw(places),
            processors=draw(parts),
            every=draw(st.sampled_from([None, None, 700 * MILLISECOND, 10 * SECOND])),
            burst=draw(st.sampled_from([1, 2])),
            retry_after=draw(st.sampled_from([700 * MILLISECOND, SECOND, 10 * SECOND])),
            attempts=draw(st.sampled_from([0, 1, 3])),
        )
        for number in range(RESOURCES)
    )
    cores, memory = draw(parts), draw(st.sampled_from([None, None, 100, 250]))
    # Of one group: all workers of an autoscaler alike.
    workers = tuple(replace(each, cores=cores, memory=memory) if not each.is_standby else each for each in deployed.workers)
    if deployed.autoscalers:
        workers = tuple(replace(each, cores=cores, memory=memory) for each in deployed.workers)
    return replace(deployed, resources=resources, workers=workers)


@st.composite
def healthy_deployments(draw: st.DrawFn) -> Deployment:
    """The same, but that hardly anything goes wrong, and much happens in one and the same instant."""
    deployed = draw(whole_deployments())
    begins = draw(st.integers(0, 100)) * SECOND
    outages = st.sampled_from([(), (), (), ((begins, begins + 3 * SECOND),)])
    latency = draw(
        st.sampled_from(
            [
                Latency(),
                Latency(up=1_000, down=1_000),
                Latency(up=1_000, down=0, message=1_000),
                Latency(up=2_000, down=2_000, database=((0, 2_000),)),
                Latency(up=0, down=1_000, database=((0, 1_000), (20, 21_000))),
                Latency(up=1_000, down=2_000, database_times=(0, 1_000, 3_000)),
            ]
        )
    )
    workers = [
        replace(
            each,
            outages=draw(outages),
            mute=(),
            channel_crashes=(),
            message_timeout=draw(st.sampled_from([30 * SECOND, 30 * SECOND, 20_000])),
            connect_at=each.connect_at // SECOND * SECOND,
        )
        for each in deployed.workers
    ]
    return replace(
        deployed,
        workers=tuple(workers),
        lightning=replace(deployed.lightning, debounce=draw(st.sampled_from([None, 2_000, 500 * MILLISECOND]))),
        latency=latency,
        incidents=Incidents(),
    )


@st.composite
def healthy_tables(draw: st.DrawFn, *, calls: bool = False, uses: bool = False) -> RunTable:
    """Runs of few lengths, all in whole milliseconds, whose plans all come. They make their calls and uses at their start."""
    runs = draw(whole_tables(calls=calls, uses=uses))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = len(runs)
    if runs.has_calls:
        runs = replace(runs, call_at=np.zeros(count, np.int64))
    if runs.has_uses:
        runs = replace(runs, use_from=np.zeros_like(runs.use_from), use_until=np.zeros_like(runs.use_until))
    return replace(
        runs,
        service_time=rng.choice([0, 20 * MILLISECOND, SECOND, 1_013 * MILLISECOND], count),
        startup_time=rng.choice([0, 0, 3 * MILLISECOND], count),
        install_time=rng.choice([0, 0, 4 * MILLISECOND], count),
        cold_start=np.zeros(count, np.int64),
        plan_lost=None,
    )


@st.composite
def whole_workers(draw: st.DrawFn, plain: Worker) -> Worker:
    if plain.dispatch == "ideal":
        return plain
    mute, crashes = draw(st.integers(1, 100)) * SECOND, draw(st.integers(1, 100)) * SECOND
    low, high = draw(st.sampled_from([(plain.backoff_min_ms, plain.backoff_max_ms)] * 3 + [(300.5, 700.9)]))
    return replace(
        plain,
        run_channel=draw(st.sampled_from(["whole", "whole", "whole", "simplified"])),
        backoff_min_ms=low,
        backoff_max_ms=high,
        message_timeout=draw(st.sampled_from([30 * SECOND, 2 * SECOND, 300 * MILLISECOND])),
        mute=draw(st.sampled_from([(), (), (), ((mute, mute + SECOND),), ((mute, mute + 70 * SECOND),)])),
        channel_crashes=draw(st.sampled_from([(), (), (crashes,), (crashes, crashes + SECOND)])),
        survives_lost_plan=draw(st.booleans()),
        restart=draw(st.sampled_from([None, 0, 5 * SECOND])),
    )


@st.composite
def whole_tables(draw: st.DrawFn, *, callers_try_again: bool = True, calls: bool = False, uses: bool = False) -> RunTable:
    """The same with all that whole lives are made of."""
    runs = draw(tables(callers_try_again=callers_try_again, calls=calls, uses=uses))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = len(runs)
    lines = rng.choice([0, 0, 1, 3], count)
    return replace(
        runs,
        outcome=rng.choice([State.SUCCESS, State.SUCCESS, State.FAILED, State.CRASHED, State.EXCEPTION], count).astype(np.int8),
        install_time=rng.choice([0, 0, 300 * MILLISECOND], count),
        credentials=rng.choice([0, 0, 1, 3], count).astype(np.int8),
        has_input=rng.random(count) < 0.8,
        plan_lost=rng.random(count) < 0.03,
        log_first=np.concatenate([[0], np.cumsum(lines)]).astype(np.int64),
        log_at=rng.choice([0, 500 * MILLISECOND, 950 * MILLISECOND, 3 * SECOND], int(lines.sum())).astype(np.int64),
    )


@st.composite
def tables(draw: st.DrawFn, *, callers_try_again: bool = True, calls: bool = False, uses: bool = False) -> RunTable:
    """`calls`: in half of them runs call others. `uses`: in half of them runs use resources, and take memory."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 60))
    arrivals = np.sort(rng.uniform(0, 120, count).round(draw(st.sampled_from([0, 3, 6]))))
    most_calls = draw(st.sampled_from([0, 2])) if calls else 0
    services = rng.choice([0.0, 0.95, -1.0], count, p=[0.05, 0.15, 0.8])
    services = np.where(services < 0, rng.exponential(8, count).round(3), services)
    rows = [
        run(
            arrival,
            service,
            rng.choice(["default", "fast_lane", "manual"]),
            calls=called(rng, service, most_calls),
            startup=rng.choice([0.0, 0.5]),
            timeout=rng.choice([5.0, 60.0]),
            workflow=rng.integers(4),
            priority=rng.integers(2),
            join_fails=rng.random() < 0.05,
            sync=rng.random() < 0.7,
            again=attempts(rng, most_calls) if callers_try_again else [],
            outcome=rng.choice([State.SUCCESS, State.SUCCESS, State.FAILED, State.CRASHED]),
            reply_luck=rng.integers(1_000_000),
            adaptor=rng.integers(-1, 2),
            cold_start=rng.choice([0.0, round(rng.exponential(5), 3)]),
        )
        for arrival, service in zip(arrivals, services, strict=True)
    ]
    return with_uses(table(rows), rng) if uses and draw(st.booleans()) else table(rows)


RESOURCES = 3
"""Of `sharing`."""


def with_uses(runs: RunTable, rng: np.random.Generator) -> RunTable:
    """Two uses a run or fewer, some of which take no time, or begin where the one before ends."""
    counts = rng.integers(0, 3, len(runs))
    row = np.repeat(np.arange(len(runs)), counts)
    ends = np.sort(rng.choice([0.0, 0.3, 0.5, 1.0, rng.random()], (len(row), 2)), axis=1)
    number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    is_one_of_two = np.repeat(counts, counts) == 2
    parts = np.where(is_one_of_two[:, None], (ends + number[:, None]) / 2, ends)
    points = (parts * runs.service_time[row][:, None]).astype(np.int64)
    return replace(
        runs,
        memory=rng.choice([0, 60, 100], len(runs)).astype(np.int64),
        use_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        use_of=rng.integers(0, RESOURCES, len(row)).astype(np.int32),
        use_from=points[:, 0],
        use_until=points[:, 1],
    )


def called(rng: np.random.Generator, service: float, most: int) -> list[dict]:
    """What a run of this service calls, `most` runs or fewer, each of which calls fewer."""
    fractions = np.sort(rng.choice([0.0, 0.5, 1.0, rng.random()], rng.integers(most + 1)))
    services = rng.choice([0.0, 0.95, round(rng.exponential(4), 3)], len(fractions))
    return [
        call(
            # To the microsecond, as the caller's service is.
            int(fraction * round(service * SECOND)) / SECOND,
            own,
            rng.choice(["default", "fast_lane", "manual"]),
            waits=rng.choice([None, None, 30, 5, 1, 1e-6]),
            fails=rng.random() < 0.5,
            startup=rng.choice([0.0, 0.5]),
            timeout=rng.choice([5.0, 60.0]),
            workflow=rng.integers(4),
            join_fails=rng.random() < 0.05,
            outcome=rng.choice([State.SUCCESS, State.FAILED]),
            reply_luck=rng.integers(1_000_000),
            calls=called(rng, own, most - 1) if most > 1 else [],
        )
        for fraction, own in zip(fractions, services, strict=True)
    ]


def attempts(rng: np.random.Generator, most_calls: int) -> list[dict]:
    """What a caller does after a 504, a 429 and a 503: often the same instant for several callers."""
    return [
        attempt(
            service,
            calls=called(rng, service, most_calls),
            after_timeout=rng.choice([None, 1e-6, 1.0, round(rng.exponential(3), 3) + 0.001]),
            reply_luck=rng.integers(1_000_000),
            cold_start=rng.choice([0.0, round(rng.exponential(5), 3)]),
            after_refusal=rng.choice([None, 1e-6, 1.0, round(rng.exponential(3), 3) + 0.001]),
            after_outage=rng.choice([None, 1e-6, 1.0, round(rng.exponential(3), 3) + 0.001]),
        )
        for service in rng.choice([0.0, 0.95, round(rng.exponential(8), 3)], rng.integers(4))
    ]
