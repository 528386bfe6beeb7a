"""The grammar of objectives."""

from __future__ import annotations

import pytest

from fastlanes_sim.scenario.slo import COUNTS, LANES, METRICS, Slo, parse_slo


@pytest.mark.parametrize(
    ("text", "statistic", "lane", "metric", "threshold", "operator", "bound"),
    [
        ("p99(fast_lane.response) < 30s", "p99", "fast_lane", "response", None, "<", 30_000_000),
        ("p99.9(all.wait)<=500ms", "p99.9", "all", "wait", None, "<=", 500_000),
        (" mean( manual.queue ) > 1m ", "mean", "manual", "queue", None, ">", 60_000_000),
        ("max(default.startup) >= 1h30m", "max", "default", "startup", None, ">=", 5_400_000_000),
        ("min(all.service) >= 0s", "min", "all", "service", None, ">=", 0),
        ("share(fast_lane.response > 30s) <= 0.1%", "share", "fast_lane", "response", 30_000_000, "<=", 0.001),
        ("share(all.wait > 3m) < 0.05", "share", "all", "wait", 180_000_000, "<", 0.05),
        ("lost == 0", "count", "all", "lost", None, "==", 0),
        ("fast_lane.killed <= 3", "count", "fast_lane", "killed", None, "<=", 3),
        ("gateway_timeouts == 0", "count", "all", "gateway_timeouts", None, "==", 0),
        ("manual.runs > 100", "count", "manual", "runs", None, ">", 100),
    ],
)
def test_it_reads(text: str, statistic: str, lane: str, metric: str, threshold: int | None, operator: str, bound: float) -> None:
    assert parse_slo(text) == Slo(text, statistic, lane, metric, threshold, operator, bound)


def test_every_lane_metric_and_count_is_known() -> None:
    for lane in LANES:
        assert all(parse_slo(f"p50({lane}.{metric}) < 1s").metric == metric for metric in METRICS)
        assert all(parse_slo(f"{lane}.{count} == 0").metric == count for count in COUNTS)


def test_percentiles_as_numbers() -> None:
    assert parse_slo("p99.9(all.wait) < 1s").percentile == 99.9
    assert parse_slo("mean(all.wait) < 1s").percentile is None


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("", "not an objective", "such as"),
        ("p99(fast_lane.response)", "not an objective", "OPERATOR"),
        ("p99(fast_lane.response) <", "not an objective", "OPERATOR"),
        ("p99(response) < 30s", "names no lane", "all.response"),
        ("p99(fastlane.response) < 30s", "unknown lane `fastlane`", "did you mean `fast_lane`"),
        ("p99(fast_lane.latency) < 30s", "unknown metric `latency`", "wait, queue, startup, service, response"),
        ("p99(fast_lane.lost) < 30s", "unknown metric `lost`", "fast_lane.lost == 0"),
        ("p100(fast_lane.wait) < 30s", "not a percentile", "between 0 and 100"),
        ("p0(fast_lane.wait) < 30s", "not a percentile", "between 0 and 100"),
        ("median(fast_lane.wait) < 30s", "unknown statistic `median`", "p50"),
        ("p99(fast_lane.wait) == 30s", "== is for counts only", "< or <="),
        ("p99(fast_lane.wait) < 30", "has no unit", "30s"),
        ("p99(fast_lane.wait) < 0.1%", "not a duration", "30s"),
        ("p99(fast_lane.wait) => 1s", "`=>` is not an operator", ">="),
        ("share(fast_lane.wait) < 1%", "what it exceeds", "share("),
        ("share(fast_lane.wait < 3s) < 1%", "what it exceeds", "share("),
        ("share(fast_lane.wait > 3) < 1%", "has no unit", "3s"),
        ("share(fast_lane.wait > 3s) < 30s", "is not a share", "percentage"),
        ("share(fast_lane.wait > 3s) < 101%", "is not a share", "between 0% and 100%"),
        ("lost == 0s", "not a number of runs", "whole number"),
        ("lost == -1", "not a number of runs", "whole number"),
        ("wait < 3s", "is a time, not a count", "p99(all.wait)"),
        ("slow_lane.lost == 0", "unknown lane `slow_lane`", "fast_lane"),
    ],
)
def test_it_refuses(text: str, message: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_slo(text)
    context = caught.value.context  # type: ignore[attr-defined]
    assert message in context["message"]
    assert cure in context["hint"]
