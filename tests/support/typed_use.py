"""Uses every verb and the attributes of every result: type-checked as a project of somebody else, never run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import fastlanes_sim
from fastlanes_sim import (
    Advice,
    Baseline,
    BenchResult,
    CalibrationResult,
    CapacityResult,
    CaseResult,
    CheckResult,
    ComparisonResult,
    ConformanceError,
    EngineError,
    Estimate,
    Explorer,
    Export,
    ExportError,
    FastlanesError,
    FitResult,
    JobError,
    LoadedScenario,
    Plan,
    Problem,
    ReplicatedResult,
    Result,
    Scenario,
    ScenarioError,
    ScenarioLike,
    SearchResult,
    SensitivityResult,
    SweepResult,
    ValidationResult,
    advise,
    bench,
    calibrate,
    check_baselines,
    compare,
    conform,
    explore,
    highest_traffic,
    load_scenario,
    plan,
    read_export,
    record_baseline,
    replicate,
    search,
    sensitivity,
    simulate,
    sweep,
    validate,
)
from fastlanes_sim.pytest_plugin import check_slos


def counted(done: int, total: int) -> None:
    print(done, total)


def shown(us: int, created: int, total: int) -> None:
    print(us, created, total)


def use(path: ScenarioLike) -> None:
    loaded: LoadedScenario = load_scenario(path, layout="*:5", seed=2, horizon="1h", overrides={"traffic": 2})
    plain: Scenario = loaded.scenario
    print(plain.name, plain.horizon, plain.workers[0].replicas, loaded.hash, loaded.text, loaded.source, loaded.overrides, loaded.slo_lines)
    for warning in loaded.warnings:
        problem: Problem = warning
        print(problem.file, problem.line, problem.message)
    for one in (Path("x.yaml"), "x.yaml", "horizon: 1h\n", {"horizon": "1h"}, plain, loaded):
        simulate(one)
    result: Result = simulate(
        path, layout="*:5", seed=1, horizon="1h", overrides={}, engine="auto", attribution=True, record_claims=True, progress=shown
    )
    quantile = result.observed.durations("fast_lane", "wait").quantile(0.99)
    print(quantile.value_us if quantile is not None else None, result.observed.counts("all").runs, result.runs, result.start.isoformat())
    for verdict in result.verdicts:
        print(verdict.slo.text, verdict.verdict, verdict.value, verdict.text)
    for entry in result.utilisation:
        print(entry.worker, entry.workloop, entry.slots)
    print(result.replicas, result.attribution, [why.sentence for why in result.explanations], result.waited)
    print(result.deployment.horizon, len(result.table), result.log.ended_on, result.seed, result.scenario.hash)
    print(result.title, result.cases[0].message, result.sentences, result.tables[0].rows, result.metadata, result.summary(), result.text())
    result.plot_latency().set_title("x")
    result.plot_tail().set_title("x")
    result.plot_bands("fast_lane")
    result.plot_gantt("0s", "1h")
    result.plot_wait()
    result.plot_attribution().suptitle("x")
    result.plot_replicas()
    result.plot_slots()
    written: list[Path] = result.write("x", charts=False, format="csv")
    result.export("html", "x.html")
    print(written, result.page(advise(result)).title, result.figures()["cdf"], result.report.kind, result._repr_html_())
    advice: list[Advice] = advise(path, layout="*:5", seed=1, horizon="1h", overrides={}, engine="model", progress=counted)
    for item in advice:
        print(item.lines, item.why.lane, item.trials, item.remedy, item.to_json())
    many: ReplicatedResult = replicate(
        path,
        5,
        until="p99(fast_lane.wait):5%",
        measures="p99(fast_lane.wait)",
        batches=None,
        level=0.9,
        layout="*:5",
        seed=1,
        horizon="1h",
        overrides={},
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    estimate: Estimate = many.estimate("p99(fast_lane.wait)")
    print(estimate.mean, estimate.low, estimate.high, estimate.replications, many.frame, many.verdicts[0].verdict, many.notes, many.values)
    print(many.measures[0].text, many.warm_up.cut, many.sanity.utilisation, many.plot().get_title(), many.text(), many.summary())
    pairs: ComparisonResult = compare(
        [path, path],
        layouts=["*:5", "*:4"],
        replications=3,
        measures=["lost"],
        gate=None,
        level=0.95,
        layout=None,
        seed=1,
        horizon="1h",
        overrides={},
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    print(pairs.differences[0].words, pairs.pairs, pairs.frame, pairs.values, pairs.outcome, pairs.deployments["*:5"].estimate("lost"))
    pairs.plot().set_title("x")
    pairs.plot_deployments().set_title("x")
    planned: Plan = plan(path, {"traffic": [1, 2]}, layout="*:5", seed=1, horizon="1h", overrides={})
    print(planned.valid, planned.warnings, planned.settings)
    swept: SweepResult = sweep(
        planned,
        (),
        3,
        measures=None,
        level=0.95,
        layout=None,
        seed=None,
        horizon=None,
        overrides=None,
        store="x.sqlite",
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    swept = sweep(path, ["traffic=1..2"], 3)
    print(swept.frame, swept.values, swept.points[0].label, swept.points[0].verdict, swept.failed, swept.first, swept.common, swept.drawn)
    swept.plot("lost").set_title("x")
    figure = swept.figure()
    if figure is not None:
        figure.suptitle("x")
    sensed: SensitivityResult = sensitivity(
        path,
        {"traffic": (0.5, 2)},
        3,
        spread=0.25,
        trajectories=8,
        samples=64,
        keep=4,
        measures=None,
        level=0.95,
        layout=None,
        seed=None,
        horizon=None,
        overrides=None,
        store="x.sqlite",
        engine="auto",
        processes=1,
        scheduler=None,
        force=False,
        progress=counted,
    )
    sensed = sensitivity(path, ["traffic=0.5..2"])
    print(sensed.frame, sensed.thresholds, sensed.ranked(sensed.asked[0]), sensed.kept)
    sensed.plot("lost").set_title("x")
    searched: SearchResult = search(
        path,
        range(1, 4),
        [1, 2],
        cost_slot=1,
        cost_replica=1,
        confidence=0.9,
        tolerance=0.1,
        confirming=100,
        most=420,
        layout=None,
        seed=1,
        horizon="1h",
        overrides={},
        store=Path("x"),
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    if searched.recommended is not None:
        print(searched.recommended.candidate.layout, searched.recommended.candidate.cost)
    print(searched.outcome, searched.best_of_cost, searched.frame, searched.undecided, searched.runner_up, searched.plot().get_title())
    most: CapacityResult = highest_traffic(
        path,
        [1, 2, 3.5],
        confidence=0.9,
        tolerance=0.1,
        confirming=100,
        most=420,
        layout="*:5",
        seed=1,
        horizon="1h",
        overrides={},
        store=None,
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    print(most.carries, most.fails, most.undecided, most.outcome, most.frame, most.plot().get_title(), most.text())
    runs: Export = read_export("x.csv", timezone="UTC", strict=True, progress=counted)
    print(len(runs), runs.reading.dropped, runs.workflows[0].name, runs.anonymous())
    fitted: CalibrationResult = calibrate(
        runs, deployment=None, layout="*:5", replicas=1, backoff="1/10", overrides=None, timezone="UTC", anonymous=True, progress=counted
    )
    print(fitted.text(), fitted.scenario().hash, fitted.write("x.yaml", force=True), fitted.notes, fitted.triggers, fitted.workflows)
    laid_beside: FitResult = fitted.check(replications=7, seed=1, engine="auto", progress=None)
    print(laid_beside.text(), laid_beside.rejected, laid_beside.causes, laid_beside.summary(), laid_beside.plot(), laid_beside.write("fit"))
    held: ValidationResult = validate(
        "x.csv",
        deployment=path,
        layout=None,
        replicas=1,
        backoff=None,
        overrides={},
        replications=9,
        seed=1,
        engine="auto",
        progress=counted,
    )
    print(held.rejected, held.lanes[0].wait[0].ratio, held.text(), held.summary(), held.plot()[0].set_title("x"), held.write("x"))
    suite: BenchResult = bench(
        "suite-2",
        workloads="cron_storm",
        layouts=["pin-1"],
        replications=3,
        quick=True,
        seed=1,
        horizon=None,
        overrides={},
        store="x",
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    print(suite.composite["pin-1"].value, suite.best("cron_storm"), suite.headline, suite.plot(), suite.plot_composite(), suite.write("x"))
    kept: Baseline = record_baseline(
        "x.yaml",
        name="x",
        measures="lost",
        replications=3,
        layout="*:5",
        seed=1,
        horizon="1h",
        overrides={},
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    checked: CheckResult = check_baselines(
        [kept, "x.json"],
        strict=True,
        layout="*:5",
        seed=1,
        horizon="1h",
        overrides={},
        engine="auto",
        processes=1,
        scheduler=None,
        progress=counted,
    )
    print(checked.regressed, checked.text(), checked.checked[0].changes[0].words)
    cases: list[CaseResult] = list(conform("claims", "x.jsonl.gz", engine="kernel"))
    print(cases[0].agrees, cases[0].differences)
    explorer: Explorer = explore(path, layout="*:5", seed=1, horizon="1h", overrides={})
    print(explorer.text, explorer.result.title, explorer.scenario.scenario.name)
    for each in (result, many, pairs, swept, searched, most, suite, checked):
        print(each.title, each.cases, each.sentences, each.tables, each.metadata, each.summary(), each.text(), each.export("junit", "x"))
    errors: tuple[type[Exception], ...] = (ConformanceError, EngineError, ExportError, FastlanesError, JobError, ScenarioError)
    try:
        check_slos("x.yaml", replications=3, layout="*:5", seed=1, horizon="1h", overrides={}, undecided="pass", engine="auto")
    except ScenarioError as error:
        print(error.problems[0].path, errors)


def test_it(fastlanes_slo: Callable[..., ReplicatedResult]) -> None:
    print(fastlanes_slo("x.yaml").estimate("lost"), fastlanes_sim.__version__)
