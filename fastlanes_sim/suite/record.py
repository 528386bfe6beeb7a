"""Recording a baseline: play a scenario and keep what it came to and what that depended on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.deployment.fingerprint import deployed, traffic_hash
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.executors import Executor, run_jobs
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replicate import PILOT, chosen_measures, find_warm_up
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.experiments.store import sources
from fastlanes_sim.experiments.verdicts import enough
from fastlanes_sim.experiments.work_estimate import refuse
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.results.summary import versions
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.objectives import measures_of
from fastlanes_sim.suite.baseline import Baseline, Ends, Inputs, legal_name
from fastlanes_sim.suite.index import scenario_file
from fastlanes_sim.traffic.generate import generate

REPLICATIONS = 10


def record(
    scenario: str,
    overrides: Mapping[str, object] | None = None,
    *,
    name: str | None = None,
    measures: Sequence[str] = (),
    replications: int = REPLICATIONS,
    engine: Engine = "auto",
    executor: Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Baseline:
    """Play a scenario and keep what it came to.

    Args:
        scenario: the path of its file, or a workload as `suite-2/cron_storm`.
        overrides: values by dotted path, laid over it.
        name: of the baseline; the scenario's own by default.
        measures: what to keep, as `p99(fast_lane.response)`; by default `baseline_measures`.
        force: however long it takes.
    """
    if replications < 2:
        raise FastlanesError("a paired test needs at least 2 replications", "ask for 2 or more, better 20")
    enough(replications)
    if name is not None:
        legal_name(name)
    loaded = load_scenario(scenario_file(scenario), overrides or {})
    refuse(loaded, force=force, engine=engine)
    asked = each_once(one for text in measures for one in measures_of(loaded.scenario, text))
    wanted = asked or baseline_measures(loaded)
    make_ready(engine)
    warm_up = find_warm_up(loaded, PILOT, engine).cut
    values = play(loaded, wanted, replications, warm_up, engine, executor, progress)
    plain = loaded.scenario
    written = _relative(scenario) if Path(scenario).exists() else scenario
    return Baseline(name or plain.name, written, loaded.overrides, traffic_hash(plain), plain.seed, inputs_of(loaded), values, warm_up)


def baseline_measures(scenario: LoadedScenario) -> list[Measure]:
    """What the objectives need and what is usual, and what tells that a rule has changed: kills, losses, 504s, claims, how busy it was."""
    table = generate(scenario.scenario)
    late = ["share(fast_lane.response > 30s)"] if np.any(table.queue == Queue.FAST_LANE) else []
    more = map(parse_measure, [*late, "killed", "lost", "claims", "utilisation"])
    return each_once([*chosen_measures(scenario, table, None), *more])


def play(
    scenario: LoadedScenario,
    wanted: list[Measure],
    replications: int,
    warm_up: int,
    engine: Engine,
    executor: Executor | None,
    progress: Progress | None,
) -> dict[str, Ends]:
    """The values of each replication, by measure, of the runs inserted from `warm_up` (µs) on."""
    job = partial(measure, scenario, measures=wanted, engine=engine, warm_up=warm_up)
    played = run_jobs(job, range(replications), executor=executor, ready=partial(make_ready, engine), progress=progress)
    if played.interrupted:
        raise KeyboardInterrupt
    for failure in played.failures.values():
        raise FastlanesError(f"{scenario.source}: {failure.message}\n{failure.traceback}".rstrip())
    of = [played.values[replication] for replication in range(replications)]
    return {one.text: (tuple(v.low[i] for v in of), tuple(v.high[i] for v in of)) for i, one in enumerate(wanted)}


def inputs_of(scenario: LoadedScenario) -> Inputs:
    return Inputs(versions(), sources(), deployed(scenario.scenario))


def _relative(path: str) -> str:
    """No machine's own folders in a file that is shared."""
    return Path(os.path.relpath(path)).as_posix()
