"""Dependence is fitted where the data carry it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from fastlanes_sim.calibration.calibrate import FittedTrigger, calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, MINUTE, SECOND, parse_duration
from fastlanes_sim.exports.export import Export
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.triggers import Trigger
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate
from tests.support.dependent_sources import CASES, LENGTH
from tests.support.dependent_sources import bare as served_at_once
from tests.support.exports import MONDAY, exported, poisson


def bare(name: str, seed: int = 1) -> Export:
    """Two weeks of a source, served at once."""
    return served_at_once(CASES[name], seed)


def fitted(export: Export) -> tuple[Trigger, FittedTrigger]:
    """The scenario's only trigger, and what was fitted."""
    found = calibrate(export, from_layout("*:5"))
    ((plain,),) = [workflow.triggers for workflow in found.workflows]
    scenario = load_scenario(Source.of_text(scenario_text(found, "fitted"), "fitted.yaml")).scenario
    (trigger,) = scenario.projects["p"].workflows["w"].triggers
    return trigger, plain


def test_independent_runs_get_no_dependence() -> None:
    for seed in range(3):
        trigger, plain = fitted(bare("independent", seed))
        assert plain.process.kind == "poisson", seed
        assert trigger.service_factors is None, seed


@pytest.mark.parametrize("size", [400, 2_000])
def test_few_independent_runs_get_none_either(size: int) -> None:
    """50 samples: no more false ones than 2 % would bring once in 1,000."""
    false = 0
    for seed in range(50):
        random = np.random.default_rng([size, seed])
        inserted = np.sort(random.integers(0, round(LENGTH) * SECOND, size)) + MONDAY
        found = calibrate(exported(inserted, service=np.maximum(random.exponential(10 * SECOND, size).astype(np.int64), 1)))
        ((plain,),) = [workflow.triggers for workflow in found.workflows]
        false += plain.process.kind != "poisson" or plain.service_factors is not None
    assert false <= 5


def test_batches_are_counted_not_listed() -> None:
    trigger, _ = fitted(bare("batches"))
    assert trigger.arrivals.batch is not None
    assert trigger.arrivals.batch.geometric == pytest.approx(8, rel=0.05)
    fixed, _ = fitted(bare("batches_of_ten"))
    assert fixed.arrivals.batch is not None
    assert fixed.arrivals.batch.fixed == 10


def test_gaps_that_are_clumped_or_regular() -> None:
    regular, _ = fitted(bare("regular_renewal"))
    assert regular.arrivals.gaps is not None
    assert (regular.arrivals.gaps.kind, regular.arrivals.gaps.shape) == ("weibull", pytest.approx(4, rel=0.05))
    clumped, _ = fitted(bare("gamma_renewal"))
    assert clumped.arrivals.gaps is not None
    assert clumped.arrivals.gaps.shape < 0.8


def test_a_trend() -> None:
    trigger, _ = fitted(bare("trend"))
    trend = trigger.arrivals.trend
    assert trend is not None
    assert trend.end / trend.begin == pytest.approx(1.9 / 0.4, rel=0.1)


def test_days_that_differ() -> None:
    """14 days of gamma with shape 4: the coefficient of variation is 0.5, give or take a fifth (1/√28), three times."""
    trigger, _ = fitted(bare("random_days"))
    assert trigger.arrivals.days is not None
    assert 0.2 < trigger.arrivals.days < 0.8
    assert trigger.arrivals.trend is None


def test_a_rate_that_changes_at_random_times() -> None:
    trigger, _ = fitted(bare("modulated"))
    levels = trigger.arrivals.modulated
    assert levels is not None
    assert max(levels.factors) / min(levels.factors) == pytest.approx(6, rel=0.25)
    quiet, busy = (levels.stays[levels.factors.index(level)] for level in (min(levels.factors), max(levels.factors)))
    assert quiet == pytest.approx(parse_duration("2h"), rel=0.5)
    assert busy == pytest.approx(parse_duration("20m"), rel=0.5)


