"""Indices against a case that can be computed: the mean wait of M/M/1 whose rate and mean service are not known."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments import sensitivity_indices as of_values
from tests.support.analytic_sensitivity import RANGES, analytic_indices, mean_wait

pytest.importorskip("SALib")
LEVEL = 0.95


def at(design: np.ndarray) -> np.ndarray:
    (rate, service) = (low + design[:, place] * (high - low) for place, (low, high) in enumerate(RANGES))
    return mean_wait(rate, service)


def test_indices_of_mm1_are_those_of_the_formula_and_come_nearer_with_more_samples():
    wide, narrow = (of_values.indices(2, at(of_values.sampling_design(2, samples)), LEVEL) for samples in (64, 2_048))
    for few, many, (first, total) in zip(wide, narrow, analytic_indices(), strict=True):
        assert abs(few.first - first) < few.first_half
        assert abs(few.total - total) < few.total_half
        assert abs(many.first - first) < max(many.first_half, 0.02)
        assert abs(many.total - total) < max(many.total_half, 0.02)
        assert many.total_half < few.total_half / 3
        assert total > first > 0.2, "the two act together as well"


def test_a_value_without_effect_has_none_and_a_sum_has_no_interactions():
    design = of_values.sampling_design(3, 256)
    one, two, nothing = of_values.indices(3, 3 * design[:, 0] + design[:, 1], LEVEL)
    assert abs(one.first - 0.9) < 0.03
    assert abs(two.total - 0.1) < 0.02
    assert nothing.total < 1e-9
    screened = of_values.effects(points := of_values.screening_design(3, 6), 3 * points[:, 0] - points[:, 1], LEVEL)
    assert [round(one.size, 9) for one in screened] == [3, 1, 0]
    assert [round(one.mean, 9) for one in screened] == [3, -1, 0]
    assert all(one.spread < 1e-9 for one in screened)


def test_a_block_with_a_point_that_is_missing_is_left_out_whole():
    design = of_values.sampling_design(2, 128)
    found = at(design)
    found[[5, 130]] = np.nan, np.inf
    assert of_values.complete(found, 4).sum() == 4 * 126
    kept = of_values.complete(found, 4)
    assert of_values.indices(2, found, LEVEL) == of_values.indices(2, found[kept], LEVEL)
    found[:] = np.nan
    assert of_values.indices(2, found, LEVEL) == []
    assert of_values.effects(of_values.screening_design(2, 4), np.full(12, np.nan), LEVEL) == []


def test_where_nothing_varies_there_are_no_indices():
    assert of_values.indices(2, np.full(64, 3.0), LEVEL) == []
    assert [one.size for one in of_values.effects(of_values.screening_design(2, 4), np.full(12, 3.0), LEVEL)] == [0, 0]


def test_designs_are_the_same_every_time():
    assert np.array_equal(of_values.sampling_design(3, 8), of_values.sampling_design(3, 8))
    assert np.array_equal(of_values.screening_design(3, 8), of_values.screening_design(3, 8))


def test_without_salib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "SALib.sample.sobol", None)
    with pytest.raises(FastlanesError, match=r"fastlanes_sim\[sensitivity\]"):
        of_values.sampling_design(2, 8)
