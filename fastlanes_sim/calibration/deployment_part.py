"""The deployment beside which an export's traffic is put: an export does not say which workers served it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastlanes_sim.exports.export import Export
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.scenario.expectation import reply_time
from fastlanes_sim.scenario.load import Origin, load_scenario
from fastlanes_sim.scenario.network import Network
from fastlanes_sim.scenario.overrides import apply_override
from fastlanes_sim.scenario.schema import Lightning
from fastlanes_sim.scenario.yaml.tree import read_yaml


@dataclass(frozen=True)
class Deployed:
    """The parts of a scenario that are not traffic, as a scenario writes them."""

    workers: list[dict[str, Any]]
    lightning: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    slos: list[str] = field(default_factory=list)
    reply: int = Network().reply
    """µs from Lightning's claim until the worker may begin to start the run: the way back, and the token's verification."""
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


def from_layout(layout: str, replicas: int = 1, backoff: str | None = None) -> Deployed:
    """Workers alike with this layout, on a Lightning with default settings."""
    group: dict[str, Any] = {"workloops": layout}
    if replicas != 1:
        group["replicas"] = replicas
    if backoff is not None:
        group["backoff"] = backoff
    return Deployed([group])


def from_scenario(origin: Origin, overrides: Mapping[str, object] | None = None) -> Deployed:
    """Workers, Lightning, network and objectives of a scenario, with values laid over it; its traffic is left behind.

    Raises:
        ScenarioError: it is not a valid scenario.
    """
    loaded = load_scenario(origin, overrides or {})
    scenario, (root, _) = loaded.scenario, read_yaml(loaded.text)
    assert root is not None  # it was loaded just now
    tree = root.plain()
    for path, value in loaded.overrides.items():
        apply_override(tree, path, value)
    slos = tree.get("slos") or []
    kept = [text for text in slos if not parse_objective(text).measure.scope.is_named]  # the export may have other names
    left_out = [key for key in ("incidents", "cold_start", "adaptors") if tree.get(key)]
    return Deployed(
        workers=tree["workers"],
        lightning=tree.get("lightning") or {},
        network=tree.get("network") or {},
        slos=kept,
        reply=reply_time(scenario),
        run_timeout=scenario.lightning.run_timeout,
        left_out=(*left_out, *(["objectives of projects, workflows and triggers"] if len(kept) < len(slos) else [])),
    )
