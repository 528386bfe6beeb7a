"""What GitHub Actions shows of a run: annotations at the objectives' lines, and a step summary in Markdown.

Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.reports.objectives import Case, Undecided
from fastlanes_sim.reports.reportable import Told

_SIGNS = {"met": "✅ met", "missed": "❌ missed", "undecided": "❔ undecided"}
_CODE = re.compile(r"(`\w+`)")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")


def workflow_commands(
    cases: Iterable[Case], warnings: Iterable[Problem] = (), undecided: Undecided = None, root: Path | None = None
) -> list[str]:
    """A line for the log for each objective that is not met, and for each warning about the scenario.

    Args:
        root: of the repository; paths of files in it are told relative to it, as GitHub wants them.
    """
    lines = []
    for case in cases:
        counted = case.counted(undecided)
        if counted != "met":
            where = {"file": inside(case.file, root), "line": str(case.line)} if case.line else {"file": inside(case.file, root)}
            lines.append(_command("error", f"{case.deployment}: {case.message}", **where, title=f"Objective {counted}"))
        elif case.outcome == "undecided":
            lines.append(_command("warning", case.message, file=inside(case.file, root), title="Objective undecided"))
    for problem in warnings:
        where = {"line": str(problem.line), "col": str(problem.column)} if problem.line else {}
        text = f"{problem.message}. Hint: {problem.cure}" if problem.cure else problem.message
        lines.append(_command("warning", text, file=inside(Path(problem.file), root), **where, title="Suspicious scenario"))
    return lines


def _command(kind: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in properties.items())
    return f"::{kind} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def inside(file: Path, root: Path | None) -> str:
    """The file's path from `root` on, with slashes; as it is where it lies elsewhere."""
    if root is not None and file.resolve().is_relative_to(root.resolve()):
        return file.resolve().relative_to(root.resolve()).as_posix()
    return file.as_posix()


def markdown(told: Told) -> str:
    """A step summary: the objectives, then the sentences, then the tables under their headings."""
    parts, cases = [f"## {literal(told.title)}"], told.cases
    if cases:
        several = len({case.deployment for case in cases}) > 1
        rows = [["deployment"] * several + ["objective", "verdict", "measured"]]
        rows += [[case.deployment] * several + [case.objective, _SIGNS[case.outcome], case.found] for case in cases]
        parts.append(table(rows))
    parts += ["\n".join(f"- {_sentence(sentence)}" for sentence in told.sentences)] if told.sentences else []
    for one in told.tables:
        parts += [f"### {literal(one.heading)}", table([one.head, *one.rows])]
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    """Words between `backticks` stay code, the rest is shown as it stands."""
    return "".join(part if _CODE.fullmatch(part) else literal(part) for part in _CODE.split(" ".join(text.split())))


def table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(literal(cell) or " " for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def literal(text: str) -> str:
    """Text that Markdown shows as it stands: one line, no markup, no HTML."""
    return _MARKUP.sub(r"\\\1", escape(re.sub(r"\s+", " ", text), quote=False))


def wanted(asked: bool | None) -> bool:
    """Whether to speak to GitHub: as asked, and where nobody says, if this is one of its jobs."""
    return asked if asked is not None else os.environ.get("GITHUB_ACTIONS") == "true" or bool(os.environ.get("GITHUB_STEP_SUMMARY"))


def workspace() -> Path | None:
    """Where the job's repository is checked out."""
    return Path(os.environ["GITHUB_WORKSPACE"]) if os.environ.get("GITHUB_WORKSPACE") else None


def append_summary(text: str) -> Path | None:
    """Add to the step's summary; returns its file, None where there is none to add to."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return None
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    return Path(name)
