"""`fastlanes-sim demo`: the incident of lightning #4498 under three deployments, with and without notifications."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import progress

CASES: dict[str, dict[str, object]] = {
    "as it was": {"lightning.ruleset": "pre-4515"},
    "Fast Lanes, same pool": {},
    "fast_lane:1 manual>*:4": {"workers.0.workloops": "fast_lane:1 manual>*:4"},
}
"""What each deployment changes in the scenario, which has the pool `manual>*:5`."""

NOTIFICATIONS = {"on": True, "off": False}


def demo(
    scenario: Annotated[Path, typer.Argument(help="The incident's scenario.")] = Path("scenarios/ethiopia_sync.yaml"),
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("results/demo"),
) -> None:
    """A simulated day of the incident: as it was, with Fast Lanes, and with a pinned slot."""
    from fastlanes_sim.api import simulate
    from fastlanes_sim.reports import text
    from fastlanes_sim.reports.output import write_comparison
    from fastlanes_sim.scenario.load import load_scenario

    pictures = []
    for switch, broadcast in NOTIFICATIONS.items():
        typer.echo(f"\nNotifications {switch} (BROADCAST_WORK_AVAILABLE={str(broadcast).lower()})")
        results = {}
        for label, changes in CASES.items():
            loaded = load_scenario(scenario, {**changes, "lightning.broadcast_work_available": broadcast})
            with progress.shown(label, loaded.scenario.horizon) as report:
                results[label] = simulate(loaded, progress=report)
            text.show_lanes(results[label], title=label)
        title = f"A sync webhook beside cron batches, notifications {switch}"
        pictures.append(write_comparison(results, out / f"incident_notifications_{switch}.png", title=title))
    typer.echo("\nThe charts:")
    for picture in pictures:
        typer.echo(f"  {picture}")
