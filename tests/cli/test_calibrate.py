"""`fastlanes-sim calibrate`, from a run's export to a run of what it wrote."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks.calibration import write_export
from fastlanes_sim.exports.read import ROWS_AT_ONCE


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


def test_interrupted_while_it_checks_it_has_written_the_scenario(invoke, exported: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastlanes_sim.api.calibration.CalibrationResult.check", interrupted)
    result = invoke("calibrate", exported)
    assert result.code == 105
    assert "calibrated.yaml is there, and is not checked" in result.err
    assert Path("calibrated.yaml").exists()


def test_names_can_be_left_behind(invoke, exported: Path):
    invoke("calibrate", exported, "--anonymous")
    text = Path("calibrated.yaml").read_text()
    assert "clinic" not in text
    assert "project-1" in text


def test_without_a_layout_the_guess_is_called_one(invoke, exported: Path):
    invoke("calibrate", exported)
    assert "does not say which workers there were" in Path("calibrated.yaml").read_text()


@pytest.mark.parametrize("alone", [["--backoff", "0.5/5"], ["--replicas", "3"], ["--replicas", "1"]])
@pytest.mark.parametrize("command", ["calibrate", "validate"])
def test_what_is_of_a_layout_needs_one(invoke, exported: Path, small: Path, command: str, alone: list[str]):
    result = invoke(command, exported, *alone)
    assert result.code == 2
    assert f"{alone[0]} needs --layout\n    hint: add --layout" in result.err
    of_a_deployment = invoke(command, exported, "--deployment", small, *alone)
    assert of_a_deployment.code == 2
    assert "a deployment has its own workers" in of_a_deployment.err


def test_where_the_check_is_written_needs_a_check(invoke, exported: Path):
    result = invoke("calibrate", exported, "--no-check", "--check-out", "fit")
    assert result.code == 2
    assert "--check-out" in result.err
    assert "--no-check" in result.err
    assert not Path("calibrated.yaml").exists()


@pytest.mark.parametrize(
    "of_a_file", [["--columns", "id=Run"], ["--time-format", "%d.%m.%Y"], ["--encoding", "latin-1"], ["--times", "Africa/Nairobi"]]
)
@pytest.mark.parametrize("command", ["calibrate", "validate"])
def test_how_a_file_is_written_says_nothing_of_a_database(invoke, monkeypatch: pytest.MonkeyPatch, command: str, of_a_file: list[str]):
    asked = invoke(command, "--dsn", "postgresql://x/y", "--layout", "*:5", *of_a_file)
    assert asked.code == 2
    assert f"{of_a_file[0]} says how a file is written, and --dsn names a database" in asked.err
    monkeypatch.setenv("FASTLANES_SIM_DSN", "postgresql://x/y")
    assert "and FASTLANES_SIM_DSN names a database" in invoke(command, "--layout", "*:5", *of_a_file).err


def test_a_file_that_is_named_wins_over_the_environment(invoke, exported: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FASTLANES_SIM_DSN", "postgresql://x/y")
    assert invoke("calibrate", exported, "--no-check").code == 0
    both = invoke("calibrate", exported, "--dsn", "postgresql://x/y", "--force")
    assert both.code == 2
    assert "a file of runs and --dsn are both given" in both.err


@pytest.mark.parametrize("args", [[], ["missing.csv"], ["--dsn", "nonsense=secret x"]])
def test_nothing_to_read_is_2(invoke, args: list[str]):
    result = invoke("calibrate", *args)
    assert result.code == 2
    assert "hint:" in result.err
    assert "secret" not in result.err


def test_a_malformed_row_in_the_middle_of_many_costs_no_other(invoke, tmp_path: Path):
    """`benchmarks/calibration.py` does the same with a million rows, and measures. These are more than are read at once."""
    line = write_export(tmp_path / "runs.csv", ROWS_AT_ONCE + 2_000, workflows=20, days=2)
    result = invoke("calibrate", "runs.csv", "--layout", "fast_lane:2 manual>*:20", "--no-check")
    assert result.code == 0
    assert f"Read {ROWS_AT_ONCE + 2_001:,} rows of runs.csv: {ROWS_AT_ONCE + 2_000:,} kept, 1 dropped." in result.err
    assert f"runs.csv:{line}: not as many fields as the header" in result.err
    assert "nobody closes" not in result.err + Path("calibrated.yaml").read_text()
    strict = invoke("calibrate", "runs.csv", "--strict", "--out", "strict.yaml")
    assert (strict.code, Path("strict.yaml").exists()) == (2, False)
    assert f"runs.csv:{line}:" in strict.err


FORMULAS = {"project": "=cmd|' /C calc'!A0", "workflow": "@SUM(1+9)*cmd", "cron": "+1", "worker": "-2+3"}


def test_nothing_that_it_writes_as_csv_is_a_formula(invoke, tmp_path: Path):
    """Names are somebody else's texts: in the table of runs, in the export, and in the list of rows that were left out."""
    service = {"service": "1s"}
    workflows = {
        FORMULAS["workflow"]: {"triggers": [{"type": "webhook", "arrivals": {"poisson": "2/min"}} | service]},
        FORMULAS["cron"]: {"triggers": [{"type": "cron", "cron": "* * * * *"} | service]},
    }
    scenario = {"horizon": "30m", "projects": {FORMULAS["project"].replace("/", "|"): {"workflows": workflows}}}
    Path("evil.json").write_text(json.dumps(scenario | {"workers": [{"name": FORMULAS["worker"], "capacity": 3}]}))
    assert invoke("run", "evil.json", "--no-charts", "--format", "csv", "--export", "runs.csv", "--out", "out").code == 0
    broken = Path("runs.csv").read_text().splitlines(keepends=True)
    broken[5] = broken[5].replace(broken[5].split(",")[0], "=1+1").replace("success", "=2+2")
    broken[6] = broken[6].replace("success", "=HYPERLINK()")
    Path("runs.csv").write_text("".join(broken))
    assert invoke("calibrate", "runs.csv", "--rejects", "rejects.csv").code == 0
    for path in (Path("out/runs.csv"), Path("runs.csv"), Path("rejects.csv")):
        with path.open(newline="") as file:
            for number, row in enumerate(csv.reader(file)):
                if path.name == "runs.csv" and path.parent == Path() and number in (5, 6):
                    continue  # made evil above
                assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@")) and not is_number(cell)], path
    assert sum("'" in line for line in Path("out/runs.csv").read_text().splitlines()) > 50
    text = Path("calibrated.yaml").read_text()
    assert "@SUM(1+9)*cmd" in text, "read back, it is the name again"
    assert "'@SUM" not in text


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_zone_of_crons_is_not_that_of_times_without_an_offset(invoke, tmp_path: Path):
    """Lightning keeps UTC; its crons may be meant in local time."""
    (tmp_path / "berlin.yaml").write_text(
        "timezone: Europe/Berlin\nstart: 2026-07-06\nhorizon: 14d\n"
        'projects: {p: {workflows: {w: {triggers: [{type: cron, cron: "0 8 * * *", service: 5s}]}}}}\nworkers: [{workloops: "*:5"}]\n'
    )
    invoke("run", "berlin.yaml", "--export", "runs.csv", "--no-charts")
    invoke("calibrate", "runs.csv", "--no-check", "--layout", "*:5", "--timezone", "Europe/Berlin")
    assert 'cron: "0 8 * * *"' in Path("calibrated.yaml").read_text()
    invoke("calibrate", "runs.csv", "--no-check", "--layout", "*:5", "--timezone", "Europe/Berlin", "--times", "Europe/Berlin", "--force")
    assert 'cron: "0 6 * * *"' in Path("calibrated.yaml").read_text()
    assert "hint: write a name of the IANA" in invoke("calibrate", "runs.csv", "--times", "Berlin", "--force").err


