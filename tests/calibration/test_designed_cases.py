"""26 designed systems, and exports as people make them: their waits come back from a fit to one export of them, or the check refuses the
fit and says why.

Yardstick is the system itself. It is drawn seven more times, and p50, p95 and p99 of the wait of the fitted scenario must lie within the
prediction interval of one more draw (Student's, of the logarithm): a fit knows one export's worth of the truth. Both are served by ideal
workers, so the yardstick costs next to nothing; what workers add is the subject of other tests. Exports that begin in a backlog are in
`test_initial_backlog`, and files that are hard to read in `tests/exports`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.fit_check import check_fit
from fastlanes_sim.calibration.fit_sample import RunSample, of_export
from fastlanes_sim.calibration.fit_simulation import FitSimulation
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, SECOND
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.reports.text.fit import text
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.dependent_sources import CASES, STARTUP, bare, export_of
from tests.support.exports import MONDAY, exported

DAYS = 3
LAYOUT = "*:5"
LEVEL = 0.01
DRAWS = 7
NOBODY_NOTICES = 100_000
"""µs."""


@pytest.fixture(autouse=True)
def few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers are simulated in excerpts of three days, which is cheap; all the rest is of three days."""
    monkeypatch.setattr("fastlanes_sim.calibration.fit_simulation.MOST_EVENTS", 10_000_000)


def refitted(export: Export) -> Scenario:
    return load_scenario(Source.of_text(scenario_text(calibrate(export, from_layout(LAYOUT)), "fitted"), "fitted.yaml")).scenario


def waits(sample: RunSample) -> np.ndarray:
    """The logarithm of p50, p95 and p99."""
    return np.log(np.quantile(sample.wait, [0.5, 0.95, 0.99], method="lower") + NOBODY_NOTICES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_waits_come_back_or_are_refused_in_words(name: str) -> None:
    export = export_of(CASES[name], days=DAYS)
    scenario = refitted(export)
    found = check_fit(export, scenario, replications=7, engine="kernel")
    if found.rejected:
        assert found.causes, text(found)
        return
    fit = FitSimulation(scenario, of_export(scenario, export), 1, "kernel", DRAWS)
    truth = np.array([waits(fit.on_ideal_workers(fit.replayed(bare(CASES[name], seed, DAYS, STARTUP)))) for seed in range(2, 2 + DRAWS)])
    again = np.mean([waits(fit.on_ideal_workers(fit.drawn(seed))) for seed in range(DRAWS)], axis=0)
    half = stats.t.ppf(1 - LEVEL / 2, DRAWS - 1) * math.sqrt(1 + 1 / DRAWS) * truth.std(axis=0, ddof=1)
    apart = np.abs(again - truth.mean(axis=0)) - np.maximum(half, math.log(1.25))
    assert (apart <= 0).all(), (np.exp(again), np.exp(truth))


def test_many_workflows_of_a_few_runs() -> None:
    """40 workflows of 1 to 20 runs beside a busy one: each has one rate, and services of its lane; together they wait as they did."""
    random = np.random.default_rng(5)
    plain = export_of(CASES["independent"], days=DAYS)
    workflow = np.zeros(len(plain), np.int32)
    for place in range(1, 41):
        workflow[random.choice(len(plain), (place + 1) // 2, replace=False)] = place
    export = replace(plain, workflow=workflow, workflows=tuple(ExportedWorkflow("p", f"w{place}") for place in range(41)))
    fitted = calibrate(export, from_layout(LAYOUT))
    assert {trigger.process.kind for one in fitted.workflows for trigger in one.triggers} == {"poisson"}
    assert sum("too few for a service of their own" in note for one in fitted.workflows for note in one.triggers[0].notes) > 30
    assert check_fit(export, refitted(export), replications=7, engine="kernel").rejected == []


def test_a_year_of_hardly_any_runs_is_answered_at_once() -> None:
    """295 runs in 326 days on four slots."""
    random = np.random.default_rng(3)
    inserted = np.sort(random.integers(0, 326 * DAY, 295)) + MONDAY
    export = exported(inserted, wait=random.integers(0, 5 * SECOND, 295), service=random.gamma(2.0, 30 * SECOND, 295).astype(np.int64))
    said: list[str] = []
    found = check_fit(export, refitted(export), engine="kernel", tell=said.append)
    assert said[0].startswith("First answer: nothing speaks against the fit in arrivals, services and the waits on ideal workers.")
    assert "There were too few runs to compare waits in " in found.words
    assert found.rejected == []


@pytest.mark.parametrize("name", ["long-successes", "whole-seconds"])
def test_small_exports_of_people(name: str) -> None:
    """What arrives and how long it takes is as in the export."""
    export = read_export(Path(__file__).parent / "cases" / f"{name}.csv.gz")
    assert check_fit(export, refitted(export), waits=False).rejected == []


def test_a_run_in_every_hour_at_any_minute_is_refused_in_words() -> None:
    """No process of the scenario language is as regular as that without being a timetable."""
    export = read_export(Path(__file__).parent / "cases" / "one-run.csv.gz")
    found = check_fit(export, refitted(export), waits=False)
    assert [one.name for one in found.rejected] == ["runs in the busiest stretch of an hour"]
    assert any("the runs of an hour vary less: variance to mean is 0.0" in cause.words for cause in found.causes)
