"""What a run comes to, as plain values ready for JSON."""

from __future__ import annotations

import platform
from importlib.metadata import version

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.fingerprint import said
from fastlanes_sim.measures.judge import overall
from fastlanes_sim.results.lane_table import lane_table
from fastlanes_sim.results.simulated import Simulated

_MOST_SCOPES = 100
"""Projects and workflows, those that waited longest."""


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("fastlanes_sim", "numpy", "simpy")}


def origin(name: str, scenario_hash: str, seed: int) -> dict[str, object]:
    """What every report on a scenario depends on."""
    return {"scenario": name, "scenario_hash": scenario_hash, "seed": seed, "versions": versions()}


def stopped_json(worker: str, workloop: str, since: int) -> dict[str, object]:
    return {"worker": worker, "workloop": workloop, "since_s": since / SECOND}


def summary(found: Simulated) -> dict[str, object]:
    """Of one simulation. Times are seconds. Nothing in it depends on when or where it was computed."""
    log = found.log
    return origin(found.scenario.scenario.name, found.scenario.hash, found.seed) | {
        "settings": said(found.scenario.scenario),
        "horizon_s": found.deployment.horizon / SECOND,
        "simulated_s": log.ended_on / SECOND,
        "interrupted": log.interrupted,
        "replications": 1,
        "verdict": overall(found.verdicts),
        "slos": [verdict.to_json() for verdict in found.verdicts],
        "lanes": lane_table(found.observed),
        "workloops": [entry.to_json() for entry in found.utilisation],
        **({} if found.replicas is None else {"replicas": found.replicas.to_json()}),
        **({} if not found.lost_slots else {"lost_slots": [entry.to_json() for entry in found.lost_slots]}),
        **({} if not found.stopped else {"stopped_workloops": [stopped_json(*entry) for entry in found.stopped]}),
        "scopes": [one.to_json() for one in found.scope_waits[:_MOST_SCOPES]],
        "remarks": found.remarks,
        "claims": {"sent": log.claims_sent, "empty": log.claims_empty},
        "notifications": log.notifications,
        **({} if not found.responses_explained else {"responses": {one.name: one.to_json() for one in found.responses_explained}}),
        "attribution": {one.name: one.to_json() for one in found.explanations_shown},
    }
