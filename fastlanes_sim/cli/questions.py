"""The questions that `fastlanes-sim init` asks at a terminal. A wrong answer is explained and asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import typer

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.rules.layout_parser import WorkloopError, parse_workloops
from fastlanes_sim.starter.starter_text import DEFAULT_DEADLINE, DEFAULT_LAYOUT, Start
from fastlanes_sim.starter.workflow_line import (
    KINDS,
    WorkflowLine,
    check_project_or_workflow,
    make_workflow,
    read_cron,
    read_kind,
    read_rates,
    read_service,
    read_time,
)

T = TypeVar("T")


def ask_for_start(name: str, *, layout: str | None, replicas: int | None, deadline: str | None, horizon: str, timezone: str) -> Start:
    """Ask for the workflows, project by project, then for the workers: for what has not been said already."""
    typer.echo("What runs on your Lightning? Press Enter to take what stands in [brackets]. A workflow is started by one of these:")
    typer.echo("\n".join(f"  {kind:<8} {meaning}" for kind, meaning in KINDS.items()))
    workflows = list(_projects())
    typer.echo("\nWhat serves them?")
    replicas = replicas or _ask("Workers (processes)", "1", _count)
    layout = layout or _ask("Slots of each worker (WORKER_WORKLOOPS)", DEFAULT_LAYOUT, read_layout)
    if deadline is None and any(one.kind == "sync" for one in workflows):
        deadline = _ask("How long may the caller of a sync webhook wait?", DEFAULT_DEADLINE, read_time)
    deadline = deadline or DEFAULT_DEADLINE
    return Start(name, workflows, layout, replicas, deadline, horizon, timezone)


def _projects() -> Iterator[WorkflowLine]:
    project = _ask("Name of a project", "clinic", check_project_or_workflow)
    while project:
        yield from _workflows(project)
        project = _ask("\nAnother project? Its name, or Enter if that is all", "", _name_or_nothing)


def _workflows(project: str) -> Iterator[WorkflowLine]:
    name = _ask(f"Name of a workflow of {project}", "register", check_project_or_workflow)
    while name:
        kind = _ask("What starts it?", "sync", read_kind)
        if kind == "cron":
            when = _ask("Cron expression, with x20 behind it for 20 runs a tick", "0 * * * * x20", _as_written(read_cron))
        else:
            when = _ask("How many, e.g. 2/min; or by day and by night, e.g. 2/min,10/h", "2/min", _as_written(read_rates))
        service = _ask("How long does a run take? The median..the 95th percentile, or one duration", "2s..8s", _as_written(read_service))
        yield make_workflow(project, name, kind, when, service)
        name = _ask(f"Another workflow of {project}? Its name, or Enter if that is all", "", _name_or_nothing)


def _ask(question: str, default: str, read: Callable[[str], T]) -> T:
    while True:
        answer = str(typer.prompt(question, default=default, show_default=bool(default))).strip()
        try:
            return read(answer)
        except FastlanesError as error:
            typer.echo(f"  {error}")


def _as_written(read: Callable[[str], object]) -> Callable[[str], str]:
    """A reader that only checks."""

    def checked(text: str) -> str:
        read(text)
        return text

    return checked


def _name_or_nothing(text: str) -> str:
    return check_project_or_workflow(text) if text else ""


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise FastlanesError(f"`{text}` is not a number of workers", "write such as 2")
    return int(text)


def read_layout(text: str) -> str:
    """A layout of a worker, as it was written.

    Raises:
        FastlanesError: it is none.
    """
    try:
        parse_workloops(text)
    except WorkloopError as error:
        raise FastlanesError(error.message, f"write such as {DEFAULT_LAYOUT}") from None
    return text
