"""`fastlanes-sim validate`: the verdict, its files, and the code it leaves with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_it_accepts_the_right_deployment_and_rejects_another(invoke, small: Path):
    """Lightning's own metrics, as Prometheus would have collected them, say the same."""
    invoke("run", small, "--horizon", "2h", "--no-charts", "--export", "runs.csv", "--prometheus", "queue.txt", "--prometheus-step", "30s")
    assert Path("queue.txt").read_text().splitlines()[-1] == "# EOF"
    right = invoke("validate", "runs.csv", "--deployment", small, "--replications", 15, "--prometheus", "queue.txt")
    assert right.code == 0
    assert "Prometheus: nothing in its metrics speaks against the model" in right.out
    assert "Nothing speaks against the model" in right.out
    assert Path("results/validation/qq.png").stat().st_size
    wrong = invoke("validate", "runs.csv", "--layout", "*:2", "--replications", 15, "--json")
    assert wrong.code == 99
    assert json.loads(wrong.out)["rejected"]


def test_the_metrics_of_the_queue_want_replays_and_a_step_a_file(invoke, small: Path):
    fitted = invoke("validate", "runs.csv", "--fitted", small, "--prometheus", "queue.txt")
    assert fitted.code == 2
    assert "--prometheus is compared with replays" in fitted.err
    step = invoke("run", small, "--prometheus-step", "30s")
    assert step.code == 2
    assert "--prometheus-step needs --prometheus" in step.err


def test_it_wants_to_know_what_served_the_export(invoke, tmp_path: Path):
    result = invoke("validate", tmp_path / "runs.csv")
    assert result.code == 2
    assert "--layout" in result.err


def test_a_layout_that_is_none_is_refused_in_the_workers_words(invoke, small: Path):
    invoke("run", small, "--no-charts", "--export", "runs.csv")
    result = invoke("validate", "runs.csv", "--layout", "*>fast_lane:1")
    assert result.code == 2
    assert 'Wildcard "*" must be the last element' in result.err


def test_a_fitted_scenario_is_tested_instead_of_the_model(invoke, small: Path):
    """Replayed, an export agrees with whatever was fitted to it; simulated, the fit may not."""
    invoke("run", small, "--horizon", "2h", "--no-charts", "--export", "runs.csv")
    assert invoke("calibrate", "runs.csv", "--layout", "fast_lane:1 manual>*:4", "--no-check").code == 0
    right = invoke("validate", "runs.csv", "--fitted", "calibrated.yaml")
    assert right.code == 0
    assert "behaves like the export" in right.out
    assert Path("results/validation/fit.png").stat().st_size
    text = Path("calibrated.yaml").read_text()
    Path("slower.yaml").write_text(text.replace("service: 5s", "service: 9s"))
    wrong = invoke("validate", "runs.csv", "--fitted", "slower.yaml", "--json")
    assert wrong.code == 99
    assert any("service" in name for name in json.loads(wrong.out)["rejected"])


@pytest.mark.parametrize("workers", [["--layout", "*:5"], ["--replicas", "9"], ["--backoff", "5/50"], ["--deployment", "small.yaml"]])
def test_a_fitted_scenario_has_workers_of_its_own(invoke, small: Path, workers: list[str]):
    both = invoke("validate", "runs.csv", "--fitted", small, *workers)
    assert both.code == 2
    assert f"--fitted has workers of its own\n    hint: leave {workers[0]} out" in both.err
