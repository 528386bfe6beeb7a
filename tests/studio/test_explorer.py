"""The studio in a notebook: what is on the page is what code gets, and what is shown where nothing runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim import explore, load_scenario, simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.studio import explorer as module
from fastlanes_sim.studio.changes import with_overrides
from tests.studio.conftest import TEXT, Remembering


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Remembering:
    class Listening(Remembering):
        def listen(self, tab: str, heard: Any) -> None:
            self.heard = heard

    found = Listening()
    monkeypatch.setattr(module, "_processes", lambda: found)
    return found


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a cell shows."""
    found: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda one, **_: found.append(one))
    return found


def test_what_was_laid_over_the_scenario_is_in_the_text(file: Path):
    explorer = explore(file, layout="*:3", seed=7, horizon="10m", overrides={"traffic": 2})
    assert explorer.scenario.hash == load_scenario(file, layout="*:3", seed=7, horizon="10m", overrides={"traffic": 2}).hash
    assert "# Is it enough?" in explorer.text
    assert "horizon: 10m  # short" in explorer.text
    assert explorer.result.report.answer == simulate(file, layout="*:3", seed=7, horizon="10m", overrides={"traffic": 2}).report.answer


def test_a_star_means_every_entry_and_what_is_not_there_is_not_taken_away():
    workers = 'workers:\n  - {workloops: "*:1", replicas: 2}\n  - {name: others, capacity: 3}\n'
    two = TEXT.replace('workers:\n  - workloops: "fast_lane:1 manual>*:4"\n', workers)
    loaded = load_scenario(two, layout="*:4", overrides={"workers.*.replicas": 3, "workers.*.deploys.*.workloops": None})
    text = with_overrides(loaded.text, loaded.overrides)
    assert load_scenario(text).hash == loaded.hash
    assert text.count('"*:4"') == 2
    assert text.count("replicas: 3") == 2
    assert "capacity" not in text
    assert "deploys" not in text


def test_what_cannot_be_written_into_the_text_is_an_error():
    aliased = TEXT.replace("service: 5s", "service: &s 5s").replace("{lognormal: {median: 2s, p95: 8s}}", "*s")
    with pytest.raises(FastlanesError):
        explore(aliased, overrides={"projects.clinic.workflows.register.triggers.0.service": {"constant": "1s"}}).text.index("never")


def test_what_is_done_on_the_page_comes_back_to_code(file: Path, processes: Remembering, shown: list[Any], monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("panel")
    monkeypatch.setattr(module, "_in_a_kernel", lambda: True)
    explorer = explore(file)
    before = explorer.result

    async def cell() -> None:
        explorer._ipython_display_()

    asyncio.run(cell())
    page = shown[-1]
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(page, "_send_msg", sent.append)
    assert page.look["whole"] is False
    assert [script[:11] for script in page.look["scripts"]] == ["ace.define("] * 3, "the editor's colours come with the page"
    assert processes.asked == [], "nobody has looked at it yet"
    page._handle_msg({"do": "hello", "link": ""})
    page._handle_msg({"do": "layout", "group": 0, "layout": "fast_lane:2 manual>*:4"})
    assert {one["kind"] for one in sent[:2]} == {"state", "computing"}
    assert [one.kind for one in processes.asked[-2:]] == ["first", "refine"]
    assert processes.asked[-1].scenario.hash == explorer.scenario.hash
    assert explorer.scenario.scenario.workers[0].layout == "fast_lane:2 manual>*:4"
    assert explorer.result is not before
    assert explorer.result is explorer.result


def test_where_nothing_runs_there_is_the_first_answer(file: Path, shown: list[Any]):
    explorer = explore(file)
    explorer._ipython_display_()
    (only,) = shown
    assert explorer.result.report.cases[0].measured in only["text/html"]
    assert only["text/html"].startswith('<div class="fastlanes-instead">')
    assert explorer.result.text() in only["text/plain"]
    assert "the studio" in only["text/plain"]
    assert explorer.result.text() in repr(explorer)


def test_without_panel_it_says_what_to_install(file: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_in_a_kernel", lambda: True)
    monkeypatch.setitem(sys.modules, "panel", None)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    explore(file)._ipython_display_()
    (only,) = shown
    assert 'pip install "fastlanes_sim[notebook]"' in only["text/plain"]
