"""A fit that behaves like its export is accepted; what it does not have is named, with its size and its cause."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.fit_causes import missing_orders, pattern
from fastlanes_sim.calibration.fit_check import FitCheck, check_fit
from fastlanes_sim.calibration.fit_excerpts import excerpts
from fastlanes_sim.calibration.fit_sample import RunSample
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.reports.text.fit import text
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.dependent_sources import CASES, export_of
from tests.support.exports import MONDAY, exported, poisson

DAYS = 3
"""Of the two weeks: enough to see each."""


@pytest.fixture(autouse=True)
def few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers are simulated in excerpts of three days, which is cheap; all the rest is of three days."""
    monkeypatch.setattr("fastlanes_sim.calibration.fit_simulation.MOST_EVENTS", 30_000_000)


@cache
def checked(name: str, layout: str = "*:5", seed: int = 1, *, waits: bool = True) -> FitCheck:
    return checked_aloud(name, layout, seed, waits=waits)[0]


@cache
def checked_aloud(name: str, layout: str = "*:5", seed: int = 1, *, waits: bool = True) -> tuple[FitCheck, list[str]]:
    """The check, and what was said meanwhile."""
    said: list[str] = []
    export = export_of(CASES[name], seed, days=DAYS)
    fitted = scenario_text(calibrate(export, from_layout(layout)), "fitted")
    fitted = "\n".join(line for line in fitted.splitlines() if "service_factors" not in line)
    return check_fit(
        export, load_scenario(Source.of_text(fitted, "fitted.yaml")).scenario, waits=waits, engine="kernel", tell=said.append
    ), said


