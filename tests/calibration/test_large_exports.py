"""The check of a large export looks at its parts one after another; together they say what the whole says."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.calibration import fit_excerpts
from fastlanes_sim.calibration.fit_sample import of_export
from fastlanes_sim.calibration.fit_simulation import FitSimulation
from fastlanes_sim.calibration.ranks import rank_correlation, ranks
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from tests.support.exports import exported, poisson
from tests.support.traffic_files import scenario, webhook


def test_parts_together_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits on ideal workers of 7,000 runs, at once and in parts of 1,000: the same, run by run."""
    monkeypatch.setattr(fit_excerpts, "_MOST_AT_ONCE", 1_000)
    inserted = poisson(10 / MINUTE, 12 * HOUR)
    seen = exported(inserted, wait=np.random.default_rng(1).integers(0, 3 * SECOND, len(inserted)))
    arrivals, service = {"poisson": "10/min"}, {"gamma": {"mean": "12s", "shape": 2.0}}
    given = scenario(webhook(arrivals, service=service), horizon="12h", start="2026-01-05T00:00:00", workers=[{"workloops": "*:3"}])
    sample = of_export(given, seen)
    fit = FitSimulation(given, sample, 1, "reference", 1)
    assert len(fit._parts) > 5
    table = fit.drawn(0)
    parts = fit.on_ideal_workers(table)
    monkeypatch.setattr(fit_excerpts, "_MOST_AT_ONCE", 10**9)
    whole = FitSimulation(given, sample, 1, "reference", 1).on_ideal_workers(table)
    np.testing.assert_array_equal(parts.inserted, whole.inserted)
    assert (whole.wait > 0).mean() > 0.2
    np.testing.assert_array_equal(parts.wait, whole.wait)


def test_ranks_are_those_of_scipy() -> None:
    from scipy.stats import rankdata, spearmanr

    random = np.random.default_rng(1)
    for size in (5, 100, 3_000):
        a = random.integers(0, 20, size).astype(np.float64)
        b = a + random.normal(0, 8, size)
        np.testing.assert_array_equal(ranks(a), rankdata(a))
        assert rank_correlation(a, b) == pytest.approx(tuple(spearmanr(a, b)))
