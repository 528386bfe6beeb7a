"""From what a scenario says of its inputs to the scenarios that it might as well have been."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.input_sets import InputSets, input_sets
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source

AT = "projects.clinic.workflows"
TEXT = f"""\
horizon: 1h
projects:
  clinic:
    workflows:
      register:
        triggers:
          - type: webhook
            arrivals: {{poisson: 6/min}}
            service: {{lognormal: {{median: 2s, p95: 8s}}}}
            failures: 0.9
      sync:
        triggers: [{{type: cron, cron: "0 * * * *", runs_per_tick: 3, service: [1s, 2s]}}]
workers: [{{workloops: "*:5"}}]
uncertainty:
  days: 4
  values:
    "{AT}.register.triggers.0.arrivals.poisson": {{value: 6/min, factors: {"2 0.5 " * 10}}}
    "{AT}.register.triggers.0.service.lognormal.median": {{value: "2s", factors: {"1.5 1 " * 10}}}
    "{AT}.register.triggers.0.failures": {{value: 0.9, factors: {"2 0.5 " * 10}}}
    "{AT}.sync.triggers.0.runs_per_tick": {{value: 3, factors: {"0.1 1.5 " * 10}}}
    "{AT}.sync.triggers.0.service": {{value: ["1s", "2s"], factors: {"1.1 1 " * 10}}}
"""


def sets(text: str = TEXT, overrides: dict[str, object] | None = None) -> InputSets:
    return input_sets(load_scenario(Source.of_text(text, "x.yaml"), overrides or {}))


def test_every_resample_is_laid_over_the_scenario():
    found = sets()
    assert (found.days, len(found.scenarios), found.values, found.known) == (4.0, 20, 5, [])
    first, second = (one.scenario.projects["clinic"].workflows for one in found.scenarios[:2])
    register, sync = first["register"].triggers[0], first["sync"].triggers[0]
    assert register.arrivals.poisson == pytest.approx(0.2)  # type: ignore[union-attr]
    assert register.service.lognormal.median == 3 * SECOND  # type: ignore[union-attr]
    assert register.failures == 1.0  # no probability is above
    assert sync.runs_per_tick == 1  # type: ignore[union-attr]  # none would be no cron
    assert sync.service.empirical.values == [round(1.1 * SECOND), round(2.2 * SECOND)]  # type: ignore[union-attr]
    assert second["sync"].triggers[0].runs_per_tick == 4  # type: ignore[union-attr]  # whole, half to even
    assert all(one.scenario.uncertainty is None for one in found.scenarios)
    assert len({one.hash for one in found.scenarios}) == 2


def test_what_was_changed_counts_as_known_and_another_spelling_is_no_change():
    changed = sets(TEXT.replace("poisson: 6/min", "poisson: 7/min").replace("median: 2s", "median: 2000ms"))
    assert changed.known == [f"{AT}.register.triggers.0.arrivals.poisson"]
    assert changed.values == 4
    rates = {one.scenario.projects["clinic"].workflows["register"].triggers[0].arrivals.poisson for one in changed.scenarios}  # type: ignore[union-attr]
    assert rates == {7 / 60}
    laid = sets(overrides={f"{AT}.register.triggers.0.arrivals.poisson": "7/min", "traffic": 2})
    assert laid.known == changed.known
    assert {one.scenario.traffic for one in laid.scenarios} == {2}


def test_listed_durations_count_as_changed_if_one_of_them_is():
    assert sets(TEXT.replace("service: [1s, 2s]", "service: [1s, 3s]")).known == [f"{AT}.sync.triggers.0.service"]
    assert sets(TEXT.replace("service: [1s, 2s]", "service: [1000ms, 2s]")).known == []


def test_a_trigger_of_another_kind_has_none_of_its_values():
    assert len(sets(TEXT.replace("arrivals: {poisson: 6/min}", 'arrivals: {piecewise: {"00:00": 6/min}}')).known) == 1


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (TEXT.partition("uncertainty:")[0], "does not say how sure its inputs are", "calibrate it from an export of three days"),
        (TEXT.partition("  values:")[0] + "  values: {}\n", "does not say how sure its inputs are", "calibrate it"),
        (TEXT.partition(f'    "{AT}.register.triggers.0.service')[0].replace("6/min", "9/min", 1), "every value was", "calibrate"),
        (TEXT.replace('factors: 1.5 1 ', 'factors: 9 1 '), "resample 1 of the inputs is no valid scenario", "p95"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(text: str, message: str, hint: str):
    with pytest.raises(FastlanesError) as caught:
        sets(text)
    assert message in str(caught.value)
    assert hint in str(caught.value)