def test_what_is_not_taken_over_from_a_deployment_is_said(invoke, exported: Path, tmp_path: Path):
    text = "horizon: 1h\nincidents: {lightning_down: [{from: 1m, to: 2m}]}\nprojects: {p: {workflows: {w: {triggers: []}}}}\n"
    (tmp_path / "deployed.yaml").write_text(text + 'workers: [{workloops: "*:5"}]\n')
    outcome = invoke("calibrate", exported, "--deployment", "deployed.yaml")
    assert "note: incidents of deployed.yaml are not taken over" in outcome.err


def test_objectives_of_other_projects_are_not_taken_over_from_a_deployment(invoke, exported: Path, tmp_path: Path):
    text = "horizon: 1h\nprojects: {p: {workflows: {w: {triggers: []}}}}\nslos: [lost == 0, project.p.lost == 0]\n"
    (tmp_path / "deployed.yaml").write_text(text + 'workers: [{workloops: "*:5"}]\n')
    outcome = invoke("calibrate", exported, "--deployment", "deployed.yaml")
    assert "note: objectives of projects, workflows and triggers of deployed.yaml are not taken over" in outcome.err
    assert "project.p" not in Path("calibrated.yaml").read_text()
    assert "lost == 0" in Path("calibrated.yaml").read_text()


