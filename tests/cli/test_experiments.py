"""Replications and comparisons on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastlanes_sim.experiments import design_points

HERE = ("--engine", "kernel", "--processes", 1)
QUIET = (*HERE, "--no-charts")
KERNEL = ("--engine", "kernel", "--processes", 1)


def test_replications_give_intervals_and_files(invoke, small: Path):
    result = invoke("run", small, "--replications", 10)
    assert result.code == 0
    assert "\nMET       p95(fast_lane.response) < 30s: " in result.out
    assert "\nnote: p99(default.wait) rests on " in result.out
    assert "[95 % interval]" in result.out
    assert json.loads(Path("results/small/replications.json").read_text())["replications"] == 10
    assert Path("results/small/replications.png").stat().st_size


def test_an_undecided_objective_is_98_or_what_the_user_says(invoke, small: Path):
    found = json.loads(invoke("run", small, "--replications", 4, "--json", "--no-charts").out)
    mean = found["statistics"]["p95(fast_lane.response)"]["mean"]
    small.write_text(small.read_text().replace("< 30s", f"< {round(mean * 1e6)}us"))
    codes = [
        invoke("run", small, "--replications", 4, "--no-charts", *more).code
        for more in ([], ["--undecided", "pass"], ["--undecided", "fail"])
    ]
    assert codes == [98, 0, 99]


def test_a_wrong_until_is_2(invoke, small: Path):
    assert invoke("run", small, "--until", "p99(fast_lane.response)").code == 2


def test_compare_says_who_is_faster_and_writes_files(invoke, small: Path):
    result = invoke("compare", small, "--layout", "*:1", "--layout", "*:8", "--replications", 6)
    assert result.code == 0
    assert "shorter" in result.out
    assert all(Path("results/small", f"comparison.{end}").stat().st_size for end in ("json", "parquet", "png"))


def test_a_comparison_decides_nothing_unless_one_deployment_is_the_gate(invoke, small: Path):
    """Differences are no verdict; with a gate it ends like `run`, and CI hears of that one alone."""
    small.write_text(small.read_text().replace("< 30s", "< 12s"))
    args = ("compare", small, "--layout", "*:1", "--layout", "*:8", "--replications", 10)
    assert invoke(*args).code == 0
    assert invoke(*args, "--gate", "*:8").code == 0
    result = invoke(*args, "--gate", "*:1", "--junit", "junit.xml")
    assert result.code == 99
    assert "\nMISSED    p95(fast_lane.response) < 12s: " in result.out
    assert Path("junit.xml").read_text().count("<testsuite ") == 1
    assert json.loads(Path("results/small/comparison.json").read_text())["outcome"] == "missed"


@pytest.mark.parametrize("more", [["--gate", "*:9"], ["--gate", "*:8", "--set", "slos=[]"]])
def test_a_gate_that_is_none_is_refused_before_anything_is_played(invoke, small: Path, more: list[str]):
    result = invoke("compare", small, "--layout", "*:1", "--layout", "*:8", *more)
    assert result.code == 2
    assert "gate" in result.err
    assert "hint:" in result.err


def test_one_layout_is_no_comparison(invoke, small: Path):
    assert invoke("compare", small).code == 2


def test_a_sweep_writes_tables_and_pictures_and_goes_on_where_it_was(invoke, small: Path):
    args = ("sweep", small, "--vary", "workers.0.replicas=1..2", "--replications", 10, "--engine", "reference")
    result = invoke(*args, "--html")
    assert result.code == 0
    assert "\n2 design points, 10 replications each" in result.out
    ends = ("sweep.json", "sweep.parquet", "sweep_values.parquet", "sweep.png", "sweep.html")
    files = [Path("results/small", end) for end in ends]
    before = [path.read_bytes() for path in files]
    again = invoke(*args, "--html")
    assert "20 replications were computed before" in again.err
    assert [path.read_bytes() for path in files] == before


def test_a_sweep_shows_a_surface_beside_what_was_simulated(invoke, small: Path):
    args = ("sweep", small, "--vary", "traffic=1..3:0.5", "--surface", "--replications", 3, *HERE)
    result = invoke(*args, "--html")
    assert "predicted by a quadratic surface through 5 simulated points, not simulated; it misses such points by" in result.out
    page = Path("results/small/sweep.html").read_text()
    assert "not simulated; it misses such points by" in page
    (surface,) = json.loads(Path("results/small/sweep.json").read_text())["surfaces"].values()
    assert surface["points"] == 5
    assert "surfaces" not in json.loads(invoke(*(one for one in args if one != "--surface"), "--json").out)


@pytest.mark.parametrize(("values", "said"), [("layout=*:1,*:2", "is no number"), ("traffic=1..3", "3 points are too few")])
def test_a_surface_that_cannot_be_had_is_refused_before_anything_is_simulated(invoke, small: Path, values: str, said: str):
    result = invoke("sweep", small, "--vary", values, "--surface", *HERE)
    assert result.code == 2
    assert said in result.err
    assert not Path("results").exists()


def test_a_sweep_ends_like_its_worst_point(invoke, small: Path):
    def code(*more: object) -> int:
        return invoke("sweep", small, "--replications", 5, *HERE, "--no-charts", *more).code

    assert code("--vary", "slos=[[lost == 0], [p95(fast_lane.response) < 1ms]]") == 99
    assert code("--vary", "workers.0.replicas=0..1") == 98
    assert code("--vary", "workers.0.replicas=0..1", "--undecided", "pass") == 0
    assert code("--vary", "workers.0.replica=0..1") == 104
    assert code("--vary", "workers") == 2


def test_a_sweep_with_a_point_that_fails_ends_as_a_bug_and_keeps_the_others(invoke, small: Path, monkeypatch: pytest.MonkeyPatch):
    def poisoned(scenario, *args, **kwargs):
        if scenario.scenario.workers[0].replicas == 2:
            raise ZeroDivisionError("two")
        return measure(scenario, *args, **kwargs)

    measure = design_points.measure
    monkeypatch.setattr(design_points, "measure", poisoned)
    result = invoke("sweep", small, "--vary", "workers.0.replicas=1..3", "--replications", 10, *HERE, "--junit", "junit.xml")
    assert result.code == 1
    assert "not simulated: workers.0.replicas=2: ZeroDivisionError: two" in result.out
    assert "Traceback" in result.err
    assert [point["verdict"] for point in json.loads(Path("results/small/sweep.json").read_text())["points"]] == ["met", "undecided", "met"]
    assert Path("junit.xml").read_text().count("<error") == 1


def test_an_interrupted_sweep_writes_what_there_is(invoke, small: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(scenario, replication, *args, **kwargs):
        if replication == 2:
            raise KeyboardInterrupt
        return measure(scenario, replication, *args, **kwargs)

    measure = design_points.measure
    monkeypatch.setattr(design_points, "measure", interrupted)
    result = invoke("sweep", small, "--vary", "workers.0.replicas=1..3", "--replications", 4, *HERE, "--no-charts")
    assert result.code == 105
    assert "interrupted: of 4 replications every design point has at least 2" in result.out
    assert Path("results/small/sweep.parquet").stat().st_size


QUEUE = """\
horizon: 20m
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 20/min}, service: {exponential: {mean: 3s}}}]}}}}
workers: [{workloops: "*:1", dispatch: ideal}]
slos: [p95(default.wait) < 5s, lost == 0]
"""


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    path = tmp_path / "queue.yaml"
    path.write_text(QUEUE)
    return path


def test_a_search_says_what_to_paste_and_writes_files(invoke, queue: Path):
    result = invoke("search", queue, "--slots", "1..6", *KERNEL, "--html", "--junit", "junit.xml")
    assert result.code == 0
    assert result.out.startswith('WORKER_WORKLOOPS="manual>*:')
    assert all(Path("results/queue", name).stat().st_size for name in ("search.json", "search.parquet", "search.png", "search.html"))
    assert Path("junit.xml").read_text().count("<testcase") == 2
    summary = json.loads(invoke("search", queue, "--slots", "1..6", *KERNEL, "--json", "--no-charts").out)
    assert f'WORKER_WORKLOOPS="{summary["recommended"]["layout"]}"' in result.out


def test_a_search_that_finds_nothing_is_99(invoke, queue: Path):
    assert invoke("search", queue, "--slots", "1", *KERNEL, "--no-charts").code == 99


def test_traffic_that_is_carried_is_0_and_that_is_not_is_99(invoke, queue: Path):
    carried = invoke("search", queue, "--traffic", "0.2..4:0.2", "--layout", "*:2", *KERNEL, "--html")
    assert carried.code == 0
    assert "every objective holds at" in carried.out
    assert all(Path("results/queue", name).stat().st_size for name in ("traffic.json", "traffic.parquet", "traffic.png", "traffic.html"))
    assert invoke("search", queue, "--traffic", "3..4", *KERNEL, "--no-charts").code == 99


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--slots", "1..4", "--traffic", "1..2"],
        ["--slots", "0..4"],
        ["--slots", "0.5..1:0.5"],
        ["--slots", "1..4", "--layout", "*:4"],
        ["--traffic", "1..2", "--replicas", "2"],
        ["--traffic", "1..2", "--cost-slot", "1"],
        ["--traffic", "1..2", "--cost-replica", "0"],
        ["--traffic", "1..2", "--set", "traffic=3"],
        ["--slots", "1..4", "--confidence", "much"],
        ["--slots", "1..4", "--confidence", "100%"],
        ["--slots", "1..4", "--cost-slot", "0"],
        ["--slots", "1..4", "--set", "slos=[]"],
    ],
)
def test_a_search_that_makes_no_sense_is_2_with_a_hint(invoke, queue: Path, more: list[str]):
    result = invoke("search", queue, *more)
    assert result.code == 2
    assert "hint:" in result.err


def test_a_sensitivity_analysis_writes_its_files_decides_nothing_and_goes_on_where_it_was(invoke, queue: Path):
    pytest.importorskip("SALib")
    args = (
        "sensitivity",
        queue,
        "--over",
        "rate of w",
        "--over",
        "mean of w=1s..3s",
        "--samples",
        2,
        "--replications",
        2,
        *HERE,
        "--no-charts",
    )
    result = invoke(*args, "--html", "--junit", "junit.xml")
    assert result.code == 0
    assert result.out.startswith("p95(default.wait) is decided by the ")
    ends = ("sensitivity.json", "sensitivity.parquet", "sensitivity_points.parquet", "sensitivity.html")
    files = [Path("results/queue", end) for end in ends]
    before = [path.read_bytes() for path in files]
    assert Path("junit.xml").read_text().count("<testcase ") == 2
    again = invoke(*args, "--html")
    assert "replications were computed before" in again.err
    assert [path.read_bytes() for path in files] == before


def test_an_interrupted_sensitivity_analysis_writes_what_there_is(invoke, queue: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("SALib")

    def interrupted(*args, **kwargs):
        calls.append(None)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return measure(*args, **kwargs)

    calls: list[None] = []
    measure = design_points.measure
    monkeypatch.setattr(design_points, "measure", interrupted)
    result = invoke("sensitivity", queue, "--over", "rate of w", "--samples", 2, "--replications", 2, *HERE, "--no-charts", "--html")
    assert result.code == 105
    assert "interrupted: the same command continues" in result.out
    assert Path("results/queue/sensitivity.parquet").stat().st_size


def test_a_sensitivity_analysis_with_a_point_that_fails_ends_as_a_bug_and_keeps_the_others(invoke, queue: Path, monkeypatch):
    pytest.importorskip("SALib")

    def poisoned(scenario, *args, **kwargs):
        if scenario.overrides:
            raise ZeroDivisionError("laid over")
        return measure(scenario, *args, **kwargs)

    measure = design_points.measure
    monkeypatch.setattr(design_points, "measure", poisoned)
    result = invoke("sensitivity", queue, "--over", "rate of w", "--samples", 2, "--replications", 2, *QUIET)
    assert result.code == 1
    assert "ZeroDivisionError: laid over" in result.err
    assert json.loads(Path("results/queue/sensitivity.json").read_text())["measures"]


@pytest.mark.parametrize("more", [["--spread", "x"], ["--spread", "0"], ["--over", "traffic"], ["--samples", 3]])
def test_a_sensitivity_analysis_that_makes_no_sense_is_2_before_anything_is_simulated(invoke, queue: Path, more: list[object]):
    result = invoke("sensitivity", queue, *more)
    assert result.code == 2
    assert "hint:" in result.err
    assert not list(Path().rglob("*.json"))
