"""What a command is about to take, told before it begins (`experiments.work_estimate`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from fastlanes_sim.scenario.load import LoadedScenario


def check(scenarios: LoadedScenario | Sequence[LoadedScenario], *, force: bool, **asked: Any) -> None:
    """Estimate the work before it begins; the keywords are those of `experiments.work_estimate.notes`.

    Raises:
        FastlanesError: one simulation would take too long, or more memory than there is, and nobody forces it.
    """
    from fastlanes_sim.experiments.work_estimate import notes

    for note in notes(scenarios, force=force, **asked):
        typer.echo(f"note: {note}", err=True)


def of_inputs(scenario: LoadedScenario, inputs: bool) -> int:
    """How many simulations the resamples of its inputs take, where they are asked for."""
    from fastlanes_sim.experiments.two_levels import INNER

    said = scenario.scenario.uncertainty
    return INNER * said.resamples if inputs and said is not None else 0
