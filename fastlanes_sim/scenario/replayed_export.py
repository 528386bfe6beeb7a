"""A scenario that replays real runs names a file in the columns of `exports.columns`; what the file says is added to the bare tree."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.exports.cache import known_export
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.scenario.schedule import at_epoch, is_timezone
from fastlanes_sim.scenario.yaml.places import Finding

_MOST_ROWS_REPORTED = 20


def prepare(tree: dict[str, Any], folder: Path) -> tuple[list[Finding], list[Problem]]:
    """Read the file that a scenario's bare tree names and put into the tree what the file says.

    That is: the whole path and the content's hash, a `start` where none is written (the first insertion's minute), and projects and
    workflows that are not written, with the limits of the file. Returns what is wrong with the scenario and with rows of the file.
    """
    given = tree.get("replay")
    if isinstance(given, str):
        given = tree["replay"] = {"file": given}
    if not isinstance(given, dict) or not isinstance(given.get("file"), str):
        return [], []
    try:
        given["file"] = str((folder / given["file"]).resolve())
    except (OSError, ValueError):  # no file can have this name, as it has a NUL in it
        return [Finding(("replay", "file"), f"{show(given['file'])} is not a path", "name a file of runs")], []
    timezone = given.get("timezone", "UTC")
    if not is_timezone(timezone):  # the model reports it
        return [], []
    try:
        export, digest = known_export(given["file"], timezone)
    except ExportError as error:
        return [Finding(("replay", "file"), error.message, error.hint)], []
    rows = [
        Problem(p.file, p.line, 1, "", f"{f'run {p.key}: ' if p.key else ''}{f'{p.column}: ' if p.column else ''}{p.message}", p.hint)
        for p in export.reading.problems[:_MOST_ROWS_REPORTED]
    ]
    if given.get("sha256") not in (None, digest):
        hint = "name the file with this content, or remove sha256"
        return [Finding(("replay", "sha256"), "the content of the file has changed", hint)], rows
    if not len(export):
        return [Finding(("replay", "file"), "the file has no run", "export it again; the problems of its rows are listed")], rows
    given["sha256"] = digest
    _set_start(tree, export)
    return add_workflows(tree, export), rows


def add_replayed(tree: dict[str, Any], folder: Path) -> None:
    """Add to a bare tree the projects and workflows that its replayed file names, if there is one that can be read."""
    given = tree.get("replay")
    file, timezone = (given.get("file"), given.get("timezone", "UTC")) if isinstance(given, dict) else (given, "UTC")
    if isinstance(file, str) and is_timezone(timezone):
        with suppress(ExportError, OSError, ValueError):  # `prepare` reports it
            add_workflows(tree, known_export(str((folder / file).resolve()), timezone)[0])


def _set_start(tree: dict[str, Any], export: Export) -> None:
    zone = tree.get("timezone", "UTC")
    if tree.get("start") is None and is_timezone(zone):  # of another zone, the model reports it
        first = int(export.inserted_at[0])
        tree["start"] = at_epoch(first - first % MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def add_workflows(tree: dict[str, Any], export: Export) -> list[Finding]:
    """Add to a bare tree the projects and workflows of the export that it does not have."""
    projects = tree.setdefault("projects", {})
    if projects is None:
        projects = tree["projects"] = {}
    if not isinstance(projects, dict):
        return []
    found: list[Finding] = []
    for workflow in export.workflows:
        owner, copied = _owner(projects, workflow.project)
        if owner is None:
            owner = projects[workflow.project] = {"workflows": {}}
            if workflow.project_concurrency is not None:
                owner["concurrency"] = workflow.project_concurrency
        workflows = owner.get("workflows")
        if not isinstance(workflows, dict) or _owner(workflows, workflow.name)[0] is not None:
            continue
        if copied:
            message = f"the replayed file has a workflow {workflow.name} in one copy of the project only"
            found.append(Finding(("replay", "file"), message, "write the project's copies as separate projects"))
            continue
        workflows[workflow.name] = {} if workflow.concurrency is None else {"concurrency": workflow.concurrency}
    return found


def _owner(named: dict[Any, Any], name: str) -> tuple[dict[str, Any] | None, bool]:
    """The entry that has this name, or whose copies have it."""
    if isinstance(named.get(name), dict):
        return named[name], False
    base, dash, number = name.rpartition("-")
    entry = named.get(base)
    copies = entry.get("copies") if isinstance(entry, dict) else None
    if dash and number.isdecimal() and isinstance(copies, int) and 1 <= int(number) <= copies:
        return entry, True
    return None, False
