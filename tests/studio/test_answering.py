"""What the process for questions answers: what the verbs say, as cards; and a cancelled question ends at once with what is known."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.studio.answering import MOST_SLOTS, STORE, answer, ladder
from fastlanes_sim.studio.question_process import QuestionProcess
from fastlanes_sim.studio.requests import Asked, Cancel, Question, Reply
from fastlanes_sim.studio.warm_process import CancelledError
from tests.studio.conftest import TEXT

SCARCE = TEXT.replace("fast_lane:1 manual>*:4", "*:1")
Found = list[tuple[str, dict[str, Any]]]


def loaded(text: str = TEXT) -> LoadedScenario:
    return load_scenario(Source.of_text(text, "small.yaml"))


def question(kind: Asked, folder: Path, text: str = TEXT, number: int = 1, tab: str = "tab", **options: Any) -> Question:
    return Question(tab, number, kind, loaded(text), str(folder), options)


def answered(asked: Question, check: Callable[[], None] = lambda: None) -> Found:
    found: Found = []
    answer(asked, check, lambda what, data: found.append((what, data)))
    assert json.loads(json.dumps([data for _, data in found], allow_nan=False))
    return found


def cancelling(after: int) -> Callable[[], None]:
    """A check that is asked so often before the question is cancelled."""
    left = [after]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise CancelledError

    return check


def test_advice_is_a_card_a_change_with_what_to_set(tmp_path: Path):
    found = answered(question("advise", tmp_path, SCARCE))
    assert found[0][0] == "progress"
    assert "estimate" in found[0][1]
    what, data = found[-1]
    assert (what, data["about"], data["asked_of"]) == ("asked", "advise", "1 worker: *:1")
    best = next(one for one in data["cards"] if one["sign"] == "met")
    assert best["use"]
    changed = loaded(SCARCE).scenario, verbs.load_scenario(loaded(SCARCE), overrides=best["use"]).scenario
    assert changed[0].workers != changed[1].workers


def test_a_search_recommends_what_the_verb_recommends(tmp_path: Path):
    what, data = answered(question("search", tmp_path, slots=2))[-1]
    expected = verbs.search(loaded(), [1, 2])
    assert what == "asked"
    assert data["headline"] == expected.report.answer
    if expected.recommended is not None:
        assert data["cards"][0]["title"] == expected.recommended.candidate.label
        assert data["cards"][0]["use"] == dict(expected.recommended.candidate.overrides)


def test_a_cancelled_search_says_what_it_knows_and_goes_on_from_there(tmp_path: Path):
    what, data = answered(question("search", tmp_path, slots=2), cancelling(15))[-1]
    assert (what, data["cancelled"]) == ("asked", True)
    assert data["headline"].startswith("Cancelled")
    assert data["cards"]
    assert (tmp_path / STORE).exists()
    again = verbs.search(loaded(), [1, 2], store=tmp_path / STORE)
    assert again.reused >= 5


def test_the_highest_traffic_is_what_the_verb_finds(tmp_path: Path):
    data = answered(question("traffic", tmp_path, most=40), cancelling(400))[-1][1]
    assert data["about"] == "traffic"
    assert [one["of"] for one in data["steps"]] == sorted(one["of"] for one in data["steps"])
    for card in data["cards"]:
        assert f"× {card['use']['traffic']:g}" == card["title"]


def test_a_question_that_is_cancelled_before_anything_is_known_is_only_cancelled(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        answered(question("advise", tmp_path), cancelling(2))


@pytest.mark.parametrize("slots", [0, -1, 2.5, None, True, MOST_SLOTS + 1])
def test_a_number_of_slots_that_makes_no_sense_is_refused(slots: Any, tmp_path: Path):
    with pytest.raises(FastlanesError, match="no number of slots"):
        answered(question("search", tmp_path, slots=slots))


@pytest.mark.parametrize(("now", "most"), [(1.0, 4.0), (0.3, 2.0), (2.0, 1.5), (7.0, 100.0)])
def test_factors_rise_in_even_steps_and_hold_what_is_now(now: float, most: float):
    found = ladder(now, most)
    assert found == sorted(set(found))
    assert 2 <= len(found) <= 43
    assert found[-1] == most
    assert (now in found) == (now <= most)
    assert found[0] > 0


def test_a_sensitivity_analysis_names_the_values_that_decide(tmp_path: Path):
    data = answered(question("sensitivity", tmp_path), cancelling(60))[-1][1]
    rows = data["bars"][0]["rows"]
    assert data["about"] == "sensitivity"
    assert {row["name"] for row in rows} == {one.name for one in verbs.questions(loaded()).values}


# --- exports ---


def calibrated(content: bytes, folder: Path, served: LoadedScenario | None = None, name: str = "my runs.csv") -> Found:
    place = folder / "kept" / "runs.csv"
    place.parent.mkdir()
    place.write_bytes(content)
    options = {"file": str(place), "name": name, "timezone": "UTC"}
    try:
        return answered(Question("tab", 1, "calibrate", served, str(folder), options))
    finally:
        assert not place.exists(), "it is removed, whatever came of it"


def test_an_export_becomes_a_scenario_with_the_check_of_its_fit(tmp_path: Path, export: Path):
    what, data = calibrated(export.read_bytes(), tmp_path)[-1]
    assert what == "calibrated"
    assert "like the export" in data["headline"]
    assert data["reading"][0].startswith("Read ")
    assert "my runs.csv" in data["reading"][0]
    assert str(tmp_path) not in json.dumps(data)
    assert data["picture"].startswith("<svg")
    assert load_scenario(Source.of_text(data["text"], "a.yaml")).scenario.projects


def test_the_workers_on_the_page_may_have_served_the_runs_whatever_went_wrong(tmp_path: Path, export: Path):
    served = loaded(TEXT.replace('manual>*:4"\n', 'manual>*:4"\n    crashes: [{at: 5m}]\n'))
    data = calibrated(export.read_bytes(), tmp_path, served)[-1][1]
    assert "Waits were not compared" not in data["headline"]
    assert load_scenario(Source.of_text(data["text"], "a.yaml")).scenario.workers[0].crashes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "my runs.csv"),
        (b"PAR1 this is no Parquet", "not a Parquet file"),
        (b"\x1f\x8b\x08\x00broken", "cut short or damaged"),
        (bytes(range(256)) * 4, "my runs.csv"),
        (b"<script>alert(1)</script>", "my runs.csv"),
    ],
)
def test_a_broken_or_hostile_file_gives_the_reader_s_error(content: bytes, words: str, tmp_path: Path):
    with pytest.raises(FastlanesError) as error:
        calibrated(content, tmp_path)
    assert words in error.value.message
    assert str(tmp_path) not in str(error.value)


# --- the process ---


class Heard:
    """Replies, in the order in which they come."""

    def __init__(self) -> None:
        self.replies: queue.Queue[Reply] = queue.Queue()

    def until(self, *what: str, tab: str = "tab") -> Reply:
        while True:
            reply = self.replies.get(timeout=200)
            if reply.what in what and reply.tab == tab:
                return reply


@pytest.fixture(scope="module")
def asking() -> Any:
    heard = Heard()
    process = QuestionProcess(heard.replies.put)
    yield process, heard
    process.close()


LONG = TEXT.replace("20m", "30d")
"""Of which one simulation takes longer than anybody who cancels is to wait."""


@pytest.mark.compiled
def test_a_process_is_started_for_the_first_question_and_a_cancelled_one_ends_at_once(asking: Any, tmp_path: Path):
    process, heard = asking
    assert process.numbers == {}
    process.ask(question("search", tmp_path, slots=12))
    assert heard.until("progress").data["unit"] == "replications"
    while not heard.until("progress").data["done"]:
        pass
    begun = time.monotonic()
    process.cancel(Cancel("tab", 1))
    ended = heard.until("asked", "cancelled")
    assert time.monotonic() - begun < 30
    assert ended.number == 1
    if ended.what == "asked":
        assert ended.data["cancelled"]


@pytest.mark.compiled
def test_questions_of_other_tabs_wait_for_their_turn_and_closing_a_tab_ends_its_own(asking: Any, tmp_path: Path):
    process, heard = asking
    process.ask(question("search", tmp_path, LONG, 2, slots=12))
    heard.until("progress")
    process.ask(question("search", tmp_path, number=1, tab="other", slots=0))
    assert heard.until("progress", tab="other").data["stage"] == "waiting for another tab's question"
    process.forget("tab")
    reply = heard.until("failed", tab="other")
    assert (reply.data["about"], reply.data["message"]) == ("search", "that is no number of slots")


@pytest.mark.compiled
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_death_is_told_and_the_next_question_is_answered(asking: Any, tmp_path: Path):
    process, heard = asking
    process.ask(question("search", tmp_path, LONG, 5, slots=12))
    heard.until("progress")
    os.kill(process.numbers["ask"], signal.SIGKILL)
    assert heard.until("failed").data["about"] == "search"
    process.ask(question("search", tmp_path, number=6, slots=99))
    assert heard.until("failed").data["message"] == "that is no number of slots"
