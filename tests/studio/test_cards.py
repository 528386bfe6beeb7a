"""What the cards of advice come to in one headline: no more than the cards below it say, and no less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlanes_sim import replicate
from fastlanes_sim.experiments.advice import Advice, Change, Effect, Trial
from fastlanes_sim.experiments.remedy import Kind, Price, Step
from fastlanes_sim.results.explanation import Explanation, WaitSplit
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.studio.cards import of_advice
from tests.studio.conftest import TEXT


def tried(words: str, effect: Effect = Effect.HELPS, kind: Kind = Kind.FREE, is_of_one_sample: bool = False) -> Trial:
    objectives = (Change("p95(fast_lane.response) < 15s", "20 s", "9 s", "missed", "met"),)
    step = Step(words, {"workers.0.replicas": 2})
    return Trial(step, kind, effect, Price(), objectives, {}, (), 0.5, 1.0, "", is_of_one_sample=is_of_one_sample)


def advised(*trials: Trial, lane: str = "fast_lane", **more: Any) -> Advice:
    split = WaitSplit.of(np.full((1, len(Cause)), 1_000_000, np.int64))
    return Advice(Explanation(lane, split, split, None, 1), (), more.pop("floor", ()), trials, **more)


def shown(*advice: Advice) -> dict[str, Any]:
    return of_advice(advice, load_scenario(Source.of_text(TEXT, "small.yaml")))


def titles(found: dict[str, Any]) -> list[str]:
    return [card["title"] for card in found["cards"]]


ONE, OTHER = tried("one"), tried("other")
UNSURE = tried("unsure", is_of_one_sample=True)
NO_HELP, WHAT_IF = tried("no help", Effect.EASES), tried("what if", kind=Kind.WHAT_IF)


@pytest.mark.parametrize(
    ("trials", "headline", "sign"),
    [
        ([ONE], "One change helps.", "met"),
        ([ONE, OTHER], "2 changes help, the cheapest first.", "met"),
        ([ONE, UNSURE], "One change helps.", "met"),
        ([UNSURE], "One change may help: replications do not confirm it.", "undecided"),
        ([UNSURE, UNSURE], "2 changes may help: replications do not confirm them.", "undecided"),
        ([NO_HELP], "Nothing that was tried is enough.", "missed"),
        ([WHAT_IF], "Nothing that can be set is enough.", "missed"),
        ([], "No setting of the scenario has a hold on that.", "missed"),
    ],
)
def test_where_an_objective_is_missed_the_changes_are_counted_that_help(trials: list[Trial], headline: str, sign: str):
    found = shown(advised(*trials))
    assert (found["headline"], found["sign"]) == (headline, sign)


def test_all_changes_together_are_no_change_more_and_stand_after_them():
    found = shown(advised(ONE, together=tried("one; other")), advised(OTHER, lane="manual"))
    assert found["headline"] == "2 changes help."
    assert titles(found) == ["For fast lane: one", "For manual: other", "All of these together: one; other"]


SAVED, NOT_SAVED = advised(ONE, is_met=True), advised(tried("no", Effect.BREAKS), is_met=True)


def test_where_every_objective_is_met_savings_alone_are_what_could_be_saved():
    assert shown(SAVED)["headline"] == "Every objective is met. This could be saved:"
    assert shown(NOT_SAVED)["headline"] == "Every objective is met, and no slot and no worker could be saved."
    found = shown(NOT_SAVED, advised(OTHER, lane="manual"))
    assert found["headline"].startswith("Every objective is met, and no slot and no worker could be saved. Manual waits long all the same")
    assert titles(found)[-1] == "For manual: other"


def test_what_replications_leave_undecided_is_not_called_met():
    (judged,) = replicate(TEXT, replications=2, engine="reference").verdicts
    found = shown(advised(is_met=False, undecided=(judged,)), advised(OTHER, lane="manual"))
    assert found["headline"].startswith("Not every objective is shown to be met")
    assert "Manual waits long all the same" in found["headline"]
    assert found["sign"] == "undecided"


def test_an_objective_without_runs_is_not_said_to_be_met():
    assert shown(advised(is_met=True, floor=("There are no runs.",)))["headline"].startswith(
        "Every objective that there are runs for is met"
    )


def test_what_callers_and_resources_hold_up_is_said_beside_the_cards():
    advice = advised(ONE, standstill="Called runs take half.", shared=("The API is full.",), floor=("It takes 5 s anyway.",))
    assert shown(advice)["notes"] == [advice.why.sentence, "Called runs take half.", "The API is full.", "It takes 5 s anyway."]
