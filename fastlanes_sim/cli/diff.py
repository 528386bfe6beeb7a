"""`fastlanes-sim diff`: two results that were written to disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def diff(
    before: Annotated[Path, typer.Argument(help="Folder of results, or its summary.json or replications.json.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="Another one.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Tell what differs between two results, and why.

    Reads what `run` has written to two folders (--out) and shows which verdicts changed, which settings were changed, and by how much the
    numbers differ. It simulates nothing.
    """
    from fastlanes_sim.results.result_diff import ResultDiff, read_result

    found = ResultDiff(read_result(before), read_result(after))
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        return
    from fastlanes_sim.reports.text.result_diff import text

    typer.echo(text(found))
