"""`fastlanes-sim rig`: a Lightning on a socket for real workers, and what they did beside what was predicted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.core.errors import FastlanesError

if TYPE_CHECKING:
    from fastlanes_sim.core.run_table import RunTable
    from fastlanes_sim.deployment.deployment import Deployment
    from fastlanes_sim.rig.server import RigServer
    from fastlanes_sim.rig.session import Settings
    from fastlanes_sim.rig.session_result import RigResult
    from fastlanes_sim.rig.tokens import Keys
    from fastlanes_sim.scenario.load import LoadedScenario

_CHECKS_FOR = "5m"


def rig(
    scenario: options.ScenarioArgument,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Address to listen on. Port 0 is any that is free.")] = "127.0.0.1:4000",
    lasts: Annotated[
        str | None,
        typer.Option("--for", metavar="DURATION", help="Stop after so much of the scenario. Default: its horizon; with --check 5m."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Begin when so many workers have joined. Default: all that the scenario begins with.", min=1)
    ] = None,
    spawn: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Start each worker of the scenario with this command, and stop it as it says.")
    ] = None,
    network: Annotated[
        bool, typer.Option("--network/--no-network", help="Hold messages as long as the scenario's network says, or not at all.")
    ] = True,
    dsn: Annotated[
        str | None,
        typer.Option(metavar="DSN", help="Keep the runs in this PostgreSQL, in a schema of their own that is made and dropped."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Five minutes, one sentence, and exit code 99 unless the workers behave.")] = False,
    repeat: Annotated[
        int,
        typer.Option(help="Number of sessions, one after another: how much do the workers differ from themselves? Needs --spawn.", min=1),
    ] = 1,
    layout: options.Layout = None,
    seed: options.Seed = None,
    sets: options.Sets = None,
    replications: Annotated[int, typer.Option(help="Number of simulations of the same runs to compare with.", min=5)] = 99,
    out: options.Out = None,
    as_json: options.AsJson = False,
) -> None:
    """Put your own workers to a Lightning in wall-clock time.

    Prints the variables that the workers need, waits for them, and gives them the scenario's runs and incidents. Then it compares what they
    did with what the model says. The exit code is 0 if they behave as the model says, 99 if not, and 98 if that is undecided.
    """
    _require()
    from fastlanes_sim.api.scenario_argument import load_scenario
    from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
    from fastlanes_sim.results.files import check_folder
    from fastlanes_sim.rig.prediction import make_ready
    from fastlanes_sim.rig.repeats import Repeats
    from fastlanes_sim.rig.server import is_loopback
    from fastlanes_sim.rig.session import Settings
    from fastlanes_sim.rig.session_files import write_repeats
    from fastlanes_sim.traffic.generate import generate

    host, port = _address(listen)
    if repeat > 1 and spawn is None:
        raise FastlanesError(
            f"--repeat {repeat}: workers that stay would bring runs of one session into the next",
            "let the rig start them (--spawn), or call it several times, each with workers that have just started",
        )
    asked = lasts or (_CHECKS_FOR if check else None)
    loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=asked, overrides=options.overrides(sets))
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if not is_loopback(host):
        typer.echo(
            f"warning: {host} can be reached from other machines. Whoever has the secret below can claim the rig's runs, and nothing else.",
            err=True,
        )
    folder = out or Path("results") / f"{loaded.scenario.name}-rig"
    check_folder(folder)
    deployment, table = deployment_of(loaded.scenario), generate(loaded.scenario)
    make_ready(deployment, table, replications)
    sessions: list[RigResult] = []
    written: list[Path] = []
    interrupted = False
    for number in range(1, repeat + 1):
        own = folder if repeat == 1 else folder / f"session-{number}"
        if repeat > 1:
            _say(f"Session {number} of {repeat}:")
        settings = Settings(host, port, workers, spawn, network, own)
        one, files, interrupted = _one_session(loaded, deployment, table, settings, dsn, replications)
        sessions.append(one)
        written += files
        if interrupted:
            break
    found = Repeats(sessions)
    if repeat > 1:
        written += write_repeats(found, folder)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    elif check:
        typer.echo("\n".join([found.words, *found.causes]))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
    raise typer.Exit(ExitCode.INTERRUPTED if interrupted else OF_VERDICT[found.outcome])


def _one_session(
    loaded: LoadedScenario, deployment: Deployment, table: RunTable, settings: Settings, dsn: str | None, replications: int
) -> tuple[RigResult, list[Path], bool]:
    """Observed, written down, and predicted; with the files that were written, and whether somebody interrupted it."""
    import asyncio

    from fastlanes_sim.rig.session import session, store_in
    from fastlanes_sim.rig.session_files import write_files
    from fastlanes_sim.rig.session_result import outcome_of, with_prediction

    def started(server: RigServer, keys: Keys) -> None:
        _say(_variables(server, keys, settings.spawn is not None))

    recording, clock = asyncio.run(session(deployment, table, settings, _say, store_in(dsn), started))
    found = outcome_of(loaded, deployment, table, recording, clock.start)
    written = write_files(found, settings.logs)
    _say(f"{found.verdict.words}\nSimulating the same runs {replications} times ...")
    try:
        with progress.counted("simulating the same runs") as report:
            found = with_prediction(found, settings.logs, replications, report)
        written = write_files(found, settings.logs)
    except KeyboardInterrupt:
        _say("Interrupted: nothing is predicted.")
        return found, written, True
    return found, written, recording.interrupted


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _require() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("websockets", "jwt", "cryptography") if find_spec(name) is None]
    if missing:
        raise FastlanesError("the rig needs packages that are not installed", 'pip install "fastlanes_sim[rig]"')


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise FastlanesError(f"--listen {text}: not an address", "write HOST:PORT, such as 127.0.0.1:4000")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _variables(server: RigServer, keys: Keys, spawns: bool) -> str:
    """What a worker's environment must hold."""
    if spawns:
        return f"Listening on {server.url}. The workers that it starts are told all they need."
    lines = {
        "WORKER_LIGHTNING_SERVICE_URL": server.url,
        "WORKER_SECRET": keys.secret,
        "WORKER_LIGHTNING_PUBLIC_KEY": keys.public_key,
    }
    shown = "\n".join(f"export {name}={value}" for name, value in lines.items())
    return f"Set these for each worker, and what the scenario says of it (docs/rig.md):\n{shown}"
