"""Numbers of a simulation as a whole beside those of its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim import compare, simulate
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.experiments.replication import measure, measure_batches
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.judge import judge
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.scenario.load import load_scenario

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"


@pytest.fixture(scope="module")
def hour():
    return simulate(QUICKSTART, horizon="1h", engine="model")


def test_utilisation_and_claims_are_of_the_whole_simulation(hour):
    names = ("utilisation", "claims", "claims_per_minute", "empty_claims", "notifications", "killed")
    measures = [parse_measure(name) for name in names]
    busy, claims, rate, empty, notifications, killed = measure(hour.scenario, 0, measures, engine="model").low
    entries = utilisation(hour.deployment, hour.log)
    assert busy == pytest.approx(sum(one.busy * one.slots for one in entries) / sum(one.slots for one in entries))
    assert 0 < busy < 1
    assert claims == hour.log.claims_sent > 0
    assert rate == claims * MINUTE / hour.log.ended_on
    assert (empty, notifications) == (hour.log.claims_empty, hour.log.notifications)
    assert killed == 0


def test_neither_a_warm_up_nor_a_batch_makes_a_difference_to_them():
    steady = load_scenario(QUICKSTART, {"kind": "steady", "horizon": "1h"})
    measures = [parse_measure("claims"), parse_measure("runs")]
    whole = measure(steady, 0, measures, engine="model").low
    late = measure(steady, 0, measures, engine="model", warm_up=30 * MINUTE).low
    batches = list(measure_batches(steady, 2, measures, engine="model"))
    assert late[0] == whole[0] == batches[0].low[0] == batches[1].low[0]
    assert whole[1] > late[1]


def test_they_may_be_objectives(hour):
    rate = hour.log.claims_sent * MINUTE / hour.log.ended_on
    for text, outcome, words in [
        ("utilisation < 80%", "met", f"{100 * hour.observed.measure('utilisation').low:.3g} %"),
        ("utilisation > 80%", "missed", None),
        (f"claims_per_minute < {rate + 1:.0f}", "met", f"{rate:.3g}/min"),
        (f"claims == {hour.log.claims_sent}", "met", str(hour.log.claims_sent)),
        ("notifications < 1", "missed", None),
    ]:
        found = judge(parse_objective(text), hour.observed)
        assert found.verdict == outcome, text
        assert words is None or found.text == words


def test_deployments_are_compared_by_their_claims():
    layouts = ["manual>*:5", "*:1"]
    found = compare(QUICKSTART, layouts=layouts, replications=3, measures=["claims"], horizon="1h", engine="model")
    words = [one.words for one in found.differences if one.measure.text == "claims"]
    assert len(words) == 1
    assert "*:1 is " in words[0]
    assert words[0].endswith("fewer")
