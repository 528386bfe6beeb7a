"""What the study found (`python -m studies.sensitivity`), and that the page shows these numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.sensitivity import RESULT, ROOT, contradicted, incident_table, queue_table, sure_pairs
from tests.support.analytic_sensitivity import analytic_indices


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return loaded


def test_the_indices_of_a_simulated_queue_are_within_intervals_of_the_formula(found: dict[str, Any]):
    for row, (first, total) in zip(found["queue"], analytic_indices(), strict=True):
        one, one_half, all_in, all_half = row["simulated"]
        assert abs(one - first) < one_half
        assert abs(all_in - total) < all_half
        assert all_half < 0.2


def test_sweeps_over_one_value_confirm_the_order_on_the_incident(found: dict[str, Any]):
    for rows in found["incident"]["measures"].values():
        assert sure_pairs(rows) >= 2
        assert contradicted(rows) == []
        known = [row for row in rows if row["index"] is not None]
        assert [row["value"] for row in known] == [row["value"] for row in sorted(known, key=lambda row: -row["sweep"])]
        largest = max(row["sweep"] for row in rows)
        assert all(row["sweep"] < 0.1 * largest for row in rows if row["index"] is None), "the screening left out what matters"


def test_the_page_shows_these_numbers(found: dict[str, Any]):
    page = (ROOT / "docs" / "sensitivity.md").read_text(encoding="utf-8")
    assert queue_table(found) in page
    assert incident_table(found, "p99(fast_lane.wait)") in page


def test_an_order_that_sweeps_contradict_is_found():
    rows = [{"value": "a", "index": [0.8, 0.1, 0.8, 0.1], "sweep": 1.0}, {"value": "b", "index": [0.2, 0.1, 0.2, 0.1], "sweep": 2.0}]
    assert contradicted(rows) == [("a", "b")]
    assert contradicted([{**one, "sweep": 3.0} for one in rows]) == []
    assert contradicted([{**one, "index": None} for one in rows]) == []
