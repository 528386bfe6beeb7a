"""What the commands that play many replications have in common: where these run."""

from __future__ import annotations

from typing import Annotated

import typer

Processes = Annotated[int | None, typer.Option(help="How many processes play; by default as many as are worth it.", min=1)]
Scheduler = Annotated[str | None, typer.Option(help="Play on a Dask cluster, as tcp://host:8786.", metavar="ADDRESS")]
