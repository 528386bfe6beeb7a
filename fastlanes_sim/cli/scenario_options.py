"""Options that several commands share: what to change in a scenario, what computes and where, where the results go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines import selection

ScenarioArgument = Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)]
Layout = Annotated[str | None, typer.Option(metavar="LAYOUT", help='Layout for all workers, e.g. "fast_lane:1 manual>*:4".')]
Seed = Annotated[int | None, typer.Option(help="Use this seed instead of the scenario's.", min=0)]
Horizon = Annotated[str | None, typer.Option(metavar="DURATION", help="Use this horizon instead of the scenario's, e.g. 6h.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change any other value, e.g. lightning.ruleset=pre-4515. Repeatable."),
]
Metrics = Annotated[
    list[str] | None, typer.Option("--metric", metavar="MEASURE", help="Measure to report, e.g. p99(fast_lane.wait). Repeatable.")
]
Engine = Annotated[selection.Engine, typer.Option(metavar="[auto|reference|kernel]", help="Simulation engine. All give the same results.")]
Processes = Annotated[int | None, typer.Option(help="Number of processes to use. Default: as many as are worth it.", min=1)]
Scheduler = Annotated[str | None, typer.Option(help="Compute on this Dask cluster, e.g. tcp://host:8786.", metavar="ADDRESS")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder for the results. Default: results/NAME.")]
Inputs = Annotated[
    bool,
    typer.Option("--inputs", help="Carry into the intervals how uncertain calibrated inputs are. Simulates their resamples too."),
]
STORE = "computed.sqlite"
"""In the folder of results: what is computed there already, see `experiments.store`."""
Force = Annotated[bool, typer.Option("--force", help="Simulate however long it takes, and however much memory: no estimate refuses it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, and nothing else.")]
Charts = Annotated[bool, typer.Option("--charts/--no-charts", help="Write charts as PNG files.")]


def overrides(sets: list[str] | None) -> dict[str, object]:
    """What `--set` changes in a scenario, by dotted path.

    Raises:
        FastlanesError: a `--set` that is not PATH=VALUE.
    """
    from fastlanes_sim.scenario.overrides import parse_override

    try:
        return dict(map(parse_override, sets or []))
    except ValueError as error:
        message, _, hint = str(error).rpartition(": ")
        raise FastlanesError(f"--set {message}", hint) from error


def share(option: str, text: str) -> float:
    """A share as people write it, `5%` or `0.05`.

    Raises:
        FastlanesError: it is not.
    """
    try:
        return float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        raise FastlanesError(f"{option} {text}: not a share\n    hint: write such as 95% or 0.95") from None
