"""The blocks of one page, executed one after another in one folder, as a reader would."""

from __future__ import annotations

import difflib
import doctest
import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from fastlanes_sim.scenario.load import load_scenario
from tools.docs import ROOT
from tools.docs.blocks import Block
from tools.docs.console import CODE, agrees, commands, execute, place, shown

VERDICTS = (0, 98, 99)
"""What a command may end with where the page shows no output: a simulation may well miss an objective."""


THEIRS = "runs.csv"
"""A reader's own export, where a page speaks of it: here of a simulated deployment."""


class NotAsShownError(AssertionError):
    """A page says something that does not hold."""


@dataclass
class Session:
    folder: Path
    names: dict[str, Any] = field(default_factory=dict)
    """Of the page's Python."""
    printed: dict[str, str] = field(default_factory=dict)
    """By command."""

    def __post_init__(self) -> None:
        """The folder looks like the repository to whoever types a command."""
        shutil.copytree(ROOT / "scenarios", self.folder / "scenarios")

    def execute(self, block: Block) -> None:
        """Raises NotAsShownError."""
        if THEIRS in block.text and not (self.folder / THEIRS).exists():
            execute(f"fastlanes-sim run scenarios/quickstart.yaml --no-charts --out export --export {THEIRS}", self.folder)
        if block.file is not None:
            (self.folder / block.file).write_text(block.text)
        if block.language == "console":
            self.console(block)
        elif block.language in ("commands", "bash", "sh", "shell"):
            for command in commands(block.text):
                if command.startswith("make "):
                    look_up(command, block)
                else:
                    self.run(command, block, VERDICTS)
        elif block.language == "python":
            self.python(block)
        elif block.language == "yaml":
            self.yaml(block)

    def console(self, block: Block) -> None:
        listed = shown(block.text)
        code = 0
        for one, following in zip(listed, [*listed[1:], None], strict=True):
            if one.command == CODE:
                if one.output != str(code):
                    raise NotAsShownError(f"{block}: the page says it ends with {one.output}, and it ends with {code}")
                continue
            told = following is not None and following.command == CODE
            code = self.run(one.command, block, None if told else (0,))
            if not agrees(one.output, self.printed[one.command]):
                raise NotAsShownError(f"{block}: {one.command}\n{difference(one.output, self.printed[one.command])}")

    def run(self, command: str, block: Block, codes: tuple[int, ...] | None) -> int:
        outcome = execute(command, self.folder)
        self.printed[command] = outcome.output
        if codes is not None and outcome.code not in codes:
            raise NotAsShownError(f"{block}: {command}\nends with {outcome.code}:\n{outcome.output}")
        return outcome.code

    def python(self, block: Block) -> None:
        with place(self.folder):
            if ">>> " not in block.text:
                exec(compile(block.text, str(block), "exec"), self.names)
                return
            test = doctest.DocTestParser().get_doctest(block.text, self.names, str(block), str(block.page), block.line)
            said: list[str] = []
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
            runner.run(test, out=said.append, clear_globs=False)
            self.names |= test.globs
            if runner.failures:
                raise NotAsShownError(f"{block}:\n{''.join(said)}")

    def yaml(self, block: Block) -> None:
        """A whole scenario loads; a part of one is laid over a scenario; the steps of a CI job are commands."""
        tree = YAML(typ="safe", pure=True).load(block.text)
        if isinstance(tree, list):
            for step in tree:
                for command in str(step.get("run", "")).splitlines():
                    self.run(command, block, VERDICTS)
            return
        path = self.folder / "shown.yaml"
        path.write_text(block.text if "horizon" in tree else part(tree))
        load_scenario(path)


def look_up(command: str, block: Block) -> None:
    """Of `make TARGET` it is asked only that there is such a target: what it does is tested elsewhere, or is this very test."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if command.split()[1] not in targets:
        raise NotAsShownError(f"{block}: {command}: the Makefile has no such target")


TRIGGER = {"type": "webhook", "reply": "after_completion", "arrivals": {"poisson": "1/min"}, "service": "1s"}


def part(tree: dict[str, Any]) -> str:
    """A scenario of which this is a part: of its top, or of a workflow."""
    whole: dict[str, Any] = {
        "horizon": "1h",
        "projects": {"clinic": {"workflows": {"import": {"triggers": [TRIGGER]}}}},
        "workers": [{"workloops": "*:5"}],
    }
    clinic = whole["projects"]["clinic"]
    if "triggers" in tree:
        clinic["workflows"]["shown"] = tree
    elif "projects" in tree:
        for name, project in tree["projects"].items():
            whole["projects"][name] = {"workflows": clinic["workflows"], **project}
        whole |= {key: value for key, value in tree.items() if key != "projects"}
    else:
        whole |= tree
    return json.dumps(whole)


def difference(said: str, printed: str) -> str:
    """What the page says against what was printed."""
    lines = difflib.unified_diff(said.splitlines(), printed.splitlines(), "the page says", "was printed", lineterm="")
    return "\n".join(lines)
