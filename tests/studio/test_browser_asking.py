"""In a real browser: questions and their cancelling, an export that is dropped, and what can be taken away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.studio.conftest import TEXT
from tests.studio.test_browser import _settled, browser, page, studio

__all__ = ["browser", "page", "studio"]


def test_a_search_is_cancelled_asked_again_and_its_layout_used(page: Any):
    page.get_by_label("Cheapest layout: up to").fill("30")
    page.get_by_role("button", name="Cheapest layout").click()
    page.wait_for_selector(".ask[data-state=asking] .progress:not([hidden])")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector(".ask:not([data-state=asking])")
    assert page.get_by_role("button", name="Cheapest layout").is_enabled()
    page.get_by_label("Cheapest layout: up to").fill("2")
    page.get_by_role("button", name="Cheapest layout").click()
    page.wait_for_selector(".ask[data-state=answered] .card")
    layout = page.locator(".card h3").first.text_content()
    page.get_by_role("button", name="Use this: ").first.click()
    _settled(page, layout)


def test_an_export_is_dropped_calibrated_and_opened(page: Any, export: Path):
    _drop(page, "broken.csv", "a,b\n1,2\n")
    page.get_by_role("button", name="Calibrate", exact=True).click()
    page.wait_for_selector("dialog.drop[data-state=ended] .said")
    assert "broken.csv" in page.locator("dialog.drop .said").text_content()
    page.get_by_role("button", name="Close", exact=True).click()

    _drop(page, "my runs.csv", export.read_text())
    page.get_by_role("button", name="Calibrate", exact=True).click()
    page.wait_for_selector("dialog.drop[data-state=calibrated] .fit svg")
    assert "like the export" in page.locator("dialog.drop .found").text_content()
    page.get_by_role("button", name="Open as scenario").click()
    page.wait_for_selector(".steps option:has-text('opened my runs.csv as a scenario')", state="attached")
    assert page.locator(".ace_content").text_content() != ""


def _drop(page: Any, name: str, text: str) -> None:
    """As the browser tells a page that a file was dropped on it."""
    carried = page.evaluate_handle(
        "([name, text]) => { const one = new DataTransfer(); one.items.add(new File([text], name)); return one; }", [name, text]
    )
    page.locator(".results").dispatch_event("drop", {"dataTransfer": carried})
    page.wait_for_selector("dialog.drop[data-state=whole]")


def test_reports_and_the_notebook_are_downloaded(page: Any, tmp_path: Path):
    for item, name, begin in [
        ("Report of this simulation (HTML)", "small-simulation.html", "<!DOCTYPE html>"),
        ("Notebook (.ipynb)", "small.ipynb", "{"),
        ("Scenario (YAML)", "small.yaml", "# Is it enough?"),
    ]:
        page.locator(".menu summary").click()
        with page.expect_download() as coming:
            page.get_by_role("menuitem", name=item).click()
        assert coming.value.suggested_filename == name
        coming.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_text().lstrip().lower().startswith(begin.lower())
    cells = json.loads((tmp_path / "small.ipynb").read_text())["cells"]
    assert TEXT in "".join(cells[1]["source"])
