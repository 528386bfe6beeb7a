"""What a run comes to, as plain values ready for JSON."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.results.metrics import Metrics
from fastlanes_sim.results.slo import Verdict, overall
from fastlanes_sim.results.utilisation import Utilisation
from fastlanes_sim.results.worker_processes import Replicas


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("fastlanes_sim", "numpy", "simpy")}


def origin(name: str, scenario_hash: str, seed: int) -> dict[str, object]:
    """What whatever is told of a scenario depends on."""
    return {"scenario": name, "scenario_hash": scenario_hash, "seed": seed, "versions": versions()}


def summary(
    *,
    name: str,
    scenario_hash: str,
    seed: int,
    horizon_us: int,
    log: RunLog,
    metrics: Metrics,
    utilisation: Sequence[Utilisation],
    verdicts: Sequence[Verdict],
    explanations: Sequence[Explanation] = (),
    replicas: Replicas | None = None,
) -> dict[str, object]:
    """Times are seconds. Nothing in it depends on when or where it was computed."""
    return origin(name, scenario_hash, seed) | {
        "horizon_s": horizon_us / SECOND,
        "simulated_s": log.ended_on / SECOND,
        "interrupted": log.interrupted,
        "verdict": overall(verdicts),
        "slos": [verdict.to_json() for verdict in verdicts],
        "lanes": metrics.to_json(),
        "workloops": [entry.to_json() for entry in utilisation],
        **({} if replicas is None else {"replicas": replicas.to_json()}),
        "claims": {"sent": log.claims_sent, "empty": log.claims_empty},
        "notifications": log.notifications,
        "attribution": {one.lane: one.to_json() for one in explanations},
    }
