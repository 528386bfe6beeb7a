"""What makes runs, and what is drawn for each of them beside its arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.rules.incidents import MILLION
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.expand import PlacedWorkflow, placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger
from fastlanes_sim.traffic.durations import draw
from fastlanes_sim.traffic.streams import stream

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Source:
    """One trigger of one workflow: what makes runs."""

    name: str
    """`project/workflow/INDEX:type`: it also names the source's random streams, so renaming a workflow draws new numbers."""
    workflow: int
    placed: PlacedWorkflow
    trigger: Trigger


def sources_of(scenario: Scenario) -> list[Source]:
    """Every source, in the order of the scenario, copies written out."""
    return [
        Source(f"{placed.full_name}/{position}:{trigger.type}", index, placed, trigger)
        for index, placed in enumerate(placed_workflows(scenario))
        for position, trigger in enumerate(placed.settings.triggers)
    ]


@dataclass(frozen=True, slots=True)
class Columns:
    """What differs from run to run of one source."""

    service_time: Times
    startup_time: Times
    outcome: npt.NDArray[np.int8]
    reply_luck: npt.NDArray[np.int32] | None
    """None where no reply is dropped (I-8)."""


def reply_luck(scenario: Scenario, size: int, random: np.random.Generator) -> npt.NDArray[np.int32] | None:
    """I-8: what decides whether the reply that carries a run is lost. A higher probability takes the same runs, and others."""
    return random.integers(MILLION, size=size, dtype=np.int32) if scenario.incidents.dropped_replies else None


def concatenated(parts: Sequence[Times | npt.NDArray[np.int32] | None], order: Any = slice(None)) -> Any:
    """A column that all parts have or none has, in this order; None where none has it."""
    given = [part for part in parts if part is not None]
    return np.concatenate(given)[order] if given else None


def draw_columns(scenario: Scenario, source: Source, size: int, seed: int, replication: int, attempt: int = 1) -> Columns:
    """For the first `size` runs of a source; of each, for the caller's first request or a further attempt."""
    trigger = source.trigger
    which = "" if attempt == 1 else f" of attempt {attempt}"
    outcome = np.full(size, State.SUCCESS, np.int8)
    if trigger.failures > 0:
        outcome[stream(seed, replication, source.name, f"failures{which}").random(size) < trigger.failures] = State.FAILED
    return Columns(
        service_time=draw(trigger.service, size, stream(seed, replication, source.name, f"service{which}")),
        startup_time=draw(trigger.startup or scenario.startup, size, stream(seed, replication, source.name, f"startup{which}")),
        outcome=outcome,
        reply_luck=reply_luck(scenario, size, stream(seed, replication, source.name, f"reply{which}")),
    )
