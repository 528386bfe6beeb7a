"""Numbers of a simulation as a whole beside those of its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim import compare, simulate
from fastlanes_sim.experiments.metric import parse_statistic
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.results.utilisation import utilisation

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"


def test_utilisation_and_claims_are_of_the_whole_simulation():
    result = simulate(QUICKSTART, horizon="1h", engine="reference")
    names = ("utilisation", "claims", "killed")
    busy, claims, killed = measure(result.scenario, 0, [parse_statistic(name) for name in names], engine="reference").low
    entries = utilisation(result.deployment, result.table, result.log)
    assert busy == pytest.approx(sum(one.busy * one.slots for one in entries) / sum(one.slots for one in entries))
    assert 0 < busy < 1
    assert claims == result.log.claims_sent > 0
    assert killed == 0


def test_they_are_shown_as_what_they_are():
    assert parse_statistic("utilisation").show(0.1234) == "12.3 %"
    assert parse_statistic("claims").show(71886.0) == "71,886"
    assert parse_statistic("killed").show(3.0) == "3"


def test_deployments_are_compared_by_their_claims():
    layouts = ["manual>*:5", "*:1"]
    found = compare(QUICKSTART, layouts=layouts, replications=3, statistics=["claims"], horizon="1h", engine="reference")
    words = [one.words for one in found.differences if one.statistic.text == "claims"]
    assert len(words) == 1
    assert "*:1 is " in words[0]
    assert words[0].endswith("fewer")
