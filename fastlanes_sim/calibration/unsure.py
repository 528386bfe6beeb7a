"""A calibration, with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.calibrate import Calibration, FittedTrigger
from fastlanes_sim.calibration.durations import Durations, services
from fastlanes_sim.calibration.input_uncertainty import RESAMPLES, InputUncertainty, Path, Resampling, UncertainInput, is_long_enough
from fastlanes_sim.calibration.resampled_days import FEWEST_DAYS
from fastlanes_sim.calibration.run_timeouts import ENDED
from fastlanes_sim.calibration.shared_systems import alone
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import spell_number
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import FAILURES
from fastlanes_sim.scenario.uncertainty import FEWEST, MOST

MOST_FACTORS = 250_000
"""About 2 MB of text: a scenario may have 5 MB."""
TOO_SHORT = (
    f"The export has less than {FEWEST_DAYS} days, which do not show how days differ: the scenario does not say how sure its values are."
)


def with_uncertainty(found: Calibration, resamples: int = RESAMPLES) -> Calibration:
    """The same calibration, with every value refitted to so many resamples of its days; unchanged where they are too few to tell.

    Args:
        resamples: how many; 0: none.

    Raises:
        FastlanesError: so many make no interval, or no scenario holds them.
    """
    if resamples and not FEWEST <= resamples <= MOST:
        raise FastlanesError(f"{resamples:,} resamples", f"ask for {FEWEST} to {MOST:,}, or for 0 to leave them out")
    watched = Watched(found.begin, found.end, found.timezone, found.gaps, found.export.resolution)
    if not resamples:
        return found
    if not is_long_enough(watched):
        return replace(found, notes=[*found.notes, TOO_SHORT])
    texts = [one.process.keys["arrivals"] for each in found.workflows for one in each.triggers if "arrivals" in one.process.keys]
    resampling = Resampling(watched, found.export.inserted_at, texts, resamples)
    return replace(found, uncertainty=InputUncertainty(resampling.days, as_many_as_fit(list(_inputs(found, resampling)))))


def as_many_as_fit(inputs: list[UncertainInput], most: int = MOST_FACTORS) -> list[UncertainInput]:
    """With fewer resamples where the scenario's file would get too long; of very many values, those that come first."""
    resamples = max(FEWEST, most // max(len(inputs), 1))
    return [replace(one, factors=one.factors[:resamples]) for one in inputs[: most // FEWEST]]


def _inputs(found: Calibration, resampling: Resampling) -> Iterator[UncertainInput]:
    own = alone(found.export, found.shared)
    for fitted in found.workflows:
        of_workflow: Path = ("projects", fitted.workflow.project, "workflows", fitted.workflow.name, "triggers")
        for number, trigger in enumerate(fitted.triggers):
            yield from _of_trigger(found, own, resampling, trigger, (*of_workflow, number))
    everybody, family = np.arange(len(found.export)), found.startup.family
    yield from resampling.durations(everybody, partial(_startups, found), family, ("startup",), family.text)


def _of_trigger(found: Calibration, own: Export, resampling: Resampling, trigger: FittedTrigger, at: Path) -> Iterator[UncertainInput]:
    """Of the export as if runs had not held each other up, services are resampled."""
    keys, rows, export = trigger.process.keys, trigger.rows, found.export
    if "arrivals" in keys and len(rows):
        yield from resampling.arrivals(rows, keys["arrivals"], (*at, "arrivals"))
    if "runs_per_tick" in keys:
        yield resampling.runs_per_tick(rows, int(keys["runs_per_tick"]), (*at, "runs_per_tick"))
    service = trigger.service.family
    yield from resampling.durations(trigger.service_rows, partial(services, own), service, (*at, "service"), service.text)
    if trigger.startup is not None:
        family = trigger.startup.family
        yield from resampling.durations(rows, partial(_startups, found), family, (*at, "startup"), family.text)
    if trigger.failures and len(rows):
        yield _failures(export, resampling, trigger, at)


def _failures(export: Export, resampling: Resampling, trigger: FittedTrigger, at: Path) -> UncertainInput:
    ended = trigger.rows[np.isin(export.state[trigger.rows], ENDED)]
    return resampling.share(ended, np.isin(export.state[ended], FAILURES), float(spell_number(trigger.failures, 3)), (*at, "failures"))


def _startups(found: Calibration, rows: npt.NDArray[np.int64]) -> Durations:
    known = rows[found.startups[rows] >= 0]
    return Durations(known, found.startups[known], np.zeros(len(known), np.bool_))
