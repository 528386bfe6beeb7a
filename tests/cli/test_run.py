"""`fastlanes-sim run`, as a planner and a script meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from fastlanes_sim.cli import progress


def test_the_verdict_comes_first_and_the_files_last(invoke, small: Path):
    result = invoke("run", small)
    assert result.code == 0
    assert result.out.index("MET") < result.out.index("wait p99") < result.out.index("busy") < result.out.index("Wrote:")
    written = [line.strip() for line in result.out.split("Wrote:")[1].split()]
    assert written == [
        f"results/small/{name}" for name in ("runs.parquet", "summary.json", "attribution.png", "cdf.png", "wait.png", "slots.png")
    ]
    assert all(Path(path).stat().st_size for path in written)


def test_the_run_log_has_a_row_a_run_and_says_where_it_comes_from(invoke, small: Path):
    invoke("run", small, "--no-charts")
    frame = pd.read_parquet("results/small/runs.parquet")
    summary = json.loads(Path("results/small/summary.json").read_text())
    metadata = pq.read_schema("results/small/runs.parquet").metadata
    assert len(frame) > 60
    assert {"fast_lane", "default"} == set(frame["queue"])
    assert metadata[b"scenario_hash"].decode() == summary["scenario_hash"]
    assert metadata[b"seed"] == b"1"


def test_json_is_the_summary_and_nothing_else(invoke, small: Path):
    result = invoke("run", small, "--json", "--no-charts")
    assert json.loads(result.out) == json.loads(Path("results/small/summary.json").read_text())


def test_a_missed_objective_is_99(invoke, small: Path):
    small.write_text(small.read_text().replace("< 30s", "< 1ms"))
    result = invoke("run", small, "--no-charts")
    assert result.code == 99
    assert "MISSED" in result.out


def test_an_invalid_scenario_is_104_and_writes_nothing(invoke, small: Path):
    small.write_text(small.read_text().replace("workers:", "wrokers:").replace("30m", "30"))
    result = invoke("run", small)
    assert result.code == 104
    assert "small.yaml:1:10" in result.err
    assert "wrokers" in result.err
    assert "nothing written" in result.err
    assert not Path("results").exists()


@pytest.mark.parametrize(
    "args",
    [["run"], ["run", "x.yaml", "--sed", "1"], ["nonsense"], ["conform", "worker", "missing.jsonl"], ["run", "x.yaml", "--set", "novalue"]],
)
def test_a_wrong_command_line_is_2(invoke, args: list[str]):
    assert invoke(*args).code == 2


def test_a_missing_scenario_is_104(invoke):
    assert invoke("run", "missing.yaml").code == 104


def test_a_single_run_has_no_use_for_a_cluster_and_one_process_at_most(invoke, small: Path):
    """A script may always say --processes; who names a cluster expects the work there."""
    alone = invoke("run", small, "--scheduler", "tcp://nowhere:1")
    assert alone.code == 2
    assert "--scheduler needs replications" in alone.err
    assert "--replications 30" in alone.err
    assert invoke("run", small, "--processes", 4, "--no-charts").code == 0


@pytest.mark.parametrize(("by", "scope"), [("project", "project.clinic"), ("workflow", "workflow.clinic.register")])
def test_replications_are_told_by_project_or_workflow_too(invoke, small: Path, by: str, scope: str):
    asked = ("run", small, "--replications", 2, "--processes", 1, "--no-charts", "--engine", "reference")
    said = invoke(*asked, "--by", by).out
    assert all(f"  {one}" in said for one in (f"mean({scope}.wait)", f"p99({scope}.wait)", f"p99({scope}.response)"))
    assert "mean(default.wait)" not in said
    assert "stopped_workloops" not in said
    deaf = invoke(*asked, "--by", by, "--set", "lightning.broadcast_work_available=false").out
    assert "  stopped_workloops" in deaf
    assert invoke(*asked, "--by", "lane").out == invoke(*asked).out


@pytest.mark.parametrize(
    ("twice", "name"),
    [
        (["--seed", 2, "--set", "seed=3"], "seed"),
        (["--horizon", "1h", "--set", "horizon=2h"], "horizon"),
        (["--layout", "*:1", "--set", "workers.*.workloops=*:2"], "workers.*.workloops"),
    ],
)
def test_a_value_that_is_given_twice_is_refused(invoke, small: Path, twice: list[object], name: str):
    result = invoke("run", small, *twice)
    assert result.code == 2
    assert f"{name} is given twice" in result.err


def test_another_layout_meets_the_same_runs(invoke, small: Path):
    invoke("run", small, "--no-charts", "--out", "a")
    invoke("run", small, "--no-charts", "--out", "b", "--layout", "*:2")
    a, b = (pd.read_parquet(f"{name}/runs.parquet") for name in "ab")
    assert (a["inserted_at"] == b["inserted_at"]).all()
    assert set(b["workloop"].dropna()) == {"*:2"}
    assert not a["wait_s"].equals(b["wait_s"])


def test_a_wrong_layout_is_refused_in_the_workers_words(invoke, small: Path):
    result = invoke("run", small, "--layout", "*>fast_lane:1")
    assert result.code == 104
    assert 'Wildcard "*" must be the last element' in result.err


def test_seed_horizon_and_set_replace_what_the_file_says(invoke, small: Path):
    summary = json.loads(
        invoke("run", small, "--json", "--no-charts", "--seed", 7, "--horizon", "10m", "--set", "workers.0.backoff=1/2").out
    )
    assert summary["seed"] == 7
    assert summary["horizon_s"] == 600


def test_an_interrupted_run_keeps_what_it_has(invoke, small: Path, monkeypatch: pytest.MonkeyPatch):
    @contextmanager
    def impatient(what: str, horizon: int) -> Iterator[progress.Report]:
        def report(played: int, created: int, total: int) -> None:
            if created > 20:  # by then some have ended
                raise KeyboardInterrupt

        yield report

    monkeypatch.setattr(progress, "shown", impatient)
    result = invoke("run", small, "--no-charts", "--horizon", "12h")
    assert result.code == 105
    assert "Interrupted" in result.out
    frame = pd.read_parquet("results/small/runs.parquet")
    assert frame["ended_at"].notna().any()


def test_the_same_seed_gives_the_same_bytes_in_any_process(small: Path, tmp_path: Path):
    for out in ("one", "two"):
        command = [sys.executable, "-m", "fastlanes_sim", "run", str(small), "--out", str(tmp_path / out)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    for name in ("runs.parquet", "summary.json", "cdf.png", "wait.png", "slots.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_help_does_not_import_what_it_does_not_need():
    code = "import sys; sys.argv = ['fastlanes-sim', '--help']\nfrom fastlanes_sim.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += "print([m for m in ('pandas', 'matplotlib', 'scipy', 'pyarrow') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip().endswith("[]")
