"""`fastlanes-sim conform`: recorded cases of the real thing, replayed through the very code that `run` uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.engines.selection import Engine

if TYPE_CHECKING:
    from fastlanes_sim.conformance.case_result import CaseResult


class Kind(StrEnum):
    CLAIMS = "claims"
    WORKER = "worker"
    LIVES = "lives"
    WORKLOOPS = "workloops"


def _replay(kind: Kind) -> Callable[[Path, Engine], Iterator[CaseResult]]:
    """What replays cases of this kind. Imported here, for it brings the whole simulator along."""
    from fastlanes_sim.conformance import claims, lives, worker, workloops

    replays: dict[Kind, Callable[[Path, Engine], Iterator[CaseResult]]] = {
        Kind.CLAIMS: claims.replay,
        Kind.WORKER: worker.replay,
        Kind.LIVES: lives.replay,
        Kind.WORKLOOPS: lambda path, _: workloops.replay(path),  # no engine has a part in them
    }
    return replays[kind]


def conform(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="What was recorded: PostgreSQL's claims, the worker's timelines, lives of its runs, its parser and command line."
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Files of recorded cases; .gz is fine.")],
    engine: Annotated[Engine, typer.Option(help="What simulates the claims, timelines and lives.")] = "model",
    show: Annotated[int, typer.Option(help="Of how many of the cases that differ to show where; the others are named.")] = 5,
) -> None:
    """Replay recorded cases; exit 0 only if all agree."""
    replay = _replay(kind)
    differing, total = 0, 0
    for file in files:
        for result in replay(file, engine):
            total += 1
            if result.agrees:
                continue
            differing += 1
            typer.echo(f"{file}: case {result.case} differs")
            for difference in result.differences[:5] if differing <= show else ():
                typer.echo(f"    {difference}")
    typer.echo(f"agree {total - differing} of {total}")
    raise typer.Exit(ExitCode.MET if total and not differing else ExitCode.BUG)
