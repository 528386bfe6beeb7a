"""What is expected of a scenario's traffic is what is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.scenario.expectation import expected_sources
from fastlanes_sim.scenario.lint import lint
from fastlanes_sim.traffic.generate import generate
from tests.support.scenario_files import load
from tests.support.traffic_files import scenario, webhook

BUSY_AND_SLOW = {"piecewise": {"00:00": "1/min", "08:00": "9/min", "12:00": "1/min"}}, {"hours": {"00:00": 0.5, "08:00": 3.0, "12:00": 1.0}}


@pytest.mark.parametrize(
    ("arrivals", "factors"),
    [
        BUSY_AND_SLOW,
        ({"poisson": "6/min"}, {"tick": {"every": "1h", "within": "6m", "factor": 4.0}}),
        ({"poisson": "6/min"}, {"load": {"within": "10m", "usual": 30, "slope": 0.5}}),
        ({"poisson": "6/min"}, {"previous": 0.7}),
    ],
)
def test_services_that_depend_take_as_long_as_is_expected(arrivals: dict[str, Any], factors: dict[str, Any]) -> None:
    given = scenario(webhook(arrivals, service={"gamma": {"mean": "10s", "shape": 4.0}}, service_factors=factors), horizon="7d")
    (expected,) = expected_sources(given)
    assert float(generate(given, 1).service_time.mean()) == pytest.approx(expected.service, rel=0.03)


def test_startups_that_are_cold_after_a_time_without_runs_take_as_long_as_is_expected() -> None:
    factors = {"idle": {"after": "10m", "factor": 6.0}}
    given = scenario(
        webhook({"poisson": "10/h"}, service="0s", startup="2s", startup_factors=factors), horizon="30d", workers=[{"workloops": "*:5"}]
    )
    (expected,) = expected_sources(given)
    plain = scenario(webhook({"poisson": "10/h"}, service="0s", startup="2s"), horizon="30d", workers=[{"workloops": "*:5"}])
    cold = expected.busy - next(expected_sources(plain)).busy
    assert float(generate(given, 1).startup_time.mean()) - 2 * SECOND == pytest.approx(cold, rel=0.03)


def test_lint_counts_with_what_services_depend_on() -> None:
    """Without its factors the load of 5 slots would be 0.45; services are three times as long when most runs come."""
    arrivals, factors = BUSY_AND_SLOW
    given = scenario(webhook(arrivals, service="60s", service_factors=factors), horizon="7d", workers=[{"workloops": "*:5"}])
    plain = scenario(webhook(arrivals, service="60s"), horizon="7d", workers=[{"workloops": "*:5"}])
    assert "offered load 1.04: the traffic needs 5.2 slots, the workers have 5" in [finding.message for finding in lint(given)]
    assert not any("offered load" in finding.message for finding in lint(plain))


CALLING = """\
horizon: 1h
startup: 0s
projects:
  p:
    workflows:
      first:
        triggers: [{type: webhook, arrivals: {every: 36s}, service: 1s}]
        calls: [{to: second, wait: true, count: 2, spacing: 250ms}, {to: third, probability: 50%}]
      second:
        triggers: [{type: webhook, reply: after_completion, service: 2s}]
        calls: [{to: third, wait: true, timeout: 3s}]
      third:
        triggers: [{type: webhook, reply: after_completion, service: 40s}]
        calls: [{to: third, probability: 50%}]
workers: [{capacity: 5, dispatch: ideal}]
"""


def test_runs_that_others_call_are_expected(tmp_path: Path):
    """K-1, K-5, K-10: 101 of the first, two of the second for each, one third for each of these and half of one for each first, and as many
    again for those that call their own. The second waits 3 s, the first 2 × 5 s, and 250 ms between."""
    sources = list(expected_sources(load(tmp_path, CALLING).scenario))
    assert [source.runs for source in sources] == pytest.approx([101, 202, (202 + 50.5) * 2])
    assert [source.busy / SECOND for source in sources] == pytest.approx([11.25, 5, 40])
    assert [source.service / SECOND for source in sources] == pytest.approx([1.25, 2, 40])
