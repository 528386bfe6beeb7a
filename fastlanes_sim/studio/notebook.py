"""A notebook that repeats what is on the page: the scenario's text, a simulation, replications, the comparison with what is pinned."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastlanes_sim.core.escaping import markdown
from fastlanes_sim.reports.content.setting import deployment_of, question_of
from fastlanes_sim.scenario.load import LoadedScenario

CURRENT, PINNED = "current", "pinned"


def notebook(current: LoadedScenario, pinned: LoadedScenario | None) -> str:
    """As Jupyter saves it (nbformat 4.5)."""
    scenario = current.scenario
    heading = question_of(current) or scenario.name
    cells = [
        _words(
            f"# {markdown(heading)}\n\nScenario `{scenario.name}`, {markdown(deployment_of(scenario))}. Written by the studio of "
            f"fastlanes_sim {version('fastlanes_sim')}: it repeats what the page showed, and can be changed and run again."
        ),
        _code(f"import fastlanes_sim as fs\n\nTEXT = {literal(current.text)}\n{_loaded(CURRENT, 'TEXT', current)}"),
        _words("## One simulation\n\nThe same runs as on the page."),
        _code("found = fs.simulate(current)\nprint(found.text())"),
        _code("found.plot_tail();"),
        _code("found.plot_wait();"),
        _code("found.plot_attribution();"),
        _words("## Replications\n\nMeans with intervals."),
        _code("replicated = fs.replicate(current)\nprint(replicated.text())"),
    ]
    if pinned is not None:
        cells += [
            _words(f"## Against what was pinned\n\n{markdown(deployment_of(pinned.scenario))}, on the same runs, with paired intervals."),
            _code(f"PINNED_TEXT = {literal(pinned.text)}\n{_loaded(PINNED, 'PINNED_TEXT', pinned)}"),
            _code("compared = fs.compare([pinned, current])\nprint(compared.text())"),
            _code("compared.plot();"),
        ]
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    plain = {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def literal(text: str) -> str:
    """A text as Python spells it; over several lines where that says the same."""
    readable = all(one == "\n" or one.isprintable() for one in text)
    if readable and "\\" not in text and '"""' not in text and not text.endswith('"'):
        return f'"""\\\n{text}"""'
    return repr(text)


def _loaded(name: str, text: str, scenario: LoadedScenario) -> str:
    """A relative path of a replayed file begins where the scenario was."""
    overrides: dict[str, Any] = {"name": name}
    if scenario.scenario.replay is not None:
        replay = scenario.scenario.replay.model_dump(mode="json", exclude_none=True)
        overrides["replay"] = replay | {"file": str((scenario.source.parent / Path(replay["file"])).resolve())}
    return f"{name} = fs.load_scenario({text}, overrides={overrides!r})"


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": text.splitlines(keepends=True), "outputs": [], "execution_count": None}
