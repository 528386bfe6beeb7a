"""Arrivals and services that depend on one another, on the time, and on chance that lasts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import kstest

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.scenario.dependence import Modulated, Trend
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.dependent_durations import correlated, quantiles
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.rate_factors import times as product
from fastlanes_sim.traffic.rate_factors import trend_factors
from tests.support.traffic_files import scenario, webhook


def drawn(arrivals: dict[str, Any], horizon: str = "10d", seed: int = 1, **more: Any) -> RunTable:
    return generate(scenario(webhook(arrivals, **more), horizon=horizon), seed)


def expected(arrivals: dict[str, Any], horizon: str = "10d") -> float:
    whole: Scenario = scenario(webhook(arrivals), horizon=horizon)
    trigger = whole.projects["p"].workflows["w"].triggers[0]
    return trigger.expected_runs("UTC", instant(whole.start, "UTC"), whole.horizon)


MODIFIERS: list[dict[str, Any]] = [
    {"batch": {"fixed": 10}},
    {"batch": {"geometric": 8.0}},
    {"batch": {"sizes": {"values": [1, 20], "weights": [3.0, 1.0]}}},
    {"gaps": {"shape": 0.2}},
    {"gaps": {"kind": "weibull", "shape": 4.0}},
    {"trend": {"begin": 0.4, "end": 1.6, "over": "10d"}},
    {"trend": {"begin": 0.0, "end": 2.0, "over": "3d"}},
    {"modulated": {"factors": [0.5, 3.0], "stays": ["20m", "4m"]}},
]


@pytest.mark.parametrize("modifier", MODIFIERS)
@pytest.mark.parametrize("base", [{"poisson": "60/h"}, {"piecewise": {"00:00": "20/h", "08:00": "100/h"}}])
def test_as_many_runs_come_as_are_expected(modifier: dict[str, Any], base: dict[str, Any]) -> None:
    """The mean of 20 samples within five standard errors of `expected_runs`."""
    counts = np.array([len(drawn(base | modifier, seed=seed)) for seed in range(20)])
    assert abs(counts.mean() - expected(base | modifier)) < 5 * counts.std(ddof=1) / 20**0.5


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_a_longer_horizon_begins_with_the_same_runs(modifier: dict[str, Any]) -> None:
    short, long = (drawn({"poisson": "60/h"} | modifier, horizon).inserted_at for horizon in ("2d", "4d"))
    assert (long[: len(short)] == short).all()


def test_days_differ_by_their_variation() -> None:
    """300 days: the coefficient of variation of daily counts, less that of a Poisson process, within five standard errors."""
    times = drawn({"poisson": "60/h", "days": 0.5}, "300d").inserted_at
    counts = np.bincount(times // DAY, minlength=300)
    variation = (counts.var() - counts.mean()) ** 0.5 / counts.mean()
    assert abs(variation - 0.5) < 5 * 0.5 / (2 * 300) ** 0.5
    assert abs(counts.mean() / 1_440 - 1) < 5 * 0.5 / 300**0.5


def test_batches_come_at_one_instant() -> None:
    times = drawn({"poisson": "60/h", "batch": {"fixed": 10}}).inserted_at
    starts, sizes = np.unique(times, return_counts=True)
    assert set(sizes.tolist()) <= {10, 20}
    assert abs(len(starts) - 14_400) < 5 * 120


@pytest.mark.parametrize(("kind", "shape", "variation"), [("gamma", 0.25, 2.0), ("weibull", 4.0, 0.2805)])
def test_gaps_have_their_variation(kind: str, shape: float, variation: float) -> None:
    gaps = np.diff(drawn({"poisson": "60/h", "gaps": {"kind": kind, "shape": shape}}, "30d").inserted_at)
    assert gaps.std() / gaps.mean() == pytest.approx(variation, rel=0.05)


def test_levels_of_a_modulated_rate_last_as_long_as_they_say() -> None:
    times = drawn({"poisson": "6/min", "modulated": {"factors": [0.0, 1.0], "stays": ["1h", "1h"]}}, "100d").inserted_at
    silences = np.diff(times)[np.diff(times) > 5 * MINUTE]
    assert silences.mean() == pytest.approx(HOUR, rel=5 / len(silences) ** 0.5)
    assert Modulated(factors=[0.5, 3.0], stays=["2h", "20m"]).mean == pytest.approx((0.5 * 120 + 3 * 20) / 140)


def test_a_trend_is_a_step_an_hour_and_then_stays() -> None:
    trend = Trend(begin=1.0, end=3.0, over="2h")
    assert trend_factors(trend, 4 * HOUR) == [(0, 1.5), (HOUR, 2.5), (2 * HOUR, 3.0)]
    assert trend.total(4 * HOUR) == pytest.approx(2 * HOUR * 2 + 2 * HOUR * 3)
    assert product([(0, 2.0), (5, 4.0)], [(0, 1.0), (3, 10.0)]) == [(0, 2.0), (3, 20.0), (5, 40.0)]


def services(factors: dict[str, Any], arrivals: dict[str, Any] | None = None, service: Any = "10s", horizon: str = "10d") -> RunTable:
    return drawn(arrivals or {"poisson": "2/min"}, horizon, service=service, service_factors=factors)


@pytest.mark.parametrize(
    "service", [{"gamma": {"mean": "10s", "shape": 2.0}}, {"lognormal": {"median": "2s", "p95": "60s"}}, ["1s", "5s", "60s"]]
)
def test_services_like_those_before_keep_their_distribution(service: Any) -> None:
    """Thinned to independent ones (0.8 to the 40th is nothing): Kolmogorov's test against independent draws; rank correlation 0.8."""
    times = correlated(Distribution.model_validate(service).family, 0.8, 80_000, np.random.default_rng(1))
    plain = Distribution.model_validate(service).sample(200_000, np.random.default_rng(2))
    if isinstance(service, list):
        for value in set(plain.tolist()):
            assert (times == value).mean() == pytest.approx((plain == value).mean(), abs=0.02)
        return
    assert kstest(times[::40], plain).pvalue > 0.001
    ranks = np.argsort(np.argsort(times)) / len(times)
    assert np.corrcoef(ranks[1:], ranks[:-1])[0, 1] == pytest.approx(6 / np.pi * np.arcsin(0.4), abs=0.02)


