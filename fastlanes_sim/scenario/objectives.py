"""The objectives of a scenario: what its `slos` ask for, each of a scope that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.scopes import NOWHERE, Places
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger
from fastlanes_sim.scenario.yaml.places import Finding


def places_of(scenario: Scenario) -> Places:
    """The names of what is deployed."""
    placed = placed_workflows(scenario)
    sources = [source for one in placed for source in one.sources]
    replayed = [one.replay_source for one in placed] if scenario.replay is not None else []
    return Places(tuple((one.project_name, one.name) for one in placed), (*sources, *replayed))


@dataclass(frozen=True, slots=True)
class PlacedTriggers:
    """Every trigger of every copy, as a table of runs with one row each: so that scopes can tell which of them belong to them."""

    triggers: list[Trigger]
    table: RunTable


def placed_triggers(scenario: Scenario) -> PlacedTriggers:
    """In the order of `places_of(scenario).sources`."""
    placed = placed_workflows(scenario)
    workflows = [index for index, one in enumerate(placed) for _ in one.settings.triggers]
    triggers = [trigger for one in placed for trigger in one.settings.triggers]
    lanes = [scenario.lightning.ruleset.queue_and_priority(trigger.origin) for trigger in triggers]
    times, no_flags = np.zeros(len(triggers), np.int64), np.zeros(len(triggers), np.bool_)
    table = RunTable(
        inserted_at=times,
        workflow=np.array(workflows, np.int32),
        queue=np.array([queue for queue, _ in lanes], np.int8),
        priority=np.array([priority for _, priority in lanes], np.int8),
        service_time=times,
        startup_time=times,
        timeout=times,
        outcome=np.zeros(len(triggers), np.int8),
        sync=np.array([trigger.is_sync for trigger in triggers], np.bool_),
        join_fails=no_flags,
        source=np.arange(len(triggers), dtype=np.int32),
        sources=places_of(scenario).sources,
    )
    return PlacedTriggers(triggers, table)


def objectives_of(scenario: Scenario) -> list[Objective]:
    """What must hold, in the order of the file. An objective for each of several scopes is as many."""
    return [one for _, one in numbered_objectives(scenario)]


def numbered_objectives(scenario: Scenario) -> Iterator[tuple[int, Objective]]:
    """The same, each with the number of the line in `slos` that asks for it."""
    written = [parse_objective(text) for text in scenario.slos]
    places = places_of(scenario) if any(one.measure.scope.is_named for one in written) else NOWHERE
    for number, objective in enumerate(written):
        yield from ((number, one) for one in objective.expanded(places))


def measures_of(scenario: Scenario, text: str) -> list[Measure]:
    """The measures that a text asks of this scenario: one, or one for each of several scopes.

    Raises:
        MeasureError: there is no such measure, or nothing of that name in the scenario.
    """
    try:
        return parse_measure(text).expanded(places_of(scenario))
    except MeasureError as error:
        raise error.about(text) from None


def wrong_objectives(scenario: Scenario) -> Iterator[Finding]:
    """Objectives for what there is not."""
    places = places_of(scenario) if scenario.slos else NOWHERE
    for number, text in enumerate(scenario.slos):
        try:
            parse_objective(text).expanded(places)
        except MeasureError as error:
            yield Finding(("slos", number), error.message, error.hint, offset=max(text.find(error.part), 0))
