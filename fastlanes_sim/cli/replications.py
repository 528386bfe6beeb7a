"""`fastlanes-sim run --replications`: intervals instead of one simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.verdict import decided

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastlanes_sim.cli.outputs import Outputs
    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.experiments import ReplicatedResult


def play(
    replicate: Callable[..., ReplicatedResult], told: Outputs, warnings: Sequence[Problem], directory: Path, as_json: bool, charts: bool
) -> ExitCode:
    """Replications instead of one simulation: verdicts on intervals, one table of values. `replicate` lacks nothing but a progress."""
    from fastlanes_sim.cli.experiments import tell
    from fastlanes_sim.reports.experiments import write_experiment
    from fastlanes_sim.results.slo import worst

    with progress.counted("replications") as report:
        found = replicate(progress=report)
    written = write_experiment(found, found.frame, directory, "replications", charts=charts)
    tell(found, written, directory, told, warnings, as_json=as_json)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return decided(OF_VERDICT[worst(one.verdict for one in found.verdicts)], told.undecided)
