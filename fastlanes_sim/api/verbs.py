"""The Python interface, for notebooks and for the command line alike.

from fastlanes_sim import load_scenario, simulate

result = simulate("scenarios/quickstart.yaml", layout="fast_lane:1 manual>*:4")
result.runs          # pandas, one row a run
result.plot_latency()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.experiments import advise as advising
from fastlanes_sim.experiments import capacity_search as carrying
from fastlanes_sim.experiments import compare as comparing
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments import search as searching
from fastlanes_sim.experiments import sweep as sweeping
from fastlanes_sim.experiments.advise import Advice
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.executors import Pool
from fastlanes_sim.experiments.factors import parse_vary, vary
from fastlanes_sim.experiments.feasibility import CONFIRMING, MOST, TOLERANCE
from fastlanes_sim.experiments.jobs import Progress as JobsDone
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.reports.capacity_search import CarriedResult
from fastlanes_sim.reports.experiments import ComparisonResult, ReplicatedResult
from fastlanes_sim.reports.result import Result
from fastlanes_sim.reports.search import SearchResult
from fastlanes_sim.reports.sweep import SweepResult
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.overrides import layout_override
from fastlanes_sim.traffic.generate import generate

__all__ = ["advise", "compare", "highest_traffic", "load", "load_scenario", "plan", "replicate", "search", "simulate", "sweep"]

Progress = Callable[[int, int, int], None]
"""Called now and then with (simulated µs played, runs created, runs in all)."""


def load(
    path: str | Path,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> LoadedScenario:
    """Load a scenario with some of its values replaced; see `simulate`."""
    return load_scenario(path, _changes(layout, seed, horizon, overrides))


def _listed(texts: str | Sequence[str] | None) -> Sequence[str] | None:
    """One text may be given without a list around it."""
    return [texts] if isinstance(texts, str) else texts


def _changes(layout: str | None, seed: int | None, horizon: str | None, overrides: Mapping[str, object] | None) -> dict[str, object]:
    """What to lay over a scenario, by dotted path."""
    changes = dict(overrides or {})
    if horizon is not None:
        changes["horizon"] = horizon
    if seed is not None:
        changes["seed"] = seed
    if layout is not None:
        changes |= layout_override(layout)
    return changes


def simulate(
    scenario: LoadedScenario | str | Path,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    attribution: bool = True,
    record_claims: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Simulate a scenario once.

    Args:
        scenario: the path of a scenario file, or a loaded scenario, which keeps what it was loaded with.
        layout: a layout that all workers get instead of their own, as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, as `"6h"`.
        overrides: other values by their dotted path, as `{"lightning.ruleset": "pre-4515"}`.
        engine: "kernel", "model", or "auto"; see `engines.selection.run_engine`. The result is the same.
        attribution: note what `result.attribution` needs; without it simulating takes about a quarter less time, and less memory.
        record_claims: keep every claim in `result.log.claims`, for `reports.trace`; it takes memory by the claim.
        progress: called now and then with (simulated µs played, runs created, runs in all).

    Raises:
        ScenarioError: the scenario, or what was put into it, is not valid.
        EngineError: the engine cannot be had.
    """
    if isinstance(scenario, LoadedScenario):
        if (layout, seed, horizon, overrides) == (None, None, None, None):
            return _play(scenario, engine, attribution, record_claims, progress)
        overrides = {**scenario.overrides, **(overrides or {})}
        scenario = scenario.source
    loaded = load(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    return _play(loaded, engine, attribution, record_claims, progress)


def advise(result: Result, *, engine: Engine = "auto", progress: Callable[[int], None] | None = None) -> list[Advice]:
    """What to change about the waits of a simulated scenario; see `experiments.advise.advise`. `result` is that of `simulate`."""
    assert isinstance(result.scenario, LoadedScenario)
    return advising.advise(result.scenario, result.deployment, result.table, result.log, engine=engine, progress=progress)


def replicate(
    scenario: LoadedScenario | str | Path,
    replications: int | None = None,
    *,
    until: str | None = None,
    statistics: str | Sequence[str] | None = None,
    batches: int | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    progress: JobsDone | None = None,
) -> ReplicatedResult:
    """Replications of a scenario with intervals; see `experiments.replicate.replicate`. `until` is such as `p99(fast_lane.response):5%`.

    `processes` and `scheduler` say where they run, see `experiments.executors.Pool`; it makes no difference to the result.
    """
    loaded = scenario if isinstance(scenario, LoadedScenario) else load(scenario)
    goal = None if until is None else replicating.parse_until(until)
    pool = Pool(processes, scheduler)
    found = replicating.replicate(
        loaded, replications, statistics=_listed(statistics), until=goal, batches=batches, engine=engine, pool=pool, progress=progress
    )
    return ReplicatedResult(**vars(found))


def compare(
    scenarios: str | Path | Sequence[str | Path],
    *,
    layouts: str | Sequence[str] | None = None,
    replications: int | None = None,
    statistics: str | Sequence[str] | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    gate: str | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    progress: JobsDone | None = None,
) -> ComparisonResult:
    """Each layout (or scenario file as it is) on the same runs; see `experiments.compare.compare`.

    `gate` is the layout, or the scenario file, whose objectives make the result's `outcome`.
    """
    paths = [scenarios] if isinstance(scenarios, str | Path) else list(scenarios)
    loaded: dict[str, LoadedScenario] = {}
    chosen: Sequence[str | None] = _listed(layouts) or [None]
    for path in paths:
        for layout in chosen:
            one = load(path, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
            label = " ".join(filter(None, [str(path) if len(paths) > 1 else "", layout])) or str(path)
            loaded[label if label not in loaded else f"{label} ({len(loaded) + 1})"] = one
    found = comparing.compare(
        loaded, replications, statistics=_listed(statistics), gate=gate, engine=engine, pool=Pool(processes, scheduler), progress=progress
    )
    return ComparisonResult(**vars(found))


def plan(
    scenario: str | Path,
    over: Mapping[str, Sequence[object]] | Sequence[str],
    *,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> sweeping.Plan:
    """The points of a grid over values of a scenario, checked and not yet played: for `sweep`.

    `over`: values by dotted path (or `layout`), or texts such as `workers.0.replicas=1..8`.
    """
    dimensions = [vary(name, values) for name, values in over.items()] if isinstance(over, Mapping) else [parse_vary(text) for text in over]
    return sweeping.plan(scenario, dimensions, _changes(None, seed, horizon, overrides))


def sweep(
    scenario: str | Path | sweeping.Plan,
    over: Mapping[str, Sequence[object]] | Sequence[str] = (),
    replications: int = sweeping.REPLICATIONS,
    *,
    statistics: str | Sequence[str] | None = None,
    store: str | Path | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    progress: JobsDone | None = None,
) -> SweepResult:
    """Play every point of a grid over values of a scenario; see `plan` and `experiments.sweep.sweep`.

    `store` is the file that keeps what is computed: asked again, only what is not in it is computed.
    """
    planned = scenario if isinstance(scenario, sweeping.Plan) else plan(scenario, over)
    with _kept(store) as kept:
        found = sweeping.sweep(
            planned,
            replications,
            statistics=_listed(statistics),
            store=kept,
            engine=engine,
            pool=Pool(processes, scheduler),
            progress=progress,
        )
    return SweepResult(**vars(found))


def search(
    scenario: str | Path,
    slots: Sequence[int],
    replicas: Sequence[int] | None = None,
    *,
    cost_slot: float = 1.0,
    cost_replica: float = 0.0,
    confidence: float = LEVEL,
    tolerance: float = TOLERANCE,
    confirming: int = CONFIRMING,
    most: int = MOST,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | Path | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    progress: JobsDone | None = None,
) -> SearchResult:
    """The cheapest deployment that meets the scenario's objectives; see `experiments.search.search`, and `sweep` for `store`."""
    changes, prices = _changes(None, seed, horizon, overrides), searching.Prices(cost_slot, cost_replica)
    with _kept(store) as kept:
        found = searching.search(
            scenario,
            slots,
            replicas,
            prices=prices,
            overrides=changes,
            confidence=confidence,
            tolerance=tolerance,
            confirming=confirming,
            most=most,
            store=kept,
            engine=engine,
            pool=Pool(processes, scheduler),
            progress=progress,
        )
    return SearchResult(**vars(found))


def highest_traffic(
    scenario: str | Path,
    factors: Sequence[float],
    *,
    layout: str | None = None,
    confidence: float = LEVEL,
    tolerance: float = TOLERANCE,
    confirming: int = CONFIRMING,
    most: int = MOST,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | Path | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    progress: JobsDone | None = None,
) -> CarriedResult:
    """How many times its traffic a scenario carries within its objectives; see `experiments.capacity_search.highest_traffic`."""
    with _kept(store) as kept:
        found = carrying.highest_traffic(
            scenario,
            factors,
            overrides=_changes(layout, seed, horizon, overrides),
            confidence=confidence,
            tolerance=tolerance,
            confirming=confirming,
            most=most,
            store=kept,
            engine=engine,
            pool=Pool(processes, scheduler),
            progress=progress,
        )
    return CarriedResult(**vars(found))


def _kept(store: str | Path | None) -> AbstractContextManager[Store | None]:
    return nullcontext() if store is None else Store(Path(store))


def _play(loaded: LoadedScenario, engine: Engine, attribution: bool, record_claims: bool, progress: Progress | None) -> Result:
    deployment = deployment_of(loaded.scenario)
    table = generate(loaded.scenario)
    total = table.first_requests
    report = None if progress is None else (lambda played, created: progress(played, created, total))
    log = run_engine(deployment, table, engine=engine, record_claims=record_claims, record_changes=attribution, progress=report)
    return Result(loaded, deployment, table, log, loaded.scenario.seed)
