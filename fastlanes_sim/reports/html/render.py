"""A page as one HTML file that needs nothing else: no network; its one small script tells values under the pointer, and the page is whole
without it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.escaping import visible
from fastlanes_sim.reports.content.answers import headline, outcome_of
from fastlanes_sim.reports.html.page import Page
from fastlanes_sim.reports.html.svg import dark_colours
from fastlanes_sim.reports.objectives import matrix

if TYPE_CHECKING:
    from jinja2 import Template

SIGNS = {"met": "✓", "missed": "✗", "undecided": "?"}
MOST_DEPLOYMENTS = 60
"""Whose objectives are shown one by one; the headline counts all."""
LONGEST_LINE = 28
"""Characters of a table's cell without an interval that stay on one line."""
_UNIT = re.compile(r"(?<=\d) (?=(?:µs|ms|s|m|h|d|%)(?![\w]))|(?<=[≥≈<]) (?=\d)|(?<=\d [dhm]) (?=\d)")
_INTERVAL = re.compile(r"\[[^\[\]]*\]")
_HERE = files("fastlanes_sim.reports.html")


def html(page: Page) -> str:
    """The whole file. All texts are escaped; only the charts' SVG, the style and the script, which are our own, go in as they are."""
    from markupsafe import Markup

    contents = [
        (anchor, name)
        for anchor, name, there in (
            ("verdict", "Verdict", page.cases),
            ("why", _why(page), page.why),
            ("advice", "What to change", page.advice),
            ("charts", "Charts", page.charts),
            ("tables", "Tables", page.tables),
            ("scenario", "Scenario", True),
            ("origin", "Versions", True),
        )
        if there
    ]
    counted = headline(page.cases, page.caution, interrupted=page.interrupted)
    script = _read("page.js")
    return _template().render(
        page=page,
        css=Markup(_read("page.css").replace("DARK_COLOURS", dark_colours())),
        script=Markup(script),
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        identity=identity(page.metadata),
        facts=page.facts,
        headline=counted if page.cases else page.headline or counted,
        answer=page.headline or counted,
        outcome=_tone(page),
        matrix=matrix(page.cases),
        most=MOST_DEPLOYMENTS,
        signs=SIGNS,
        why=_why(page),
        contents=contents,
        origin=list(_flat(page.metadata)),
    )


def identity(metadata: Mapping[str, object]) -> str:
    """Of what a page shows: two results with the same have the same numbers."""
    return sha256(json.dumps(metadata, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _tone(page: Page) -> str:
    """The headline is no good news where it has a caution."""
    outcome = outcome_of(page.cases) or ""
    return "undecided" if page.caution and outcome in ("met", "") else outcome


def _why(page: Page) -> str:
    waited = any("`" in sentence for sentence in page.why)
    return page.why_heading or ("Why it waited" if waited else "To know beside the numbers")


def whole(text: str) -> str:
    """With spaces that no line breaks at inside numbers with units, and inside intervals."""
    return _INTERVAL.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), _UNIT.sub("\N{NO-BREAK SPACE}", text))


def _marked(text: str) -> Any:
    """Escaped, with what stands between `backticks` as code."""
    from markupsafe import Markup, escape

    parts = re.split(r"`([^`]*)`", whole(text))
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


def _looks(cell: str, words: bool) -> Any:
    """The class of a table's cell: whether it has words or a number, and whether it may take several lines."""
    from markupsafe import Markup

    found = ["words"] * words + ["long"] * ("[" in cell or len(cell) > LONGEST_LINE)
    return Markup(' class="{}"').format(" ".join(found)) if found else ""


def _flat(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{_titled(name)}: ")
        else:
            yield f"{before}{_titled(name)}", f"{value:.12g}" if isinstance(value, float) else str(value)


def _titled(name: str) -> str:
    """A path in the scenario stays as it is written there."""
    return name if "." in name else name.replace("_", " ")


def _seen(value: Any) -> Any:
    """What the template puts anywhere, without characters that are not seen; escaped later, unless it is markup already."""
    return type(value)(visible(value)) if isinstance(value, str) else value


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_seen)
    environment.filters["marked"] = _marked
    environment.filters["svg"] = Markup
    environment.filters["whole"] = whole
    environment.filters["sides"] = lambda table: [table.is_text(column) for column in range(len(table.head))]
    environment.filters["looks"] = _looks
    return environment.from_string(_read("page.html.jinja"))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
