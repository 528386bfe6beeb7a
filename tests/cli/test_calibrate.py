"""`fastlanes-sim calibrate`, from a run's export to a run of what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def exported(invoke, small: Path, tmp_path: Path) -> Path:
    assert invoke("run", small, "--horizon", "2h", "--no-charts", "--export", "runs.csv").code == 0
    return tmp_path / "runs.csv"


def test_what_it_writes_runs_at_once(invoke, exported: Path):
    result = invoke("calibrate", exported, "--layout", "fast_lane:1 manual>*:4")
    assert result.code == 0
    text = Path("calibrated.yaml").read_text()
    assert 'cron: "*/5 * * * *"' in text
    assert "runs_per_tick: 5" in text
    assert len(text.splitlines()) < 50
    assert invoke("run", "calibrated.yaml", "--no-charts").code == 0


def test_it_does_not_write_over_what_is_there(invoke, exported: Path):
    Path("calibrated.yaml").write_text("mine")
    assert invoke("calibrate", exported).code == 2
    assert Path("calibrated.yaml").read_text() == "mine"
    assert invoke("calibrate", exported, "--force").code == 0


def test_a_broken_row_is_told_listed_and_left_out_unless_strict(invoke, exported: Path):
    lines = exported.read_text().splitlines(keepends=True)
    lines[50] = "=cmd|' /C calc'!A0,broken\n"
    exported.write_text("".join(lines))
    result = invoke("calibrate", exported, "--rejects", "rejects.csv")
    assert result.code == 0
    assert "runs.csv:51:" in result.err
    assert Path("rejects.csv").read_text().splitlines()[1].startswith("51,,")
    assert "calc" not in result.err + result.out + Path("rejects.csv").read_text()
    strict = invoke("calibrate", exported, "--strict", "--out", "strict.yaml")
    assert strict.code == 2
    assert "runs.csv:51:" in strict.err
    assert not Path("strict.yaml").exists()


def test_names_can_be_left_behind(invoke, exported: Path):
    invoke("calibrate", exported, "--anonymous")
    text = Path("calibrated.yaml").read_text()
    assert "clinic" not in text
    assert "project-1" in text


def test_without_a_layout_the_guess_is_called_one(invoke, exported: Path):
    invoke("calibrate", exported)
    assert "does not say which workers there were" in Path("calibrated.yaml").read_text()


@pytest.mark.parametrize("args", [[], ["missing.csv"], ["--dsn", "nonsense=secret x"]])
def test_nothing_to_read_is_2(invoke, args: list[str]):
    result = invoke("calibrate", *args)
    assert result.code == 2
    assert "cure:" in result.err
    assert "secret" not in result.err
