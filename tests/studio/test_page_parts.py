"""The parts of the page in a real browser, without a server: they are given what a tab says, and say what is done to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from fastlanes_sim import simulate
from fastlanes_sim.reports.charts.axes import DURATIONS
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.studio.page_data import of_simulation
from tests.studio.conftest import TEXT
from tests.support.browsers import chromium

pytest.importorskip("panel", reason="the studio is not installed: pip install fastlanes_sim[studio]")
LAYOUT = "fast_lane:1 manual>*:4"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium("the parts of the studio's page") as found:
        yield found.new_context(viewport={"width": 1200, "height": 1000})


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Empty, with the functions of the page's script. What is sent to the tab is in `sent`."""
    from fastlanes_sim.studio.component import script

    page, complaints = browser.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_script_tag(content=script().replace("export function", "function") + "\nvar sent = [], send = message => sent.push(message);")
    yield page
    assert complaints == []
    page.close()


@cache
def answer(layout: str, text: str = TEXT) -> dict[str, Any]:
    """The first answer, as the tab passes it on."""
    return of_simulation(simulate(text.replace(LAYOUT, layout), engine="reference"))


A, B, C = LAYOUT, "*:5", "*:2"


class Results:
    """The middle of the page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.evaluate(
            "durations => { window.results = resultsPanel(durations, send, h('div')); document.body.append(results.place); }",
            list(DURATIONS.items()),
        )

    def hears(self, what: str, *given: Any) -> None:
        self.page.evaluate("([what, given]) => results[what](...given)", [what, list(given)])

    def first(self, layout: str, text: str = TEXT) -> None:
        self.hears("first", answer(layout, text))

    @property
    def drawn(self) -> list[str]:
        """The curves of the current deployment."""
        return self._paths(".curve[stroke]:not(.before)")

    @property
    def dashed(self) -> list[str]:
        """Those of what is pinned."""
        return self._paths(".curve.before")

    def _paths(self, selector: str) -> list[str]:
        chart = self.page.locator("figure").first
        return [str(one.get_attribute("stroke")) + str(one.get_attribute("d")).count("L") * "." for one in chart.locator(selector).all()]

    def is_visible(self, selector: str) -> bool:
        return bool(self.page.locator(selector).first.is_visible())


@pytest.fixture
def results(page: Any) -> Results:
    return Results(page)


def test_dashed_curves_are_those_of_what_is_pinned_wherever_one_steps(results: Results):
    pinned = answer(A)["hash"]
    results.first(A)
    curves = results.drawn
    results.hears("pin", pinned, False)
    results.first(A)
    assert results.dashed == []
    for layout in (B, A, B, C):
        results.hears("pin", pinned, layout != A)  # the state of a text comes before its first answer
        results.first(layout)
        assert results.dashed == ([] if layout == A else curves)


def test_a_pin_that_comes_before_the_first_answer_waits_for_it(results: Results):
    results.first(A)
    results.hears("pin", answer(B)["hash"], False)
    results.first(B)
    curves = results.drawn
    results.hears("pin", answer(B)["hash"], True)
    results.first(C)
    assert results.dashed == curves


def test_curves_that_come_by_themselves_are_drawn_and_those_of_another_pin_are_not(results: Results):
    results.first(A)
    curves = results.drawn
    results.hears("pin", answer(A)["hash"], True)
    results.first(B)
    results.hears("pin", answer(C)["hash"], True)
    results.hears("pinned", answer(A))
    assert results.dashed == []
    results.hears("pin", answer(A)["hash"], True)
    results.hears("pinned", {name: answer(A)[name] for name in ("hash", "curves")})
    assert results.dashed == curves
    results.hears("pin", "", False)
    assert results.dashed == []


COMPARED = {"answer": "B is better.", "better": [], "worse": [], "changed": ["utilisation: …"], "same": [], "replications": 15, "notes": []}


def test_a_comparison_is_shown_as_long_as_it_is_with_something_else_that_is_pinned(results: Results):
    results.first(B)
    for is_shown, hash_ in ((True, answer(A)["hash"]), (False, answer(A)["hash"]), (False, "")):
        results.hears("pin", answer(A)["hash"], True)
        results.hears("compared", COMPARED)
        results.hears("pin", hash_, is_shown)
        assert results.is_visible(".compared") == is_shown


def test_what_changed_for_neither_better_nor_worse_has_a_list_of_its_own(results: Results):
    results.hears("compared", COMPARED)
    assert results.page.locator(".compared h3").all_text_contents() == ["Changed"]


def test_an_older_answer_stays_faded_where_there_is_no_newer_one(results: Results):
    results.first(A)
    results.hears("compared", COMPARED)
    results.hears("computing")
    results.hears("failed", {"about": "first", "message": "it takes too much memory", "hint": ""})
    assert results.is_visible(".results.stale")
    assert results.is_visible(".compared.stale")


def test_replications_that_cannot_be_made_are_not_promised(results: Results):
    results.hears("computing")
    results.hears("failed", {"about": "refine", "message": "it takes too long", "hint": ""})
    results.first(A)
    assert results.page.locator(".evidence").text_content() == "one simulation; it takes too long"
    results.hears("computing")
    results.first(A)
    assert results.page.locator(".evidence").text_content() == "one simulation; replications follow"


def test_triangles_stand_where_runs_have_not_started(results: Results):
    results.first(A)
    assert results.page.locator(".unstarted").count() == 0
    results.first("fast_lane:1")
    unstarted = [many for band in answer("fast_lane:1")["bands"] for many in band["unstarted"] if many]
    assert results.page.locator(".unstarted").count() == len(unstarted) > 0
    assert "△" in str(results.page.locator("figure").nth(1).text_content())


def test_of_runs_none_of_which_has_started_the_chart_does_not_say_that_there_are_none(results: Results):
    crons = TEXT.replace("          - {type: webhook", "#").replace("slos:", "#").replace("  - p95", "#")
    results.first("fast_lane:1", crons)
    first = results.page.locator("figure").first
    assert "still open" in str(first.text_content())
    assert "none has come so far" in str(first.text_content())


def test_the_legend_names_every_cause_in_the_bar(results: Results):
    shares = [{"cause": cause.label, "meaning": "", "share": 1 / len(Cause), "mean": "1 s"} for cause in Cause]
    found = answer(A) | {"causes": [{"name": "manual", "runs": 5, "mean": "9 s", "shares": shares}]}
    results.hears("first", found)
    assert results.page.locator(".cause .legend > span").count() == results.page.locator(".cause .part").count() == len(Cause)


# --- questions ---


@pytest.fixture
def ask(page: Any) -> Any:
    controls = "{workers: [{slots: 5}], traffic: [{value: 1}]}"
    page.evaluate(f"window.ask = askPanel(send); document.body.append(ask.place); ask.state({{controls: {controls}}});")
    return page


@pytest.mark.parametrize(
    ("question", "box", "typed", "options"),
    [
        ("Highest traffic", "Highest traffic: up to ×", "8", {"what": "traffic", "most": 8}),
        ("Highest traffic", "Highest traffic: up to ×", "2.75", {"what": "traffic", "most": 2.75}),
        ("Cheapest layout", "Cheapest layout: up to", "12", {"what": "search", "slots": 12}),
    ],
)
def test_what_is_typed_is_what_is_asked(ask: Any, question: str, box: str, typed: str, options: dict[str, Any]):
    ask.get_by_label(box).fill(typed)
    ask.get_by_role("button", name=question).click()
    assert ask.evaluate("sent") == [{"do": "ask", **options}]


@pytest.mark.parametrize(
    ("question", "box", "typed"),
    [
        ("Highest traffic", "Highest traffic: up to ×", "200"),
        ("Highest traffic", "Highest traffic: up to ×", ""),
        ("Cheapest layout", "Cheapest layout: up to", "50"),
        ("Cheapest layout", "Cheapest layout: up to", "2.5"),
    ],
)
def test_what_cannot_be_asked_is_marked_and_not_asked(ask: Any, question: str, box: str, typed: str):
    ask.get_by_label(box).fill(typed)
    ask.get_by_role("button", name=question).click()
    assert ask.evaluate("sent") == []
    assert ask.evaluate("document.activeElement.matches('input:invalid')")


def test_a_duration_is_rounded_before_it_is_split(page: Any):
    shown = page.evaluate("[0, 3.14, 9.94, 9.97, 59.4, 59.7, 119.6, 3600].map(seconds)")
    assert shown == ["0.0 s", "3.1 s", "9.9 s", "10 s", "59 s", "1 m 0 s", "2 m 0 s", "60 m 0 s"]


# --- the keyboard ---


@pytest.mark.parametrize(
    ("focused", "key", "then"),
    [
        ("0/0/queue/fast_lane", "Delete", "0/0/queue/manual"),
        ("0/0/queue/manual", "Delete", "0/0/add"),
        ("0/1/remove", "Enter", "0/new"),
        ("0/1/less", "Enter", "0/1/slots"),
        ("0/0/more", "Enter", "0/0/more"),
    ],
)
def test_a_neighbour_gets_the_focus_of_what_is_taken_away(page: Any, focused: str, key: str, then: str):
    loops = "[{queues: ['fast_lane', 'manual'], slots: 2}, {queues: ['*'], slots: 2}]"
    page.evaluate(f"layoutEditor(document.body, {{index: 0, name: 'worker', loops: {loops}}}, send)")
    page.locator(f'[data-key="{focused}"]').focus()
    page.keyboard.press(key)
    assert page.evaluate("sent.length") == 1
    assert page.evaluate("document.activeElement.dataset.key") == then


def test_a_count_that_makes_no_sense_is_marked_and_not_sent(page: Any):
    control = "{path: 'workers.0.replicas', label: 'workers', kind: 'count', value: 2, shown: '2'}"
    page.evaluate(f"document.body.append(controlRow({control}, send).row)")
    for typed, is_invalid in (("0", True), ("1.5", True), ("", True), ("3", False)):
        page.get_by_label("workers").fill(typed)
        assert page.locator("input:invalid").count() == is_invalid
    page.wait_for_function("sent.length")
    assert page.evaluate("sent") == [{"do": "set", "path": "workers.0.replicas", "value": 3}]


# --- the whole page ---


MODEL = """
var heard = null, told = one => heard({data: one});
document.body.append(render({el: document.body, model: {
  look: {whole: false, scripts: [], durations: []}, send_msg: send, on: (_, done) => { heard = done; }, get_child: () => h("div"),
}}));
"""


@pytest.mark.parametrize(("about", "stays"), [("first", True), ("process", True), ("life", False), ("report", False)])
def test_why_there_is_no_answer_is_said_until_there_is_one(page: Any, about: str, stays: bool):
    page.clock.install()
    page.evaluate(MODEL)
    page.evaluate("about => told({kind: 'failed', message: 'it takes too much memory', hint: '', about})", about)
    page.clock.run_for(20_000)
    assert page.locator(".said").first.is_visible() == stays
    page.evaluate("one => told({kind: 'first', ...one})", answer(A))
    assert not page.locator(".said").first.is_visible()
