"""`fastlanes-sim demo`: the incident of lightning #4498 under three deployments, with and without notifications."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import budget, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode

CASES: dict[str, dict[str, object]] = {
    "as it was": {"lightning.ruleset": "pre-4515"},
    "Fast Lanes, same pool": {},
    "fast_lane:1 manual>*:4": {"workers.0.workloops": "fast_lane:1 manual>*:4"},
}
"""What each deployment changes in the scenario, which has the pool `manual>*:5`."""

NOTIFICATIONS = {"on": True, "off": False}


def demo(
    scenario: Annotated[Path, typer.Argument(help="Scenario of the incident.")] = Path("scenarios/ethiopia_sync.yaml"),
    engine: options.Engine = "auto",
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for the charts.")] = Path("results/demo"),
    force: options.Force = False,
) -> None:
    """Simulate a day of the incident under three deployments.

    As it was, with Fast Lanes, and with a slot pinned to the fast lane; with and without notifications of new work.
    """
    from fastlanes_sim.api.verbs import load_scenario, simulate
    from fastlanes_sim.reports.figures.deployments import side_by_side
    from fastlanes_sim.reports.figures.png import save_figure
    from fastlanes_sim.reports.text import terminal
    from fastlanes_sim.reports.text.deployments import deployments_table
    from fastlanes_sim.results.files import check_folder

    budget.check(
        [load_scenario(scenario, overrides=changes) for changes in CASES.values()],
        force=force,
        engine=engine,
        simulations=len(CASES) * len(NOTIFICATIONS),
        is_single=True,
    )
    check_folder(out)
    console = terminal.console()
    pictures = []
    for switch, broadcast in NOTIFICATIONS.items():
        heard: dict[str, object] = {"lightning.broadcast_work_available": broadcast}
        cases = {label: load_scenario(scenario, overrides=changes | heard) for label, changes in CASES.items()}
        terminal.print_line(console, f"\nNotifications {switch} (BROADCAST_WORK_AVAILABLE={str(broadcast).lower()})")
        results = {}
        for label, loaded in cases.items():
            with progress.shown(label, loaded.scenario.horizon) as report:
                result = results[label] = simulate(loaded, engine=engine, force=True, progress=report)
            if result.log.interrupted:
                terminal.print_line(console, "Interrupted: start it again.")
                raise typer.Exit(ExitCode.INTERRUPTED)
        deployments = [(label, result.observed) for label, result in results.items()]
        console.print(deployments_table(deployments))
        title = f"A day of the incident, notifications {switch}"
        pictures.append(save_figure(side_by_side(deployments, title), out / f"incident_notifications_{switch}.png"))
    terminal.print_line(console, "\nThe charts:")
    for picture in pictures:
        terminal.print_line(console, f"  {picture}")
    terminal.print_line(console, f'\nNext: {sys.argv[0]} run {scenario} --layout "fast_lane:1 manual>*:4" --html')
