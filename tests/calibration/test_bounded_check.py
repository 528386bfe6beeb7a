"""The check of a fit is bounded work, with whichever engine there is, and its first answer comes before the long part."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.api.calibration import CalibrationResult
from fastlanes_sim.calibration import fit_simulation, validate
from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.fit_check import check_fit
from fastlanes_sim.calibration.fit_sample import of_export
from fastlanes_sim.calibration.fit_simulation import FitSimulation
from fastlanes_sim.core.once import say_once
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.engines import selection
from fastlanes_sim.engines.selection import for_many, run_engine
from fastlanes_sim.exports.export import Export
from tests.support.exports import exported, poisson


def small() -> Export:
    """Three hours, about 360 runs: few runs, and many claims of a workloop that won them (W-7)."""
    inserted = poisson(2 / MINUTE, 3 * HOUR)
    service = np.random.default_rng(1).exponential(5 * SECOND, len(inserted)).astype(np.int64)
    return exported(inserted, wait=SECOND, service=service)


def fitted(export: Export) -> CalibrationResult:
    return CalibrationResult.from_plain(calibrate(export, from_layout("manual>*:5")))


@pytest.fixture
def not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (selection, fit_simulation):
        monkeypatch.setattr(module, "needs_compiling", lambda: True)
    monkeypatch.setattr(selection, "resolve", lambda engine: "reference" if engine in ("reference", "model") else "kernel")
    monkeypatch.setattr(fit_simulation, "resolve", selection.resolve)


def test_the_engine_is_chosen_for_all_simulations_together(not_compiled: None) -> None:
    assert for_many("auto", 3.0) == "auto"
    assert for_many("auto", 300.0) == "kernel"
    assert for_many("reference", 300.0) == "reference"


def test_many_claims_of_few_runs_are_work_for_the_kernel(not_compiled: None) -> None:
    """One simulation takes the reference engine some seconds, which is sooner than the kernel is compiled; the check is 19."""
    export = small()
    scenario = fitted(export).scenario().scenario
    fit = FitSimulation(scenario, of_export(scenario, export), 1, "auto", 19)
    assert fit._engine == "kernel"
    assert selection.COMPILING < fit.takes < selection.COMPILING + 10
    assert fit._of_ideal == "auto"  # servers that do not poll are quick in either
    once = FitSimulation(scenario, of_export(scenario, export), 1, "auto", 1)
    assert once._engine == "auto"
    once.expect(1e8)  # a simulation of a part of it has shown that
    assert once._engine == "kernel"


def test_without_the_kernel_it_is_bounded_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    events, said, steps = [], [], []

    def counted(*args, **kwargs):
        log = run_engine(*args, **kwargs)
        events.append(log.events)
        return log

    monkeypatch.setattr(fit_simulation, "run_engine", counted)
    monkeypatch.setattr(fit_simulation, "MOST_EVENTS_WITHOUT_KERNEL", 200_000)
    export = small()
    found = check_fit(
        export,
        fitted(export).scenario().scenario,
        engine="reference",
        replications=7,
        progress=lambda done, total: steps.append((done, total)),
        tell=said.append,
    )
    assert "because simulating the workers for all of it would take too long" in found.words
    assert sum(events) < 500_000
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert {total for _, total in steps} == {steps[-1][1]}


def test_the_first_answer_of_python_comes_before_the_workers_and_says_how_long_they_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fastlanes_sim.calibration.fit_check._WORTH_A_WORD", 0.0)

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastlanes_sim.calibration.fit_check._excerpts", stop)
    say_once.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        fitted(small()).check(engine="reference")
    said = capsys.readouterr().err
    assert "First answer" in said
    assert "The workers are simulated next (about " in said


def test_replays_choose_their_engine_together_too(monkeypatch: pytest.MonkeyPatch, not_compiled: None) -> None:
    chosen = []

    def stop(*args: object, engine: str, **kwargs: object) -> None:
        chosen.append(engine)
        raise KeyboardInterrupt

    monkeypatch.setattr(validate, "run_engine", stop)
    with pytest.raises(KeyboardInterrupt):
        validate.validate(small(), from_layout("manual>*:5"))
    assert chosen == ["kernel"]
