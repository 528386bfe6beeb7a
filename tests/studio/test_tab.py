"""A tab without a browser: what is done in it changes the text, and the newest text is what is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.studio.history import MOST_STEPS
from fastlanes_sim.studio.requests import Reply
from fastlanes_sim.studio.tab import Tab
from tests.studio.conftest import TEXT, Opened, Remembering

RATE = "projects.clinic.workflows.register.triggers.0.arrivals.poisson"


def test_hello_shows_the_scenario_and_asks_for_an_answer(opened: Opened):
    assert opened.state["text"] == TEXT
    assert opened.state["question"] == "Is it enough?"
    assert list(opened.state["controls"]["workers"][0]["loops"]) == [
        {"queues": ["fast_lane"], "slots": 1},
        {"queues": ["manual", "*"], "slots": 4},
    ]
    assert opened.state["link"] == ""
    assert [one.kind for one in opened.processes.asked] == ["first", "refine"]


@pytest.mark.parametrize(
    ("gesture", "old", "new"),
    [
        ({"do": "layout", "group": 0, "layout": "fast_lane:2 manual>*:3"}, "fast_lane:1 manual>*:4", "fast_lane:2 manual>*:3"),
        ({"do": "set", "path": "workers.0.replicas", "value": 3}, 'manual>*:4"\n', 'manual>*:4"\n    replicas: 3\n'),
        ({"do": "set", "path": RATE, "value": 0.2}, "6/min", "12/min"),
        ({"do": "set", "path": "workers.0.backoff", "value": "1/2"}, 'manual>*:4"\n', 'manual>*:4"\n    backoff: 1/2\n'),
    ],
)
def test_a_gesture_changes_its_place_of_the_text_and_nothing_else(opened: Opened, gesture: dict[str, Any], old: str, new: str):
    opened.tab.gesture(gesture)
    assert opened.tab.text == TEXT.replace(old, new)
    assert opened.processes.asked[-1].scenario.text == opened.tab.text
    assert opened.state["dirty"]


def test_what_goes_wrong_is_switched_on_and_off(opened: Opened):
    opened.do("set", path="incidents.lightning_down", value=True)
    (incident,) = opened.processes.asked[-1].scenario.scenario.incidents.lightning_down
    assert (incident.begins, incident.ends) == (600_000_000, 660_000_000)
    opened.do("set", path="incidents.lightning_down", value=False)
    assert not opened.processes.asked[-1].scenario.scenario.incidents.lightning_down


@pytest.mark.parametrize(("project", "workflow"), [("clinic", "007"), ("2024", "register"), ("2024", "007")])
def test_names_may_be_digits(opened: Opened, project: str, workflow: str):
    opened.do("text", text=TEXT.replace("clinic:", f'"{project}":').replace("register:", f'"{workflow}":'))
    opened.do("set", path=f"projects.{project}.workflows.{workflow}.triggers.0.arrivals.poisson", value=0.2)
    assert "12/min" in opened.tab.text
    assert opened.said == ""


@pytest.mark.parametrize(
    "path",
    [
        *(f"incidents.{name}" for name in ("lightning_down", "slow_database", "dropped_replies", "over_quota")),
        *(f"workers.0.{name}" for name in ("outages", "crashes", "deploys")),
    ],
)
def test_every_kind_of_incident_is_switched_on_changed_and_switched_off(path: str, opened: Opened):
    opened.do("set", path=path, value=True)
    assert opened.state["problems"] == [] or {one["kind"] for one in opened.state["problems"]} == {"warning"}
    time = f"{path}.0.at" if path.endswith(("crashes", "deploys")) else f"{path}.0.from"
    opened.do("set", path=time, value="3m")
    shown = {one["path"]: one for part in ("incidents",) for one in opened.state["controls"][part]}
    assert shown[path]["value"] is True
    assert shown[time]["value"] == "3m"
    assert opened.state["controls"] is not None
    opened.do("set", path=path, value=False)
    assert opened.processes.asked[-1].scenario.hash == opened.processes.asked[0].scenario.hash


@pytest.mark.parametrize(
    ("written", "path", "value", "changed"),
    [
        ('piecewise: {"08:00": 6/min, "mon-fri 20:00": 1/min}', "piecewise.mon-fri 20:00", 0.05, '"08:00": 6/min, "mon-fri 20:00": 3/min'),
        ("poisson: 6/min, batch: {fixed: 3}", "batch.fixed", 4, "batch: {fixed: 4}"),
        ("poisson: 6/min, batch: {geometric: 3}", "batch.geometric", 2.5, "batch: {geometric: 2.5}"),
        ("poisson: 6/min, gaps: {shape: 2}", "gaps.shape", 0.5, "gaps: {shape: 0.5}"),
    ],
)
def test_what_arrivals_are_like_has_a_slider(opened: Opened, written: str, path: str, value: float, changed: str):
    opened.do("text", text=TEXT.replace("poisson: 6/min", written))
    assert opened.state["controls"] is not None
    opened.do("set", path=f"projects.clinic.workflows.register.triggers.0.arrivals.{path}", value=value)
    assert changed in opened.tab.text
    assert opened.state["controls"] is not None


def test_the_size_of_an_incident_is_a_number(opened: Opened):
    opened.do("set", path="incidents.dropped_replies", value=True)
    opened.do("set", path="incidents.dropped_replies.0.probability", value="0.5")
    assert opened.processes.asked[-1].scenario.scenario.incidents.dropped_replies[0].probability == 0.5
    opened.do("set", path="incidents.dropped_replies.0.probability", value="half")
    assert "half" in opened.said


def test_a_mistake_in_the_text_is_at_its_line_and_nothing_is_computed(opened: Opened):
    asked = len(opened.processes.asked)
    opened.do("text", text=TEXT.replace("horizon: 20m", "horizon: 20"))
    (problem,) = opened.state["problems"]
    assert (problem["line"], problem["kind"]) == (2, "error")
    assert "has no unit" in problem["message"]
    assert opened.state["controls"] is None
    assert len(opened.processes.asked) == asked
    opened.do("set", path="workers.0.replicas", value=2)
    assert opened.tab.text == TEXT.replace("horizon: 20m", "horizon: 20").replace('manual>*:4"\n', 'manual>*:4"\n    replicas: 2\n')
    opened.do("text", text=TEXT)
    assert len(opened.processes.asked) == asked + 2


def test_one_steps_back_and_forward_through_what_was_done(opened: Opened):
    opened.do("set", path="workers.0.replicas", value=2)
    opened.do("layout", group=0, layout="*:5")
    assert opened.state["history"] == {"steps": ["opened", "workers 2", "layout *:5"], "place": 2}
    opened.do("go", to="back")
    opened.do("go", to="back")
    assert opened.tab.text == TEXT
    opened.do("go", to=2)
    assert '"*:5"' in opened.tab.text
    opened.do("go", to=99)
    opened.do("go", to="nowhere")
    assert opened.said == "there is no such step"


def test_a_slider_that_is_moved_is_one_step(opened: Opened):
    for value in (0.2, 0.3, 0.4):
        opened.do("set", path=RATE, value=value)
    assert opened.state["history"]["steps"] == ["opened", "clinic/register, webhook: rate 24/min"]


def test_sliders_of_the_same_name_are_steps_of_their_own_and_the_words_say_whose(opened: Opened):
    other = "      remind:\n        triggers:\n          - {type: webhook, arrivals: {poisson: 1/min}, service: 1s}\n\nworkers"
    opened.do("text", text=TEXT.replace("\nworkers", other))
    opened.do("set", path=RATE, value=0.2)
    between = opened.tab.text
    opened.do("set", path=RATE.replace("register", "remind"), value=0.1)
    assert opened.state["history"]["steps"][2:] == ["clinic/register, webhook: rate 12/min", "clinic/remind: rate 6/min"]
    opened.do("go", to="back")
    assert opened.tab.text == between


def test_of_several_groups_of_workers_the_words_say_which(opened: Opened):
    opened.do("text", text=TEXT.replace("\nslos", '  - {name: spare, workloops: "*:1"}\n\nslos'))
    opened.do("set", path="workers.1.replicas", value=3)
    opened.do("layout", group=1, layout="*:2")
    assert opened.state["history"]["steps"][2:] == ["spare: workers 3", "spare: layout *:2"]


def test_the_history_is_bounded_and_keeps_its_beginning(opened: Opened):
    for slots in range(1, MOST_STEPS + 20):
        opened.do("layout", group=0, layout=f"*:{slots}")
    steps = opened.state["history"]["steps"]
    assert (len(steps), steps[0]) == (MOST_STEPS, "opened")


def test_what_is_pinned_is_compared_with(opened: Opened):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    refine = opened.processes.asked[-1]
    assert refine.pinned is not None
    assert refine.pinned.text == TEXT
    assert opened.state["pinned"] == "1 worker: fast_lane:1 manual>*:4"
    opened.do("pin", on=False)
    assert opened.state["pinned"] is None


def answer_first(opened: Opened) -> None:
    """The newest question for a first answer is answered."""
    asked = next(one for one in reversed(opened.processes.asked) if one.kind == "first")
    opened.tab.answered(Reply(opened.tab.name, asked.number, "first", {"hash": asked.scenario.hash}))


def curves_asked_for(opened: Opened) -> list[str]:
    """The texts whose curves were asked for beside those of the first answers."""
    return [one.scenario.text for one in opened.processes.asked if one.kind == "pinned"]


def test_the_page_learns_which_answer_is_that_of_what_is_pinned(opened: Opened):
    assert opened.state["pinned_hash"] == ""
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    pinned, now = opened.processes.asked[0].scenario.hash, opened.processes.asked[-1].scenario.hash
    assert (opened.state["pinned_hash"], opened.state["same"]) == (pinned, False)
    opened.do("go", to="back")
    assert (opened.state["pinned_hash"], opened.state["same"]) == (pinned, True)
    opened.do("go", to="forward")
    assert opened.state["pinned_hash"] == pinned != now


def test_the_curves_of_what_is_pinned_are_those_of_its_first_answer(opened: Opened):
    answer_first(opened)
    opened.do("pin", on=True)
    for slots in (2, 3, 4):
        opened.do("layout", group=0, layout=f"*:{slots}")
        answer_first(opened)
    assert curves_asked_for(opened) == []


def test_the_curves_of_what_is_pinned_are_asked_for_once_where_its_first_answer_never_came(opened: Opened):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    answer_first(opened)
    opened.do("layout", group=0, layout="*:3")
    assert curves_asked_for(opened) == [TEXT]
    shown = {"hash": opened.state["pinned_hash"], "curves": {}}
    opened.tab.answered(Reply(opened.tab.name, 1, "pinned", shown))
    assert opened.shown[-1] == {"kind": "pinned", **shown}, "whatever was changed in the meantime"


def test_a_link_with_a_pin_asks_for_its_curves(opened: Opened, file: Path):
    answer_first(opened)
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    again = Opened(file)
    again.do("hello", link=opened.state["link"])
    assert curves_asked_for(again) == [TEXT]


def test_a_page_that_takes_the_place_of_another_gets_answers_of_its_own(opened: Opened):
    answer_first(opened)
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    answer_first(opened)
    asked = len(opened.processes.asked)
    opened.do("hello")
    assert [one.kind for one in opened.processes.asked[asked:]] == ["first", "pinned", "refine"]


def test_a_comparison_with_what_is_no_longer_pinned_is_dropped(opened: Opened):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    compared = Reply(opened.tab.name, opened.processes.asked[-1].number, "compared", {"answer": ""})
    opened.tab.answered(compared)
    assert opened.shown[-1]["kind"] == "compared"
    opened.do("pin", on=False)
    opened.tab.answered(compared)
    assert opened.shown[-1]["kind"] == "state"


def test_a_link_shows_the_same_again(opened: Opened, file: Path):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    other = Opened(file)
    other.do("hello", link=opened.state["link"])
    assert other.tab.text == opened.tab.text
    assert other.state["pinned"] == opened.state["pinned"]
    third = Opened(file)
    third.do("hello", link="AAAA" + opened.state["link"])
    assert third.said == "the link's end cannot be read"
    assert third.tab.text == TEXT


def test_saving_writes_the_text_but_not_over_what_others_wrote(opened: Opened, file: Path):
    opened.do("layout", group=0, layout="*:2")
    opened.do("save")
    assert file.read_text() == opened.tab.text == TEXT.replace("fast_lane:1 manual>*:4", "*:2")
    assert not opened.state["dirty"]
    file.write_text("name: others\n")
    opened.do("layout", group=0, layout="*:3")
    opened.do("save")
    assert opened.said == "small.yaml has changed on disk"
    assert file.read_text() == "name: others\n"


def test_what_has_mistakes_is_not_saved(opened: Opened, file: Path):
    opened.do("text", text="horizon: [")
    opened.do("save")
    assert file.read_text() == TEXT
    assert "nothing is saved" in opened.said


def test_an_answer_to_an_older_question_is_dropped(opened: Opened):
    opened.do("layout", group=0, layout="*:2")
    newest, older = opened.processes.asked[-1].number, opened.processes.asked[0].number
    shown = len(opened.shown)
    opened.tab.answered(Reply(opened.tab.name, older, "first", {"headline": "old"}))
    assert len(opened.shown) == shown
    opened.tab.answered(Reply(opened.tab.name, newest, "first", {"headline": "new"}))
    assert opened.shown[-1] == {"kind": "first", "headline": "new"}


def test_the_death_of_a_process_is_told_and_asked_again(opened: Opened):
    asked = len(opened.processes.asked)
    died = {"message": "it died", "hint": "", "about": "process"}
    opened.tab.answered(Reply(opened.tab.name, 0, "died", died | {"alive": True}))
    assert [one["kind"] for one in opened.shown[-2:]] == ["failed", "computing"]
    assert len(opened.processes.asked) == asked + 2
    opened.tab.answered(Reply(opened.tab.name, 0, "died", died | {"alive": False}))
    assert opened.shown[-1]["kind"] == "failed"
    assert len(opened.processes.asked) == asked + 2, "nobody is left to answer"


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"do": "__init__"},
        {"do": "set", "path": "workers.0.name", "value": "x"},
        {"do": "set", "path": "workers.0.replicas", "value": "many"},
        {"do": "set", "path": "workers.0.replicas", "value": -1},
        {"do": "set", "path": "workers.0.replicas", "value": float("nan")},
        {"do": "set", "path": ["a"], "value": 1},
        {"do": "layout", "group": 7, "layout": "*:1"},
        {"do": "layout", "group": True, "layout": 5},
        {"do": "text", "text": 5},
        {"do": "text", "text": "x" * 6_000_000},
        {"do": "life", "run": "1"},
        {"do": "hello", "link": "%%%"},
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing(opened: Opened, message: object):
    opened.tab.gesture(message)
    assert opened.tab.text == TEXT
    assert opened.said


def test_a_hostile_layout_is_a_mistake_of_the_text_at_its_line(opened: Opened):
    opened.do("layout", group=0, layout='*:1"\nevil: <script>')
    (problem, *_) = opened.state["problems"]
    assert problem["line"] == 13
    opened.do("go", to="back")
    assert opened.state["problems"] == []


def test_a_scenario_without_a_file_is_not_saved():
    shown: list[dict[str, Any]] = []
    tab = Tab(TEXT, None, Remembering(), shown.append)
    tab.gesture({"do": "hello"})
    tab.gesture({"do": "save"})
    assert shown[-1]["message"] == "this scenario has no file"


def test_a_closed_tab_is_forgotten(opened: Opened):
    opened.tab.close()
    assert opened.processes.forgotten == [opened.tab.name]


@pytest.mark.parametrize("scenario", sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_control_of_every_scenario_changes_what_it_names(scenario: Path):
    shown: list[dict[str, Any]] = []
    text = scenario.read_text()
    tab = Tab(text, scenario, Remembering(), shown.append)
    tab.gesture({"do": "hello"})
    state = next(one for one in reversed(shown) if one["kind"] == "state")
    found = state["controls"]
    every = [*found["traffic"], *found["limits"], *(one for group in (*found["workers"], *found["sources"]) for one in group["controls"])]
    assert every
    for control in every:
        value = {"switch": not control["value"], "text": "2/3"}.get(control["kind"], control["value"])
        value = value * 1.05 if control["kind"] in ("rate", "duration", "factor") else value + 1 if control["kind"] == "count" else value
        tab.gesture({"do": "set", "path": control["path"], "value": value})
        state = next(one for one in reversed(shown) if one["kind"] == "state")
        assert not [one for one in state["problems"] if one["kind"] == "error"], control
        assert tab.text != text, control
        assert tab.text.count("#") == text.count("#")
        tab.gesture({"do": "go", "to": 0})
        assert tab.text == text


@pytest.mark.parametrize("what", ["failed", "cancelled"])
def test_curves_that_nobody_could_compute_are_asked_for_again(opened: Opened, what: str):
    opened.do("pin", on=True)
    opened.do("layout", group=0, layout="*:2")
    assert curves_asked_for(opened) == [TEXT]
    opened.tab.answered(Reply(opened.tab.name, 1, what, {"message": "out of memory", "hint": "", "about": "pinned"}))
    opened.do("layout", group=0, layout="*:3")
    assert curves_asked_for(opened) == [TEXT, TEXT]
