"""The report page as a browser shows it, and as a file."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim import compare, highest_traffic, replicate, search, sensitivity, simulate, sweep
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.reports.charts.style import paper
from fastlanes_sim.reports.content.answers import headline
from fastlanes_sim.reports.html.page import Text
from fastlanes_sim.reports.html.render import _flat, html, whole
from fastlanes_sim.reports.html.slowest_runs import slots_meanwhile
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import Table
from tests.cli.conftest import SMALL
from tests.support.browsers import chromium

EVIL = "# </code></pre><script>alert(1)</script><img src=x onerror=alert(2)>\n"
SCENARIO = EVIL + SMALL.replace("clinic:", '"clinic <b>&":') + "  - p99(fast_lane.wait) < 1ms\n"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    path = folder / "<evil>.yaml"
    path.write_text(SCENARIO)
    found: dict[str, Any] = {
        "single": simulate(path, engine="reference"),
        "replicated": replicate(path, 3, engine="reference"),
        "compared": compare(path, layouts=["*:5", "fast_lane:1 manual>*:4", "fast_lane:2 manual>*:3"], replications=3, engine="reference"),
        "swept": sweep(path, {"workers.0.replicas": [1, 2], "traffic": [1, 2]}, 3, engine="reference"),
        "sensed": sensitivity(path, ["traffic=0.5..1"], 2, samples=2, engine="reference"),
        "searched": search(path, [1], engine="reference"),
        "carried": highest_traffic(path, [1, 2], engine="reference"),
    }
    for name, one in found.items():
        (folder / f"{name}.html").write_text(html(one.page()), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in found}


KINDS = ("single", "replicated", "compared", "swept", "sensed", "searched", "carried")


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_small_whole_and_asks_for_nothing(pages: dict[str, Path], kind: str):
    text = pages[kind].read_text()
    assert len(text) < 3_000_000
    assert text.count("<script") == 1, "our own"
    policy = re.findall(r"script-src 'sha256-([^']+)'", text)
    assert policy == [b64encode(sha256(text.partition("<script>")[2].partition("</script>")[0].encode()).digest()).decode()]
    assert "<img" not in text
    links = re.findall(r'\b(?:href|src)="([^"]*)"', text)
    assert all(link.startswith(("#", "data:")) for link in links), links
    assert not re.findall(r"url\((?!#)", text)
    assert "&lt;script&gt;alert(1)" in text


def test_the_verdict_comes_first_and_the_scenario_last(pages: dict[str, Path]):
    text = pages["single"].read_text()
    order = ["1 of 2 objectives is missed", 'id="verdict"', 'id="why"', 'id="charts"', 'id="tables"', 'id="scenario"', 'id="origin"']
    places = [text.index(what, text.index("<h1>")) for what in order]
    anchors = [text.rindex(what) for what in order[1:]]
    assert anchors == sorted(anchors)
    assert places[0] < min(anchors)


def test_the_first_lines_are_the_question_the_answer_and_what_it_rests_on(tmp_path: Path):
    path = tmp_path / "small.yaml"
    path.write_text(f"# Is one worker\n#  enough? It was.\n{SMALL}")
    report = simulate(path, engine="reference").report
    assert report.question == "Is one worker enough?"
    assert report.answer.startswith("The objective is met: p95(fast_lane.response) < 30s: ")
    assert dict(report.facts)["deployment"] == "1 worker: fast_lane:1 manual>*:4"
    assert dict(report.facts)["simulated"] == "30 m from Mon 2026-01-05 00:00 (UTC)"
    head = html(simulate(path, engine="reference").page()).partition("<nav")[0]
    parts = ["<h1>Is one worker enough?</h1>", "small, seed 1", "The objective is met", "<dt>deployment</dt>"]
    places = [head.rindex(part) for part in parts]
    assert places == sorted(places)


def test_every_kind_answers_in_one_sentence_with_what_was_measured(pages: dict[str, Path]):
    for kind, said in (
        ("single", r"1 of 2 objectives is missed: p99\(fast_lane.wait\) &lt; 1ms: \d"),
        ("replicated", r"1 of 2 objectives is missed: p99\(fast_lane.wait\) &lt; 1ms: \d.*\["),
        ("compared", r"No deployment is shown to meet every objective. With fast_lane:. manual&gt;\*:. instead of \*:5, p"),
        (
            "swept",
            r"Every objective is met at none of the 4 design points; nearest to meeting them, workers.*traffic=1: .*\[",
        ),
        ("searched", r"no layout of the 2 meets every objective.*\. Nearest: .*\["),
        ("carried", r"not even 1 .* the traffic is sustainable.*: at 1 .* it does not \(p99.*\["),
    ):
        answer = re.findall(r'<p class="headline[^"]*">(.*?)</p>', pages[kind].read_text())[0].replace("\N{NO-BREAK SPACE}", " ")
        assert re.search(said, answer), answer


def test_a_comparison_has_both_values_and_words_instead_of_signs(pages: dict[str, Path]):
    text = pages["compared"].read_text()
    first = text.partition('id="tables"')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', first)
    assert heads == ["statistic", "*:5", "fast_lane:1 manual&gt;*:4", "difference", "from", "to"]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", first)
    assert any(cell.endswith(("longer", "shorter")) for cell in cells)
    assert not [cell for cell in cells if cell.startswith("-")]


def test_values_are_told_under_the_pointer(pages: dict[str, Path]):
    for kind in KINDS:
        text = pages[kind].read_text()
        told = [json.loads(unescape(one)) for one in re.findall(r'data-hover="([^"]*)"', text)]
        assert len(told) == text.count("<figure><svg")
        for panel in (panel for panels in told for panel in panels):
            left, top, right, bottom = panel["box"]
            assert all(left - 1 <= x <= right + 1 and top - 1 <= y <= bottom + 1 and said for x, y, said in panel["points"])
            assert all(x0 <= x1 and y0 <= y1 and said for x0, y0, x1, y1, said in panel["bars"])


def test_the_same_result_gives_the_same_bytes(tmp_path: Path):
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO)
    once, twice = (html(simulate(path, engine="reference").page()) for _ in range(2))
    assert once == twice


def test_the_slowest_run_s_wait_is_shown_with_who_held_the_slots(pages: dict[str, Path]):
    text = pages["single"].read_text()
    headings = re.findall(r'<h3 id="chart-\d+">(.*?)</h3>', text)
    assert headings == [
        "What the waits were made of",
        "How long runs took: wait",
        "How often runs waited longer",
        "How long runs took: response",
        "Waits and queues over time",
        "Percentiles of the wait over time",
        "Busy slots",
        "Who held the slots while the slowest run waited",
    ]
    assert re.search(r"<p>Each bar is a run in its slot. The slowest fast lane run was inserted .* later: the dotted lines", text)
    assert text.count("The numbers behind") == len(headings)


def test_of_a_wait_beyond_the_window_its_beginning_is_shown(tmp_path: Path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("fast_lane:1 manual>*:4", "manual:1"))
    assert slots_meanwhile(simulate(path, engine="reference")) == [], "nobody held a slot"
    path.write_text(SMALL.replace("5s}", "10m}").replace("fast_lane:1 manual>*:4", "*:1"))
    (chart,) = slots_meanwhile(simulate(path, engine="reference"))
    assert "lies on the right of what is shown" in chart.legend


def test_of_several_deployments_the_objectives_are_a_row_each(pages: dict[str, Path]):
    for kind, rows in (("compared", 3), ("swept", 4)):
        verdicts = pages[kind].read_text().partition('id="verdict"')[2].partition("</table>")[0]
        assert verdicts.count("<tr>") == 1 + rows
        assert verdicts.count('<th scope="col">') == 3, "the deployment and two objectives"
        assert verdicts.count("</span>") == 2 * rows, "what became of each"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3 m 26 s [3 m 19 s, 3 m 32 s]", ["3_m_26_s", "[3_m_19_s,_3_m_32_s]"]),
        ("≈ 19.1 s after 10 replications", ["≈_19.1_s", "after", "10", "replications"]),
        ("fast_lane:1 manual>*:4", ["fast_lane:1", "manual>*:4"]),
        ("5 short, 0.1 % to 2 h", ["5", "short,", "0.1_%", "to", "2_h"]),
    ],
)
def test_no_line_breaks_inside_a_number_with_its_unit(text: str, parts: list[str]):
    assert whole(text).replace("\N{NO-BREAK SPACE}", "_").split(" ") == parts


def test_columns_of_words_stand_left_and_numbers_right():
    table = Table("x", ["", "runs", "busy", "workloop"], [["a", "1,000", "≥ 4 %", "*:5"], ["b", "–", "-3 s", "fast_lane:1"]])
    assert [table.is_text(column) for column in range(4)] == [True, False, False, True]


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.used: list[str] = []
        self.headings: list[int] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        for name in ("href", "xlink:href", "aria-labelledby"):
            value = given.get(name) or ""
            self.used += [value.lstrip("#")] if value and not value.startswith("data:") else []
        self.used += re.findall(r"url\(#([^)]*)\)", " ".join(str(value) for value in given.values()))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("svg", "img"):
            self.pictures.append(given)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_clash_nowhere_headings_step_and_pictures_are_described(pages: dict[str, Path], kind: str):
    outline = Outline()
    outline.feed(pages[kind].read_text())
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.used) <= set(outline.ids)
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.pictures
    assert all(one.get("role") == "img" and one.get("aria-label") for one in outline.pictures)


def test_two_charts_of_a_page_share_no_ids():
    def ids(name: str) -> set[str]:
        figure = paper(2, 2)
        figure.subplots().plot([1, 2])
        return set(re.findall(r'\bid="([^"]*)"', inline(figure, name, 'a "label"')))

    assert ids("a")
    assert not ids("a") & ids("b")


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], "No objectives"),
        (["met"], "The objective is met"),
        (["met", "met"], "All 2 objectives are met"),
        (["met", "undecided", "missed"], "1 of 3 objectives is missed"),
        (["undecided", "undecided", "met"], "2 of 3 objectives are undecided"),
    ],
)
def test_the_headline_counts(outcomes: list[Outcome], said: str):
    cases = [Case("", "", outcome, "", Path("x"), 1) for outcome in outcomes]
    assert headline(cases) == said
    assert headline(cases, interrupted=True) == f"{said} (interrupted: of that part alone)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium("the page") as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_at_any_width_without_complaint(pages: dict[str, Path], browser: Any, kind: str, scheme: str):
    page = browser.new_page(color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for width in (600, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(pages[kind].as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.querySelectorAll('figure svg')].every(one => one.getBoundingClientRect().width > 400)")
    assert said == []
    assert {url for url in asked if not url.startswith(("file:", "data:"))} == set()
    assert page.evaluate(CONTRAST) >= 4.5
    page.close()


CONTRAST = """
(() => {
  const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => numbers(text).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const texts = [...document.querySelectorAll('p, a, td, th, li, summary, h1, h2, h3, caption, footer p')];
  return Math.min(...texts.map(one => light(getComputedStyle(one).color))
    .map(own => (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)));
})()
"""
"""The lowest contrast of any text with the page's ground (WCAG 2.2, 1.4.3: at least 4.5)."""


def test_the_keyboard_reaches_everything(pages: dict[str, Path], browser: Any):
    page = browser.new_page()
    page.goto(pages["single"].as_uri())
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.textContent === 'Skip to the report'")
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.parentElement.open")
    assert page.evaluate("[...document.querySelectorAll('.scroll, pre')].every(one => one.tabIndex === 0)")
    page.close()


def test_it_prints_dark_on_white_without_what_is_for_screens(pages: dict[str, Path], browser: Any):
    page = browser.new_page(color_scheme="dark")
    page.goto(pages["single"].as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    page.close()


def test_a_very_long_scenario_is_cut_so_that_the_page_stays_small():
    text = Text("x", "é" * 5_000_000)
    assert text.shown.endswith("\n… and 4,800,000 characters more")
    assert Text("x", "short").shown == "short"


def test_paths_in_the_scenario_are_named_as_they_are_written() -> None:
    """`register_patient` is a name; `scenario_hash` is a word of ours."""
    values = {"scenario_hash": "a1", "ranges": {"workflows.register_patient.poisson": {"low": 0.06999999999999999}}}
    assert list(_flat(values)) == [("scenario hash", "a1"), ("ranges: workflows.register_patient.poisson: low", "0.07")]
