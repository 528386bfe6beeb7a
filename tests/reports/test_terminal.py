"""Long lines of words in a narrow terminal."""

from __future__ import annotations

from io import StringIO

import pytest

from fastlanes_sim.reports.text.terminal import console, wrapped


def test_sentences_are_broken_and_tables_are_not():
    row = "cost  layout                verdict      replications  p99(fast_lane.wait)"
    text = f"It bears 3.9 times the traffic; at 4 times it does not.\n\nMISSED    p99(fast_lane.wait) < 5s: 41 s [40 s, 42 s] of all\n{row}"
    assert wrapped(text, 40).split("\n") == [
        "It bears 3.9 times the traffic; at 4",
        "times it does not.",
        "",
        "MISSED    p99(fast_lane.wait) < 5s: 41 s",
        "          [40 s, 42 s] of all",
        row,
    ]
    assert wrapped(text, 200) == text


def test_in_a_notebook_a_text_is_a_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    file = StringIO()
    console(file).print("waited 3 s")
    assert file.getvalue() == "waited 3 s\n"
