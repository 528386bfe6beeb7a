"""What GitHub Actions shows of a run: annotations at the objectives' lines, and a step summary in Markdown.

Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fastlanes_sim.core.escaping import github_data, github_property
from fastlanes_sim.reports.exporters.exporter import JUDGED, Channel, Exportable
from fastlanes_sim.reports.exporters.markdown import markdown

if TYPE_CHECKING:
    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.objectives import Case, Undecided


def workflow_commands(
    cases: Iterable[Case], warnings: Iterable[Problem] = (), undecided: Undecided = None, root: Path | None = None
) -> list[str]:
    """A line for the log for each objective that is not met, and for each warning about the scenario.

    Args:
        root: of the repository; paths of files in it are written relative to it, as GitHub wants them.
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
        text = f"{problem.message}. Hint: {problem.hint}" if problem.hint else problem.message
        lines.append(_command("warning", text, file=inside(Path(problem.file), root), **where, title="Suspicious scenario"))
    return lines


def _command(kind: str, message: str, **properties: str) -> str:
    listed = ",".join(f"{name}={github_property(value)}" for name, value in properties.items())
    return f"::{kind} {listed}::{github_data(message)}"


def inside(file: Path, root: Path | None) -> str:
    """The file's path from `root` on, with slashes; as it is where it lies elsewhere."""
    try:
        if root is not None and file.resolve().is_relative_to(root.resolve()):
            return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:  # no file can have this name
        pass
    return file.as_posix()


def is_job() -> bool:
    """Whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true" or bool(os.environ.get("GITHUB_STEP_SUMMARY"))


def workspace() -> Path | None:
    """Where the job's repository is checked out."""
    return Path(os.environ["GITHUB_WORKSPACE"]) if os.environ.get("GITHUB_WORKSPACE") else None


def append_summary(text: str) -> Path | None:
    """Add to the step's summary; returns its file, None where there is none to add to."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return None
    with Path(name).open("a", encoding="utf-8", errors="replace") as file:
        file.write(text + "\n")
    return Path(name)


def _announce(one: Exportable) -> Iterator[str]:
    """Annotations go to standard error, where GitHub reads them as well: the output may be JSON."""
    yield from workflow_commands(one.report.cases, one.warnings, one.undecided, workspace())
    if append_summary(markdown(one.report)) is None:
        yield "note: GITHUB_STEP_SUMMARY is not set: no step summary"


GITHUB = Channel(
    "github",
    "Write GitHub Actions annotations and a step summary. Default: only in its jobs.",
    JUDGED,
    is_job,
    _announce,
)
