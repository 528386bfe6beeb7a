"""What a simulation may cost in memory."""

from __future__ import annotations

import tracemalloc

from fastlanes_sim.engines.reference.simulation import simulate_reference
from tests.support.deployments import deployment, run, table, worker


def test_a_run_costs_at_most_a_kilobyte():
    """Table, log, and all that the engine keeps; a run that has ended leaves it."""
    count = 20_000
    tracemalloc.start()
    try:
        runs = table(run(i * 0.3, 1) for i in range(count))
        tracemalloc.reset_peak()
        simulate_reference(deployment(worker("*:5", dispatch="ideal"), horizon=10**12), runs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / count < 1_000
