"""What a verdict of one simulation is said to rest on, and objectives of runs that there are not."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from fastlanes_sim.api.replicated import ReplicatedResult
from fastlanes_sim.api.result import Result
from fastlanes_sim.api.verbs import replicate, simulate
from fastlanes_sim.reports.exporters.junit import junit_xml
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.text.simulation import text

SCENARIO = """\
horizon: 30m
projects:
  p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 10/min}, service: 2s}]}}}
workers: [{workloops: "*:5"}]
slos: [p95(default.wait) < 30s, p95(manual.wait) < 30s, manual.lost == 0, share(default.wait > 1m) <= 0.1%, lost == 0]
"""


@pytest.fixture(scope="module")
def once() -> Result:
    return simulate(SCENARIO)


@pytest.fixture(scope="module")
def often() -> ReplicatedResult:
    return replicate(SCENARIO, 5, processes=1)


def case_of(cases: list[Case], objective: str) -> Case:
    return next(case for case in cases if case.objective.startswith(objective))


def test_met_in_one_sample_says_so_wherever_it_is_told(once: Result):
    assert case_of(once.report.cases, "lost").found == "0 (one sample)"
    assert "MET in this one sample" in text(once)
    assert once.summary()["replications"] == 1
    suite = ElementTree.fromstring(junit_xml(once.report.cases, {}))
    said = {node.get("name"): node.findtext("system-out") for node in suite.iter("testcase")}
    assert said["lost == 0"] == "0 (one sample)"


def test_objectives_of_an_empty_lane_are_errors_in_junit(once: Result, often: ReplicatedResult):
    for found in (once, often):
        suite = ElementTree.fromstring(junit_xml(found.report.cases, {}))
        errors = [node.get("name") for node in suite.iter("testcase") if node.find("error") is not None]
        assert {"p95(manual.wait) < 30s", "manual.lost == 0"} <= set(errors)
        assert suite.get("failures") == "0"


def test_replications_are_no_one_sample(often: ReplicatedResult):
    lost = case_of(often.report.cases, "lost")
    assert lost.outcome == "met"
    assert lost.found.startswith("none in 1,")
    assert "one sample" not in often.text()


def test_a_share_of_which_nothing_was_seen_is_not_met_below_what_it_may_be(often: ReplicatedResult):
    """Of some 1,500 runs none waited a minute: that may be two in a thousand."""
    share = case_of(often.report.cases, "share")
    assert share.outcome == "undecided"
    assert share.found.startswith("0 % [0 %, 0.")


def test_what_each_number_estimates_is_told(often: ReplicatedResult):
    assert "percentiles and shares of the runs of all replications; means over the replications" in often.text()
    rows = {row[0]: row[1] for row in often.report.tables[0].rows}
    assert rows["p95(default.wait)"] == "of all runs of the replications"
    assert rows["mean(default.wait)"] == "the mean of the replications' own"
    statistics = often.summary()["statistics"]
    assert isinstance(statistics, dict)
    assert statistics["lost"]["estimates"] == "the mean of the replications' numbers"
