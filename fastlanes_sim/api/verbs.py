"""The verbs of the Python interface about scenarios: simulate one, replicate it, compare, sweep, search, and ask for advice.

All of them take the same keywords, with the same meaning: `layout`, `seed`, `horizon` and `overrides` say what to change in the scenario;
`engine`, `processes`, `scheduler`, `store` and `progress` say how and where to compute, and make no difference to the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

from fastlanes_sim.api.arguments import counts, number, ranges, sureness, texts, texts_and_none, traffic_factors, values_by_path, whole
from fastlanes_sim.api.capacity import CapacityResult
from fastlanes_sim.api.comparison import ComparisonResult
from fastlanes_sim.api.replicated import ReplicatedResult
from fastlanes_sim.api.result import Result
from fastlanes_sim.api.scenario_argument import TEXT, VALUES, ScenarioLike, changes_of, load_scenario, origin_of
from fastlanes_sim.api.search import SearchResult
from fastlanes_sim.api.sensitivity import SensitivityResult
from fastlanes_sim.api.sweep import SweepResult
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.experiments import advise as advising
from fastlanes_sim.experiments import capacity_search
from fastlanes_sim.experiments import compare as comparing
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments import search as searching
from fastlanes_sim.experiments import sensitivity as sensing
from fastlanes_sim.experiments import sweep as sweeping
from fastlanes_sim.experiments.advice import Advice
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.factors import parse_vary, vary
from fastlanes_sim.experiments.feasibility import CONFIRMING, MOST, TOLERANCE
from fastlanes_sim.experiments.jobs import Progress as Counted
from fastlanes_sim.experiments.sensitivity import Questions, most_simulations
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.surface import check as check_surface
from fastlanes_sim.experiments.sweep import Plan
from fastlanes_sim.experiments.uncertain_values import SPREAD
from fastlanes_sim.experiments.verdicts import enough
from fastlanes_sim.experiments.work_estimate import refuse
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.traffic.generate import generate

__all__ = [
    "advise",
    "compare",
    "highest_traffic",
    "load_scenario",
    "most_simulations",
    "plan",
    "questions",
    "replicate",
    "search",
    "sensitivity",
    "simulate",
    "sweep",
]

Progress = Callable[[int, int, int], None]
"""Called now and then with (simulated µs, runs created, runs in all)."""


def simulate(
    scenario: ScenarioLike,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    attribution: bool = True,
    record_claims: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Simulate a scenario once.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`.
        engine: "kernel", "reference", or "auto". The result is the same.
        attribution: record what `result.attribution` needs. Without it simulating takes about a quarter less time, and less memory.
        record_claims: keep every claim in `result.log.claims`, for `result.export("trace", …)`; it takes memory by the claim.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called now and then with (simulated µs, runs created, runs in all).

    Returns:
        The runs, their intervals and counts, the verdicts on the objectives, why runs waited, and charts of all that.

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        EngineError: the engine cannot be had.

    Example:
        result = simulate("scenarios/quickstart.yaml", layout="fast_lane:1 manual>*:4")
        result.runs                # pandas, one row a run
        result.plot_latency()
    """
    loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    refuse(loaded, force=force, engine=engine, is_single=attribution, keeps_claims=record_claims)
    return _simulate(loaded, engine, attribution=attribution, record_claims=record_claims, progress=progress)


