"""`fastlanes-sim init`: a first scenario, from questions at a terminal or from options."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli.export_options import check_zone
from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.core.quoting import show

if TYPE_CHECKING:
    from fastlanes_sim.starter.starter_text import Start

_LINE = "PROJECT/WORKFLOW KIND WHEN SERVICE"


def init(
    file: Annotated[Path, typer.Argument(help="Scenario file to write.")] = Path("scenario.yaml"),
    workflows: Annotated[
        list[str] | None,
        typer.Option(
            "--workflow",
            metavar=f'"{_LINE}"',
            help="A workflow, e.g. clinic/register sync 2/min 2s..8s, or clinic/report cron 0 * * * * x20 20s..60s. Repeatable.",
        ),
    ] = None,
    layout: Annotated[str | None, typer.Option(metavar="LAYOUT", help="WORKER_WORKLOOPS of each worker.")] = None,
    replicas: Annotated[int | None, typer.Option(help="How many workers.", min=1)] = None,
    deadline: Annotated[str | None, typer.Option(metavar="DURATION", help="How long the caller of a sync webhook may wait.")] = None,
    horizon: Annotated[str, typer.Option(metavar="DURATION", help="How long to simulate.")] = "1d",
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of crons and times of the day.")] = "UTC",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
) -> None:
    """Write a first scenario from a few answers.

    Without --workflow it asks at a terminal. KIND is sync, webhook, cron, kafka or manual. WHEN is a rate (2/min), a rate by day and one by
    night (2/min,10/h), or a cron expression with x20 behind it for 20 runs a tick. SERVICE is a median and a 95th percentile (2s..8s), or
    one duration.
    """
    from fastlanes_sim.results.files import write_bytes
    from fastlanes_sim.scenario.load import load_scenario
    from fastlanes_sim.scenario.yaml.source import Source
    from fastlanes_sim.starter.starter_text import starter_text

    if file.exists() and not force:
        raise FastlanesError(f"{file} is there already", "name another file, or add --force")
    _check(layout, deadline, horizon, timezone)
    start = _start(file.stem, workflows, layout, replicas, deadline, horizon, timezone)
    text = starter_text(start)
    try:
        warnings = load_scenario(Source.of_text(text, str(file))).warnings
    except ScenarioError as error:  # there is no file whose lines could be blamed
        first = error.problems[0]
        raise FastlanesError(f"these options make no scenario: {first.path}: {first.message}", first.hint) from None
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    write_bytes(file, [text.encode()])
    typer.echo(f"Wrote {file}. Every line that you may want to change says what it is. Then:")
    name = shlex.quote(str(file))
    for command, meaning in _NEXT.items():
        typer.echo(f"  fastlanes-sim {command.format(file=name):<{len(name) + 38}}  {meaning}")


_NEXT = {
    "run {file} --html": "is it enough? A page says so",
    "run {file} --replications 10": "the same with intervals",
    "run {file} --advise": "what would help, and at what price",
    "search {file} --slots 1..8": "the cheapest layout that is enough",
    "search {file} --traffic 1..4:0.5": "how much more traffic it bears",
}
"""What one does with a first scenario."""


def _check(layout: str | None, deadline: str | None, horizon: str, timezone: str) -> None:
    """By the readers of the questions' answers, before anything is asked or made of them."""
    from fastlanes_sim.cli.questions import read_layout
    from fastlanes_sim.starter.workflow_line import read_time

    options: dict[str, tuple[str | None, Callable[[str], str]]] = {
        "--layout": (layout, read_layout),
        "--deadline": (deadline, read_time),
        "--horizon": (horizon, read_time),
    }
    for option, (text, read) in options.items():
        try:
            if text is not None:
                read(text)
        except FastlanesError as error:
            raise FastlanesError(f"{option}: {error.message}", error.hint) from None
    check_zone("--timezone", timezone)


def _start(
    name: str, workflows: list[str] | None, layout: str | None, replicas: int | None, deadline: str | None, horizon: str, timezone: str
) -> Start:
    from fastlanes_sim.cli.questions import ask_for_start
    from fastlanes_sim.starter.starter_text import DEFAULT_DEADLINE, DEFAULT_LAYOUT, Start
    from fastlanes_sim.starter.workflow_line import EXAMPLES, parse_workflow

    if workflows:
        lines = [parse_workflow(one) for one in workflows]
        if deadline is not None and not any(one.kind == "sync" for one in lines):
            raise FastlanesError(f"--deadline {show(deadline)}: no caller waits", "add a workflow of the kind sync, or leave it out")
        return Start(name, lines, layout or DEFAULT_LAYOUT, replicas or 1, deadline or DEFAULT_DEADLINE, horizon, timezone)
    if not sys.stdin.isatty():
        example = " ".join(f"--workflow {shlex.quote(EXAMPLES[kind])}" for kind in ("sync", "cron"))
        raise FastlanesError("there is no terminal to ask questions at", f"say it with options: fastlanes-sim init {example}")
    return ask_for_start(name, layout=layout, replicas=replicas, deadline=deadline, horizon=horizon, timezone=timezone)