def test_rates_that_change_give_as_many_runs_in_usual_and_in_busy_times() -> None:
    """Runs of ten minutes: p50, p95 and p99 of the fit are those of the source, over two weeks."""
    export = bare("modulated")
    text = scenario_text(calibrate(export, from_layout("*:5")), "fitted")
    scenario = load_scenario(Source.of_text(text, "fitted.yaml")).scenario

    def percentiles(inserted: np.ndarray) -> np.ndarray:
        return np.percentile(np.bincount(inserted // (600 * SECOND), minlength=2_016)[:2_016], [50, 95, 99])

    drawn = [percentiles(generate(scenario, seed).inserted_at) for seed in range(1, 6)]
    np.testing.assert_allclose(np.mean(drawn, axis=0), percentiles(export.inserted_at - MONDAY), rtol=0.1)


def test_services_that_depend() -> None:
    previous = fitted(bare("autocorrelated_services"))[0].service_factors
    assert previous is not None
    assert previous.previous == pytest.approx(0.98, abs=0.01)
    assert previous.hours is None
    tick = fitted(bare("slow_at_the_top_of_the_hour"))[0].service_factors
    assert tick is not None
    assert tick.tick is not None
    assert tick.tick.factor == pytest.approx(10, rel=0.1)
    hours = fitted(bare("slower_at_busy_hours"))[0].service_factors
    assert hours is not None
    assert hours.hours is not None
    assert list(hours.hours) == ["00:00", "08:00", "12:00"]
    assert hours.hours["08:00"] / hours.hours["00:00"] == pytest.approx(1.6 / 0.7, rel=0.05)
    load = fitted(bare("slower_under_load"))[0].service_factors
    assert load is not None
    assert load.load is not None
    assert load.load.within == parse_duration("10m")
    assert load.load.slope == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize(("every", "within"), [("1h", "2m"), ("30m", "5m"), ("10m", "30s")])
def test_how_long_services_are_slow_after_a_tick_is_found(every: str, within: str) -> None:
    """A stretch that is too short leaves slow runs among the others, and an odd distribution."""
    inserted = poisson(1 / MINUTE, 8 * DAY)
    usual = np.random.default_rng(3).gamma(2.0, 10 * SECOND, len(inserted))
    slow = np.where(inserted % parse_duration(every) < parse_duration(within), 6.0, 1.0)
    found = fitted(exported(inserted, service=(usual * slow).astype(np.int64)))[0].service_factors
    assert found is not None
    assert found.tick is not None
    assert (found.tick.every, found.tick.within) == (parse_duration(every), parse_duration(within))
    assert found.tick.factor == pytest.approx(6, rel=0.1)


def with_startups(startups: np.ndarray, inserted: np.ndarray, seed: int = 1) -> Export:
    service = np.maximum(np.random.default_rng(seed).gamma(2.0, 5 * SECOND, len(inserted)), 1).astype(np.int64)
    export = exported(inserted, service=startups + service)
    return replace(export, started_at=export.claimed_at + startups)


def test_startups_that_are_long_after_a_time_without_runs() -> None:
    """Six times as long after ten minutes without runs. The scenario has such startups again, where such gaps are."""
    inserted = poisson(1 / (5 * MINUTE), 14 * DAY)
    random = np.random.default_rng(2)
    cold = np.diff(inserted, prepend=0) >= 10 * MINUTE
    export = with_startups((random.gamma(4.0, 0.5 * SECOND, len(inserted)) * np.where(cold, 6.0, 1.0)).astype(np.int64), inserted)
    trigger, plain = fitted(export)
    assert trigger.startup_factors is not None
    assert trigger.startup_factors.idle is not None
    assert trigger.startup_factors.idle.after == 10 * MINUTE
    assert trigger.startup_factors.idle.factor == pytest.approx(6.0, rel=0.1)
    assert any("without runs" in note for note in plain.notes)
    assert trigger.service_factors is None
    scenario = load_scenario(Source.of_text(scenario_text(calibrate(export, from_layout("*:5")), "fitted"), "fitted.yaml")).scenario
    table = generate(scenario, 3)
    again = np.diff(table.inserted_at, prepend=-DAY) >= 10 * MINUTE
    assert table.startup_time[again].mean() / table.startup_time[~again].mean() == pytest.approx(6.0, rel=0.15)


def test_startups_that_follow_one_another_or_the_load() -> None:
    inserted = poisson(1 / MINUTE, 7 * DAY)
    noise = np.random.default_rng(3).standard_normal(len(inserted))
    state = lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], noise)
    alike = fitted(with_startups((2 * SECOND * np.exp(0.5 * state)).astype(np.int64), inserted))[0].startup_factors
    assert alike is not None
    assert alike.previous == pytest.approx(0.9, abs=0.03)
    load = np.searchsorted(inserted, inserted) - np.searchsorted(inserted, inserted - 10 * MINUTE)
    loaded = fitted(with_startups((2 * SECOND * np.exp(0.2 * noise) * (0.2 + 0.8 * load / 10)).astype(np.int64), inserted))[
        0
    ].startup_factors
    assert loaded is not None
    assert loaded.load is not None
    assert loaded.load.within == 10 * MINUTE


def test_independent_startups_get_no_dependence() -> None:
    """50 samples of a mixture as real startups are; no more false ones than 2 % would bring once in 1,000."""
    false = 0
    for seed in range(50):
        random = np.random.default_rng(seed)
        inserted = poisson(1 / (10 * MINUTE), 7 * DAY, seed=seed)
        startups = np.where(random.random(len(inserted)) < 0.9, 1.0, 8.0) * random.gamma(4.0, 0.3 * SECOND, len(inserted))
        false += fitted(with_startups(startups.astype(np.int64), inserted, seed))[1].startup_factors is not None
    assert false <= 5


@pytest.mark.parametrize("together", [SECOND // 2, 2 * SECOND])
def test_batches_that_take_a_while_are_batches(together: int) -> None:
    """Six runs within half a second, or two: the scenario has them at once, and says so."""
    random = np.random.default_rng(3)
    starts = np.sort(random.integers(0, 10 * DAY, 600)) + MONDAY
    inserted = np.sort((starts[:, None] + random.integers(0, together, (600, 6))).ravel())
    trigger, found = fitted(exported(inserted))
    assert trigger.arrivals.batch is not None
    assert found.process.kind == "poisson with batch"
    assert any("of one batch come within" in note for note in found.notes)


@pytest.mark.parametrize("shape", [0.5, 0.6])
def test_clumped_gaps_of_seconds_are_no_batches(shape: float) -> None:
    """They have no edge: as many gaps are of some seconds as are shorter."""
    random = np.random.default_rng(2)
    inserted = np.cumsum(random.gamma(shape, 30 * SECOND / shape, 4_000)).astype(np.int64) + 10 * MINUTE + MONDAY
    _, found = fitted(exported(inserted))
    assert "gaps" in found.process.kind
