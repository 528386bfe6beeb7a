"""A tab's questions without a browser and without processes: what is asked, cancelled and used, and a file that is dropped."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.studio.changes import with_overrides
from fastlanes_sim.studio.dropped import LARGEST_EXPORT, LARGEST_PIECE, Dropped
from fastlanes_sim.studio.notebook import literal, notebook
from fastlanes_sim.studio.requests import Cancel, Reply
from tests.studio.conftest import TEXT, Opened

LAYOUT = "fast_lane:1 manual>*:4"


def reply(opened: Opened, what: str, number: int = 1, **data: Any) -> None:
    opened.tab.answered(Reply(opened.tab.name, number, what, data))


def card(title: str, use: dict[str, object] | None) -> dict[str, Any]:
    return {"title": title, "sign": "met", "says": "", "lines": [], "cost": "", "use": use}


def test_a_question_is_about_the_text_as_it_is(opened: Opened):
    opened.do("set", path="workers.0.replicas", value=2)
    opened.do("ask", what="search", slots=6)
    (question,) = opened.processes.questions
    assert (question.kind, question.number, question.options["slots"]) == ("search", 1, 6)
    assert question.scenario is not None
    assert question.scenario.text == opened.tab.text
    assert opened.last("asking")["about"] == "search"


def test_what_cannot_be_asked_is_said(opened: Opened):
    opened.do("ask", what="everything")
    assert opened.said == "there is no such question"
    opened.do("text", text=TEXT[: TEXT.index("slos:")])
    opened.do("ask", what="traffic", most=4)
    assert opened.said == "the scenario asks for nothing"
    opened.do("text", text=TEXT.replace("20m", "20"))
    opened.do("ask", what="advise")
    assert opened.said == "the text has mistakes: there is nothing to ask about"
    assert opened.processes.questions == []


def test_a_change_ends_no_question_and_its_answer_is_shown(opened: Opened):
    opened.do("ask", what="advise")
    opened.do("layout", group=0, layout="*:5")
    reply(opened, "progress", stage="trying changes", done=3, of=0)
    assert opened.last("progress")["done"] == 3
    reply(opened, "asked", cards=[], headline="Nothing")
    assert opened.last("asked")["headline"] == "Nothing"


def test_what_is_cancelled_is_told_to_the_process_and_its_answer_is_what_is_known(opened: Opened):
    opened.do("cancel")
    assert opened.processes.cancelled == []
    opened.do("ask", what="search", slots=4)
    opened.do("cancel")
    assert opened.processes.cancelled == [Cancel(opened.tab.name, 1)]
    reply(opened, "asked", cards=[card(LAYOUT, {"workers.*.workloops": LAYOUT})], headline="Cancelled", cancelled=True)
    assert opened.last("asked")["cards"][0]["use"] == 0


def test_a_new_question_takes_the_place_of_the_last_one(opened: Opened):
    opened.do("ask", what="search", slots=4)
    opened.do("ask", what="advise")
    assert opened.last("cancelled")["about"] == "search"
    reply(opened, "asked", number=1, cards=[], headline="too late")
    assert not [one for one in opened.shown if one["kind"] == "asked"]
    reply(opened, "failed", number=2, about="advise", message="no", hint="")
    assert opened.last("unanswered")["message"] == "no"


def test_what_an_answer_recommends_becomes_the_text(opened: Opened):
    opened.do("ask", what="search", slots=4)
    uses = [card("nobody can", None), card(LAYOUT, {"workers.*.workloops": "fast_lane:2 *:2", "workers.*.capacity": None})]
    reply(opened, "asked", cards=uses, headline="")
    assert [one["use"] for one in opened.last("asked")["cards"]] == [None, 0]
    opened.do("use", card=0)
    assert opened.tab.text == TEXT.replace(LAYOUT, "fast_lane:2 *:2")
    assert opened.state["history"]["steps"][-1] == f"used {LAYOUT}"
    assert opened.processes.asked[-1].scenario.text == opened.tab.text
    for wrong in (1, -1, True, "0"):
        opened.do("use", card=wrong)
        assert opened.said == "there is no such answer"


@pytest.mark.parametrize(
    ("overrides", "old", "new"),
    [
        ({"workers.*.workloops": "*:3", "workers.*.capacity": None, "workers.*.deploys.*.workloops": None}, LAYOUT, "*:3"),
        ({"traffic": 1.5}, 'p95(fast_lane.response) < 15s\n', 'p95(fast_lane.response) < 15s\ntraffic: 1.5\n'),
        ({"workers.*.replicas": 2}, 'manual>*:4"\n', 'manual>*:4"\n    replicas: 2\n'),
        ({"projects.clinic.workflows.*.triggers.1.runs_per_tick": 3}, "runs_per_tick: 5", "runs_per_tick: 3"),
        ({"lightning.per_workflow_claim_limit": None}, "", ""),
    ],
)  # fmt: skip
def test_overrides_are_written_into_the_text(overrides: dict[str, object], old: str, new: str):
    assert with_overrides(TEXT, overrides) == TEXT.replace(old, new)


def test_an_override_of_a_project_whose_name_is_a_number_is_written_into_it():
    text = TEXT.replace("  clinic:", '  "2024":')
    found = with_overrides(text, {"projects.2024.workflows.*.triggers.1.runs_per_tick": 3})
    assert found == text.replace("runs_per_tick: 5", "runs_per_tick: 3")


def test_a_layout_takes_the_place_of_a_capacity():
    text = TEXT.replace('workloops: "fast_lane:1 manual>*:4"', "capacity: 5")
    found = with_overrides(text, {"workers.*.workloops": "*:3", "workers.*.capacity": None})
    assert load_scenario(Source.of_text(found, "a.yaml")).scenario.workers[0].layout == "*:3"


# --- files ---


def send(opened: Opened, content: bytes, name: str = "runs.csv") -> None:
    opened.do("file", name=name, size=len(content))
    for at in range(0, len(content), 5):
        opened.do("piece", at=at, data=b64encode(content[at : at + 5]).decode())


def test_a_dropped_file_is_whole_before_it_is_calibrated(opened: Opened):
    opened.do("file", name="runs.csv", size=7)
    opened.do("calibrate", workers="page", timezone="UTC")
    assert opened.said == "there is no file yet"
    send(opened, b"id,name")
    assert opened.last("file") == {"kind": "file", "name": "runs.csv", "size": 7, "there": 7}
    opened.do("calibrate", workers="page", timezone="Africa/Nowhere")
    assert "there is no time zone" in opened.said
    opened.do("calibrate", workers="page", timezone="Africa/Addis_Ababa")
    (question,) = opened.processes.questions
    assert (question.kind, question.options["name"], question.options["timezone"]) == ("calibrate", "runs.csv", "Africa/Addis_Ababa")
    assert question.scenario is not None
    place = question.options["file"]
    with open(place, "rb") as file:
        assert file.read() == b"id,name"
    assert opened.processes.folder in type(opened.processes.folder)(place).parents
    opened.do("file", name="other.csv", size=3)
    assert opened.said == "a file is being calibrated"
    reply(opened, "failed", about="calibrate", message="columns are missing", hint="")
    assert opened.last("unanswered")["message"] == "columns are missing"
    assert list(opened.processes.folder.iterdir()) == []


def test_nobody_need_know_the_workers(opened: Opened):
    send(opened, b"id")
    opened.do("calibrate", workers="unknown", timezone="")
    assert opened.processes.questions[0].scenario is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\evil.csv", "a\x00b\n.csv", "<img src=x>.csv", "." * 300, ""])
def test_a_hostile_name_stays_in_the_folder(name: str, opened: Opened):
    dropped = Dropped.begin(name, 3, opened.processes.folder)
    assert dropped.place.parent.parent == opened.processes.folder
    assert dropped.place.is_file()
    dropped.remove()
    assert list(opened.processes.folder.iterdir()) == []


def test_what_is_too_large_or_out_of_order_is_refused_in_words(opened: Opened):
    opened.do("file", name="runs.csv", size=300 * 2**20)
    assert opened.said == f"`runs.csv` has 300 MB, and this page takes at most {LARGEST_EXPORT // 2**20} MB"
    opened.do("file", name="runs.csv", size=0)
    assert opened.said == "`runs.csv` is empty"
    for piece, words in [
        ({"at": 3, "data": "AAAA"}, "a piece of the file was lost on its way"),
        ({"at": 0, "data": "A" * (2 * LARGEST_PIECE + 4)}, "a piece of the file was lost on its way"),
        ({"at": 0, "data": "not base64"}, "a piece of the file was damaged on its way"),
        ({"at": 0, "data": b64encode(b"more than it was").decode()}, "the file has changed while it was read"),
    ]:
        opened.do("file", name="runs.csv", size=9)
        opened.do("piece", **piece)
        assert opened.said == words
        assert list(opened.processes.folder.iterdir()) == []
    opened.do("piece", at=0, data="AAAA")
    assert list(opened.processes.folder.iterdir()) == []


def test_a_fit_is_opened_as_a_scenario(opened: Opened):
    opened.do("open")
    assert opened.said == "no export was calibrated"
    send(opened, b"id")
    opened.do("calibrate", workers="unknown")
    fitted = TEXT.replace("6/min", "7/min")
    reply(opened, "calibrated", name="runs.csv", text=fitted, headline="It behaves like the export")
    assert "text" not in opened.last("calibrated")
    opened.do("open")
    assert opened.tab.text == fitted
    assert opened.state["history"]["steps"][-1] == "opened runs.csv as a scenario"
    opened.do("go", to="back")
    assert opened.tab.text == TEXT


def test_a_file_goes_with_its_tab(opened: Opened):
    send(opened, b"id,name")
    opened.tab.close()
    assert list(opened.processes.folder.iterdir()) == []


# --- what can be taken away ---


def test_a_report_is_asked_for_with_what_is_pinned(opened: Opened):
    opened.do("report", of="comparison")
    assert opened.said == "nothing else is pinned"
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:5")
    opened.do("report", of="comparison")
    request = opened.processes.asked[-1]
    assert (request.kind, request.of) == ("report", "comparison")
    assert request.pinned is not None
    assert request.pinned.text == TEXT
    opened.do("report", of="everything")
    assert opened.said == "there is nothing to report"
    reply(opened, "report", number=0, name="small-comparison.html", text="<html>")
    assert opened.last("download") == {"kind": "download", "type": "text/html", "name": "small-comparison.html", "text": "<html>"}


def test_the_scenario_is_taken_away_as_it_stands(opened: Opened):
    opened.do("text", text="horizon: what")
    opened.do("download")
    assert (opened.last("download")["name"], opened.last("download")["text"]) == ("small.yaml", "horizon: what")
    opened.do("notebook")
    assert opened.said == "the text has mistakes: nothing would run"


def test_a_notebook_repeats_what_is_on_the_page(opened: Opened, capsys: pytest.CaptureFixture[str]):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:5")
    opened.do("notebook")
    found = opened.last("download")
    assert found["name"] == "small.ipynb"
    cells = json.loads(found["text"])["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    printed = capsys.readouterr().out
    assert names["current"].scenario.workers[0].layout == "*:5"
    assert names["pinned"].scenario.workers[0].layout == LAYOUT
    assert names["found"].text() in printed
    assert "With current instead of pinned" in names["compared"].text()


def test_a_notebook_is_what_jupyter_reads():
    nbformat = pytest.importorskip("nbformat")
    text = notebook(load_scenario(Source.of_text(TEXT, "small.yaml")), None)
    nbformat.validate(nbformat.reads(text, as_version=4))


@pytest.mark.parametrize("text", ["plain\n", 'a "quoted" text"', "'''\n\"\"\"", "back\\slash\n", "\u202e hidden\x00", "", "${x} {y} %s"])
def test_any_text_is_spelled_as_python_reads_it(text: str):
    assert eval(literal(text)) == text


def test_names_are_no_markup_in_a_notebook():
    text = TEXT.replace("# Is it enough?", "# <img src=x onerror=alert(1)> [a](http://b)?")
    heading = "".join(json.loads(notebook(load_scenario(Source.of_text(text, "small.yaml")), None))["cells"][0]["source"])
    assert "<img" not in heading
    assert "[a](" not in heading


def test_dropped_refuses_what_is_no_file(opened: Opened):
    for name, size in [(3, 3), ("a", True), ("a", -1), ("a", "3")]:
        with pytest.raises(FastlanesError, match="makes no sense"):
            Dropped.begin(name, size, opened.processes.folder)
