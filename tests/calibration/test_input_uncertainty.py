"""What calibrating says of how sure it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fastlanes_sim.api.calibration import CalibrationResult
from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.input_uncertainty import UncertainInput
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.unsure import as_many_as_fit, with_uncertainty
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.exports import MONDAY, exported, poisson

AT = "projects.p.workflows.w.triggers.0"


def factors(export: Export, resamples: int = 50) -> dict[str, Any]:
    found = with_uncertainty(calibrate(export, span=(MONDAY, int(-(-(export.inserted_at[-1] - MONDAY) // DAY)) * DAY + MONDAY)), resamples)
    assert found.uncertainty is not None
    return {".".join(map(str, one.path)): one for one in found.uncertainty.inputs}


def lognormal(size: int, seed: int = 2) -> np.ndarray[Any, Any]:
    return np.rint(np.random.default_rng(seed).lognormal(np.log(3 * SECOND), 0.7, size)).astype(np.int64)


def test_a_rate_is_as_uncertain_as_its_days_differ():
    """Days of 200 and of 400 runs, 20 of them: the mean of 300 has a standard error of 100 / √20, which is 7.5 %."""
    random = np.random.default_rng(3)
    times = np.sort(np.concatenate([random.integers(0, DAY, 200 + 200 * (day % 2)) + MONDAY + day * DAY for day in range(20)]))
    rate = factors(exported(times, service=lognormal(len(times))), 400)[f"{AT}.arrivals.poisson"]
    assert np.log(rate.factors).std() == pytest.approx(100 / 300 / 20**0.5, rel=0.2)
    assert np.median(rate.factors) == pytest.approx(1, abs=0.02)


def test_services_vary_with_the_days_and_a_p95_stays_above_its_median():
    times = poisson(300 / DAY, 7 * DAY)
    found = factors(exported(times, service=lognormal(len(times))), 200)
    median, p95 = (found[f"{AT}.service.lognormal.{name}"] for name in ("median", "p95"))
    # The median of n lognormal durations has a standard error of σ / √n on the scale of logarithms.
    assert np.log(median.factors).std() == pytest.approx(0.7 / len(times) ** 0.5, rel=0.6)
    loaded = load_scenario(Source.of_text(text_of(exported(times, service=lognormal(len(times)))), "x.yaml"))
    for one in input_sets(loaded).scenarios:
        family = one.scenario.projects["p"].workflows["w"].triggers[0].service.lognormal
        assert family is not None
        assert family.median is not None
        assert family.p95 is not None
        assert family.p95 > family.median
    assert (p95.factors != 1).any()


def text_of(export: Export, resamples: int = 50) -> str:
    return scenario_text(with_uncertainty(calibrate(export, span=(MONDAY, MONDAY + 7 * DAY)), resamples), "fitted")


def test_runs_of_a_tick_services_that_follow_no_family_and_failures():
    ticks = MONDAY + np.arange(7 * 24) * HOUR
    sizes = 10 + 6 * (np.arange(7 * 24) // 24 % 3)
    times = np.sort(np.repeat(ticks, sizes)) + 40 * 1_000
    random = np.random.default_rng(4)
    service = np.where(random.random(len(times)) < 0.5, SECOND, MINUTE) + random.integers(0, 1_000_000, len(times))
    failed = random.random(len(times)) < 0.1
    export = exported(times, service=service)
    export = replace(export, state=np.where(failed, int(State.FAILED), int(State.SUCCESS)).astype(np.int8))
    found = factors(export)
    per_tick = found[f"{AT}.runs_per_tick"]
    # Days of 10, 16 and 22: 5 / 15 / √7, times √(6 / 4) for Student's t of six degrees.
    assert np.log(per_tick.factors).std() == pytest.approx(0.15, rel=0.4)
    listed = next(one for path, one in found.items() if path.startswith(f"{AT}.service"))
    assert isinstance(listed.value, list)
    assert len(listed.value) > 5
    assert 0 < np.log(listed.factors).std() < 0.1
    assert found[f"{AT}.failures"].factors.std() > 0
    assert all(np.isfinite(one.factors).all() for one in found.values())
    sets = input_sets(load_scenario(Source.of_text(text_of(export), "x.yaml"))).scenarios
    assert len({one.scenario.projects["p"].workflows["w"].triggers[0].runs_per_tick for one in sets}) > 1  # type: ignore[union-attr]


def test_the_same_export_gives_the_same_text_and_none_where_nobody_asks():
    times = poisson(300 / DAY, 7 * DAY)
    export = exported(times, service=lognormal(len(times)))
    assert text_of(export) == text_of(export)
    assert "\nuncertainty:\n  days: 7\n" in text_of(export)
    assert "uncertainty" not in text_of(export, 0)
    with pytest.raises(FastlanesError, match="ask for 20 to 1,000"):
        text_of(export, 3)


def test_an_export_of_two_days_does_not_show_how_days_differ():
    times = poisson(300 / DAY, 2 * DAY)
    found = with_uncertainty(calibrate(exported(times, service=lognormal(len(times))), span=(MONDAY, MONDAY + 2 * DAY)))
    assert found.uncertainty is None
    assert found.notes[-1].startswith("The export has less than 3 days")
    loaded = CalibrationResult.from_plain(found).scenario()
    with pytest.raises(FastlanesError, match="does not say how sure its inputs are"):
        input_sets(loaded)


def test_stretches_of_the_week_are_uncertain_each_by_itself():
    random = np.random.default_rng(5)
    hours = np.concatenate([day * DAY + 8 * HOUR + random.integers(0, 10 * HOUR, 600) for day in range(14)])
    night = random.integers(0, 14 * DAY, 300)
    times = MONDAY + np.sort(np.concatenate([hours, night]))
    found = factors(exported(times, service=lognormal(len(times))))
    spreads = {path.rpartition(".")[2]: np.log(one.factors).std() for path, one in found.items() if "piecewise" in path}
    assert len(spreads) >= 3
    assert 2 * spreads["08:00"] < spreads["00:00"]


@pytest.mark.parametrize(
    ("values", "most", "kept", "resamples"), [(10, 1_000, 10, 50), (40, 1_000, 40, 25), (60, 1_000, 50, 20), (0, 1_000, 0, 0)]
)
def test_very_many_values_have_fewer_resamples(values: int, most: int, kept: int, resamples: int):
    found = as_many_as_fit([UncertainInput((number,), "1s", np.arange(50.0)) for number in range(values)], most)
    assert len(found) == kept
    assert {len(one.factors) for one in found} == ({resamples} if kept else set())
