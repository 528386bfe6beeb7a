"""Slowdown, and statistics of times over any scope."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.quantities import RATIO
from fastlanes_sim.measures.values import Amount, Quantile, Share
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played

DONE = State.SUCCESS


def observed(*rows: Row) -> Observed:
    """Every run needs 1 s in its slot, as far as it has not ended."""
    return Observed(*played(*rows), DEPLOYMENT)


def test_slowdown_is_response_over_service() -> None:
    """Waited 3 s for 1 s of work: 4. Not at all for 10 s of work: 1."""
    found = observed(Row(0, 3, 3, 4, DONE), Row(10, 10, 10, 20, DONE))
    assert found.measure("max(slowdown)") == Amount(4, 4, RATIO)
    assert found.measure("mean(slowdown)") == Amount(2.5, 2.5, RATIO)
    assert found.measure("share(slowdown > 3)") == Share(0.5, 0.5)
    assert str(found.measure("mean(default.slowdown)")) == "2.5"
    assert found.measure("mean(fast_lane.slowdown)") is None


def test_runs_that_take_no_time_have_no_slowdown() -> None:
    found = observed(Row(0, 5, 5, 5, DONE), Row(0, 1, 1, 2, DONE))
    assert found.measure("max(slowdown)") == Amount(2, 2, RATIO)
    assert found.counts().runs == 2


def test_of_a_run_that_has_not_ended_the_slowdown_so_far_is_a_lower_bound() -> None:
    """It has waited 40 s and needs 1 s: 40 and more."""
    found = observed(Row(60))
    assert found.measure("mean(slowdown)") == Amount(40, math.inf, RATIO)
    assert str(found.measure("mean(slowdown)")) == "≥ 40"


def test_no_slowdown_is_below_1() -> None:
    assert observed(Row(99.5)).measure("min(slowdown)") == Amount(1, math.inf, RATIO)


def test_a_run_lost_before_it_started_would_have_taken_longer() -> None:
    assert observed(Row(0, 5, None, 50, State.LOST)).measure("max(slowdown)") == Amount(50, math.inf, RATIO)


def test_of_a_timeout_the_time_up_to_it_counts() -> None:
    table, log = played(Row(60))
    found = Observed(replace(table, timeout=np.array([500_000])), log, DEPLOYMENT)
    assert found.measure("max(slowdown)") == Amount(80, math.inf, RATIO)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("max(wait)", Quantile(9e6, 9e6)),
        ("max(project.clinic.wait)", Quantile(9e6, 9e6)),
        ("max(workflow.clinic.register.wait)", Quantile(2e6, 2e6)),
        ("max(workflow.clinic.report.wait)", Quantile(9e6, 9e6)),
        ("mean(trigger.clinic.report.cron.wait)", Quantile(7e6, 7e6)),
        ("max(trigger.clinic.report.manual.wait)", Quantile(9e6, 9e6)),
        ("share(workflow.clinic.report.wait > 8s)", Share(0.5, 0.5)),
        ("workflow.clinic.report.killed", 1),
        ("project.clinic.runs", 3),
    ],
)
def test_statistics_and_counts_over_any_scope(text: str, value: object) -> None:
    rows = [Row(0, 2, 2, 3, DONE), Row(1, 8, 8, 9, DONE), Row(2, 11, 11, 12, State.KILLED, Queue.MANUAL)]
    table, log = played(*rows)
    sources = ("clinic/register/0:webhook", "clinic/report/0:cron", "clinic/report/1:manual")
    table = replace(table, workflow=np.array([0, 1, 1], np.int32), source=np.array([0, 1, 2], np.int32), sources=sources)
    assert Observed(table, log, DEPLOYMENT).measure(text) == value


def test_a_name_that_is_not_deployed_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown project `clinc`"):
        observed(Row(0)).measure("max(project.clinc.wait)")


def test_measures_survive_pickling() -> None:
    import pickle

    for text in ("p99.9(project.a.wait)", "share(slowdown > 3)", "lost", "utilisation"):
        assert pickle.loads(pickle.dumps(parse_measure(text))) == parse_measure(text)
