"""The studio in a notebook: the same page, as a cell's output.

    from fastlanes_sim import explore

    explorer = explore("scenarios/quickstart.yaml")
    explorer           # the page
    explorer.scenario  # what it has become by hand, for every verb

A page that shows a notebook without running it shows the first answer instead, and so does a notebook without Panel.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastlanes_sim.api.result import Result
from fastlanes_sim.api.scenario_argument import ScenarioLike, load_scenario
from fastlanes_sim.api.verbs import simulate
from fastlanes_sim.core.escaping import html
from fastlanes_sim.scenario import load
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.studio.changes import with_overrides
from fastlanes_sim.studio.processes import Processes
from fastlanes_sim.studio.requests import Cancel, Question, Request
from fastlanes_sim.studio.tab import Tab
from fastlanes_sim.studio.warm_parent import Listener

_INSTALL = 'pip install "fastlanes_sim[notebook]"'
_RUNS = "Where this notebook runs, sliders stand here: the studio."


class Explorer:
    """A scenario that is changed by hand. As the last line of a cell it is the studio's page.

    Args:
        loaded: what it begins with.
    """

    def __init__(self, loaded: LoadedScenario) -> None:
        self._results: dict[str, Result] = {}
        file = None if loaded.by_key or not loaded.source.is_file() else loaded.source
        self._name = str(file or "scenario.yaml")
        self._processes = _Lazily()
        self._tab = Tab(loaded.text, file, self._processes, _nowhere)
        self._tab.begin(with_overrides(loaded.text, loaded.overrides), "changed in Python")

    @property
    def text(self) -> str:
        """The scenario's text as it is on the page now (YAML)."""
        return self._tab.text

    @property
    def scenario(self) -> LoadedScenario:
        """What the page has become, for `simulate`, `replicate`, `compare` and the others.

        Raises:
            ScenarioError: the text has mistakes now.
        """
        return load.load_scenario(Source.of_text(self.text, self._name))

    @property
    def result(self) -> Result:
        """One simulation of what is on the page now, the one that the page shows first. It is kept.

        Raises:
            ScenarioError: the text has mistakes now.
        """
        scenario = self.scenario
        if scenario.hash not in self._results:
            result = simulate(scenario)
            if result.log.interrupted:
                raise KeyboardInterrupt
            self._results = {scenario.hash: result}
        return self._results[scenario.hash]

    def __repr__(self) -> str:
        return f"<Explorer of {self._name}>\n{self.result.text()}"

    def _ipython_display_(self) -> None:
        """The first answer, and the page in its place where Panel is there."""
        from IPython.display import display

        answer = self.result
        is_live = find_spec("panel") is not None and _in_a_kernel()
        note = _RUNS if find_spec("panel") is not None else f"Sliders need more packages: {_INSTALL}"
        instead = f'<div class="fastlanes-instead">{answer._repr_html_()}<p>{html(note)}</p></div>'
        plain = f"{answer.text()}\n{note}"
        display({"text/plain": plain, "text/html": instead}, raw=True)  # type: ignore[no-untyped-call]
        if is_live:
            display(self._page())  # type: ignore[no-untyped-call]

    def _page(self) -> Any:
        """A new page for the tab; one that was shown before is no longer followed."""
        import panel as pn

        pn.extension("codeeditor", inline=True)
        from fastlanes_sim.studio.component import Page, listener

        page, loop = Page(is_whole=False), asyncio.get_running_loop()
        page.tab = self._tab
        self._tab.shows(page.tell)
        self._processes.heard = listener(page, loop.call_soon_threadsafe)
        return page


class _Lazily:
    """The processes of this Python, begun when a page first asks: a notebook that nobody looks at starts none."""

    def __init__(self) -> None:
        self.heard: Listener = _nowhere

    @property
    def folder(self) -> Path:
        return _processes().folder

    def ask(self, request: Request | Question) -> None:
        processes = _processes()
        processes.listen(request.tab, self.heard)
        processes.ask(request)

    def cancel(self, question: Cancel) -> None:
        _processes().cancel(question)

    def forget(self, tab: str) -> None:
        _processes().forget(tab)


def _nowhere(_: object) -> None:
    """Where no page is shown yet."""


def _in_a_kernel() -> bool:
    """Of Jupyter's: an interactive Python in a terminal shows no pages."""
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


@cache
def _processes() -> Processes:
    found = Processes()
    atexit.register(found.close)
    return found


def explore(
    scenario: ScenarioLike,
    *,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Explorer:
    """Put a scenario under sliders: in a notebook, the result is the studio's page. What is found there goes back to code.

    Args:
        scenario: the path of a scenario file, YAML text, a mapping, a `Scenario`, or a loaded scenario.
        layout: a layout that all workers get instead of their own, such as `"fast_lane:1 manual>*:4"`.
        seed: instead of the scenario's. The same seed gives every layout the same runs.
        horizon: instead of the scenario's, such as `"6h"`.
        overrides: other values by their dotted path, such as `{"lightning.ruleset": "pre-4515"}`; None takes a value away.

    Returns:
        The explorer. Its `scenario`, `text` and `result` are those of the page, whatever was changed by hand.

    Raises:
        ScenarioError: the scenario, or what was laid over it, is not valid.
        FastlanesError: what was laid over it cannot be written into the text.

    Example:
        explorer = explore("scenarios/quickstart.yaml", horizon="6h")
        explorer.result.plot_latency()
    """
    return Explorer(load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides))
