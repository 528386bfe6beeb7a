"""Which values a planner guessed, what their ranges are, and what a value in a range lays over the scenario."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.uncertain_values import Uncertain, overrides_of, uncertain_values
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.yaml.source import Source

TEXT = """\
horizon: 1h
startup: 500ms
projects:
  clinic:
    workflows:
      register:
        triggers:
          - {type: webhook, arrivals: {piecewise: {"00:00": 1/h, "08:00": 2/min}}, service: {lognormal: {median: 4s, p95: 16s}}}
          - {type: cron, cron: "*/5 * * * *", runs_per_tick: 20, service: {gamma: {mean: 10s, shape: 2}}}
      report:
        copies: 40
        triggers: [{type: kafka, arrivals: {poisson: 2/min, batch: {fixed: 8}}, service: {empirical: {values: [1s, 2s]}}}]
  school:
    copies: 3
    workflows:
      report: {triggers: [{type: manual, arrivals: {burst: {size: 30, at: [0s]}}, service: {lognormal: {mean: 4s, sd: 2s}}}]}
workers: [{workloops: "*:5", replicas: 2}]
"""


def loaded(text: str = TEXT) -> LoadedScenario:
    return load_scenario(Source.of_text(text, "x.yaml"))


def asked(*over: str, text: str = TEXT) -> Uncertain:
    (one,) = uncertain_values(loaded(text), over)
    return one


def test_guesses_are_rates_durations_and_sizes_each_with_the_shortest_name_of_its_own():
    found = {one.name: one.range for one in uncertain_values(loaded())}
    assert found == {
        "rates of register": "× 0.75 to × 1.25",
        "median of register": "3 s to 5 s",
        "p95 of register": "11.3 s to 22.6 s",
        "runs per tick of register": "15 to 25",
        "mean of register": "7.5 s to 12.5 s",
        "shape of register": "1.5 to 2.5",
        "copies of report": "30 to 50",
        "rate of report": "1.5/min to 2.5/min",
        "batch size of report": "6 to 10",
        "copies of school": "2.25 to 3.75",
        "burst size of report": "22.5 to 37.5",
        "mean of report": "3 s to 5 s",
        "sd of report": "1.5 s to 2.5 s",
        "duration of startup": "375 ms to 625 ms",
    }
    same = TEXT.replace("gamma: {mean: 10s, shape: 2}", "lognormal: {median: 1s, p95: 2s}")
    same = same.replace("mean: 4s, sd: 2s", "median: 4s, p95: 5s").replace("report: {triggers", "register: {triggers")
    names = {one.name for one in uncertain_values(loaded(same))}
    assert {"median of clinic/register, trigger 0", "median of clinic/register, trigger 1", "median of school/register"} <= names


def test_every_guess_can_be_laid_over_the_scenario_at_both_ends():
    values = uncertain_values(loaded())
    for place in (0.0, 0.3, 1.0):
        laid = overrides_of([(one, one.at(place)) for one in values])
        assert load_scenario(Source.of_text(TEXT, "x.yaml"), laid).overrides == laid


def test_a_median_takes_its_p95_along_and_the_p95_is_that_at_the_scenario_s_median():
    median, p95 = uncertain_values(loaded(), ["median of register", "p95 of register=8s..20s"])
    service = "projects.clinic.workflows.register.triggers.0.service.lognormal"
    assert overrides_of([(median, 3e6)]) == {f"{service}.median": "3000000us", f"{service}.p95": "12000000us"}
    assert overrides_of([(p95, 8e6)]) == {f"{service}.p95": "8000000us"}
    for order in ([(median, 3e6), (p95, 8e6)], [(p95, 8e6), (median, 3e6)]):
        assert overrides_of(order) == {f"{service}.median": "3000000us", f"{service}.p95": "6000000us"}


def test_a_profile_of_the_week_is_scaled_as_a_whole_and_counts_are_whole():
    rates = asked("rates of register=0.5..2")
    (laid,) = overrides_of([(rates, rates.at(1))]).values()
    assert laid == {"00:00": "48/d", "08:00": "5760/d"}
    copies = asked("copies of report=10..13")
    assert [copies.at(place / 6) for place in range(7)] == [10, 10, 11, 12, 12, 12, 13]
    assert copies.spell(copies.at(0.5)) == 12


def test_ranges_in_the_scenario_come_before_all_guesses_and_those_asked_for_before_both():
    text = TEXT.replace("median: 4s", "median: 4s ± 50%")
    (one,) = uncertain_values(loaded(text))
    assert (one.name, one.range) == ("median of register", "2 s to 6 s")
    assert asked("median of register", text=text).range == "2 s to 6 s"
    assert asked("median of register=±10%", text=text).range == "3.6 s to 4.4 s"
    assert asked("copies of report", text=text).range == "30 to 50"


@pytest.mark.parametrize(
    ("over", "kind", "base", "ends"),
    [
        ("traffic=0.5..2", "number", 1, (0.5, 2)),
        ("traffic=1..3", "number", 1, (1, 3)),
        ("workers.0.replicas=1..4", "count", 2, (1, 4)),
        ("network.database=1ms..1s", "duration", None, (1e3, 1e6)),
        ("projects.clinic.workflows.report.triggers.0.arrivals.poisson=60/h..0.1/s", "rate", 1 / 30, (1 / 60, 0.1)),
        ("lightning.claim_limit=1..3", "count", None, (1, 3)),
    ],
)
def test_any_value_may_be_asked_for_by_its_path(over: str, kind: str, base: float | None, ends: tuple[float, float]):
    one = asked(over)
    assert (one.kind, one.low, one.high) == (kind, *map(pytest.approx, ends))
    assert base is None or one.base == pytest.approx(base)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ("", "not one value"),
        ("workers.*.replicas=1..2", "not one value"),
        ("traffic", "says no number there"),
        ("mediann of register", "says no number there"),
        ("traffic=", "says no number there"),
        ("workers.0.replicas=5", "is no range"),
        ("traffic=2..1", "nothing between"),
        ("traffic=1..1", "nothing between"),
        ("traffic=1..2s", "is no range"),
        ("traffic=a..b", "is no range"),
        ("median of register=1..2", "the scenario has a duration there, and this is a count"),
        ("rates of register=1/h..2/h", "the scenario has a factor there"),
        ("median of register=±100%", "is no range"),
    ],
)
def test_what_says_nothing_is_an_error_with_a_hint(over: str, message: str):
    with pytest.raises(FastlanesError, match=message) as found:
        asked(over)
    assert "hint:" in str(found.value)


def test_a_value_may_be_named_once_and_a_spread_is_a_share():
    with pytest.raises(FastlanesError, match="varied twice"):
        uncertain_values(loaded(), ["copies of report", "projects.clinic.workflows.report.copies=1..2"])
    with pytest.raises(FastlanesError, match="spread"):
        uncertain_values(loaded(), spread=1.0)
    trigger = '{type: cron, cron: "* * * * *", service: 0s}'
    nothing = f"horizon: 1h\nprojects: {{p: {{workflows: {{w: {{triggers: [{trigger}]}}}}}}}}\nworkers: [{{capacity: 1}}]\n"
    with pytest.raises(FastlanesError, match="--over"):
        uncertain_values(loaded(nothing))
