"""What makes runs, and what is drawn for each of them beside its arrival."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.rules.incidents import MILLION
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.dependence import Factors
from fastlanes_sim.scenario.expansion import PlacedWorkflow, adaptor_of, placed_adaptors, placed_workflows
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger
from fastlanes_sim.traffic.dependent_durations import dependent_durations
from fastlanes_sim.traffic.messages import drawn_lines
from fastlanes_sim.traffic.streams import stream

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Source:
    """One trigger of one workflow: what makes runs."""

    name: str
    """Also of the source's random streams, see `PlacedWorkflow.sources`."""
    workflow: int
    placed: PlacedWorkflow
    trigger: Trigger
    adaptor: int
    """Index into `Deployment.adaptors`, or NEVER: none that a worker loads cold."""


def sources_of(scenario: Scenario) -> list[Source]:
    """Every source, in the order of the scenario, copies written out."""
    adaptors: dict[str | None, int] = {name: place for place, name in enumerate(placed_adaptors(scenario))}
    return [
        Source(
            name,
            index,
            placed,
            trigger,
            adaptors.get(adaptor_of(placed.settings, trigger), NEVER),
        )
        for index, placed in enumerate(placed_workflows(scenario))
        for name, trigger in zip(placed.sources, placed.settings.triggers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Columns:
    """What differs from run to run of one source."""

    service_time: Times
    startup_time: Times
    outcome: npt.NDArray[np.int8]
    adaptor: npt.NDArray[np.int32] | None
    """None, as `cold_start`, where there is none that a worker loads cold (I-10)."""
    cold_start: Times | None
    reply_luck: npt.NDArray[np.int32] | None
    """None where no reply is dropped (I-8)."""
    log_lines: Times | None
    """How many; None where none of them ever writes one."""


def _cold_starts(scenario: Scenario, source: Source, size: int, random: Callable[[str], np.random.Generator]) -> Times:
    """I-10: what each run would take longer if it were its worker's first of the adaptor."""
    cold_start = scenario.cold_start_of(adaptor_of(source.placed.settings, source.trigger))
    if cold_start is None:
        return np.zeros(size, np.int64)
    takes = cold_start.time.sample(size, random("cold start"))
    takes[random("cold start at all").random(size) >= cold_start.probability] = 0
    return takes


def _durations(
    scenario: Scenario, usual: Distribution, factors: Factors | None, size: int, requested: Times | None, random: np.random.Generator
) -> Times:
    if factors is None or requested is None:
        return usual.sample(size, random)
    return dependent_durations(usual, factors, requested, scenario.timezone, instant(scenario.start, scenario.timezone), random)


def reply_luck(scenario: Scenario, size: int, random: Callable[[str], np.random.Generator]) -> npt.NDArray[np.int32] | None:
    """I-8: what decides whether the reply that carries a run is lost. A higher probability takes the same runs, and others. `random`: the
    generator of a purpose."""
    return random("reply").integers(MILLION, size=size, dtype=np.int32) if scenario.incidents.dropped_replies else None


def concatenated(parts: Sequence[Times | npt.NDArray[np.int32] | None], order: Any = slice(None)) -> Any:
    """A column that all parts have or none has, in this order; None where none has it."""
    given = [part for part in parts if part is not None]
    return np.concatenate(given)[order] if given else None


def draw_columns(
    scenario: Scenario, source: Source, size: int, seed: int, replication: int, attempt: int = 1, requested: Times | None = None
) -> Columns:
    """For the first `size` runs of a source; of each, for the caller's first request or a further attempt.

    Services and startups depend on one another and on the time only where it is known when the runs were requested: for first requests.
    """
    trigger = source.trigger
    which = "" if attempt == 1 else f" of attempt {attempt}"

    def random(purpose: str) -> np.random.Generator:
        return stream(seed, replication, source.name, purpose + which)

    has_cold_starts = scenario.cold_start is not None or len(scenario.adaptors) > 0
    outcome = np.full(size, State.SUCCESS, np.int8)

    def durations(usual: Distribution, factors: Factors | None, name: str) -> Times:
        return _durations(scenario, usual, factors, size, requested, random(name))

    if trigger.failures > 0:
        outcome[random("failures").random(size) < trigger.failures] = State.FAILED
    return Columns(
        service_time=durations(trigger.service, trigger.service_factors, "service"),
        startup_time=durations(trigger.startup or scenario.startup, trigger.startup_factors, "startup"),
        outcome=outcome,
        adaptor=np.full(size, source.adaptor, np.int32) if has_cold_starts else None,
        cold_start=_cold_starts(scenario, source, size, random) if has_cold_starts else None,
        reply_luck=reply_luck(scenario, size, random),
        log_lines=drawn_lines(scenario.messages_of(source.placed.settings), size, random),
    )
