"""`fastlanes-sim schema`: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files.

    Point your editor's YAML support at it.
    """
    from fastlanes_sim.scenario.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