def test_quantiles_of_many_probabilities_are_those_of_each() -> None:
    family = Distribution.model_validate({"lognormal": {"median": "2s", "p95": "60s"}}).family
    probabilities = np.array([0.001, 0.3, 0.5, 0.95, 0.999])
    assert quantiles(family, probabilities) == pytest.approx([family.quantile(p) for p in probabilities], rel=0.01)


def test_services_by_the_hour() -> None:
    table = services({"hours": {"00:00": 0.5, "08:00": 2.0}})
    hour = table.inserted_at // HOUR % 24
    assert set(table.service_time[hour < 8].tolist()) == {5 * SECOND}
    assert set(table.service_time[hour >= 8].tolist()) == {20 * SECOND}


def test_services_right_after_the_hour() -> None:
    table = services({"tick": {"every": "1h", "within": "1m", "factor": 10.0}})
    first = table.inserted_at % HOUR < MINUTE
    assert first.any()
    assert set(table.service_time[first].tolist()) == {100 * SECOND}
    assert set(table.service_time[~first].tolist()) == {10 * SECOND}


def test_services_under_load() -> None:
    """Ten at once after a quiet hour: none is before them. The next one, a minute later, follows ten."""
    table = services({"load": {"within": "10m", "usual": 5.0, "slope": 1.0}}, {"at": ["1h"] * 10 + ["61m"]}, horizon="2h")
    assert table.service_time.tolist() == [SECOND] * 10 + [20 * SECOND]


def test_without_factors_services_are_the_same_as_ever() -> None:
    plain = drawn({"poisson": "2/min"}, service={"exponential": {"mean": "10s"}})
    hours = services({"hours": {"00:00": 1.0}}, service={"exponential": {"mean": "10s"}})
    assert (plain.service_time == hours.service_time).all()


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        ({"every": "1m", "batch": {"fixed": 2}}, "`batch` needs arrivals with a rate"),
        ({"batch": {"fixed": 2}}, "exactly one kind of arrivals is needed"),
        ({"poisson": "1/min", "batch": {"fixed": 2, "geometric": 3.0}}, "exactly one kind of batch"),
        ({"poisson": "1/min", "batch": {"sizes": {"values": [1, 2], "weights": [1.0]}}}, "weights do not match"),
        ({"poisson": "1/min", "modulated": {"factors": [1.0, 2.0], "stays": ["1h"]}}, "stays do not match"),
    ],
)
def test_what_makes_no_sense_is_refused(arrivals: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        drawn(arrivals)


def test_hours_that_overlap_are_refused() -> None:
    with pytest.raises(ValidationError, match="both name"):
        services({"hours": {"08:00": 1.0, "mon 08:00": 2.0}})


@pytest.mark.parametrize("what", ["service", "startup"])
def test_cold_after_a_time_without_runs(what: str) -> None:
    """The first run of all, and those that come ten minutes and more after the one before; of two at once only the first."""
    factors: Any = {f"{what}_factors": {"idle": {"after": "10m", "factor": 6.0}}}
    times: Any = {"at": ["1m", "2m", "12m", "21m", "40m", "40m"]}
    table = drawn(times, "1h", service="10s", startup="10s", **factors)
    other = {"service": table.startup_time, "startup": table.service_time}[what]
    mine = {"service": table.service_time, "startup": table.startup_time}[what]
    assert (mine // SECOND).tolist() == [60, 10, 60, 10, 60, 10]
    assert set(other.tolist()) == {10 * SECOND}


def test_startups_like_those_before() -> None:
    startup: Any = {"gamma": {"mean": "2s", "shape": 2.0}}
    table = drawn(
        {"poisson": "2/min"}, "10d", service={"gamma": {"mean": "9s", "shape": 2.0}}, startup=startup, startup_factors={"previous": 0.9}
    )
    assert np.corrcoef(table.startup_time[1:], table.startup_time[:-1])[0, 1] == pytest.approx(0.88, abs=0.03)
    assert np.corrcoef(table.service_time[1:], table.service_time[:-1])[0, 1] == pytest.approx(0.0, abs=0.03)
