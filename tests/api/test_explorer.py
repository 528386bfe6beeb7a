"""The sliders' questions and answers, and what there is without them."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.api.explorer import Explorer, explore, layout
from fastlanes_sim.core.errors import FastlanesError
from tests.cli.conftest import SMALL


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ((0, 5), "manual>*:5"),
        ((1, 4), "fast_lane:1 manual>*:4"),
        ((1, 4, True), "fast_lane:1 fast_lane>manual>*:4"),
        ((2, 0), "fast_lane:2"),
    ],
)
def test_slots_become_a_layout(asked: tuple[Any, ...], text: str):
    assert layout(*asked) == text


def test_no_slot_is_an_error():
    with pytest.raises(FastlanesError, match="without slots"):
        layout(0, 0)


def test_each_question_is_simulated_once_with_what_it_changes(small: Path):
    explorer = Explorer(small, engine="reference")
    twice = explorer.ask(1, 4, workers=2, traffic=2.0)
    assert twice is explorer.ask(1, 4, workers=2, traffic=2.0)
    assert len(twice.deployment.workers) == 2
    assert len(twice.runs) > 1.5 * len(explorer.ask(1, 4).runs)


def test_outside_a_notebook_there_is_a_table(small: Path, capsys: pytest.CaptureFixture[str]):
    explorer = explore(small, engine="reference")
    printed = capsys.readouterr().out
    assert list(explorer.table.index) == [layout(pinned, 5 - pinned) for pinned in range(4)]
    assert all(text in printed for text in explorer.table.index)
    assert "p99 of the wait" in printed


def test_without_ipywidgets_a_notebook_has_the_table_and_says_so(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shown: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explorer = explore(small, engine="reference")
    assert shown == [explorer.table]
    assert "pip install ipywidgets" in capsys.readouterr().out


def test_without_ipython_there_is_a_table(small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.startswith("IPython"):
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    explore(small, engine="reference")
    assert "fast_lane:1 manual>*:4" in capsys.readouterr().out


def test_moving_a_slider_simulates_and_shows(small: Path):
    pytest.importorskip("ipywidgets")
    answers: list[Any] = []
    sliders = Explorer(small, engine="reference").sliders(answers.append)
    sliders.update()
    pinned = next(one for one in sliders.children if getattr(one, "description", "") == "pinned to the fast lane")
    pinned.value = 2
    assert answers[-1].deployment.workers[0].workloops[0].capacity == 2
    assert len(answers) >= 2
