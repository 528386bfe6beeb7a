"""The suite played: scores by hand, the same bytes whatever played it, and nothing twice."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fastlanes_sim.api.bench import BenchResult
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.fingerprint import traffic_hash
from fastlanes_sim.experiments import design_points
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.reports.exporters.markdown import markdown
from fastlanes_sim.suite.bench import Bench, Cell, run_bench
from fastlanes_sim.suite.index import load_suite
from tests.reports.test_page import Outline

SUITE = load_suite()
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SOME = {} if LONG else {"workloads": ["ethiopia_incident", "long_runs"], "layouts": ["pin-1", "pin-each"], "replications": 3}
"""The whole quick suite with the long profile, a part of it otherwise."""
FEW = ["--workload", "cron_storm", "--layout", "pin-1", "--quick", "--replications", "2", "--processes", "1"]


def cell(*replications: tuple[float, float, float, float]) -> Cell:
    """Seconds, share, seconds, seconds."""
    numbers = [tuple(value if place == 1 else value * SECOND for place, value in enumerate(one)) for one in replications]
    return Cell(SimpleNamespace(), [Values(place, (*one, 0.5, 1.0), (*one, 0.5, 1.0), ()) for place, one in enumerate(numbers)])  # type: ignore[arg-type]


def bench(cells: dict[tuple[str, str], Cell]) -> Bench:
    workloads, layouts = ({place[part]: "" for place in cells} for part in (0, 1))
    return Bench(SUITE, workloads, layouts, cells, {})  # type: ignore[arg-type]


def test_a_score_is_the_geometric_mean_of_four_ratios_with_floors():
    found = bench({("w", "default"): cell((9, 0, 3, 1), (9, 0, 3, 1)), ("w", "x"): cell((4, 0.003, 3, 3), (4, 0.003, 3, 3))})
    assert found.scores["w"]["default"].value == 100
    expected = 100 * (5 / 10 * 4 / 1 * 4 / 4 * 4 / 2) ** (1 / 4)
    assert found.scores["w"]["x"].value == pytest.approx(expected)
    assert found.composite["x"].value == pytest.approx(expected)


def test_the_composite_is_the_geometric_mean_over_workloads_and_a_lane_without_runs_is_left_out():
    nan = math.nan
    found = bench(
        {
            ("a", "default"): cell((9, 0, 3, nan), (9, 0, 3, nan)),
            ("a", "x"): cell((4, 0, 3, nan), (4, 0, 3, nan)),
            ("b", "default"): cell((9, 0, 3, 1), (9, 0, 3, 1)),
            ("b", "x"): cell((9, 0, 3, 7), (9, 0, 3, 7)),
        }
    )
    one, two = 0.5 ** (1 / 3), 4 ** (1 / 4)
    assert found.scores["a"]["x"].value == pytest.approx(100 * one)
    assert found.composite["x"].value == pytest.approx(100 * math.sqrt(one * two))


def test_ranks_tell_apart_only_what_differs_for_real():
    noise = np.array([0.1, -0.1, 0.05, -0.05, 0.0])
    cells = {
        ("w", "default"): cell(*[(9, 0, 3, 1)] * 5),
        ("w", "same"): cell(*[(9 + e, 0, 3 - e, 1) for e in noise]),
        ("w", "better"): cell(*[(5 + e, 0, 3, 1) for e in noise]),
        ("w", "worse"): cell(*[(20 + e, 0, 3, 1) for e in noise]),
    }
    assert {layout: score.rank for layout, score in bench(cells).scores["w"].items()} == {"better": 1, "default": 2, "same": 2, "worse": 4}


def result(**asked: object) -> BenchResult:
    found = run_bench(SUITE, quick=True, engine="kernel", **{**SOME, **asked})  # type: ignore[arg-type]
    return BenchResult.from_plain(found)


def test_one_process_and_two_write_the_same_bytes(tmp_path: Path):
    written = [result(executor=Executor(processes)).write(tmp_path / str(processes)) for processes in (1, 2)]
    assert [path.name for path in written[0]] == ["table.md", "bench.json", "bench.html", "scores.png"]
    for one, two in zip(*written, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_what_is_written_names_seed_hash_formula_and_cost_and_fits_a_page(tmp_path: Path):
    table, values, page, _ = result().write(tmp_path)
    summary = json.loads(values.read_text())
    incident = summary["workloads"]["ethiopia_incident"]
    assert incident["seed"] == 4498
    pinned = incident["layouts"]["pin-1"]
    assert pinned["workloops"] == "fast_lane:1 manual>*:4"
    assert pinned["slot_hours"] == 5 * incident["horizon_s"] / 3600
    assert pinned["claims_a_minute"]["mean"] > 0
    assert 0 < pinned["statistics"]["utilisation"]["mean"] < 1
    assert pinned["statistics"]["p95(manual.wait)"]["mean"] is None, "nobody clicks Run"
    assert len(incident["scenario_hash"]) == 64
    assert "geometric mean" in summary["formula"]
    assert "seeds 108, 4498" in table.read_text()
    assert "| fast\\_lane:1 manual&gt;\\*:4 |" in table.read_text()
    assert len(page.read_text()) < 3_000_000
    assert "<h1>Which layout is best over all workloads?</h1>" in page.read_text()
    assert "suite-2, quick: " in page.read_text()
    outline = Outline()
    outline.feed(page.read_text())
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.used) <= set(outline.ids)
    assert len(outline.pictures) == 2


def test_the_incident_ranks_a_pinned_slot_before_the_default():
    scores = result().scores["ethiopia_incident"]
    assert scores["pin-1"].high < 60


def test_other_values_are_laid_over_every_workload():
    slower = result(workloads=["ethiopia_incident"], layouts=["default"], changes={"workers.*.backoff": "5/10"}, replications=2)
    usual = result(workloads=["ethiopia_incident"], layouts=["default"], replications=2)
    assert (
        slower.cells["ethiopia_incident", "default"].claims_a_minute.mean < usual.cells["ethiopia_incident", "default"].claims_a_minute.mean
    )
    assert "workers.*.backoff=5/10" in " ".join(slower.sentences)


def test_what_autoscaling_will_cost_is_not_known_beforehand():
    scaling = {"workers.*.autoscaling": {"max": 3, "runs_per_replica": 5}}
    scaled = result(workloads=["ethiopia_incident"], layouts=["default"], changes=scaling, replications=2)
    assert scaled.cells["ethiopia_incident", "default"].slot_hours is None
    assert "| – |" in markdown(scaled.report)


def test_quick_has_horizons_of_its_own():
    with pytest.raises(FastlanesError, match="quick has horizons of its own"):
        result(changes={"horizon": "1h"})


def test_interrupted_it_goes_on_where_it_was(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usual, calls = design_points.measure, []

    def third_time_interrupted(*given: object, **named: object):
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return usual(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(design_points, "measure", third_time_interrupted)
    stopped = invoke("bench", *FEW)
    assert stopped.code == 105
    assert "the same command continues from there" in stopped.err
    monkeypatch.setattr(design_points, "measure", usual)
    finished = invoke("bench", *FEW)
    assert finished.code == 0
    assert "(2 replications were in" in finished.out
    folder = tmp_path / "results" / "suite-2-quick"
    first = {path.name: path.read_bytes() for path in folder.glob("*.*") if path.suffix != ".sqlite"}
    assert set(first) == {"table.md", "bench.json", "bench.html", "scores.png"}
    assert invoke("bench", *FEW, "--json").out == first["bench.json"].decode()
    assert {name: (folder / name).read_bytes() for name in first} == first


def test_one_replication_gives_no_interval():
    with pytest.raises(FastlanesError, match="at least 2"):
        run_bench(SUITE, replications=1)


def test_the_committed_table_is_of_the_suite_as_it_is():
    """Whoever changes a workload or a layout plays the suite again: make suite."""
    kept = json.loads((Path(__file__).parents[2] / "results" / SUITE.name / "bench.json").read_text())
    now = {name: traffic_hash(workload.load("*:rest", {}).scenario) for name, workload in SUITE.workloads.items()}
    assert {name: one["scenario_hash"] for name, one in kept["workloads"].items()} == now
    assert kept["layouts"] == SUITE.layouts
    assert kept["replications"] == SUITE.replications
    assert not kept["quick"]
    assert not kept["changes"]
