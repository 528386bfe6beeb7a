"""A smoke version of `make coverage-study`."""

from __future__ import annotations

from scipy.stats import binomtest

from benchmarks.coverage import covered


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    for hits in covered(1, 0.5, 40):
        ends = binomtest(hits, 40).proportion_ci(0.99)
        assert ends.low <= 0.97
        assert ends.high >= 0.93
