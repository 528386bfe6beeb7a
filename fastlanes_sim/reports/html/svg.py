"""A figure as SVG inside a page: ids of its own, colours that the page can change, a label for those who do not see it."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from fastlanes_sim.core.escaping import html
from fastlanes_sim.reports.html.hover import hover_data

_WITHOUT = dict.fromkeys(("Date", "Creator", "Format", "Type"))
"""Nothing about when and by what it was drawn: the same picture has the same bytes."""
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_STYLE = re.compile(r'style="[^"]*"')
DARK = {
    "000000": "#e8e8e8",
    "ffffff": "#16181c",
    "333333": "#d0d0d0",
    "555555": "#b4b4b4",
    "dddddd": "#3a3f46",
    "0072b2": "#4da3dd",
    "d55e00": "#f0803c",
    "009e73": "#2fc79b",
    "882255": "#b33c7c",
    "cc79a7": "#e6b0cd",
    "5d3a00": "#b98a4b",
    "7a7a7a": "#a0a0a0",
}
"""What takes the place of a colour on a dark ground; the others are light enough."""


def inline(figure: Any, name: str, label: str) -> str:
    """The figure as one `<svg>` element. `name` begins all its ids: no two figures of a page may have the same."""
    from fastlanes_sim.reports.charts.style import styled

    out = BytesIO()
    with styled():
        figure.savefig(out, format="svg", metadata=_WITHOUT, facecolor="none")
    text = out.getvalue().decode()
    text = text[text.index("<svg") :].strip()
    opening = re.match(r"<svg[^>]*>", text)
    size = re.search(r'viewBox="([^"]*)"', text)
    assert opening is not None and size is not None, "matplotlib's SVG has another shape than this was written for"  # noqa: PT018
    body = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", text[opening.end() :], count=1, flags=re.DOTALL)
    body = _renamed(body, name)
    body = _STYLE.sub(lambda style: _COLOUR.sub(_variable, style[0]), body)
    body = re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
    body = re.sub(r"\n\s*", "\n", body)
    told = hover_data(figure)
    hover = f' data-hover="{html(told)}"' if told else ""
    return f'<svg viewBox="{size[1]}" role="img" aria-label="{html(label)}"{hover} xmlns:xlink="http://www.w3.org/1999/xlink">{body}'


def _renamed(body: str, name: str) -> str:
    """With ids that count up from `name`-1, and those alone that something refers to. Matplotlib's depend on places in memory."""
    used = list(dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^)"]+)', body)))
    new = {old: f"{name}-{number}" for number, old in enumerate(used, 1)}
    body = re.sub(r' id="([^"]*)"', lambda one: f' id="{new[one[1]]}"' if one[1] in new else "", body)
    return re.sub(r'(url\(#|href="#)([^)"]+)', lambda one: one[1] + new[one[2]], body)


def _variable(colour: re.Match[str]) -> str:
    plain = colour[0].lstrip("#")
    return f"var(--c-{plain}, {colour[0]})" if plain in DARK else colour[0]


def dark_colours() -> str:
    """The CSS declarations that make the charts legible on a dark ground."""
    return " ".join(f"--c-{plain}: {dark};" for plain, dark in DARK.items())
