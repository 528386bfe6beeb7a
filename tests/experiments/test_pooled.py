"""Quantiles and shares of the runs of all replications together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from fastlanes_sim.experiments.estimation import estimate_of, runs_of
from fastlanes_sim.experiments.few_runs import few_runs
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.samples import Durations


def played(text: str, days: list[np.ndarray], still_open: list[np.ndarray] | None = None) -> tuple[list, list[Values]]:
    """Replications whose runs came to these numbers, measured like simulated ones."""
    one = parse_measure(text)
    values = []
    for number, (complete, censored) in enumerate(zip(days, still_open or [np.empty(0)] * len(days), strict=True)):
        sample = Durations.of(complete, censored)
        found = (sample.quantile(one.part) if one.part is not None else sample.share_above(one.threshold)) if len(sample) else None
        ends = (math.nan, math.nan) if found is None else (found.low, found.high)
        values.append(Values(number, (ends[0],), (ends[1],), (Evidence.of(sample, one.part),)))
    return [one], values


def estimated(text: str, days: list[np.ndarray], still_open: list[np.ndarray] | None = None, level: float = 0.95):
    measures, values = played(text, days, still_open)
    return estimate_of(text, measures, values, level)


def test_it_is_the_quantile_of_all_runs_and_not_the_mean_of_the_days_own():
    """Nine quiet days and one of which every run is slow: one run in ten."""
    days = [np.full(100, 1.0)] * 9 + [np.full(100, 50.0)]
    assert estimated("p85(all.wait)", days).mean == 1.0
    assert estimated("p95(all.wait)", days).mean == 50.0
    assert estimated("p95/day(all.wait)", days).mean == pytest.approx(5.9)
    share = estimated("share(all.wait > 1us)", [day * 1.0 for day in days])
    assert share.mean == pytest.approx(0.1)


def test_days_count_by_their_runs():
    days = [np.full(900, 1.0), np.full(100, 9.0)]
    assert estimated("share(all.wait > 5us)", days).mean == pytest.approx(0.1)
    assert estimated("share/day(all.wait > 5us)", days).mean == pytest.approx(0.5)
    assert estimated("share(all.wait > 5us)", [*days, np.empty(0)]).replications == 2


@pytest.mark.parametrize("size", [40, 700, 20_000])
def test_what_is_kept_gives_the_quantile_of_all(size: int):
    random = np.random.default_rng(size)
    days = [random.lognormal(0, 1.3, size) * random.uniform(0.5, 2) for _ in range(12)]
    for part in (0.5, 0.95, 0.99, 0.999):
        off = 0.01 * (1 - part) + 1 / 12 / size
        found = estimated(f"p{100 * part:g}(all.wait)", days).mean
        low, high = np.quantile(np.concatenate(days), np.clip([part - off, part + off], 0, 1))
        assert low <= found <= high


def test_too_few_runs_have_no_upper_end():
    random = np.random.default_rng(1)
    few, enough = ([random.exponential(size=size) for _ in range(10)] for size in (100, 2_000))
    assert estimated("p99.9(all.wait)", few).high == math.inf
    assert estimated("p99.9(all.wait)", few).low > 2
    assert math.isfinite(estimated("p99.9(all.wait)", enough).high)
    assert estimated("p50(all.wait)", [np.array([1.0])]).high == math.inf


def test_open_runs_open_the_interval():
    random = np.random.default_rng(2)
    days = [random.exponential(size=1_000) for _ in range(10)]
    closed = estimated("p95(all.wait)", days)
    opened = estimated("p95(all.wait)", days, [np.full(30, 0.1)] * 10)
    assert opened.mean < closed.mean < opened.upper_mean
    assert opened.high > closed.high
    assert estimated("p95(all.wait)", days, [np.full(200, 0.1)] * 10).upper_mean == math.inf


def test_the_same_every_day_has_no_doubt():
    found = estimated("p95(all.wait)", [np.arange(1_000.0)] * 10)
    assert (found.low, found.mean, found.high) == (949, 949, 949)


def test_a_verdict_on_a_quantile_is_that_on_the_share_beyond():
    random = np.random.default_rng(4)
    days = [random.exponential(size=1_500) for _ in range(10)]
    found = estimated("p99(all.wait)", [1e6 * day for day in days])
    for threshold, within in ((found.high * 1.001, True), (found.high * 0.999, False)):
        share = estimated(f"share(all.wait > {threshold:.0f}us)", [1e6 * day for day in days])
        assert (share.high <= 0.01) == within


EXPERIMENTS = 500


def waits(random: np.random.Generator, utilisation: float, replications: int, runs: int) -> list[np.ndarray]:
    """Of M/M/1 from empty (Lindley 1952)."""
    steps = random.exponential(size=(replications, runs)) - random.exponential(1 / utilisation, size=(replications, runs))
    walk = np.concatenate([np.zeros((replications, 1)), np.cumsum(steps, axis=1)[:, :-1]], axis=1)
    return list(walk - np.minimum.accumulate(walk, axis=1))


@pytest.mark.parametrize(
    ("part", "draw"),
    [
        (0.99, lambda random: list(random.exponential(size=(10, 200)))),
        (0.999, lambda random: list(random.exponential(size=(10, 1_000)))),
        (0.99, lambda random: list(random.lognormal(0, math.sqrt(math.log(5)), (10, 1_000)))),
        (0.95, lambda random: waits(random, 0.8, 10, 1_000)),
    ],
    ids=["few runs", "p99.9", "heavy tail", "dependent runs"],
)
def test_quantiles_are_held(part: float, draw):
    """At 95 %, and above the upper end in no more than 2.5 %: give or take chance."""
    random = np.random.default_rng(7)
    truth = np.quantile(np.concatenate([day for _ in range(200) for day in draw(random)]), part)
    found = [estimated(f"p{100 * part:g}(all.wait)", draw(random)) for _ in range(EXPERIMENTS)]
    assert sum(one.low <= truth <= one.high for one in found) >= binom.ppf(0.0005, EXPERIMENTS, 0.95)
    assert sum(one.high < truth for one in found) <= binom.ppf(0.9995, EXPERIMENTS, 0.025)


def test_the_mean_of_the_days_own_p999_is_not_the_p999():
    """Of 200 runs it is the expected maximum: too low, and the surer of it the more days there are."""
    random = np.random.default_rng(8)
    days = list(random.exponential(size=(100, 200)))
    truth = math.log(1_000)
    assert estimated("p99.9/day(all.wait)", days).high < truth
    found = estimated("p99.9(all.wait)", days)
    assert found.low < truth < found.high


def test_a_quantile_of_few_runs_is_warned_of_with_the_number_that_it_takes():
    measures, values = played("p99.9(all.wait)", [np.arange(50.0)] * 10)
    assert runs_of("p99.9(all.wait)", measures, values) == 500
    warning = few_runs(measures[0], measures, values)
    assert warning.startswith("p99.9(all.wait) rests on 0.5 of 500 runs: it takes about 10,000, as in 200 replications")
    measures, values = played("p95(all.wait)", [np.arange(50.0)] * 10)
    assert not few_runs(measures[0], measures, values)
    measures, values = played("p99/day(all.wait)", [np.arange(50.0)] * 10)
    assert "the largest of a replication's 50 runs: it takes 100 in each" in few_runs(measures[0], measures, values)