def test_an_order_that_the_fit_has_too_explains_nothing() -> None:
    random = np.random.default_rng(1)
    inserted = np.sort(random.integers(0, 3 * DAY, 2_000))
    alike = RunSample(inserted, np.zeros(2_000, np.int8), np.zeros(2_000, np.int32), np.zeros(2_000), random.exponential(SECOND, 2_000))
    slow = replace(alike, service=np.where((inserted // HOUR) % 24 < 8, 10.0, 1.0) * alike.service)
    assert any("hour of the day" in cause.words for cause in missing_orders(slow, [alike]))
    assert missing_orders(slow, [alike, slow]) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_independent_runs_are_accepted(seed: int) -> None:
    found = checked("independent", seed=seed)
    assert found.rejected == []
    assert found.causes == ()
    assert "behaves like the export" in text(found)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("autocorrelated_services", "like that of the run before it (correlation 0.9"),
        ("slower_at_busy_hours", "depend on the hour of the day"),
        ("slow_at_the_top_of_the_hour", "of runs that come in the first minute of an hour are"),
        ("slower_under_load", "they follow the arrivals of ten minutes"),
    ],
)
def test_services_that_have_an_order_are_rejected_with_the_reason(name: str, cause: str) -> None:
    """Without their factors, their distribution is right where the export's is, and every wait is wrong."""
    found = checked(name)
    waits = [one for one in found.rejected if one.metric == "wait"]
    assert waits
    worst = found.rejected[0]
    assert worst.fitted < worst.observed / 2
    assert "in the fit and" in worst.words
    words = text(found)
    assert f"default.{worst.name} is" in words
    assert cause in words, words
    assert "the order of the services: with the export's own runs" in words


@pytest.mark.parametrize("runs", [1, 12])
def test_too_few_runs_to_compare_are_no_agreement(runs: int, recwarn: pytest.WarningsRecorder) -> None:
    export = exported(MONDAY + 10 * MINUTE * np.arange(runs))
    fitted = scenario_text(calibrate(export, from_layout("*:2"), span=(MONDAY, MONDAY + 2 * HOUR)), "fitted")
    said: list[str] = []
    scenario = load_scenario(Source.of_text(fitted, "fitted.yaml")).scenario
    found = check_fit(export, scenario, replications=7, engine="reference", tell=said.append)
    assert (found.compared, found.outcome) == ((), "undecided")
    assert text(found) == "There are too few runs to compare: a lane or a workflow needs 30, and none has them."
    assert said == []
    assert [str(one.message) for one in recwarn] == []


def test_a_span_shorter_than_the_clocks_steps_has_no_clumps_to_warn_of(recwarn: pytest.WarningsRecorder) -> None:
    nobody = RunSample(np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    assert pattern(nobody, 30 * SECOND).clumps == (0.0, 0.0, 0.0)
    assert [str(one.message) for one in recwarn] == []


def test_workers_that_were_not_these_are_told_from_a_wrong_fit() -> None:
    found = checked("independent", "*:3")
    assert found.rejected
    assert "the workers: with the export's own runs" in text(found)
    assert "check the layout with validate" in text(found)


def test_without_workers_waits_are_not_compared() -> None:
    found = checked("autocorrelated_services", waits=False)
    assert not [one for one in found.compared if one.metric == "wait"]
    assert "Waits were not compared" in found.words


def test_it_says_the_same_as_json() -> None:
    found = checked("autocorrelated_services")
    plain = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert plain["verdict"] == found.words
    assert plain["rejected"][0] == f"{found.rejected[0].scope}.{found.rejected[0].name}"
    assert len(plain["statistics"]) == len(found.compared)
    assert plain["causes"]


def test_of_a_long_span_excerpts_are_simulated_and_named() -> None:
    """What comes, and what ideal workers would make of it, is compared over all of the span."""
    found, answers = checked_aloud("autocorrelated_services")
    assert "Waits were compared in " in found.words
    assert "of 3 d (from 2026-01-0" in found.words
    (first,) = answers
    assert first.startswith("First answer, of arrivals, services and the waits on ideal workers: default.wait p")
    assert {one.name for one in found.compared if one.metric == "wait"} >= {"wait p95", "wait p95 on ideal workers"}
    assert "default.wait p95 on ideal workers" in [f"{one.scope}.{one.name}" for one in found.rejected]
    assert "the order of the services" in text(found)


def test_ideal_workers_say_nothing_of_wrong_workers() -> None:
    found = checked("independent", "*:3")
    assert {one.name for one in found.rejected} <= {"wait p50", "wait p95", "wait p99"}  # ideal workers are wrong on both sides alike
    assert "the workers: with the export's own runs" in text(found)


def test_of_workers_with_set_times_the_beginning_is_simulated() -> None:
    """An outage is at its own time only if the simulation begins with the span."""
    export = export_of(CASES["independent"], days=DAYS)
    lines = scenario_text(calibrate(export, from_layout("*:5")), "fitted").replace('"*:5"', '"*:5", outages: [{from: 20h, to: 20h 1m}]')
    found = check_fit(export, load_scenario(Source.of_text(lines, "fitted.yaml")).scenario)
    assert "of 3 d (from 2026-01-05 00:00 UTC), because" in found.words
    assert not [one for one in found.compared if "ideal" in one.name]


def test_excerpts_cover_the_span_once_and_begin_where_nobody_waits() -> None:
    inserted = np.arange(0, 2 * DAY, MINUTE)
    wait = np.where((inserted // HOUR) % 24 == 11, 2.0 * HOUR, 1.0)  # from 11 to 14 o'clock somebody always waits
    many = len(inserted)
    seen = RunSample(inserted, np.zeros(many, np.int8), np.zeros(many, np.int32), wait, np.ones(many))
    found = list(excerpts(seen, 2 * DAY, 0.3))
    assert sorted((one.begin, one.end) for one in found) == [(at * 6 * HOUR, (at + 1) * 6 * HOUR) for at in range(8)]
    early = [one.begin // DAY for one in found[:4]]
    assert sorted(early) == [0, 0, 1, 1]
    at_noon = next(one for one in found if one.begin == 12 * HOUR)
    assert at_noon.since == 11 * HOUR
    before = next(one for one in found if one.begin == 6 * HOUR)
    assert before.since == 5 * HOUR
    assert np.isinf(before.of_span(seen).wait).sum() == 60 - 1  # claimed from 13:00 on; it is simulated until 13:00


def test_an_export_without_any_wait_is_refused_with_the_workers_as_the_cause() -> None:
    """No workers that poll serve every run at once: an observed percentile of 0 has a size, too."""
    inserted = poisson(1 / MINUTE, DAY)
    service = np.random.default_rng(1).integers(10 * SECOND, 90 * SECOND, len(inserted))
    export = exported(inserted, service=service)
    fitted = scenario_text(calibrate(export, from_layout("*:2")), "fitted")
    found = check_fit(export, load_scenario(Source.of_text(fitted, "fitted.yaml")).scenario, replications=7, engine="kernel")
    assert "default.wait p99" in [f"{one.scope}.{one.name}" for one in found.rejected]
    assert found.causes[0].words.startswith("the workers: with the export's own runs")
    assert "0 s in the export" in text(found)
