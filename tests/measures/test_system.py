"""Numbers of a simulation as a whole beside those of its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim import compare, replicate, simulate
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.experiments.replication import measure, measure_batches
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.judge import judge
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schema import Scenario

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"


@pytest.fixture(scope="module")
def hour():
    return simulate(QUICKSTART, horizon="1h", engine="kernel")


def test_utilisation_and_claims_are_of_the_whole_simulation(hour):
    names = ("utilisation", "claims", "claims_per_minute", "empty_claims", "notifications", "killed")
    measures = [parse_measure(name) for name in names]
    busy, claims, rate, empty, notifications, killed = measure(hour.scenario, 0, measures, engine="kernel").low
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
    whole = measure(steady, 0, measures, engine="kernel").low
    late = measure(steady, 0, measures, engine="kernel", warm_up=30 * MINUTE).low
    batches = list(measure_batches(steady, 2, measures, engine="kernel"))
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
    found = compare(QUICKSTART, layouts=layouts, replications=3, measures=["claims"], horizon="1h", engine="kernel")
    words = [one.words for one in found.differences if one.measure.text == "claims"]
    assert len(words) == 1
    assert "*:1 is " in words[0]
    assert words[0].endswith("fewer")


def dying(notified: bool, duration_ms: int) -> dict[str, object]:
    """W-6: one slot, a round trip of 60 ms, one run that holds its slot a little shorter than the backoff, and later another run."""
    return {
        "name": "t",
        "start": "2026-03-01T00:00",
        "horizon": "10m",
        "lightning": {"broadcast_work_available": notified},
        "network": {"latency": "30ms", "database": "0ms"},
        "startup": "0ms",
        "projects": {"p": {"workflows": {"a": {"triggers": [{"type": "cron", "cron": "0,5 0 * * *", "service": f"{duration_ms}ms"}]}}}},
        "workers": [{"workloops": "*:1", "backoff": "1/10", "connect": "0ms"}],
    }


def stopped_of(tree: dict[str, object]) -> float:
    return measure(Scenario.model_validate(tree), 0, [parse_measure("stopped_workloops")], engine="kernel").low[0]


def test_a_workloop_that_stopped_for_good_is_counted():
    """W-6: held for 6 round trips, 1 ms and the run's duration. What is just shorter than the backoff kills, what is longer does not."""
    assert stopped_of(dying(False, 600)) == 1
    assert stopped_of(dying(False, 900)) == 0
    assert stopped_of(dying(False, 100)) == 0


def test_replications_say_in_how_many_of_them_a_workloop_stopped():
    found = replicate(dying(False, 600), 4, engine="kernel")
    assert "in 4 of 4 replications (100 %, between 40 % and 100 %) a workloop stopped asking for good (W-6)" in found.notes
    assert not any("stopped asking" in note for note in replicate(dying(False, 900), 4, engine="kernel").notes)


def test_one_simulation_in_which_a_workloop_stopped_says_that_it_predicts_nothing():
    found = simulate(dying(False, 600), engine="kernel")
    assert "The workloop *:1 of" in found.text()
    assert "predicts nothing" in " ".join(found.text().split())
    assert [entry["workloop"] for entry in found.summary()["stopped_workloops"]] == ["*:1"]
    assert found.measure("stopped_workloops") == 1
    assert "stopped_workloops" not in simulate(dying(False, 900), engine="kernel").summary()


def test_what_was_not_recorded_is_not_counted():
    assert simulate(dying(False, 600), engine="kernel", attribution=False).measure("stopped_workloops") is None
