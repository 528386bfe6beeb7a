"""Replications of many scenarios, each of which is computed once: what a store holds is not played again.

The ground under every experiment that asks about many deployments: it may be killed and started again, and loses nothing finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import partial
from typing import Any

from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.executors import Executor, run_jobs
from fastlanes_sim.experiments.jobs import Failure, Jobs, Progress
from fastlanes_sim.experiments.replicate import PILOT, find_warm_up
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.experiments.store import Store, key_of
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.scenario.load import LoadedScenario

Place = tuple[int, int]
"""Of a scenario in the order given, and a replication."""


@dataclass(frozen=True, slots=True)
class _Start:
    """From when on a scenario is measured (µs), and which lanes' backlog grows to the end (`warmup.WarmUp`)."""

    cut: int = 0
    growing: tuple[str, ...] = ()


@dataclass
class Played:
    """What came of replications, by place."""

    values: dict[Place, Values] = field(default_factory=dict)
    failures: dict[Place, Failure] = field(default_factory=dict)
    interrupted: bool = False
    reused: int = 0
    """How many were in the store."""

    def of(self, scenario: int) -> list[Values]:
        """One scenario's, in the order of replications."""
        return [values for place, values in sorted(self.values.items()) if place[0] == scenario]


def play_points(
    scenarios: Sequence[LoadedScenario],
    replications: Iterable[int],
    measures: Sequence[Measure],
    *,
    like: LoadedScenario | None = None,
    store: Store | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Played:
    """Play these replications of each scenario, the first of all scenarios first. A steady scenario has a warm-up of its own.

    Args:
        like: a scenario whose warm-up all of them have; by default each has its own.
        store: where values are looked up, and kept as soon as they are there.
        progress: called with (replications played, replications to play); those in the store count as neither.
    """
    wanted = [(number, replication) for replication in replications for number in range(len(scenarios))]
    spread = partial(run_jobs, executor=executor, ready=partial(make_ready, engine))
    played = Played()
    shared = None if like is None else _starts([like], [(0, 0)], store, engine, spread, played).get(0)
    if played.interrupted:
        return played
    if like is not None and shared is None:
        return Played(failures={place: failure for failure in played.failures.values() for place in wanted})
    key = {place: _key(scenarios[place[0]], place[1], measures, shared) for place in wanted}
    found = {} if store is None else {place: kept for place in wanted if (kept := store.get(key[place])) is not None}
    played = Played({place: _values(kept) for place, kept in found.items()}, reused=len(found))
    todo = [place for place in wanted if place not in played.values]
    starts = _starts(scenarios, todo, store, engine, spread, played) if shared is None else {place[0]: shared for place in todo}
    todo = [place for place in todo if place[0] in starts]

    def keep(job: int, values: Values) -> None:
        assert store is not None
        store.put(key[todo[job]], astuple(values))

    if played.interrupted:
        return played
    done = spread(
        partial(_measure, list(measures), engine),
        [(scenarios[number], replication, starts[number]) for number, replication in todo],
        keep=None if store is None else keep,
        progress=progress,
    )
    played.values |= {todo[job]: values for job, values in done.values.items()}
    played.failures |= {todo[job]: failure for job, failure in done.failures.items()}
    played.interrupted = done.interrupted
    return played


def _measure(measures: list[Measure], engine: Engine, job: tuple[LoadedScenario, int, _Start]) -> Values:
    scenario, replication, start = job
    return measure(scenario, replication, measures, engine=engine, warm_up=start.cut, growing=start.growing)


def _starts(
    scenarios: Sequence[LoadedScenario],
    todo: Sequence[Place],
    store: Store | None,
    engine: Engine,
    spread: Callable[..., Jobs[_Start]],
    played: Played,
) -> dict[int, _Start]:
    """Of every scenario with something to play. Finding it plays pilots: once, kept like the replications.

    Where that fails, all replications of the scenario have failed.
    """
    numbers = list(dict.fromkeys(number for number, _ in todo))
    starts = {number: _Start() for number in numbers if scenarios[number].scenario.kind == "terminating"}
    key = {number: key_of(scenario=scenarios[number].hash, warm_up_of_pilots=PILOT) for number in numbers if number not in starts}
    if store is not None:
        starts |= {number: _Start(kept[0], tuple(kept[1])) for number in key if (kept := store.get(key[number])) is not None}
    missing = [number for number in key if number not in starts]
    keep = None if store is None else (lambda job, start: store.put(key[missing[job]], astuple(start)))
    done = spread(partial(_start, engine), [scenarios[number] for number in missing], keep=keep)
    failed = {missing[job]: failure for job, failure in done.failures.items()}
    played.failures |= {place: failed[place[0]] for place in todo if place[0] in failed}
    played.interrupted = done.interrupted
    return starts | {missing[job]: start for job, start in done.values.items()}


def _start(engine: Engine, scenario: LoadedScenario) -> _Start:
    found = find_warm_up(scenario, PILOT, engine)
    return _Start(found.cut, tuple(sorted(found.growing_lanes)))


def _key(scenario: LoadedScenario, replication: int, measures: Sequence[Measure], shared: _Start | None) -> str:
    """The engine is no part of it: the logs are equal. A start that is not its own is."""
    asked = {"pilots": PILOT} if shared is None else {"start": astuple(shared)}
    return key_of(scenario=scenario.hash, replication=replication, measures=[one.text for one in measures], **asked)


def _values(kept: list[Any]) -> Values:
    replication, low, high, evidence, traffic, growing, is_batch = kept
    runs_behind = tuple(Evidence(runs, tuple(lows), tuple(highs)) for runs, lows, highs in evidence)
    return Values(replication, tuple(low), tuple(high), runs_behind, traffic, tuple(growing), is_batch)
