"""A fit that behaves like its export is accepted; what it does not have is named, with its size and its cause."""

from __future__ import annotations

import json
from functools import cache

import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.fit_check import FitCheck, check_fit
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.reports.text.fit import text
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.dependent_sources import CASES, export_of

DAYS = 3
"""Of the two weeks: enough to see each."""


@cache
def checked(name: str, layout: str = "*:5", seed: int = 1, *, waits: bool = True) -> FitCheck:
    export = export_of(CASES[name], seed, days=DAYS)
    fitted = scenario_text(calibrate(export, from_layout(layout)), "fitted")
    fitted = "\n".join(line for line in fitted.splitlines() if "service_factors" not in line)
    return check_fit(export, load_scenario(Source.of_text(fitted, "fitted.yaml")).scenario, waits=waits, engine="kernel")


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


def test_a_span_that_would_take_too_long_is_compared_without_its_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten years of idle workers: what arrives is compared all the same."""
    monkeypatch.setattr("fastlanes_sim.calibration.fit_check._MOST_POLLS", 1_000)
    export = export_of(CASES["independent"], days=1)
    text_of_fit = scenario_text(calibrate(export, from_layout("*:5")), "fitted")
    found = check_fit(export, load_scenario(Source.of_text(text_of_fit, "fitted.yaml")).scenario)
    assert not found.waits
    assert "would take too long" in found.words
    assert {one.metric for one in found.compared} == {"runs", "service"}
