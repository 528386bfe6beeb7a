"""What is remarkable about an export stands in the head of the scenario that is fitted to it."""

from __future__ import annotations

from dataclasses import replace

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, HOUR
from fastlanes_sim.exports.problems import Reading, RowProblem
from tests.support.exports import exported, poisson


def test_notes_and_doubts_of_the_reader_are_in_it() -> None:
    """Such as that a column is hours off: what is fitted to it is hours off as well."""
    export = exported(poisson(20 / HOUR, 2 * DAY))
    reading = Reading("runs.csv", rows=2 * len(export), kept=len(export))
    reading.notes["with 3 h or more between claimed_at and started_at"] = len(export)
    for line in range(len(export)):
        reading.drop(RowProblem("runs.csv", line, "", "inserted_at", "not a time", ""))
    head = scenario_text(calibrate(replace(export, reading=reading)), "fitted").split("name: fitted")[0]
    assert f"{len(export):,} with 3 h or more between claimed_at and started_at." in head
    assert f"# Attention: {reading.doubt[:40]}" in head
