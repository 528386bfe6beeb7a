"""The verbs of the Python interface about what is compared with others, with the past and with the real thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Literal

from fastlanes_sim.api.arguments import number, texts, whole
from fastlanes_sim.api.baseline import CheckResult
from fastlanes_sim.api.bench import BenchResult
from fastlanes_sim.api.scenario_argument import changes_of
from fastlanes_sim.api.verbs import kept_in
from fastlanes_sim.conformance import claims, lives, worker, workloops
from fastlanes_sim.conformance.case_result import CaseResult
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.suite import record as recording
from fastlanes_sim.suite.baseline import Baseline, read_baseline
from fastlanes_sim.suite.bench import run_bench
from fastlanes_sim.suite.check import check
from fastlanes_sim.suite.index import LATEST, load_suite

__all__ = ["bench", "check_baselines", "conform", "record_baseline"]


def bench(
    suite: str = LATEST,
    *,
    workloads: str | Sequence[str] | None = None,
    layouts: str | Sequence[str] | None = None,
    replications: int | None = None,
    quick: bool = False,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    store: str | PathLike[str] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> BenchResult:
    """Run the benchmark suite: every workload against every layout on the same runs, ranks, and a composite score.

    Args:
        suite: the name of the suite.
        workloads: those to run; by default all.
        layouts: of the suite by name, or others such as `"fast_lane:2 manual>*:rest"`; the reference is always among them.
        replications: instead of the suite's number.
        quick: shorter horizons and few replications: a smoke test, not the suite's numbers.
        seed: instead of every workload's.
        horizon: instead of every workload's, such as `"6h"`; not with `quick`.
        overrides: other values by their dotted path, laid over every workload.
        store: the file that keeps finished simulations. Asked again, only what is not in it is computed.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Raises:
        FastlanesError: there is no such suite, workload or layout.
        KeyboardInterrupt: what was done until then is in the store.

    Example:
        print(bench(quick=True, workloads="cron_storm").text())
    """
    with kept_in(store) as kept:
        found = run_bench(
            load_suite(suite),
            workloads=texts("workloads", workloads),
            layouts=texts("layouts", layouts),
            changes=changes_of(None, seed, horizon, overrides),
            replications=whole("replications", replications),
            quick=quick,
            store=kept,
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            force=force,
            progress=progress,
        )
    return BenchResult.from_plain(found)


def record_baseline(
    scenario: str | PathLike[str],
    *,
    name: str | None = None,
    measures: str | Sequence[str] = (),
    replications: int = recording.REPLICATIONS,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Baseline:
    """Simulate a scenario and keep what it came to, for later versions to be held against.

    Args:
        scenario: the path of its file, or a workload such as `"suite-2/cron_storm"`: a check must find it again.
        name: of the baseline; the scenario's own by default.
        measures: what to keep, such as `["p99(fast_lane.response)"]`; by default what shows most changes.
        replications: how many.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: what was asked for makes no sense.

    Example:
        from fastlanes_sim.suite.baseline import write_baseline

        write_baseline(record_baseline("scenarios/quickstart.yaml"), Path("results/baselines"))
    """
    return recording.record(
        fspath(scenario),
        changes_of(layout, seed, horizon, overrides),
        name=name,
        measures=texts("measures", measures) or (),
        replications=whole("replications", replications),
        engine=engine,
        executor=Executor(whole("processes", processes), scheduler),
        force=force,
        progress=progress,
    )


def check_baselines(
    baselines: Sequence[str | PathLike[str] | Baseline],
    *,
    strict: bool = False,
    at_least: float = 0.0,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    engine: Engine = "auto",
    processes: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> CheckResult:
    """Simulate the scenarios of baselines as they are now, and say what has changed for real and what is noise.

    Args:
        baselines: files of baselines, or baselines that `record_baseline` returned.
        strict: any real change counts, better ones too.
        at_least: a difference that is surely less than this share of what it was, such as 0.05, is too small to matter.
        layout: a change to try, laid over each scenario.
        seed: the same; but with other runs a baseline cannot be compared (`why_not`).
        horizon: the same; but with other runs a baseline cannot be compared (`why_not`).
        overrides: a change to try, laid over each scenario.
        engine: "kernel", "reference", or "auto". The result is the same.
        processes: how many processes compute; 1: this one. By default as many as are worth it.
        scheduler: the address of a Dask scheduler, such as `"tcp://host:8786"`, instead of processes of this machine.
        force: simulate even if one simulation is estimated to take more than ten minutes, or more memory than is free.
        progress: called with (replications done, of how many).

    Raises:
        FastlanesError: a file is no baseline.

    Example:
        found = check_baselines(["results/baselines/quickstart.json"])
        assert not found.regressed, found.text()
    """
    recorded = [one if isinstance(one, Baseline) else read_baseline(Path(one)) for one in baselines]
    changes = changes_of(layout, seed, horizon, overrides)
    return CheckResult(
        check(
            recorded,
            changes,
            at_least=number("at_least", at_least),
            engine=engine,
            executor=Executor(whole("processes", processes), scheduler),
            force=force,
            progress=progress,
        ),
        strict,
    )


def conform(
    kind: Literal["claims", "worker", "lives", "workloops"],
    file: str | PathLike[str],
    *,
    engine: Engine = "reference",
    tolerance: int = 0,
) -> Iterator[CaseResult]:
    """Replay recorded cases of the real thing, one after another.

    Args:
        kind: what was recorded: PostgreSQL's claims, the worker's timelines, lives of its runs, or its parser and command line.
        file: of recorded cases; .gz is fine.
        engine: what simulates claims, timelines and lives.
        tolerance: of lives that were recorded in wall-clock time: times may be so many milliseconds apart.

    Raises:
        ConformanceError: the file cannot be read.
        FastlanesError: a tolerance of recordings that are exact.

    Example:
        all(case.agrees for case in conform("claims", "claims.jsonl.gz"))
    """
    if tolerance and kind != "lives":
        raise FastlanesError("tolerance is for lives: other recordings are exact", "leave it out")
    path = Path(file)
    if kind == "claims":
        return claims.replay(path, engine)
    if kind == "worker":
        return worker.replay(path, engine)
    if kind == "lives":
        return lives.replay(path, engine, tolerance)
    return workloops.replay(path)
