"""Off a terminal a command says every half minute how far it is, and how long it will take."""

from __future__ import annotations

import time

import pytest

from fastlanes_sim.cli import progress
from fastlanes_sim.cli.progress import _Lines
from fastlanes_sim.core.units import MINUTE


def test_there_is_a_line_even_while_nothing_is_finished(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(progress, "EVERY", 0.02)
    with progress.counted("replications") as report:
        time.sleep(0.1)
        first = capsys.readouterr()
        report(10, 40)
        time.sleep(0.1)
    second = capsys.readouterr()
    assert first.err.startswith("replications: after 1 s\n")
    assert "replications: 10 of 40 after 1 s, about 1 s left\n" in second.err
    assert not first.out
    time.sleep(0.1)
    assert not capsys.readouterr().err, "it ends with the work"


def test_what_is_over_soon_says_nothing(capsys: pytest.CaptureFixture[str]):
    with progress.shown("quickstart", MINUTE) as report:
        report(MINUTE // 2, 5, 10)
    assert not capsys.readouterr().err


def test_the_estimate_is_in_proportion_and_left_out_where_there_is_none():
    lines = _Lines("replications")
    lines.tell(120, 1_000, "120 of 1,000")
    assert lines.line(30.0) == "replications: 120 of 1,000 after 30 s, about 3 m 40 s left"
    lines.tell(120, 0, "120")
    assert lines.line(30.0) == "replications: 120 after 30 s"
