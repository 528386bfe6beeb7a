"""The grammar of measures and objectives."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import FastlanesError, MeasureError
from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.operators import OPERATORS
from fastlanes_sim.measures.scopes import ALL, LANES, Scope, read_scope
from fastlanes_sim.measures.system import SYSTEM
from fastlanes_sim.measures.times import TIMES

FAST, MANUAL, DEFAULT = (Scope("lane", (name,)) for name in ("fast_lane", "manual", "default"))
CLINIC = Scope("project", ("clinic",))


@pytest.mark.parametrize(
    ("text", "measure", "operator", "bound"),
    [
        ("p99(fast_lane.response) < 30s", Measure("response", FAST, "p99"), "<", 30_000_000),
        ("p99.9(all.wait)<=500ms", Measure("wait", ALL, "p99.9"), "<=", 500_000),
        (" mean( manual.queue ) > 1m ", Measure("queue", MANUAL, "mean"), ">", 60_000_000),
        ("max(default.startup) >= 1h30m", Measure("startup", DEFAULT, "max"), ">=", 5_400_000_000),
        ("min(all.service) >= 0s", Measure("service", ALL, "min"), ">=", 0),
        ("p50(wait) < 1s", Measure("wait", ALL, "p50"), "<", 1_000_000),
        ("mean(slowdown) < 3", Measure("slowdown", ALL, "mean"), "<", 3),
        ("mean(default.slowdown) < 2.5", Measure("slowdown", DEFAULT, "mean"), "<", 2.5),
        ("p95(project.clinic.wait) < 5m", Measure("wait", CLINIC, "p95"), "<", 300_000_000),
        ("p95(project.*.wait) < 5m", Measure("wait", Scope("project", ("*",)), "p95"), "<", 300_000_000),
        (
            "p99(workflow.clinic.register_patient.response) < 1s",
            Measure("response", Scope("workflow", ("clinic", "register_patient")), "p99"),
            "<",
            1_000_000,
        ),
        (
            "share(trigger.clinic.register_patient.webhook.response > 30s) <= 0.1%",
            Measure("response", Scope("trigger", ("clinic", "register_patient", "webhook")), "share", 30_000_000),
            "<=",
            0.001,
        ),
        ("share(fast_lane.response > 30s) <= 0.1%", Measure("response", FAST, "share", 30_000_000), "<=", 0.001),
        ("share(all.wait > 3m) < 0.05", Measure("wait", ALL, "share", 180_000_000), "<", 0.05),
        ("share(slowdown > 10) < 1%", Measure("slowdown", ALL, "share", 10), "<", 0.01),
        ("lost == 0", Measure("lost"), "==", 0),
        ("all.lost == 0", Measure("lost"), "==", 0),
        ("fast_lane.killed <= 3", Measure("killed", FAST), "<=", 3),
        ("project.clinic.lost == 0", Measure("lost", CLINIC), "==", 0),
        ("gateway_timeouts == 0", Measure("gateway_timeouts"), "==", 0),
        ("manual.runs > 100", Measure("runs", MANUAL), ">", 100),
        ("utilisation < 80%", Measure("utilisation"), "<", 0.8),
        ("claims < 10000", Measure("claims"), "<", 10_000),
        ("claims_per_minute < 500", Measure("claims_per_minute"), "<", 500),
        ("claims_per_minute < 8/s", Measure("claims_per_minute"), "<", 480),
    ],
)
def test_it_reads(text: str, measure: Measure, operator: str, bound: float) -> None:
    found = parse_objective(text)
    assert (found.text, found.measure, found.operator, found.bound) == (text, measure, OPERATORS[operator], bound)


def test_every_scope_time_statistic_count_operator_and_number_of_the_system_is_known() -> None:
    for scope in (*LANES, "project.p", "workflow.p.w", "trigger.p.w.cron2"):
        assert all(parse_measure(f"p50({scope}.{time})") == Measure(time, read_scope(scope), "p50") for time in TIMES)
        assert all(parse_measure(f"{scope}.{count}") == Measure(count, read_scope(scope)) for count in COUNTS)
    for statistic in ("mean", "min", "max", "p1", "p99.99"):
        assert parse_measure(f"{statistic}(wait)").statistic == statistic
    assert all(parse_measure(name) == Measure(name) for name in SYSTEM)
    assert all(str(parse_objective(f"lost {symbol} 1").operator) == symbol for symbol in OPERATORS)


@pytest.mark.parametrize(
    ("spellings", "canonical"),
    [
        (["p99(fast_lane.response)", " p99 ( fast_lane.response ) ", "p99.0(fast_lane.response)"], "p99(fast_lane.response)"),
        (["p95(wait)", "p95(all.wait)"], "p95(all.wait)"),
        (["lost", "all.lost"], "lost"),
        (["share(wait > 90s)", "share(all.wait>1m30s)", "share(all.wait > 90 s)"], "share(all.wait > 90 s)"),
        (["share(wait > 100s)"], "share(all.wait > 1 m 40 s)"),
        (["share(wait > 1234ms)"], "share(all.wait > 1234000 us)"),
        (["share(default.slowdown > 10.0)"], "share(default.slowdown > 10)"),
        (["utilisation", "all.utilisation"], "utilisation"),
        (["project.clinic.lost"], "project.clinic.lost"),
    ],
)
def test_one_spelling_is_canonical_and_reads_back(spellings: list[str], canonical: str) -> None:
    assert {parse_measure(text).text for text in spellings} == {canonical}
    assert len({parse_measure(text) for text in [*spellings, canonical]}) == 1


def test_names_may_hold_any_letter_but_a_dot() -> None:
    scope = Scope("project", ("My clinic (old) > 1 = 2",))
    assert parse_objective("p95(project.My clinic (old) > 1 = 2.wait) < 5m").measure == Measure("wait", scope, "p95")
    beyond = "share(project.My clinic (old) > 1 = 2.wait > 3s) < 1%"
    assert parse_objective(beyond).measure == Measure("wait", scope, "share", 3_000_000)
    assert parse_objective("project.My clinic (old) > 1 = 2.lost == 0").measure == Measure("lost", scope)


def test_percentiles_as_numbers() -> None:
    assert parse_measure("p99.9(all.wait)").percentile == 99.9
    assert parse_measure("mean(all.wait)").percentile is None


REFUSED = [
    ("", "not an objective", "such as"),
    ("p99(fast_lane.response)", "not an objective", "OPERATOR"),
    ("p99(fast_lane.response) <", "not an objective", "OPERATOR"),
    ("p99(fastlane.response) < 30s", "unknown lane `fastlane`", "did you mean `fast_lane`"),
    ("p99(fastlane.response) < 30s", "unknown lane `fastlane`", "project.PROJECT"),
    ("p99(projects.clinic.response) < 30s", "unknown scope `projects`", "did you mean `project`"),
    ("p99(project.response) < 30s", "`project` does not name one project", "project.PROJECT"),
    ("p99(workflow.clinic.response) < 30s", "`workflow.clinic` does not name one workflow", "workflow.*.*"),
    ("p99(fast_lane.latency) < 30s", "unknown time `latency`", "wait, queue, startup, service, response"),
    ("p99(fast_lane.lost) < 30s", "unknown time `lost`", "fast_lane.lost"),
    ("p99(utilisation) < 30s", "unknown time `utilisation`", "utilisation stands alone"),
    ("p100(fast_lane.wait) < 30s", "not a percentile", "between 0 and 100"),
    ("p0(fast_lane.wait) < 30s", "not a percentile", "between 0 and 100"),
    ("median(fast_lane.wait) < 30s", "unknown statistic `median`", "p50"),
    ("p99(fast_lane.wait) == 30s", "== is for counts only", "< or <="),
    ("utilisation == 80%", "== is for counts only", "< or <="),
    ("p99(fast_lane.wait) < 30", "has no unit", "30s"),
    ("p99(fast_lane.wait) < 0.1%", "not a duration", "30s"),
    ("p99(fast_lane.slowdown) < 3s", "`3s` is not a number", "no unit"),
    ("p99(fast_lane.wait) => 1s", "`=>` is not an operator", ">="),
    ("p99(fast_lane.wait) != 1s", "`!=` is not an operator", ">="),
    ("share(fast_lane.wait) < 1%", "what it exceeds", "share("),
    ("share(fast_lane.wait < 3s) < 1%", "what it exceeds", "share("),
    ("share(fast_lane.wait > 3) < 1%", "has no unit", "3s"),
    ("share(fast_lane.wait > 3s) < 30s", "is not a share", "percentage"),
    ("share(fast_lane.wait > 3s) < 101%", "is not a share", "between 0% and 100%"),
    ("utilisation < 80", "is not a share", "between 0% and 100%"),
    ("lost == 0s", "not a number of runs", "whole number"),
    ("lost == -1", "not a number of runs", "whole number"),
    ("claims < 3.5", "not a number of claims", "whole number"),
    ("claims_per_minute < 3s", "`3s` is not a number", "plain number"),
    ("claims_per_minute < 3/year", "is not a rate", "1/min"),
    ("wait < 3s", "is a time, not a count", "p99(all.wait)"),
    ("loss == 0", "unknown count `loss`", "did you mean `lost`"),
    ("utilization < 80%", "unknown count `utilization`", "did you mean `utilisation`"),
    ("fast_lane.utilisation < 80%", "`utilisation` is of the whole system, not of fast_lane", "write utilisation alone"),
    ("slow_lane.lost == 0", "unknown lane `slow_lane`", "fast_lane"),
]


@pytest.mark.parametrize(("text", "message", "hint"), REFUSED)
def test_it_refuses(text: str, message: str, hint: str) -> None:
    with pytest.raises(MeasureError) as caught:
        parse_objective(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("  p99(fastlane.response) < 30s", "fastlane"),
        ("p99(fast_lane.latency) < 30s", "latency"),
        ("p99(fast_lane.wait) < 30", "30"),
        ("share(fast_lane.wait > 3) < 3%", "3)"),
        ("share(fast_lane.wait > 3s) < 3s", "3s"),
        ("median(fast_lane.wait) < 30s", "median"),
        ("p99(fast_lane.wait) => 1s", "=>"),
        ("project.clinic.lots == 0", "lots"),
    ],
)
def test_it_says_where_the_culprit_is(text: str, culprit: str) -> None:
    with pytest.raises(MeasureError) as caught:
        parse_objective(text)
    assert caught.value.offset == (text.rfind(culprit) if culprit == "3s" else text.find(culprit))


def test_what_is_no_measure_is_told_with_the_text_and_a_hint() -> None:
    with pytest.raises(FastlanesError, match=r"^p99\(fastlane\.wait\): unknown lane `fastlane`\n    hint: did you mean `fast_lane`\?"):
        parse_measure("p99(fastlane.wait)")
    with pytest.raises(FastlanesError, match="too long"):
        parse_measure("x" * 1_000)


def test_a_pooled_statistic_may_be_asked_of_each_day():
    pooled, per_day = parse_measure("p99(fast_lane.wait)"), parse_measure("p99/day( fast_lane.wait )")
    assert per_day.text == "p99/day(fast_lane.wait)"
    assert parse_measure(per_day.text) == per_day != pooled
    assert (pooled.is_pooled, per_day.is_pooled, parse_measure("mean(all.wait)").is_pooled) == (True, False, False)
    assert (pooled.estimates, per_day.estimates) == ("of all runs of the replications", "the mean of the replications' own")
    assert parse_measure("share/day(all.wait > 30s)").text == "share/day(all.wait > 30 s)"
    for text, what in (("mean/day(all.wait)", "anyway"), ("p99/week(all.wait)", "unknown ending")):
        with pytest.raises(MeasureError, match=what):
            parse_measure(text)


def test_an_objective_may_be_asked_of_a_share_of_days():
    found = parse_objective("p99(fast_lane.response) < 30s in 95% of days")
    assert (found.days, found.bound, found.bound_text) == (0.95, 30_000_000, "30s")
    assert parse_objective("lost == 0  in 0.9 of replications").days == 0.9
    assert parse_objective("lost == 0").days is None
    assert parse_objective("p99(project.a.wait) < 30s in 95% of days").measure.text == "p99(project.a.wait)"


@pytest.mark.parametrize("share", ["0%", "100%", "95", "most"])
def test_a_share_of_days_is_a_share(share: str):
    text = f"p99(fast_lane.response) < 30s in {share} of days"
    with pytest.raises(MeasureError) as caught:
        parse_objective(text)
    assert text[caught.value.offset :].startswith(share)