def replicate(
    scenario: ScenarioLike,
    replications: int | None = None,
    *,
    until: str | None = None,
    measures: str | Sequence[str] | None = None,
    batches: int | None = None,
    level: float = LEVEL,
    inputs: bool = False,
    rare: bool = False,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> ReplicatedResult:
    """Simulate replications 0, 1, 2, … of a scenario, and give means with intervals.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        replications: how many; with `until` the most. By default as many as take some seconds.
        until: go on until an interval is this narrow, such as `"p99(fast_lane.response):5%"`.
        measures: what to measure beside what the objectives need, such as `["p99(fast_lane.wait)"]`; by default the usual.
        batches: cut one long run of a steady scenario into that many batches, instead of replications.
        level: of the intervals.
        inputs: simulate every resample of the calibrated inputs too, and carry their uncertainty into the intervals.
        rare: estimate rare tails, such as p99.99, that the replications hardly saw by splitting: some thousand simulations more.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one; by default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Returns:
        Values of every replication, verdicts and estimates (`.estimate`: times in µs, shares from 0 to 1), a table in seconds (`.frame`).

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: what was asked for makes no sense.
        EngineError: the engine cannot be had.

    Example:
        found = replicate("scenarios/quickstart.yaml", 30)
        found.estimate("p99(fast_lane.wait)")
    """
    if batches is not None and (replications is not None or until is not None or rare):
        raise FastlanesError(
            "batches are of one long run: there is nothing to replicate", "leave batches out, or replications, until and rare"
        )
    loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    refuse(loaded, force=force, engine=engine)
    found = replicating.replicate(
        loaded,
        whole("replications", replications),
        measures=texts("measures", measures),
        until=None if until is None else replicating.parse_until(str(until)),
        batches=whole("batches", batches),
        level=sureness("level", level),
        inputs=inputs,
        rare=rare,
        engine=engine,
        executor=Executor(whole("processes", processes), scheduler),
        progress=progress,
    )
    return ReplicatedResult.from_plain(found)


def compare(
    scenarios: ScenarioLike | Sequence[ScenarioLike],
    *,
    layouts: str | Sequence[str | None] | None = None,
    replications: int | None = None,
    measures: str | Sequence[str] | None = None,
    gate: str | None = None,
    implied: bool = True,
    level: float = LEVEL,
    inputs: bool = False,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> ComparisonResult:
    """Compare deployments: the same runs meet every one of them, and differences get paired intervals.

    Args:
        scenarios: one scenario or several; each is what `simulate` takes.
        layouts: layouts to compare; each is laid over every scenario, None leaves it as it is.
            Without layouts the scenarios are compared as they are.
        replications: how many. By default as many as take some seconds.
        measures: what to measure beside what the objectives need, such as `["p99(fast_lane.wait)"]`; by default the usual.
        gate: the label of the deployment (its layout, or its file) whose objectives make the result's `outcome`.
        implied: tell which deployments do not finish what arrives; a gate that does not is missed.
        level: of the intervals, such as 0.95.
        inputs: simulate every resample of the calibrated inputs too, the same ones for all, and carry their uncertainty into the intervals.
        layout: one layout for all scenarios, where several scenarios are compared; `layouts` compares layouts.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Returns:
        Every pair of deployments with its paired differences (in µs, or as shares), a table of them in seconds (`.frame`), and each
        deployment by itself (`.deployments`).

    Raises:
        ScenarioError: a scenario, or what was laid over it, is not valid.
        FastlanesError: fewer than two deployments, or what was asked for makes no sense.

    Example:
        found = compare("scenarios/quickstart.yaml", layouts=["*:5", "fast_lane:1 manual>*:4"])
        print(found.text())
    """
    if layout is not None and layouts is not None:
        raise FastlanesError("both layout and layouts are given\n    hint: compare layouts with `layouts`; `layout` is one for all")
    several = [scenarios] if isinstance(scenarios, str) or not isinstance(scenarios, Sequence) else list(scenarios)
    chosen = [layout] if layouts is None else texts_and_none("layouts", layouts) or [None]
    loaded: dict[str, LoadedScenario] = {}
    for scenario in several:
        for one in chosen:
            deployed = load_scenario(scenario, layout=one, seed=seed, horizon=horizon, overrides=overrides)
            name = _label(scenario, deployed)
            label = " ".join(filter(None, [name if len(several) > 1 else "", one if layouts is not None else ""])) or name
            label = label if label not in loaded else f"{label} ({len(loaded) + 1})"
            loaded[label] = deployed
            gate = label if name == label and gate == str(scenario) else gate  # named from the root
    refuse(list(loaded.values()), force=force, engine=engine)
    found = comparing.compare(
        loaded,
        whole("replications", replications),
        measures=texts("measures", measures),
        level=sureness("level", level),
        gate=gate,
        implied=implied,
        inputs=inputs,
        engine=engine,
        executor=Executor(whole("processes", processes), scheduler),
        progress=progress,
    )
    return ComparisonResult.from_plain(found)


def plan(
    scenario: ScenarioLike,
    over: Mapping[str, Sequence[object]] | str | Sequence[str],
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Plan:
    """The design points of a grid over values of a scenario, checked and not yet simulated: for `sweep`.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        over: lists of values by dotted path (or `layout`), or texts such as `workers.0.replicas=1..8`.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.

    Returns:
        The points with their scenarios; those that are not valid hold their errors.

    Raises:
        ScenarioError: no point is valid.
        FastlanesError: the grid makes no sense.

    Example:
        planned = plan("scenarios/quickstart.yaml", ["workers.0.replicas=1..3", "traffic=1,2"])
        len(planned.valid)
    """
    origin, own = origin_of(scenario)
    if isinstance(over, Mapping):
        varied = [vary(name, values) for name, values in values_by_path("over", over).items()]
    else:
        varied = [parse_vary(text) for text in texts("over", over) or ()]
    changes = changes_of(layout, seed, horizon, overrides)
    for one in varied:
        if (lost := one.takes_place_of(path for path, value in (overrides or {}).items() if value is not None)) is not None:
            raise FastlanesError(f"layouts for all workers are varied, and {lost} is set as well", "leave one of them out")
        if not changes.keys().isdisjoint(one.overrides(None)):
            raise FastlanesError(f"{one.name} is varied, and set to one value as well", "leave one of them out")
    return sweeping.plan(origin, varied, laid_over(own, changes))


def sweep(
    scenario: ScenarioLike | Plan,
    over: Mapping[str, Sequence[object]] | str | Sequence[str] = (),
    replications: int = sweeping.REPLICATIONS,
    *,
    measures: str | Sequence[str] | None = None,
    level: float = LEVEL,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | PathLike[str] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    surface: bool = False,
    force: bool = False,
    progress: Counted | None = None,
) -> SweepResult:
    """Simulate every design point of a grid over values of a scenario, with intervals.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario; or a `Plan`, which has its values.
        over: lists of values by dotted path (or `layout`), or texts such as `workers.0.replicas=1..8`.
        replications: of every point.
        measures: what to measure beside what the objectives need, such as `["p99(fast_lane.wait)"]`; by default the usual.
        level: of the intervals, such as 0.95.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        store: the file that keeps what is computed. Asked again, only what is not in it is computed.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        surface: reports also show what a quadratic through the points predicts between them, with its own error. It is no simulation.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Returns:
        Every design point with its estimates (times in µs) and verdicts, and tables in seconds (`.frame`, `.values`).

    Raises:
        ScenarioError: no point is valid.
        FastlanesError: the grid, or what was asked for, makes no sense.

    Example:
        found = sweep("scenarios/quickstart.yaml", {"workers.0.replicas": [1, 2, 3]}, store="computed.sqlite")
        found.frame
    """
    if not isinstance(scenario, Plan):
        planned = plan(scenario, over, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    elif over or changes_of(layout, seed, horizon, overrides):
        raise FastlanesError("a plan has its values already\n    hint: give them to plan() instead")
    else:
        planned = scenario
    if surface:
        check_surface(planned.settings)
    refuse(planned.valid, force=force, engine=engine)
    with kept_in(store) as kept:
        found = sweeping.sweep(
            planned,
            whole("replications", replications),
            measures=texts("measures", measures),
            level=sureness("level", level),
            store=kept,
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            progress=progress,
        )
    return SweepResult.from_plain(replace(found, with_surface=surface))


def questions(
    scenario: ScenarioLike,
    over: Mapping[str, tuple[object, object]] | str | Sequence[str] = (),
    *,
    spread: float = SPREAD,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Questions:
    """What `sensitivity` would vary, checked before anything is simulated; it takes this in place of the scenario."""
    asked = ranges("over", over) if isinstance(over, Mapping) else texts("over", over) or ()
    loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    return sensing.questions(loaded, asked, number("spread", spread))


def sensitivity(
    scenario: ScenarioLike | Questions,
    over: Mapping[str, tuple[object, object]] | str | Sequence[str] = (),
    replications: int = sensing.REPLICATIONS,
    *,
    spread: float = SPREAD,
    trajectories: int = sensing.TRAJECTORIES,
    samples: int = sensing.SAMPLES,
    keep: int = sensing.KEEP,
    measures: str | Sequence[str] | None = None,
    level: float = LEVEL,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | PathLike[str] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> SensitivityResult:
    """Find which of the values that a planner guessed decides the answer. Needs SALib: `pip install "fastlanes_sim[sensitivity]"`.

    Each value alone at both ends of its range, a screening (Morris), shares of the variance (Sobol), and where objectives turn.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario; or the questions about one.
        over: ranges by dotted path, such as `{"traffic": (0.5, 2)}`, or texts such as `traffic=0.5..2`, `PATH=±20%` or `PATH` alone; by
            default the ranges in the scenario (`median: 3s ± 20%`), and without any all rates, durations and sizes that were guessed.
        replications: of every design point: the same runs for all.
        spread: how far a value may be off that has no range of its own, as a share.
        trajectories: paths of the screening; each takes one design point more than there are values.
        samples: for the shares of the variance, a power of 2; each takes two design points more than values are kept.
        keep: how many values are looked at closely after the screening.
        measures: what to measure beside what the objectives need, such as `["p99(fast_lane.wait)"]`; by default the usual.
        level: of the intervals, such as 0.95.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        store: the file that keeps what is computed. Asked again, only what is not in it is computed.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of about how many).

    Returns:
        What each value does to each measure, where objectives turn (`.thresholds`), and a table in seconds (`.frame`).

    Raises:
        ScenarioError: the scenario is not valid, or not at an end of a range.
        FastlanesError: what was asked for makes no sense, or SALib is not installed.

    Example:
        found = sensitivity("scenarios/quickstart.yaml", ["traffic=0.5..2"], samples=32)
        found.frame
    """
    if not isinstance(scenario, Questions):
        asked = questions(scenario, over, spread=spread, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    elif over or spread != SPREAD or changes_of(layout, seed, horizon, overrides):
        raise FastlanesError("questions have their values already\n    hint: give them to questions() instead")
    else:
        asked = scenario
    refuse(asked.alone.valid, force=force, engine=engine)
    with kept_in(store) as kept:
        found = sensing.sensitivity(
            asked,
            whole("replications", replications),
            trajectories=whole("trajectories", trajectories),
            samples=whole("samples", samples),
            keep=whole("keep", keep),
            measures=texts("measures", measures),
            level=sureness("level", level),
            store=kept,
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            progress=progress,
        )
    return SensitivityResult.from_plain(found)


def search(
    scenario: ScenarioLike,
    slots: Sequence[int] | str,
    replicas: Sequence[int] | str | None = None,
    *,
    cost_slot: float = 1.0,
    cost_replica: float = 0.0,
    confidence: float = LEVEL,
    tolerance: float = TOLERANCE,
    confirming: int = CONFIRMING,
    most: int = MOST,
    implied: bool = True,
    inputs: bool = False,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | PathLike[str] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> SearchResult:
    """Find the cheapest deployment that meets every objective of a scenario.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        slots: how many every worker may have: numbers, or a text such as "1..8".
        replicas: how many workers every group of the scenario may have; by default as many as it has.
        cost_slot: the price of a slot.
        cost_replica: the price of a worker, whatever its slots.
        confidence: the probability with which the answer is right.
        tolerance: the indifference zone: what meets a bound by less than this part of it may be discarded. 0: nothing is.
        confirming: replications that confirm a layout; more show rarer events.
        most: replications of one layout after which it stays undecided.
        implied: what is recommended finishes what arrives too, whether an objective asks for that or not.
        inputs: what is recommended meets the objectives also with its calibrated inputs as uncertain as they are.
        layout: not for this verb: a search has layouts of its own. It is here so that it can be refused in words.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        store: the file that keeps finished simulations. Asked again, only what is not in it is computed.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, 0): nobody knows how many it will be.

    Returns:
        What is recommended, what came near, and every layout that was simulated; a table in seconds (`.frame`).

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: what was asked for makes no sense, such as a scenario without objectives.

    Example:
        found = search("scenarios/cron_storm.yaml", range(1, 9))
        found.recommended              # None where no layout will do, or none is decided
    """
    if layout is not None:
        raise FastlanesError("a search has layouts of its own\n    hint: leave layout out, or ask highest_traffic about one layout")
    if not force:
        refuse(load_scenario(scenario, seed=seed, horizon=horizon, overrides=overrides), force=False, engine=engine)
    origin, own = origin_of(scenario)
    with kept_in(store) as kept:
        found = searching.search(
            origin,
            counts("slots", slots),
            None if replicas is None else counts("replicas", replicas),
            prices=searching.Prices(number("cost_slot", cost_slot), number("cost_replica", cost_replica)),
            overrides=laid_over(own, changes_of(None, seed, horizon, overrides)),
            confidence=sureness("confidence", confidence),
            tolerance=number("tolerance", tolerance),
            confirming=whole("confirming", confirming),
            most=whole("most", most),
            implied=implied,
            inputs=inputs,
            store=kept,
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            progress=progress,
        )
    return SearchResult.from_plain(found)


def highest_traffic(
    scenario: ScenarioLike,
    factors: Sequence[float] | str,
    *,
    confidence: float = LEVEL,
    tolerance: float = TOLERANCE,
    confirming: int = CONFIRMING,
    most: int = MOST,
    implied: bool = True,
    inputs: bool = False,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | PathLike[str] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> CapacityResult:
    """Find the highest factor of its traffic at which a scenario meets every objective.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        factors: to choose from, two or more: numbers, or a text such as "0.5..4:0.1".
        confidence: the probability with which the answer is right.
        tolerance: the indifference zone: what meets a bound by less than this part of it may be discarded. 0: nothing is.
        confirming: replications that confirm a factor; more show rarer events.
        most: replications of one factor after which it stays undecided.
        implied: what arrives must be finished too, whether an objective asks for that or not.
        inputs: where it holds, it holds also with the calibrated inputs as uncertain as they are.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        store: the file that keeps finished simulations. Asked again, only what is not in it is computed.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, 0): nobody knows how many it will be.

    Returns:
        The highest factor that holds, the lowest that does not, and every factor that was simulated; a table in seconds (`.frame`).

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: what was asked for makes no sense, such as a scenario without objectives.

    Example:
        found = highest_traffic("scenarios/quickstart.yaml", [1, 1.5, 2, 2.5, 3])
        found.carries                  # None where not even the lowest factor holds
    """
    to_try, changes = traffic_factors(factors), changes_of(layout, seed, horizon, overrides)
    if capacity_search.TRAFFIC in changes:
        raise FastlanesError("the traffic is searched for, and set to one value as well", "leave `traffic` out of what is set")
    if not force:
        refuse(load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides), force=False, engine=engine)
    origin, own = origin_of(scenario)
    with kept_in(store) as kept:
        found = capacity_search.highest_traffic(
            origin,
            to_try,
            overrides=laid_over(own, changes),
            confidence=sureness("confidence", confidence),
            tolerance=number("tolerance", tolerance),
            confirming=whole("confirming", confirming),
            most=whole("most", most),
            implied=implied,
            inputs=inputs,
            store=kept,
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            progress=progress,
        )
    return CapacityResult.from_plain(found)


def advise(
    scenario: ScenarioLike | Result | ReplicatedResult,
    replications: int = 0,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Counted | None = None,
) -> list[Advice]:
    """What to change about a deployment: each change is simulated on the same runs before it is named.

    Args:
        scenario: the result of `simulate` or `replicate`, or what `simulate` takes: a path, YAML text, a mapping, a `Scenario`, a loaded
            scenario.
        replications: so many confirm the changes that are named, with intervals; 0: as many as the result has, or one simulation.
        layout: a layout that all workers get instead of their own. Not with a result, which has its values already; nor the next three.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute replications; 1: this one; by default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (simulations done, 0): nobody knows how many it will be.

    Returns:
        One for each lane, project or workflow that does not meet an objective or starves; where everything is met, one that says what could
        be saved, or which objective the replications leave undecided all the same; without objectives, one for the lane whose slowest runs
        waited longest.

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: the result was simulated with `attribution=False`.
        KeyboardInterrupt: interrupted.

    Example:
        for advice in advise("scenarios/quickstart.yaml"):
            print("\\n".join(advice.lines))
    """
    if replications:
        enough(replications)
    replication = 0
    if isinstance(scenario, ReplicatedResult):
        replication, replications = advising.telling_replication(scenario), replications or len(scenario.values)
        result = _simulate(scenario.scenario, engine, replication=replication)
    elif not isinstance(scenario, Result):
        result = simulate(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides, engine=engine, force=force)
    else:
        result = scenario
    if result.log.interrupted:
        raise KeyboardInterrupt
    if isinstance(scenario, Result | ReplicatedResult) and changes_of(layout, seed, horizon, overrides):
        raise FastlanesError("a result has its values already\n    hint: give them to simulate() instead")
    report = None if progress is None else (lambda done: progress(done, 0))
    return advising.advise(
        result.scenario,
        result.deployment,
        result.table,
        result.log,
        replications=whole("replications", replications),
        replication=replication,
        over=scenario if isinstance(scenario, ReplicatedResult) else None,
        engine=engine,
        executor=Executor(whole("processes", processes), scheduler),
        progress=report,
    )


def _label(scenario: ScenarioLike, loaded: LoadedScenario) -> str:
    """The file as the user names it; where there is none, the scenario's name."""
    if isinstance(scenario, str | PathLike) and isinstance(origin_of(scenario)[0], Path):
        return str(shown_path(Path(fspath(scenario))))
    is_file = isinstance(scenario, LoadedScenario) and str(loaded.source) not in (TEXT, VALUES)
    return str(shown_path(loaded.source)) if is_file else loaded.scenario.name


def kept_in(store: str | PathLike[str] | None) -> AbstractContextManager[Store | None]:
    """The store in this file, or none."""
    return nullcontext() if store is None else Store(Path(store))


def _simulate(
    loaded: LoadedScenario,
    engine: Engine,
    *,
    attribution: bool = True,
    record_claims: bool = False,
    progress: Progress | None = None,
    replication: int = 0,
) -> Result:
    deployment = deployment_of(loaded.scenario)
    table = generate(loaded.scenario, replication=replication).moved()
    total = table.first_requests
    report = None if progress is None else (lambda done, created: progress(done, created, total))
    kept = {"record_claims": record_claims, "record_changes": attribution, "keeps_interrupted": True}
    log = run_engine(deployment, table, engine=engine, **kept, progress=report)
    return Result(loaded, deployment, table, log, loaded.scenario.seed)
