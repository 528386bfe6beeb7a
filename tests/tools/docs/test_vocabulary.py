"""The pages written by hand use the terms of the glossary, and none of those that they have replaced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.docs import ROOT, pages
from tools.docs.generated import GENERATED

WRITTEN = [page for page in (*pages(), Path("CONTRIBUTING.md"), Path("CHANGELOG.md")) if str(page) not in GENERATED]
INSTEAD = {
    r"plays?|played|playing": "simulate",
    r"agenda": "future event list",
    r"courier": "in-flight claims",
    r"piles?": "heap",
    r"witness(es)?": "wait-cause recorder",
    r"journal": "recorder",
    r"on duty": "accepts runs",
    r"laws": "distributions",
    r"cures?": "remedy, hint",
    r"told|tells|telling": "report, notify, distinguish",
    r"pools?": "free list, executor, slots",
    r"busy share": "utilisation",
    r"tolerance zone": "indifference zone",
}
"""Patterns of words, and what to write instead."""


@pytest.mark.parametrize("page", WRITTEN, ids=str)
def test_a_page_uses_the_terms_of_the_glossary(page: Path):
    prose = re.sub(r"```.*?```|`[^`\n]*`|<!--.*?-->|\]\([^)]*\)", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    prose = re.sub(r"^(    )+\S.*$", "", prose, flags=re.MULTILINE)
    found = {f"{match[0]}: {better}" for old, better in INSTEAD.items() for match in re.finditer(rf"\b({old})\b", prose, re.IGNORECASE)}
    assert found == set()


def test_the_glossary_is_in_order_and_defines_each_term_once():
    sections = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]
    terms = [re.findall(r"^\| (?!term \||---)(.+?) \| .+\.( \(.*\))? \|$", section, re.MULTILINE) for section in sections]
    names = [[term for term, _ in one] for one in terms]
    assert all(one == sorted(one, key=str.lower) for one in names)
    assert [len(section.splitlines()[4:]) for section in (one.strip() for one in sections)] == [len(one) for one in names], (
        "one line a term"
    )
    everything = [name.lower() for one in names for name in one]
    assert len(everything) == len(set(everything))
