"""What takes long says so, in a log too."""

from __future__ import annotations

import sys

import pytest

from fastlanes_sim.cli import progress


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """19 steps of 4 s."""
    now = [0.0]
    monkeypatch.setattr(sys, "__stderr__", sys.stderr)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.counted("replaying") as report:
        for done in range(1, 20):
            now[0] = 4.0 * done
            report(done, 19)
    assert capsys.readouterr().err.splitlines() == ["replaying: 3 of 19, about 60 s left", "replaying: 6 of 19, about 52 s left",
        "replaying: 12 of 19, about 28 s left"]  # fmt: skip


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counted("reading") as report:
        report(1_000, 0)
        report(2_000, 0)
    assert capsys.readouterr().err == ""
