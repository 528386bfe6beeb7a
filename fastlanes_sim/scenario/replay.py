"""Real runs as traffic: a scenario names a file in the columns of `exports.columns`, and what it names is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.exports.cache import known_export
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.scenario.fields import Strict
from fastlanes_sim.scenario.schedule import at_epoch, check_timezone
from fastlanes_sim.scenario.yaml.validation_errors import Complaint

_MOST_ROWS_TOLD = 20


class Replay(Strict):
    """Exactly these insertions, service times and claimed→started overheads. `runs.csv` alone is short for `{file: runs.csv}`."""

    file: str
    """CSV or Parquet; a relative path begins at the scenario's folder."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the file's content. Written, it insists on that content; it is part of the scenario's hash either way."""
    timezone: Annotated[str, AfterValidator(check_timezone)] = "UTC"
    """Of times without an offset."""

    @model_validator(mode="before")
    @classmethod
    def a_bare_file_is_short(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value


def prepare(tree: dict[str, Any], folder: Path) -> tuple[list[Complaint], list[Problem]]:
    """Read the file that a scenario's bare tree names and put into the tree what the file says.

    That is: the whole path and the content's hash, a `start` where none is written (the first insertion's minute), and projects and
    workflows that are not written, with the limits of the file. Returns what is wrong with the scenario and with rows of the file.
    """
    given = tree.get("replay")
    if isinstance(given, str):
        given = tree["replay"] = {"file": given}
    if not isinstance(given, dict) or not isinstance(given.get("file"), str):
        return [], []
    given["file"] = str((folder / given["file"]).resolve())
    timezone = given.get("timezone", "UTC")
    try:
        check_timezone(timezone)
    except Exception:  # said once, by the model
        return [], []
    try:
        export, digest = known_export(given["file"], timezone)
    except ExportError as error:
        message, _, cure = str(error).partition("\n    hint: ")
        return [Complaint(("replay", "file"), message, cure)], []
    rows = [
        Problem(p.file, p.line, 1, "", f"{f'run {p.key}: ' if p.key else ''}{f'{p.column}: ' if p.column else ''}{p.message}", p.cure)
        for p in export.reading.problems[:_MOST_ROWS_TOLD]
    ]
    if given.get("sha256") not in (None, digest):
        cure = "name the file that was meant, or remove sha256"
        return [Complaint(("replay", "sha256"), "the file has another content", cure)], rows
    if not len(export):
        return [Complaint(("replay", "file"), "there is no run in it", "export again; see what is said of its rows")], rows
    given["sha256"] = digest
    _set_start(tree, export)
    return deploy(tree, export), rows


def _set_start(tree: dict[str, Any], export: Export) -> None:
    zone = tree.get("timezone", "UTC")
    if tree.get("start") is None:
        try:
            check_timezone(zone)
        except Exception:  # said once, by the model
            return
        first = int(export.inserted_at[0])
        tree["start"] = at_epoch(first - first % MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def deploy(tree: dict[str, Any], export: Export) -> list[Complaint]:
    """Add to a bare tree the projects and workflows of the export that it does not have."""
    projects = tree.setdefault("projects", {})
    if projects is None:
        projects = tree["projects"] = {}
    if not isinstance(projects, dict):
        return []
    found: list[Complaint] = []
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
            found.append(Complaint(("replay", "file"), message, "write the project's copies one by one"))
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
