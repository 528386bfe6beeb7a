"""The page as one component of Panel's: in a tab of its own and in a notebook. It passes messages on, and computes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent
from panel.viewable import Child

from fastlanes_sim.reports.charts.axes import DURATIONS
from fastlanes_sim.reports.charts.style import CAUSE_COLOURS, LANE_COLOURS
from fastlanes_sim.reports.html.svg import dark_colours
from fastlanes_sim.studio.requests import Reply
from fastlanes_sim.studio.tab import Tab

_HERE = files("fastlanes_sim.studio")
_SCRIPTS = ("dom.js", "charts.js", "layout.js", "controls.js", "results.js", "text.js", "ask.js", "drop.js", "downloads.js", "page.js")
_EDITOR_THEMES = {"light": "github_light_default", "dark": "github_dark"}
_EDITOR_STYLE = """
.ace_editor, .ace_gutter { background: transparent !important; }
.ace_gutter-cell { color: #767676; }
.ace-github-dark .ace_gutter-cell { color: #8b93a1; }
.ace_marker-layer .ace_active-line, .ace_gutter-active-line { background: #8882 !important; }
"""


def script() -> str:
    """The page's script: its parts, one after another, as one module."""
    return "\n".join((_HERE / "page" / name).read_text(encoding="utf-8") for name in _SCRIPTS)


def style() -> str:
    """The colours of the reports' pages (`reports.html`), those of lanes and causes, and the studio's own style."""
    reports = (files("fastlanes_sim.reports.html") / "page.css").read_text(encoding="utf-8")
    palette = re.match(r":root \{.*?\}\n@media screen.*?\n\}\n", reports, re.DOTALL)
    assert palette is not None, "page.css begins with its colours"
    marks = [
        *((f"lane-{name}", colour) for name, colour in LANE_COLOURS.items()),
        *((f"cause-{name}", one) for name, one in CAUSE_COLOURS.items()),
    ]
    ours = " ".join(f"--{name}: var(--c-{colour[1:].lower()}, {colour.lower()});" for name, colour in marks)
    own = "".join((_HERE / "page" / name).read_text(encoding="utf-8") for name in ("studio.css", "ask.css"))
    return palette[0].replace("DARK_COLOURS", dark_colours()).replace(":root", ":host") + f":host {{ {ours} }}\n{own}"


class Page(JSComponent):
    """What the browser shows of a tab.

    The editor is Panel's, but its text goes through our own messages: Panel would send every text that is set back as if it had been typed,
    and a text that comes back late would undo what was done meanwhile.
    """

    editor = Child()
    look = param.Dict(default={}, doc="What the script must know beforehand.")

    _esm: ClassVar[Any] = script()
    _stylesheets: ClassVar[list[str]] = [style()]

    def __init__(self, is_whole: bool = True, **params: Any) -> None:
        """
        Args:
            is_whole: it is a page of its own, with an address; else a part of another, such as a notebook.
        """
        self._editor = pn.widgets.CodeEditor(  # type: ignore[no-untyped-call]
            language="yaml",
            sizing_mode="stretch_both",
            min_height=420,
            theme=_EDITOR_THEMES["light"],
            indent=2,
            stylesheets=[_EDITOR_STYLE],
        )
        self.tab: Tab | None = None
        super().__init__(  # type: ignore[no-untyped-call]
            editor=self._editor,
            look={"durations": list(DURATIONS.items()), "whole": is_whole, "scripts": [] if is_whole else _editor_scripts()},
            sizing_mode="stretch_width",
            **params,
        )

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict) and data.get("do") == "scheme":
            self._editor.theme = _EDITOR_THEMES["dark" if data.get("dark") else "light"]
        elif self.tab is not None:
            self.tab.gesture(data)

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to the browser; mistakes in the text go to the editor."""
        if message["kind"] == "state":
            self._editor.annotations = [
                {"row": max(one["line"] - 1, 0), "column": max(one["column"] - 1, 0), "type": one["kind"], "text": _told(one)}
                for one in message["problems"]
            ]
        self._send_msg(message)


def _editor_scripts() -> list[str]:
    """What the editor would load from the server of a page: a notebook's server does not have it."""
    from panel.io.resources import BUNDLE_DIR

    names = ("mode-yaml.js", *(f"theme-{name}.js" for name in _EDITOR_THEMES.values()))
    found = (next((BUNDLE_DIR / "aceplot").rglob(name), None) for name in names)
    return [one.read_text(encoding="utf-8") for one in found if one is not None]


def _told(problem: dict[str, Any]) -> str:
    return f"{problem['message']}\n{problem['hint']}" if problem["hint"] else str(problem["message"])


def listener(page: Page, later: Callable[[Callable[[], None]], object]) -> Callable[[Reply], None]:
    """Hands replies, which come in another thread, to the page in its own."""

    def heard(reply: Reply) -> None:
        if page.tab is not None:
            tab = page.tab
            later(lambda: tab.answered(reply))

    return heard
