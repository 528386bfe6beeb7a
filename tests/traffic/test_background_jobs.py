"""Cron ticks and bulk retries in one queue of background jobs (L-21), and bulk retries over a quota (L-28)."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.traffic.background_jobs import WORK_ORDERS_PER_JOB, Due, created
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario

SPACED = {"cron_spacing": "10ms"}


def bulk(size: int, at: str, **more: Any) -> dict[str, Any]:
    return {"type": "bulk_retry", "arrivals": {"burst": {"size": size, "at": [at]}}, "service": "1s", **more}


def at_ms(*triggers: dict[str, Any], **settings: Any) -> list[tuple[int, int]]:
    """Of each trigger and instant (ms) at which it makes runs: how many."""
    table = generate(scenario(*triggers, **({"lightning": SPACED} | settings)))
    found, counts = np.unique(np.stack([table.source, table.inserted_at // MILLISECOND]), axis=1, return_counts=True)
    return [(int(instant), int(count)) for (_, instant), count in zip(found.T, counts, strict=True)]


def test_a_bulk_retry_is_made_a_hundred_work_orders_to_a_transaction():
    """L-21: 250 at 10 s are three jobs of 100, 100 and 50, which take 1 s, 1 s and 0.5 s. The runs of each are there when it ends."""
    assert at_ms(bulk(250, "10s")) == [(11_000, 100), (12_000, 100), (12_500, 50)]


def test_from_a_job_on_its_runs_are_made_at_once():
    """L-21 speaks of retries from the start."""
    assert at_ms(bulk(250, "10s", from_job=True)) == [(10_000, 250)]


def test_a_tick_waits_for_the_jobs_before_it():
    """L-21: two jobs from 59.5 s to 61.5 s, and the tick of 60 s after them; the next tick is on time."""
    found = at_ms(bulk(200, "59.5s"), cron("1-2 0 * * *", runs_per_tick=2), horizon="3m")
    assert found == [(60_500, 100), (61_500, 100), (61_500, 1), (61_510, 1), (120_000, 1), (120_010, 1)]


def test_a_bulk_retry_waits_for_the_tick_before_it():
    """L-21: the tick makes 300 runs from 60 s to 63 s; what is retried at 61 s begins then."""
    table = generate(scenario(cron("1 0 * * *", runs_per_tick=300), bulk(10, "61s"), lightning=SPACED, horizon="2m"))
    assert (table.inserted_at[table.source == 1] == 63_100 * MILLISECOND).all()


def test_two_nodes_work_on_two_jobs():
    """L-21: one at a time on each node."""
    assert at_ms(bulk(250, "10s"), lightning=SPACED | {"nodes": 2}) == [(11_000, 200), (11_500, 50)]


def test_over_its_quota_a_bulk_retry_is_refused_as_a_whole():
    """L-28: none of it becomes a job, so the tick is on time. The engines refuse its rows at the instant of the request."""
    over = {"over_quota": [{"from": "59s", "to": "60s", "project": "p"}]}
    found = at_ms(bulk(200, "59.5s"), cron("1 0 * * *"), horizon="2m", incidents=over)
    assert found == [(59_500, 200), (60_000, 1)]


def test_an_accepted_bulk_retry_is_made_as_a_whole():
    """L-28: requested before the span; two of its three jobs fall into it. A tick has nothing that was accepted before."""
    over = {"over_quota": [{"from": "58500ms", "to": "60500ms", "project": "p"}]}
    table = generate(scenario(bulk(300, "58s"), cron("1 0 * * *"), horizon="2m", lightning=SPACED, incidents=over))
    assert table.accepted[table.source == 0].all()
    assert not table.accepted[table.source == 1].any()
    assert (table.inserted_at[table.source == 0] < 60_500 * MILLISECOND).sum() == 200


TIMES = st.lists(st.integers(0, 5 * 60).map(lambda second: second * SECOND), max_size=300).map(sorted)


@given(st.lists(st.tuples(TIMES, st.booleans()), max_size=3), st.sampled_from([0, 5 * MILLISECOND, SECOND]))
def test_one_node_works_on_one_job_at_a_time(parts: list[tuple[list[int], bool]], spacing: int):
    """L-21, told job by job."""
    due = [Due(np.array(times if is_bulk else [at // MINUTE * MINUTE for at in times], np.int64), is_bulk) for times, is_bulk in parts]
    jobs: list[tuple[int, bool, int, list[int]]] = []
    for minute in sorted({int(at) for one in due if not one.is_bulk for at in one.at}):
        jobs.append((minute, False, 0, [owner for owner, one in enumerate(due) if not one.is_bulk for at in one.at if at == minute]))
    for owner, one in enumerate(due):
        for at in sorted(set(one.at.tolist())) if one.is_bulk else ():
            left = one.at.tolist().count(at)
            while left > 0:
                jobs.append((at, True, owner, [owner] * min(left, WORK_ORDERS_PER_JOB)))
                left -= WORK_ORDERS_PER_JOB
    expected: list[list[int]] = [[] for _ in due]
    free = 0
    for at, is_bulk, _, owners in sorted(jobs, key=lambda job: job[:3]):
        begin = max(free, at)
        free = begin + len(owners) * spacing
        for number, owner in enumerate(owners):
            expected[owner].append(free if is_bulk else begin + number * spacing)
    assert [times.tolist() for times in created(due, spacing, 10**15)] == [sorted(times) for times in expected]
