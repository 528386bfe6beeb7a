"""What callers saw, on stories told by hand: webhooks wait 30 s."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.measures.judge import judge
from fastlanes_sim.measures.values import Quantile
from fastlanes_sim.results.callers import CallerCounts
from fastlanes_sim.results.frame import runs_frame
from fastlanes_sim.results.observed import Observed
from tests.support.deployments import attempt, deployment, run, table, worker
from tests.support.strategies import deployments, tables


def played(deployed: Deployment, *rows) -> tuple[RunTable, RunLog, Observed]:
    runs = table(rows)
    log = simulate_reference(deployed, runs)
    return runs, log, Observed(runs, log, deployed)


def slots(count: int, **settings) -> Deployment:
    return deployment(worker(f"*:{count}", dispatch="ideal"), **settings)


def sync(at: float, service: float, **more):
    return run(at, service, "fast_lane", sync=True, **more)


def counts(observed: Observed, lane: str = "fast_lane") -> CallerCounts:
    return observed.callers.counts(observed.rows(lane))


def responses(observed: Observed) -> tuple[list[float], list[float]]:
    spans = observed.durations("fast_lane", "caller_response")
    return (spans.complete / SECOND).tolist(), (spans.censored / SECOND).tolist()


def test_a_reply_to_the_second_attempt_ends_a_response_that_began_with_the_first():
    """Asked at 1 s, 504 at 31 s, asked again at 33 s, answered at 43 s: 42 s. The first run went on from 31 s to 41 s for nobody."""
    _, _, observed = played(slots(2), sync(1, 40, again=[attempt(10, after_timeout=2)]))
    assert counts(observed) == CallerCounts(callers=1, requests=2, answered=1, gave_up=0, waiting=0, abandoned_s=10)
    assert responses(observed) == ([42], [])
    assert observed.counts("fast_lane").gateway_timeouts == 1


def test_without_further_attempts_a_504_is_giving_up():
    """C-2"""
    _, _, observed = played(slots(1), sync(0, 100), sync(5, 10))
    assert counts(observed) == CallerCounts(callers=2, requests=2, answered=0, gave_up=2, waiting=0, abandoned_s=80)
    assert responses(observed) == ([30, 30], [])


def test_work_that_begins_after_the_504_is_all_for_nobody():
    """The slot is taken until 50 s; the request of 2 s was answered with 504 at 32 s, and its run works from 50 s to 60 s."""
    _, _, observed = played(slots(1), run(0, 50), sync(2, 10))
    assert counts(observed).abandoned_s == 10
    assert counts(observed, "default").callers == 0


def test_refused_and_never_let_in():
    """Limit 1: asked at 4 s, refused; at 7 s, refused; no more attempts."""
    deployed = slots(5)
    deployed = replace(deployed, projects=(replace(deployed.projects[0], fast_lane_limit=1),))
    _, _, observed = played(deployed, sync(0, 10), sync(4, 1, again=[attempt(1, after_refusal=3)]))
    assert counts(observed) == CallerCounts(callers=2, requests=3, answered=1, gave_up=1, waiting=0, abandoned_s=0)
    assert responses(observed) == ([3, 10], [])
    assert (observed.counts("fast_lane").refused, observed.counts("fast_lane").runs, observed.counts("all").gave_up) == (2, 1, 1)
    assert len(observed.durations("fast_lane", "response")) == 1, "a request that was refused has no run"


@pytest.mark.parametrize(
    ("horizon", "answered", "gave_up", "waiting", "age"),
    [(10, 0, 0, 1, 10), (31, 0, 0, 1, 31), (35, 0, 0, 1, 35), (50, 1, 0, 0, None)],
    ids=["waits for the first reply", "pauses", "waits for the second reply", "is answered"],
)
def test_whoever_is_still_at_it_counts_as_waiting(horizon, answered, gave_up, waiting, age):
    """Asked at 0, 504 at 30 s, asked again at 32 s, answered at 42 s."""
    _, _, observed = played(slots(2, horizon=horizon * SECOND), sync(0, 300, again=[attempt(10, after_timeout=2)]))
    found = counts(observed)
    assert (found.answered, found.gave_up, found.waiting) == (answered, gave_up, waiting)
    assert responses(observed) == (([42], []) if age is None else ([], [age]))


@given(deployments(), tables())
def test_every_answer_that_is_no_reply_is_asked_again_or_given_up_or_slept_on(deployed: Deployment, runs: RunTable):
    log = simulate_reference(deployed, runs)
    observed = Observed(runs, log, deployed)
    found = counts(observed, "all")
    refused = int((runs.sync & (log.refused_at != NEVER)).sum())
    turned_away = observed.counts("all").gateway_timeouts + observed.counts("all").cut_off + refused
    assert found.requests == int((runs.sync & (log.inserted_at != NEVER)).sum()) + refused
    assert found.callers == found.answered + found.gave_up + found.waiting
    assert 0 <= turned_away - (found.requests - found.callers) - found.gave_up <= found.waiting
    answers = observed.durations("all", "caller_response")
    assert (len(answers.complete), len(answers.censored)) == (found.answered + found.gave_up, found.waiting)


def test_objectives_may_speak_of_callers():
    _, _, observed = played(slots(2), sync(1, 40, again=[attempt(10, after_timeout=2)]), sync(100, 5), sync(200, 50))
    assert observed.durations("all", "caller_response").maximum() == Quantile(42 * SECOND, 42 * SECOND)
    for text, verdict in [
        ("max(fast_lane.caller_response) <= 42s", "met"),
        ("max(fast_lane.caller_response) < 42s", "missed"),
        ("share(all.caller_response > 30s) <= 34%", "met"),
        ("gave_up == 1", "met"),
        ("refused == 0", "met"),
    ]:
        assert judge(parse_objective(text), observed).verdict == verdict, text


def test_the_table_of_runs_shows_each_attempt_at_the_instant_when_it_was_made():
    deployed = slots(2)
    runs, log, _ = played(deployed, sync(1, 40, again=[attempt(10, after_timeout=2), attempt(10, after_timeout=2)]), run(50, 1))
    import pandas as pd

    start = pd.Timestamp("2026-01-05", tz="UTC")
    frame = runs_frame(runs, log, deployed, start.to_pydatetime())
    assert frame["run"].tolist() == [0, 1, 2]
    assert frame["attempt"].tolist() == [1, 1, 2]
    assert ((frame["inserted_at"] - start).dt.total_seconds()).tolist() == [1, 50, 33]
    assert frame["response_s"].tolist() == [40, 1, 10]
    assert log.inserted_at[3] == NEVER
