"""The search as a new user asks it: objectives on the fast lane alone, two projects with batches. Whatever is recommended finishes what
arrives, as runs show that the search has not seen. `studies.new_users` does it for twenty deployments, with more replications."""

from __future__ import annotations

import json

import pytest

from studies.new_users import DEPLOYMENTS, RESULTS, ask, judge

CHEAP = (8, 14)
"""Deployments for which the search needs few replications."""


@pytest.mark.parametrize("number", CHEAP)
def test_what_is_recommended_finishes_what_arrives(number: int):
    found = ask(number)
    assert found.recommended is not None
    assert judge(number, found.recommended.candidate.layout, fresh=6, long_ones=1).finishes


def test_what_meets_the_objective_alone_may_not():
    """One slot for requests meets their objective; the other one is not enough for the rest."""
    judgement = judge(14, "fast_lane:1 manual>*:1", fresh=6, long_ones=1)
    assert not judgement.finishes
    assert judgement.mean_load > 1
    assert judgement.mean_starved > 0.01


def test_all_twenty_were_asked_and_finish():
    rows = json.loads(RESULTS.read_text())
    assert [row["number"] for row in rows] == list(DEPLOYMENTS)
    assert all(row["found"]["layout"] is None or row["found"]["finishes"] for row in rows)
