"""What a scenario may say of how sure its values are, and what is refused."""

from __future__ import annotations

import pytest

from fastlanes_sim.api.scenario_argument import load_scenario as from_values
from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.uncertainty import FEWEST
from fastlanes_sim.scenario.yaml.source import Source

PLAIN = """\
horizon: 1h
projects:
  clinic: {workflows: {register: {triggers: [{type: webhook, arrivals: {poisson: 6/min}, service: 2s}]}}}
workers: [{workloops: "*:5"}]
"""
RATE = "projects.clinic.workflows.register.triggers.0.arrivals.poisson"
FACTORS = " ".join(f"{1 + place / 100}" for place in range(FEWEST))


def loaded(path: str = RATE, factors: str = FACTORS, plain: str = PLAIN, days: str = "3", more: str = "") -> LoadedScenario:
    said = f'uncertainty:\n  days: {days}\n  values:\n    "{path}": {{value: 6/min, factors: {factors}}}\n{more}'
    return load_scenario(Source.of_text(plain + said, "x.yaml"))


def test_it_is_read_and_changes_neither_the_hash_nor_any_other_value():
    plain, unsure = load_scenario(Source.of_text(PLAIN, "x.yaml")), loaded()
    said = unsure.scenario.uncertainty
    assert said is not None
    assert (said.days, said.resamples, said.values[RATE].value) == (3.0, FEWEST, "6/min")
    assert said.values[RATE].numbers[:3] == (1.0, 1.01, 1.02)
    assert unsure.hash == plain.hash
    assert unsure.scenario.model_dump() == plain.scenario.model_dump()


def test_a_scenario_in_python_keeps_it():
    again = from_values(loaded().scenario)
    assert again.scenario.uncertainty == loaded().scenario.uncertainty


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"factors": "1 two 3"}, "not a list of factors", "write numbers between 0.001 and 1,000"),
        ({"factors": "1 0"}, "not a list of factors", "write numbers between"),
        ({"factors": "1 nan"}, "not a list of factors", "write numbers between"),
        ({"factors": "1 1 1"}, "3 resamples", "there must be between 20 and 1,000"),
        ({"days": "0"}, "`0` is out of range", "more than 0"),
        ({"more": f'    "startup": {{value: 500ms, factors: {FACTORS} 1}}\n'}, f"`startup` has {FEWEST + 1} factors", "calibrate again"),
        ({"plain": PLAIN.replace("6/min", "6/min ± 20%")}, "it has a range, and `uncertainty` has resamples of it", "remove the range"),
    ],
)
def test_what_contradicts_itself_is_named(changes: dict[str, str], message: str, hint: str):
    with pytest.raises(ScenarioError) as caught:
        loaded(**changes)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in (problem.hint or "")
    assert problem.line > 0


def test_a_value_that_is_gone_is_a_warning():
    (warning,) = loaded(RATE.replace("register", "report")).warnings
    assert "report" in warning.message
    assert warning.message.endswith("is not in the scenario any more, and counts for nothing")
    assert not loaded().warnings


def test_a_value_of_a_project_whose_name_is_a_number_is_not_gone():
    path = RATE.replace("clinic", "2024")
    assert loaded(path, plain=PLAIN.replace("clinic:", '"2024":')).warnings == ()


def test_a_value_of_a_project_whose_name_is_a_number_may_not_have_a_range_as_well():
    path, plain = RATE.replace("clinic", "2024"), PLAIN.replace("clinic:", '"2024":').replace("6/min", "6/min ± 20%")
    with pytest.raises(ScenarioError, match="it has a range, and `uncertainty` has resamples of it"):
        loaded(path, plain=plain)
