"""`fastlanes-sim run --replications`: intervals instead of one simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.verdict import decided

if TYPE_CHECKING:
    from pathlib import Path

    from fastlanes_sim.cli.outputs import Outputs
    from fastlanes_sim.engines import Engine
    from fastlanes_sim.scenario.load import LoadedScenario


def play(
    loaded: LoadedScenario,
    replications: int | None,
    until: str | None,
    told: Outputs,
    engine: Engine,
    directory: Path,
    as_json: bool,
    charts: bool,
) -> ExitCode:
    """Replications instead of one simulation: verdicts on intervals, one table of values."""
    from fastlanes_sim.api import replicate
    from fastlanes_sim.cli.experiments import tell
    from fastlanes_sim.results.slo import worst

    with progress.counted("replications") as report:
        found = replicate(loaded, replications, until=until, engine=engine, progress=report)
    tell(found, found.frame, directory, "replications", told, loaded.warnings, as_json=as_json, charts=charts)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return decided(OF_VERDICT[worst(one.verdict for one in found.verdicts)], told.undecided)
