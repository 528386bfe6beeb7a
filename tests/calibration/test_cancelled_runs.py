"""Runs that were cancelled before their claim hold no slot: neither a replay nor a fit has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.fit_check import check_fit
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY, HOUR, SECOND
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from tests.support.exports import MONDAY, exported, poisson


def cancelled(export: Export, which: np.ndarray) -> Export:
    """The same with these runs cancelled before their claim."""
    times = {name: np.where(which, NEVER, getattr(export, name)) for name in ("claimed_at", "started_at", "finished_at")}
    return replace(export, state=np.where(which, np.int8(State.CANCELLED), export.state).astype(np.int8), **times)


def test_they_are_no_load_in_the_fit_and_are_counted_in_its_head() -> None:
    export = exported(poisson(20 / HOUR, 4 * DAY), wait=SECOND, service=5 * SECOND)
    third = np.arange(len(export)) % 3 == 0
    found = calibrate(cancelled(export, third), from_layout("*:2"))
    assert sum(trigger.runs for workflow in found.workflows for trigger in workflow.triggers) == (~third).sum()
    assert found.notes[0] == f"{third.sum():,} runs were cancelled before a worker claimed them: not in this scenario."
    text = scenario_text(found, "fitted")
    assert "were cancelled before a worker claimed them" in text
    check = check_fit(cancelled(export, third), load_scenario(Source.of_text(text, "fitted.yaml")).scenario, replications=7, waits=False)
    assert check.rejected == []


def test_they_tell_from_when_to_when_the_export_watched() -> None:
    """All runs of the last day were cancelled: the day was watched, and nobody was served."""
    export = exported(poisson(20 / HOUR, 4 * DAY))
    last = export.inserted_at >= MONDAY + 3 * DAY
    assert (calibrate(cancelled(export, last)).begin, calibrate(cancelled(export, last)).end) == (MONDAY, MONDAY + 4 * DAY)


def test_an_export_of_nothing_else_is_refused() -> None:
    export = exported(poisson(20 / HOUR, DAY))
    with pytest.raises(ExportError, match="runs were cancelled before a worker claimed them, so none held a slot"):
        calibrate(cancelled(export, np.ones(len(export), np.bool_)))
