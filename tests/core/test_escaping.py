"""There is one door: nobody prints, escapes or makes a table beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fastlanes_sim
from fastlanes_sim.core.escaping import csv, github_data, github_property, html, mathtext, of_csv, terminal, visible, xml
from tests.support.hostile import NAMES

SOURCES = Path(fastlanes_sim.__file__).parent
BESIDE = {
    r"\bConsole\(|rich\.table import (?!Table as RichTable)|RichTable\(": {"reports/text/terminal.py"},
    r"from html import|xml\.sax|html\.escape": {"core/escaping.py"},
    r"sys\.__std(out|err)__|sys\.stdout\.(write|buffer)|os\.write\(": set(),
    r"autoescape=False|\| ?safe\b": set(),
}
"""What only these files may have."""


@pytest.mark.parametrize("pattern", BESIDE)
def test_there_is_one_door(pattern: str):
    sources = {path: path.read_text("utf-8") for path in SOURCES.rglob("*") if path.suffix in (".py", ".jinja")}
    for_types = re.compile(r"(?m)^\s+from rich\.table import Table$")
    found = {path.relative_to(SOURCES).as_posix() for path, text in sources.items() if re.search(pattern, for_types.sub("", text))}
    assert found <= BESIDE[pattern]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_what_is_harmless_stays_as_it_is_and_the_rest_is_replaced_letter_by_letter(name: str):
    assert len(visible(name)) == len(name)
    assert visible(visible(name)) == visible(name)
    assert terminal(terminal(name)) == terminal(name)
    assert of_csv(csv(name)) == name
    assert "<" not in html(name)
    assert '"' not in html(name)
    assert "\n" not in github_data(name)
    assert not set(github_property(name)) & set(":,\n")
    assert xml(name) == visible(name)
    assert mathtext(name).count("$") == mathtext(name).count("\\$")


def test_an_ordinary_text_is_not_touched():
    text = "p99(fast_lane.response) < 30s: 41 s, at 10:30:05 in a/b.yaml — ≥ 5 µs\n\ttab"
    assert visible(text) == terminal(text) == mathtext(text) == csv(text) == text
