"""`fastlanes-sim demo`: the incident of lightning #4498 under three deployments, with and without notifications."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.engines.selection import Engine

CASES: dict[str, dict[str, object]] = {
    "as it was": {"lightning.ruleset": "pre-4515"},
    "Fast Lanes, same pool": {},
    "fast_lane:1 manual>*:4": {"workers.0.workloops": "fast_lane:1 manual>*:4"},
}
"""What each deployment changes in the scenario, which has the pool `manual>*:5`."""

NOTIFICATIONS = {"on": True, "off": False}


def demo(
    scenario: Annotated[Path, typer.Argument(help="The incident's scenario.")] = Path("scenarios/ethiopia_sync.yaml"),
    engine: Annotated[Engine, typer.Option(help="What simulates: the results are the same.")] = "auto",
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("results/demo"),
) -> None:
    """A simulated day of the incident: as it was, with Fast Lanes, and with a pinned slot."""
    from rich.console import Console

    from fastlanes_sim.api.verbs import load, simulate
    from fastlanes_sim.reports.pictures import save_comparison
    from fastlanes_sim.reports.text import deployments_table

    console = Console()
    pictures = []
    for switch, broadcast in NOTIFICATIONS.items():
        heard: dict[str, object] = {"lightning.broadcast_work_available": broadcast}
        cases = {label: load(scenario, overrides=changes | heard) for label, changes in CASES.items()}
        console.print(f"\nNotifications {switch} (BROADCAST_WORK_AVAILABLE={str(broadcast).lower()})", highlight=False)
        results = {}
        for label, loaded in cases.items():
            with progress.shown(label, loaded.scenario.horizon) as report:
                result = results[label] = simulate(loaded, engine=engine, progress=report)
            if result.log.interrupted:
                console.print("Interrupted: start it again.")
                raise typer.Exit(ExitCode.INTERRUPTED)
        deployments = [(label, result.metrics) for label, result in results.items()]
        console.print(deployments_table(deployments))
        title = f"A day of the incident, notifications {switch}"
        pictures.append(save_comparison(deployments, out / f"incident_notifications_{switch}.png", title=title))
    console.print("\nThe charts:")
    for picture in pictures:
        console.print(f"  {picture}", highlight=False, soft_wrap=True)
    console.print(f'\nNext: {sys.argv[0]} run {scenario} --layout "fast_lane:1 manual>*:4" --html', highlight=False, soft_wrap=True)
