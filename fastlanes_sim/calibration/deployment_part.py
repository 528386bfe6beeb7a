"""The deployment beside which an export's traffic is put: an export does not say which workers served it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fastlanes_sim.calibration.shared_systems import SharedSystem
from fastlanes_sim.exports.export import Export
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.scenario.load import Origin, load_scenario, written_tree
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.schema import Lightning


@dataclass(frozen=True)
class Deployed:
    """The parts of a scenario that are not traffic, as a scenario writes them."""

    workers: list[dict[str, Any]]
    lightning: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    incidents: Mapping[str, Any] = field(default_factory=dict)
    messages: Mapping[str, Any] = field(default_factory=dict)
    """Of the runs of all workflows that have none of their own."""
    workflows: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """By project and workflow: the keys of `_OF_WORKFLOWS` that it has."""
    slos: list[str] = field(default_factory=list)
    start: int | None = None
    """µs since 1970: the offsets of outages, crashes, deploys and incidents count from here. None: from the first minute of the export."""
    run_timeout: int = Lightning().run_timeout
    guessed: bool = False
    """It is not known which workers there were."""
    left_out: tuple[str, ...] = ()
    """What the scenario also has, and what is not taken from it."""

    def for_export(self, export: Export) -> Deployed:
        """The same on the ruleset that the export's columns show, unless one is written: without `queue`, one from before it."""
        if export.has_queue or "ruleset" in self.lightning:
            return self
        return replace(self, lightning={**self.lightning, "ruleset": "pre-4515"})

    def with_cores(self, systems: Sequence[SharedSystem]) -> Deployed:
        """The same with the cores that the runs of each worker are known to share."""
        cores = [system.capacity for system in systems if system.kind == "cores"]
        return replace(self, workers=[{**group, "cores": round(cores[0], 3)} for group in self.workers]) if cores else self

    @property
    def has_events(self) -> bool:
        """Whether anything happens in it at a set time."""
        events = ("outages", "crashes", "deploys")
        return any(self.incidents.values()) or any(group.get(event) for group in self.workers for event in events)


_OF_WORKFLOWS = ("messages", "run_timeout")
"""What an export does not tell of a workflow, and a scenario does."""


def from_layout(layout: str, replicas: int = 1, backoff: str | None = None) -> Deployed:
    """Workers alike with this layout, on a Lightning with default settings."""
    group: dict[str, Any] = {"workloops": layout}
    if replicas != 1:
        group["replicas"] = replicas
    if backoff is not None:
        group["backoff"] = backoff
    return Deployed([group])


def from_scenario(origin: Origin, overrides: Mapping[str, object] | None = None) -> Deployed:
    """Workers, Lightning, network, incidents, messages and objectives of a scenario, with values laid over it; its traffic is left behind.

    Raises:
        ScenarioError: it is not a valid scenario.
    """
    loaded = load_scenario(origin, overrides or {})
    scenario, tree = loaded.scenario, written_tree(loaded)
    slos = tree.get("slos") or []
    kept = [text for text in slos if not parse_objective(text).measure.scope.is_named]  # the export may have other names
    left_out = [key for key in ("cold_start", "adaptors") if tree.get(key)]
    if any("cores" in group for group in tree["workers"]):
        left_out.append("cores")  # the services of an export include what runs lost by sharing them
    said = {
        (project, name): {key: workflow[key] for key in _OF_WORKFLOWS if workflow.get(key) is not None}
        for project, of_project in (tree.get("projects") or {}).items()
        for name, workflow in (of_project.get("workflows") or {}).items()
        if isinstance(workflow, dict)
    }
    is_dated = tree.get("start") is not None or scenario.replay is not None
    return Deployed(
        workers=[{key: value for key, value in group.items() if key != "cores"} for group in tree["workers"]],
        lightning=tree.get("lightning") or {},
        network=tree.get("network") or {},
        incidents=tree.get("incidents") or {},
        messages=tree.get("messages") or {},
        workflows={place: keys for place, keys in said.items() if keys},
        slos=kept,
        start=since_epoch(scenario.start, scenario.timezone) if is_dated else None,
        run_timeout=scenario.lightning.run_timeout,
        left_out=(*left_out, *(["objectives of projects, workflows and triggers"] if len(kept) < len(slos) else [])),
    )
