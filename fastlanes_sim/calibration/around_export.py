"""A scenario around an export: the deployment that is said to have served it and the export's workflows, without traffic; and the same
deployment seen from another instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.core.errors import FastlanesError, with_hint
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.deployment.deployment import Deployment, Worker
from fastlanes_sim.exports.export import Export
from fastlanes_sim.scenario.incidents import Span
from fastlanes_sim.scenario.load import validate as validate_tree
from fastlanes_sim.scenario.replayed_export import add_workflows
from fastlanes_sim.scenario.schedule import at_epoch
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import Outage

S = TypeVar("S", Span, Outage)


def origin_of(export: Export, deployed: Deployed) -> int:
    """µs since 1970 of the instant from which the deployment's offsets count."""
    if deployed.start is not None:
        return deployed.start
    first = int(export.inserted_at[0])
    return first - first % MINUTE


def scenario_around(export: Export, deployed: Deployed, begin: int) -> Scenario:
    """It begins at `begin` (µs since 1970) and ends with the last that the export tells. Incidents and outages are at their own instants;
    of crashes, deploys and connections the offsets are as written: `moved` puts them right.

    Raises:
        FastlanesError: the deployment is not valid.
    """
    tree: dict[str, Any] = {
        "name": "validate",
        "start": at_epoch(begin).replace(tzinfo=None),
        "horizon": f"{max(export.last_seen - begin, 0) + 1}us",
        "lightning": dict(deployed.lightning),
        "network": dict(deployed.network),
        "incidents": dict(deployed.incidents),
        "messages": dict(deployed.messages),
        "workers": deployed.workers,
    }
    add_workflows(tree, export)
    for (project, name), keys in deployed.workflows.items():
        of_project = tree["projects"].get(project, {"workflows": {}})
        if name in of_project["workflows"]:
            of_project["workflows"][name] |= keys
    scenario, found = validate_tree(tree)
    if scenario is None or found:
        raise FastlanesError("\n".join(with_hint(f"{'.'.join(map(str, c.path))}: {c.message}", c.hint) for c in found))
    return _spans_moved(scenario, origin_of(export, deployed) - begin)


def _spans_moved(scenario: Scenario, by: int) -> Scenario:
    incidents = scenario.incidents.model_copy(
        update={kind: _later(getattr(scenario.incidents, kind), by) for kind in type(scenario.incidents).model_fields}
    )
    workers = [group.model_copy(update={"outages": _later(group.outages, by)}) for group in scenario.workers]
    return scenario.model_copy(update={"incidents": incidents, "workers": workers})


def _later(spans: Iterable[S], by: int) -> list[S]:
    """By so much; what is over before 0 is left out, what is not over begins there."""
    return [span.model_copy(update={"begins": max(span.begins + by, 0), "ends": span.ends + by}) for span in spans if span.ends + by > 0]


def moved(deployment: Deployment, by: int) -> Deployment:
    """The same with all processes starting, connecting and stopping so much later (µs; earlier where negative). A process that would have
    stopped by 0 never starts, one that would have started by then is there."""
    return replace(deployment, workers=tuple(_process_moved(worker, by) for worker in deployment.workers))


def _process_moved(worker: Worker, by: int) -> Worker:
    if worker.is_standby or worker.dispatch == "ideal":
        return worker
    if worker.stops_at is not None and worker.stops_at + by <= 0:
        return replace(worker, is_standby=True, stops_at=None)
    connect_at = max(worker.connect_at + by, 0)
    return replace(worker, connect_at=connect_at, stops_at=None if worker.stops_at is None else worker.stops_at + by)
