"""`fastlanes-sim init`: from options or questions to a scenario, and from there to a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

SYNC = "clinic/register sync 2/min 2s..8s"
CRON = "clinic/report cron 0 * * * * x20 20s..60s"


def test_options_make_a_scenario_that_comes_to_a_verdict(invoke):
    made = invoke("init", "mine.yaml", "--workflow", SYNC, "--workflow", CRON, "--horizon", "2h", "--replicas", 2)
    assert made.code == 0, made.err
    assert "fastlanes-sim run mine.yaml --html" in made.out
    simulated = invoke("run", "mine.yaml", "--no-charts")
    assert simulated.code in (0, 98, 99)
    assert "p99(fast_lane.response) < 30s" in simulated.out


def test_it_does_not_write_over_what_is_there(invoke):
    Path("mine.yaml").write_text("mine")
    assert invoke("init", "mine.yaml", "--workflow", SYNC).code == 2
    assert Path("mine.yaml").read_text() == "mine"
    assert invoke("init", "mine.yaml", "--workflow", SYNC, "--force").code == 0


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], "init --workflow 'clinic/register sync 2/min 2s..8s'"),
        (["--workflow", "clinic/register sync 2 2s..8s"], "such as 1/min"),
        (["--workflow", SYNC, "--layout", "fast_lane"], "fast_lane"),
        (["--workflow", SYNC, "--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (["--workflow", SYNC, "--horizon", "1 fortnight"], "1 fortnight"),
        (["--workflow", SYNC, "--deadline", "soon"], "--deadline: 'soon'"),
        (["--workflow", SYNC, "--deadline", "30"], "--deadline: '30' has no unit"),
        (["--workflow", SYNC, "--horizon", "90"], "--horizon: '90' has no unit"),
        (["--workflow", SYNC, "--timezone", "EAT"], "--timezone: unknown time zone `EAT`"),
        (["--workflow", SYNC, "--layout", "*>fast_lane:1"], "--layout: "),
        (["--workflow", SYNC, "--replicas", "9999999"], "these options make no scenario: workers.0.replicas"),
        (["--workflow", CRON, "--deadline", "30s"], "no caller waits"),
        (["--workflow", "My Clinic/register sync 2/min 2s..8s"], "`My Clinic/register`: a name with a space"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(invoke, options: list[str], names: str):
    made = invoke("init", "mine.yaml", *options)
    assert made.code == 2
    assert names in made.err
    assert made.err.count("hint:") == 1
    assert "mine.yaml:" not in made.err
    assert not Path("mine.yaml").exists()


ANSWERS = [
    *("clinic", "register", "sync", "2/min,10/h", "2s..8s"),
    *("report", "crn", "cron", "0 * * * * x20", "20s..60s", ""),  # a mistake is asked again
    *("lab", "results", "kafka", "1/min", "3s", "", ""),
    *("2", "fast_lane:1 manual>*", "fast_lane:1 manual>*:4", "20s"),
]


def test_at_a_terminal_it_asks(invoke, monkeypatch: pytest.MonkeyPatch):
    answers = iter(ANSWERS)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda question, default, show_default: next(answers) or default)
    made = invoke("init", "mine.yaml")
    assert made.code == 0, made.err
    assert "did you mean `cron`" in made.out
    assert "Invalid" in made.out or "hint:" in made.out
    assert next(answers, None) is None
    text = Path("mine.yaml").read_text()
    assert "replicas: 2" in text
    assert "p99(fast_lane.response) < 20s" in text
    assert [line.strip() for line in text.splitlines() if line.startswith("  ") and not line.startswith("   ")][:2] == ["clinic:", "lab:"]