def test_an_error_of_the_scenario_names_the_file_that_was_asked_for(invoke, exported: Path, monkeypatch: pytest.MonkeyPatch):
    """Not the temporary file, which nobody will ever see."""
    from fastlanes_sim.api.calibration import CalibrationResult

    monkeypatch.setattr(CalibrationResult, "text", lambda self, name="calibrated": f"name: {name}\nhorizon: 1h\nworkers: 5\n")
    outcome = invoke("calibrate", exported, "--out", "there.yaml")
    assert outcome.code == 104
    assert "\nthere.yaml:3:" in "\n" + outcome.err
    assert ".there.yaml." not in outcome.err + outcome.out
    assert not Path("there.yaml").exists()


def test_the_window_can_be_said(invoke, exported: Path):
    assert invoke("calibrate", exported, "--until", "2026-01-05 03:00").code == 0
    assert "horizon: 3h" in Path("calibrated.yaml").read_text()
    for written in ("2026-1-5T3:00", " 2026-01-5 03:00:00"):
        assert invoke("calibrate", exported, "--until", written, "--no-check", "--force").code == 0
        assert "horizon: 3h" in Path("calibrated.yaml").read_text()
    for far in (("--until", "9999-12-31"), ("--from", "1970-01-01")):
        refused = invoke("calibrate", exported, *far, "--force")
        assert refused.code == 2
        assert "the window is" in refused.err
        assert "longer" in refused.err
    outside = invoke("calibrate", exported, "--from", "2026-01-05 01:00", "--force")
    assert outside.code == 2
    assert "leave out runs" in outside.err


def test_the_window_is_in_the_zone_of_the_times_or_says_its_own(invoke, exported: Path):
    """Two hours were exported, from midnight in UTC on; --timezone is of crons alone."""
    asked = ("calibrate", exported, "--no-check", "--force", "--timezone", "Africa/Nairobi")
    assert invoke(*asked, "--until", "2026-01-05T03:00").code == 0
    assert invoke(*asked, "--until", "2026-01-05T06:00+03:00").code == 0
    assert "horizon: 3h" in Path("calibrated.yaml").read_text()
    early = invoke(*asked, "--until", "2026-01-05T03:00+03:00")
    assert early.code == 2
    assert "leave out runs" in early.err
    for wrong in ("soon", "2026-13-01"):
        refused = invoke(*asked, "--until", wrong)
        assert refused.code == 2
        assert "--until" in refused.err
        assert "2026-01-05T06:00+03:00" in refused.err


def test_a_single_run_is_no_rate(invoke, tmp_path: Path):
    Path("one.csv").write_text(
        "id,workflow,inserted_at,claimed_at,started_at,finished_at\n1,w," + ",".join(["2026-01-05 06:00:00"] * 4) + "\n"
    )
    outcome = invoke("calibrate", "one.csv")
    assert outcome.code == 2
    assert "1 run cannot say how often runs come" in outcome.err
    watched = invoke("calibrate", "one.csv", "--from", "2026-01-05", "--until", "2026-01-19")
    assert watched.code == 98
    assert "There are too few runs to compare" in watched.out
    assert "the rate lies between" in Path("calibrated.yaml").read_text()


def test_the_fit_is_checked_and_a_wrong_one_is_99(invoke, exported: Path):
    right = invoke("calibrate", exported, "--layout", "fast_lane:1 manual>*:4", "--check-out", "fit")
    assert right.code == 0
    assert "behaves like the export" in right.out
    assert Path("fit/fit.png").stat().st_size
    assert json.loads(Path("fit/fit.json").read_text())["waits_compared"]
    wrong = invoke("calibrate", exported, "--layout", "*:1", "--force")
    assert wrong.code == 99
    assert "in the fit and" in wrong.out
    assert "check the layout with validate" in wrong.out
    assert invoke("calibrate", exported, "--layout", "*:1", "--force", "--no-check").code == 0
    assert "Waits were not compared" in invoke("calibrate", exported, "--force").out
