"""The studio in a real browser, as its users have it: the command line serves, Chromium shows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim import replicate, simulate
from tests.studio.conftest import TEXT
from tests.support.accessibility import violations
from tests.support.browsers import chromium

pytest.importorskip("panel", reason="the studio is not installed: pip install fastlanes_sim[studio]")
EVIL = "<img src=x onerror=alert(1)>"
SLOW = 90_000
"""ms that a loaded machine may take."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One context for all pages: what they load is loaded once."""
    with chromium("the studio") as found:
        yield found.new_context(viewport={"width": 1600, "height": 1000})


@pytest.fixture(scope="module")
def studio(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its address, and the file that it has opened."""
    file = tmp_path_factory.mktemp("studio") / "small.yaml"
    file.write_text(TEXT)
    command = [sys.executable, "-m", "fastlanes_sim", "studio", str(file), "--no-browser"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
    assert address, line
    yield address[0], file
    process.terminate()
    process.wait(30)


@pytest.fixture
def page(browser: Any, studio: tuple[str, Path]) -> Iterator[Any]:
    studio[1].write_text(TEXT)
    page = _opened(browser, studio[0])
    yield page
    assert page.complaints == []
    assert {url for url in page.requested if not url.startswith((studio[0].rpartition("/")[0], "data:", "blob:"))} == set()
    page.close()


def _opened(browser: Any, address: str) -> Any:
    page = browser.new_page()
    page.set_default_timeout(SLOW)
    page.complaints, page.requested = [], []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requested.append(request.url))
    page.goto(address)
    page.wait_for_selector(".case")
    return page


def _settled(page: Any, layout: str, to_the_end: bool = False) -> None:
    """The newest answer is that of this layout; replicated to the end, or its first."""
    from fastlanes_sim.scenario.load import load_scenario
    from fastlanes_sim.scenario.yaml.source import Source

    text = TEXT.replace("fast_lane:1 manual>*:4", layout)
    wanted = load_scenario(Source.of_text(text, "small.yaml")).hash
    page.wait_for_selector(f'.studio[data-{"refined" if to_the_end else "hash"}="{wanted}"]')


def _slots(page: Any) -> list[str]:
    return page.locator(".many").all_text_contents()


def test_slots_are_changed_by_mouse_and_by_keyboard_and_the_verdict_follows(page: Any):
    page.get_by_role("button", name="One slot more in workloop 1").click()
    _settled(page, "fast_lane:2 manual>*:4")
    page.get_by_role("spinbutton", name="Slots of workloop 2").focus()
    page.keyboard.press("ArrowDown")
    _settled(page, "fast_lane:2 manual>*:3")
    assert _slots(page) == ["2", "3"]
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.key") == "0/1/slots"
    page.get_by_role("button", name="manual, preference 1 of 2").focus()
    page.keyboard.press("Delete")
    _settled(page, "fast_lane:2 *:3")
    page.get_by_label("Add a queue to workloop 1").select_option("manual")
    _settled(page, "fast_lane>manual:2 *:3")
    page.get_by_role("button", name="manual, preference 2 of 2").focus()
    page.keyboard.press("ArrowLeft")
    _settled(page, "manual>fast_lane:2 *:3")
    page.get_by_role("button", name="Back").click()
    _settled(page, "fast_lane>manual:2 *:3")


def test_a_slot_is_dragged_to_another_workloop(page: Any):
    page.locator(".slot").nth(3).drag_to(page.locator(".loop").first)
    _settled(page, "fast_lane:2 manual>*:3")


def test_many_quick_changes_leave_the_last_one_s_numbers(page: Any):
    page.get_by_role("spinbutton", name="Slots of workloop 2").focus()
    for key in ["ArrowUp"] * 12 + ["ArrowDown"] * 8:
        page.keyboard.press(key)
    text = TEXT.replace("manual>*:4", "manual>*:8")
    _settled(page, "fast_lane:1 manual>*:8", to_the_end=True)
    assert _slots(page) == ["1", "8"]
    assert page.locator(".headline").text_content() == replicate(text, processes=1).report.answer
    assert page.evaluate("window.fastlanesStudio.first.cases[0].measured") == simulate(text).report.cases[0].measured
    page.reload()
    _settled(page, "fast_lane:1 manual>*:8")


def test_a_slider_moves_the_text(page: Any):
    slider = page.get_by_role("slider", name="all traffic, times")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".ace_content:has-text('traffic: 1.')")
    assert page.get_by_role("combobox", name="History").locator("option").count() == 2


def test_what_a_slider_did_is_taken_back_and_done_again_by_the_keyboard(page: Any):
    page.get_by_role("slider", name="all traffic, times").press("End")
    page.wait_for_selector(".ace_content:has-text('traffic: 8')")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".ace_content:not(:has-text('traffic'))")
    page.keyboard.press("Control+Shift+z")
    page.wait_for_selector(".ace_content:has-text('traffic: 8')")


def test_a_link_with_a_pin_shows_its_curves_again(page: Any):
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("button", name="One slot less in workloop 2").click()
    page.wait_for_selector(".curve.before")
    page.reload()
    page.wait_for_selector(".curve.before")


def test_a_mistake_in_the_text_is_at_its_line(page: Any):
    _type(page, "20m", "20")
    page.wait_for_selector(".problems .error:has-text('line 2: 20 has no unit')")
    assert page.locator(".ace_gutter-cell.ace_error").text_content().strip() == "2"
    assert page.locator(".mistaken").is_visible()
    assert page.locator(".case").count() == 1, "the last answer stays"
    _type(page, "20", "30m")
    page.wait_for_selector(".problems .error", state="detached")
    page.wait_for_selector(".titles:has-text('30 m')")


def _type(page: Any, old: str, new: str) -> None:
    """Replace a text in the second line, by the keyboard."""
    page.locator(".ace_text-input").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    for _ in range(len("horizon: ")):
        page.keyboard.press("ArrowRight")
    for _ in old:
        page.keyboard.press("Delete")
    page.keyboard.type(new)


def test_what_is_pinned_is_compared_in_words(page: Any):
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("spinbutton", name="Slots of workloop 2").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.wait_for_selector(".compared:not(.stale) h3.missed")
    assert "p99(default.wait): current is" in page.locator(".compared").text_content()
    page.get_by_role("button", name="Unpin").click()
    page.wait_for_selector(".compared", state="hidden")


def test_what_is_missed_says_why_below_the_verdict(page: Any):
    page.get_by_role("spinbutton", name="Slots of workloop 2").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    _settled(page, "fast_lane:1 manual>*:1")
    page.get_by_role("slider", name="all traffic, times").press("End")
    page.wait_for_selector(".headline.missed")
    assert page.locator(".results > .why").is_visible()
    assert "fast_lane starves" in page.locator(".results > .why li").first.text_content()


def test_a_late_run_opens_its_life(page: Any):
    page.locator(".late").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] pre:has-text('waited')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")


def test_it_is_saved_and_the_link_shows_it_in_another_tab(page: Any, browser: Any, studio: tuple[str, Path]):
    page.get_by_role("button", name="One slot less in workloop 2").click()
    _settled(page, "fast_lane:1 manual>*:3")
    other = _opened(browser, page.url)
    _settled(other, "fast_lane:1 manual>*:3")
    other.get_by_role("button", name="One slot more in workloop 1").click()
    _settled(other, "fast_lane:2 manual>*:3")
    assert _slots(page) == ["1", "3"], "two tabs do not mix"
    other.close()
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".said:has-text('saved small.yaml')")
    assert studio[1].read_text() == TEXT.replace("manual>*:4", "manual>*:3")


def test_names_in_files_are_text(page: Any):
    evil = TEXT.replace("# Is it enough?", f"# {EVIL}?").replace("clinic:", f'"{EVIL}":')
    from fastlanes_sim.studio.page_link import Linked, fragment

    page.goto("about:blank")
    page.goto(f"{page.requested[0]}#{fragment(Linked(evil))}")
    page.wait_for_selector(".case")
    assert page.locator("h1").text_content() == f"{EVIL}?"
    assert page.locator(".who").first.text_content() == f"{EVIL}/register"
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_at_any_width(page: Any, scheme: str):
    page.emulate_media(color_scheme=scheme)
    for width in (600, 1000, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")
    assert page.evaluate(CONTRAST) >= 4.5


def test_axe_finds_nothing_serious(browser: Any, studio: tuple[str, Path]):
    """With a mistake in the text, something pinned and compared, and everything unfolded; light and dark."""
    context = browser.browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True)
    page = _opened(context, studio[0])
    page.get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("button", name="One slot less in workloop 2").click()
    page.wait_for_selector(".compared:not(.stale) h2")
    _type(page, "20m", "20")
    page.wait_for_selector(".problems .error")
    page.evaluate(UNFOLD)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f".ace_editor{'.ace_dark' if scheme == 'dark' else ':not(.ace_dark)'}")
        assert violations(page, "the studio") == [], scheme
    context.close()


UNFOLD = """
[...document.querySelectorAll('*')].map(one => one.shadowRoot).filter(one => one)
  .forEach(one => one.querySelectorAll('details').forEach(each => { each.open = true; }))
"""
CONTRAST = """
(() => {
  const root = [...document.querySelectorAll('*')].map(one => one.shadowRoot).find(one => one && one.querySelector('.studio'));
  const numbers = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => numbers(text).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const texts = [...root.querySelectorAll('p, li, h1, h2, h3, label, output, .objective, .measured, .who, summary')];
  return Math.min(...texts.map(one => light(getComputedStyle(one).color))
    .map(own => (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)));
})()
"""
"""The lowest contrast of any text with the page's ground (WCAG 2.2, 1.4.3: at least 4.5)."""
