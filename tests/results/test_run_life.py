"""One run's life agrees with the attribution of all runs, and names every claim that passed it by."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.results.wait_stretches import summed
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import Queue

CROWDED = """\
horizon: 20m
projects:
  clinic:
    concurrency: 3
    workflows:
      register:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 6/min}, service: {lognormal: {median: 2s, p95: 8s}}}
          - {type: cron, cron: "*/5 * * * *", runs_per_tick: 25, service: 20s}
  lab:
    workflows:
      results:
        triggers:
          - {type: webhook, arrivals: {poisson: 4/min}, service: 5s}
workers:
  - workloops: "fast_lane:1 manual>*:4"
"""


@pytest.fixture(scope="module")
def crowded():
    return simulate(CROWDED, engine="reference", record_claims=True)


def test_the_stretches_of_every_run_are_its_attribution(crowded):
    inserted = np.flatnonzero(crowded.log.inserted_at != NEVER)
    assert len(inserted) > 200
    seen = set()
    for run in inserted:
        life = crowded.life(int(run))
        by_cause = summed(life.stretches)
        expected = {cause: int(crowded.attribution.micros[run, cause]) for cause in Cause if crowded.attribution.micros[run, cause]}
        assert by_cause == expected
        assert sum(by_cause.values()) == life.wait
        seen |= set(by_cause)
    assert {Cause.SLOTS, Cause.CONCURRENCY, Cause.CLAIM, Cause.START} <= seen


def test_stretches_follow_one_another_without_gaps(crowded):
    life = crowded.life(crowded.slowest())
    assert life.stretches[0].begin == crowded.log.inserted_at[life.run]
    assert all(one.end == other.begin and one.cause != other.cause for one, other in zip(life.stretches, life.stretches[1:], strict=False))
    assert life.stretches[-1].end == life.stretches[0].begin + life.wait


def test_it_names_the_claims_that_passed_it_by_and_no_others(crowded):
    log = crowded.log
    run = crowded.slowest("fast_lane")
    life = crowded.life(run)
    between = [
        claim
        for claim in log.claims
        if claim.decided_at is not None and log.inserted_at[run] <= claim.decided_at <= log.claimed_at[run] and claim.run != run
    ]
    assert crowded.table.queue[run] == Queue.FAST_LANE  # every workloop of this layout takes it
    assert len(life.passed_by) == len(between) > 0
    assert [one.at for one in life.passed_by] == sorted(claim.decided_at for claim in between)
    assert any(one.given for one in life.passed_by)


def test_moments_are_in_order_and_begin_with_the_creation(crowded):
    life = crowded.life(crowded.slowest())
    times = [one.at for one in life.moments]
    assert times == sorted(times)
    assert life.moments[0].what.startswith("Lightning creates the run")
    words = [one.what for one in life.moments]
    assert "it starts" in words
    assert words.index("it starts") < words.index("it ends on the worker") < words.index("its slot is free again")


def test_what_happens_at_one_instant_is_told_in_its_order():
    """Without latency the decision, the receipt and the start of a run fall together."""
    text = CROWDED.replace("horizon: 20m", "horizon: 20m\nnetwork: {latency: 0s, database: 0s}\nstartup: 0s")
    found = simulate(text, engine="reference")
    life = found.life(int(np.flatnonzero(found.log.started_at != NEVER)[0]))
    words = [one.what for one in life.moments]
    assert len({one.at for one in life.moments}) < len(life.moments)
    in_order = ["the worker gets the reply; the run takes a slot", "it starts", "it ends on the worker", "its slot is free again"]
    assert [one for one in words if one in in_order] == in_order


def test_a_caller_who_waits_too_long_gets_a_504():
    """Four slots take a run of 40 s each: the first callers get their answer in time, those behind them do not."""
    found = simulate(CROWDED.replace("{lognormal: {median: 2s, p95: 8s}}", "20s"), engine="reference")
    answers, sync = found.observed.answers, found.table.sync & (found.log.inserted_at != NEVER)
    assert 10 < np.count_nonzero(sync & answers.timed_out) < np.count_nonzero(sync)
    for run in np.flatnonzero(sync)[:60]:
        told = [one.at for one in found.life(int(run)).moments if "504" in one.what]
        assert told == ([int(answers.turned_away_at[run])] if answers.timed_out[run] else [])


def test_where_lightning_goes_down_a_caller_gets_no_answer_and_no_504():
    arrives = "arrivals: {at: [5m]}, service: 20s"
    text = CROWDED.replace("arrivals: {poisson: 6/min}, service: {lognormal: {median: 2s, p95: 8s}}", arrives)
    found = simulate(text + "incidents: {lightning_down: [{from: 5m10s, to: 6m}]}\n", engine="reference")
    cut = np.flatnonzero(found.table.sync & found.observed.answers.cut_off)
    assert len(cut)
    words = " ".join(one.what for one in found.life(int(cut[0])).moments)
    assert "Lightning goes down, and its caller gets no answer" in words
    assert "504" not in words


def test_what_it_met_is_counted(crowded):
    first = int(np.flatnonzero(crowded.log.inserted_at != NEVER)[0])
    assert "0 of its lane and 0 of others wait already; 0 of" in crowded.life(first).moments[0].what


SOME_WORKERS = """\
name: some-workers
horizon: 20m
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {at: [1m, 1m, 1m, 8m]}, service: 5m}]}}}}
workers: [{workloops: "*:2", WORKERS}]
"""


def met(workers: str) -> list[str]:
    """What the first and the last of four runs met of slots."""
    found = simulate(SOME_WORKERS.replace("WORKERS", workers), engine="reference")
    lives = (found.life(run).moments for run in (0, 3))
    return [next(one.what for one in moments if "creates" in one.what).split("; ")[1] for moments in lives]


@pytest.mark.parametrize(
    ("workers", "first", "last"),
    [
        ("replicas: 2", "0 of 4 slots that take it are busy", "0 of 4 slots that take it are busy"),
        ("replicas: 2, outages: [{from: 30s, to: 4m}]", "no slot that takes it is there", "3 of 4 slots that take it are busy"),
        (
            "autoscaling: {min: 1, max: 8, runs_per_replica: 50, poll: 30s, cool_down: 5m, start_up: 40s}",
            "0 of 2 slots that take it are busy",
            "1 of 2 slots that take it are busy",
        ),
        ("deploys: [{at: 10m}]", "0 of 2 slots that take it are busy", "1 of 2 slots that take it are busy"),
    ],
)
def test_slots_of_workers_that_are_not_there_are_not_counted(workers: str, first: str, last: str):
    """F-1, W-12: processes that an autoscaler or a deploy has not started yet, and those that are not connected."""
    assert met(workers) == [first, last]


def test_one_slot_is_busy_or_free():
    told = simulate(SOME_WORKERS.replace('"*:2", WORKERS', '"*:1"'), engine="reference")
    said = [next(one.what for one in told.life(run).moments if "creates" in one.what).split("; ")[1] for run in (0, 3)]
    assert said == ["the only slot that takes it is free", "the only slot that takes it is busy"]


def test_where_no_workloop_takes_a_run_that_is_said():
    told = simulate(SOME_WORKERS.replace('"*:2", WORKERS', '"manual:1"'), engine="reference")
    assert "no slot takes it" in told.life(0).moments[0].what


def test_a_run_that_is_not_there_is_told(crowded):
    with pytest.raises(FastlanesError, match="there is no run 999999"):
        crowded.life(999_999)
    with pytest.raises(FastlanesError, match="has no runs"):
        crowded.slowest("manual")


def test_it_says_what_it_needs():
    found = simulate(CROWDED, engine="reference", attribution=False, horizon="1m")
    with pytest.raises(FastlanesError, match="attribution=True"):
        found.life(found.slowest())
