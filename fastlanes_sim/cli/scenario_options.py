"""What `run` and `compare` have in common: what to replace in a scenario, what simulates and where, where the results go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines import selection

Seed = Annotated[int | None, typer.Option(help="Instead of the scenario's seed.", min=0)]
Horizon = Annotated[str | None, typer.Option(help="Instead of the scenario's horizon, as 6h.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other value, as lightning.ruleset=pre-4515. Repeatable.")
]
Engine = Annotated[selection.Engine, typer.Option(help="What simulates: the results are the same.")]
Processes = Annotated[int | None, typer.Option(help="How many processes play; by default as many as are worth it.", min=1)]
Scheduler = Annotated[str | None, typer.Option(help="Play on a Dask cluster, as tcp://host:8786.", metavar="ADDRESS")]
Out = Annotated[Path | None, typer.Option(help="Where to write; results/NAME by default.")]
STORE = "computed.sqlite"
"""In the folder of results: what is computed there already, see `experiments.store`."""
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")]


def overrides(sets: list[str] | None) -> dict[str, object]:
    """What `--set` changes in a scenario, by dotted path.

    Raises:
        FastlanesError: a `--set` that is not PATH=VALUE.
    """
    from fastlanes_sim.scenario.overrides import parse_override

    try:
        return dict(map(parse_override, sets or []))
    except ValueError as error:
        raise FastlanesError(f"--set {error}") from error
