"""What of an interval is due to the inputs: on numbers whose parts are known, and on scenarios."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.capacity_search import highest_traffic
from fastlanes_sim.experiments.compare import compare
from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import Replicated, replicate
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.search import search
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.two_levels import INNER, InputEffects, Spread, data_of, parts_of, spread_of, with_more_days
from fastlanes_sim.experiments.verdicts import judge_values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.reports.content.capacity_search import CapacityReport
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.yaml.source import Source

SETS = 50


# --- numbers whose parts are known ---


def crossed(of_inputs: float, shared: float, rest: float, seed: int = 1, replications: int = 4) -> np.ndarray:
    """Numbers of resamples and replications: 100, and normal parts with these standard deviations."""
    random = np.random.default_rng(seed)
    parts = of_inputs * random.normal(size=(SETS, 1)), shared * random.normal(size=(1, replications))
    return 100 + parts[0] + parts[1] + rest * random.normal(size=(SETS, replications))


def half(own: np.ndarray, *, is_signed: bool = False) -> float:
    return spread_of(own.mean(axis=1), own, 0.95, days=14, is_signed=is_signed).half_width(100)


def test_chance_that_all_resamples_share_is_none_of_their_spread():
    assert half(crossed(0, 20, 0)) == pytest.approx(0, abs=1e-9)
    assert half(crossed(5, 20, 0)) == pytest.approx(half(crossed(5, 0, 0)), rel=0.1)


@pytest.mark.parametrize("is_signed", [False, True])
def test_what_is_left_of_chance_is_taken_out(is_signed: bool):
    """An average of 100 experiments; the root of the variance is estimated with a bias of some per cent."""
    found = [half(crossed(5, 20, 5, seed), is_signed=is_signed) for seed in range(100)]
    assert np.mean(found) == pytest.approx(1.96 * 5, rel=0.08)
    plain = [half(crossed(5, 20, 5, seed)[:, :1], is_signed=is_signed) for seed in range(100)]  # one replication does not tell them apart
    assert np.mean(plain) > 1.25 * np.mean(found)


def test_where_all_is_chance_little_is_due_to_the_inputs():
    assert np.mean([half(crossed(0, 20, 5, seed)) for seed in range(50)]) < 1.96 * 5 / 2 / 2


def test_a_number_without_an_end_leaves_the_interval_without_one():
    own = crossed(5, 0, 0)
    at_most = own.mean(axis=1)
    at_most[:10] = math.inf
    found = spread_of(own.mean(axis=1), own, 0.95, days=14, at_most=at_most)
    assert math.isinf(found.up)
    assert math.isfinite(found.down)
    whole = found.around(Estimate(100, 100, 90, 110, 20, 0.95))
    assert math.isinf(whole.high)
    assert 0 < whole.low < 90


def test_shares_of_nothing_end_at_nothing():
    own = np.zeros((SETS, 2))
    own[:20] = 0.1
    found = spread_of(own.mean(axis=1), own, 0.95, days=14)  # the median is 0: there are no ratios
    assert not found.is_relative
    own[:] = 0.1
    own[:5] = 0
    found = spread_of(own.mean(axis=1), own, 0.95, days=14)
    assert found.is_relative
    assert found.around(Estimate(0.1, 0.1, 0.08, 0.12, 20, 0.95)).low == 0


@pytest.mark.parametrize("days", [3, 14])
@pytest.mark.parametrize("pairs", [6, 28])
def test_a_level_beyond_all_resamples_has_the_content_that_it_says(days: int, pairs: int):
    """Fifty resamples end at 1 in 51 on either side, and so contain 96 % at most. Deviations of the inputs follow Student's t. The content
    is that of 4,000 experiments, two standard errors apart at most and a third of what was left out without."""
    random, level = np.random.default_rng(days * pairs), 1 - 0.05 / pairs
    within = 0
    for sets in random.standard_t(days - 1, size=(4_000, SETS + 1)):
        found, middle = spread_of(sets[:SETS], np.zeros((SETS, 0)), level, days=days, is_signed=True), np.median(sets[:SETS])
        within += middle - found.down <= sets[SETS] <= middle + found.up
    assert 1 - within / 4_000 == pytest.approx(1 - level, abs=0.005)


ENDS = st.floats(0.01, 1e9)
OFF = st.one_of(st.floats(0, 5), st.just(math.inf))


@given(middle=ENDS, low=st.floats(0, 1), high=st.one_of(st.floats(1, 9), st.just(math.inf)), down=OFF, up=OFF, relative=st.booleans())
def test_no_interval_gets_narrower_and_none_loses_its_number(
    middle: float, low: float, high: float, down: float, up: float, relative: bool
):
    by_chance = Estimate(middle, middle, middle * low, middle * high, 9, 0.95)
    found = Spread(down, up, relative).around(by_chance)
    near = 1e-9 * middle
    assert found.low <= by_chance.low + near
    assert found.high >= by_chance.high - near
    assert found.mean == middle
    assert not math.isnan(found.low)
    assert not math.isnan(found.high)
    if relative:
        assert found.low >= 0


def test_more_days_make_it_narrower_by_the_root_and_by_students_t():
    assert with_more_days(60, 7, 0.95) == pytest.approx((60 / 67) ** 0.5, rel=0.01)
    assert with_more_days(3, 7, 0.95) == pytest.approx((3 / 10) ** 0.5 * 2.262 / 4.303, rel=0.001)
    assert math.isnan(with_more_days(2, 7, 0.95))
    assert [data_of(days).split()[0] for days in (2.98, 3.5, 13.9, 1500)] == ["3", "3.5", "14", "1,500"]


# --- verdicts ---


def values(number: float, replication: int = 0) -> Values:
    return Values(replication, (number,), (number,), (Evidence(100),))


def effects(text: str, numbers: list[float], many: int = 40) -> InputEffects:
    """Each number in turn is that of all replications of a resample."""
    sets = [[values(numbers[place % len(numbers)], each) for each in range(INNER)] for place in range(many)]
    return InputEffects(3.0, [parse_objective(text).measure], sets, [], 5)


def judged(text: str, seen: list[float], numbers: list[float]) -> tuple[str, str, str]:
    """The verdict without inputs, with them, and its words."""
    slo, base = parse_objective(text), [values(number, place) for place, number in enumerate(seen)]
    one, two = judge_values(slo, [slo.measure], base), judge_values(slo, [slo.measure], base, inputs=effects(text, numbers))
    return one.verdict, two.verdict, two.text


def test_an_objective_is_decided_only_if_it_is_with_uncertain_inputs():
    seen, wide, narrow = [9e6, 10e6, 11e6] * 10, [5e6, 10e6, 20e6], [9.9e6, 10e6, 10.1e6]
    assert judged("mean(wait) < 15s", seen, narrow)[:2] == ("met", "met")
    assert judged("mean(wait) < 15s", seen, wide)[:2] == ("met", "undecided")
    assert "met if the inputs were known, which 3 days of data leave open" in judged("mean(wait) < 15s", seen, wide)[2]
    assert judged("mean(wait) < 8s", seen, wide)[:2] == ("missed", "undecided")
    assert judged("mean(wait) < 4s", seen, wide)[:2] == ("missed", "missed")
    assert judged("mean(wait) < 30s", seen, wide)[:2] == ("met", "met")


def test_what_must_never_happen_must_not_in_nearly_all_resamples():
    assert judged("lost == 0", [0.0] * 20, [0.0])[:2] == ("met", "met")
    without, together, text = judged("lost == 0", [0.0] * 20, [0.0, 0.0, 1.0])
    assert (without, together) == ("met", "undecided")
    assert text.endswith("not met in 13 of 40 resamples of the inputs")
    assert judged("lost == 0", [1.0] * 20, [1.0])[1] == "missed"


def test_what_was_seen_to_happen_is_missed_whatever_resamples_see():
    """A loss on one day in 60: most resamples, of two days each, see none, and that is chance."""
    assert judged("lost == 0", [1.0] + [0.0] * 59, [0.0] * 19 + [1.0])[:2] == ("missed", "missed")


def test_what_must_never_happen_may_have_happened_to_runs_that_are_open():
    """W-16: in a third of the resamples nobody knows."""
    slo = parse_objective("lost == 0")
    known, unknown = values(0.0), Values(0, (0.0,), (1.0,), (Evidence(100),))
    sets = [[known, unknown] if place % 3 == 0 else [known] * INNER for place in range(40)]
    found = judge_values(slo, [slo.measure], [known] * 20, inputs=InputEffects(3.0, [slo.measure], sets, [], 5))
    assert found.verdict == "undecided"
    assert found.text.endswith("not met in 14 of 40 resamples of the inputs")


def test_days_that_meet_it_are_as_uncertain_as_the_inputs():
    seen = [10e6] * 100
    assert judged("mean(wait) < 15s in 90% of days", seen, [9e6, 11e6])[:2] == ("met", "met")
    assert judged("mean(wait) < 15s in 90% of days", seen, [9e6, 20e6])[:2] == ("met", "undecided")


@pytest.mark.parametrize("day", [Values(0, (1e6,), (math.inf,), (Evidence(100),)), Values(0, (math.nan,), (math.nan,), (Evidence(0),))])
def test_days_that_are_undecided_or_empty_in_resamples_do_not_count_as_met(day: Values):
    """Runs are open in a third of the resamples, or there is none: nobody knows whether they meet it."""
    slo = parse_objective("mean(wait) < 15s in 90% of days")
    sets = [[day] * INNER if place % 3 == 0 else [values(10e6)] * INNER for place in range(40)]
    found = InputEffects(3.0, [slo.measure], sets, [], 5).share_of_days(slo, 0.95, 1.0, 0.95)
    assert found[0] < 0.9
    assert found[1] == 1.0


# --- scenarios ---

RATE = "projects.p.workflows.w.triggers.0.arrivals.poisson"
FACTORS = " ".join(f"{math.exp(0.2 * math.sin(place)):.4g}" for place in range(20))
TEXT = f"""\
name: unsure
horizon: 5m
startup: 0s
network: {{request: 0s, database: 0s, reply: 0s, notification: 0s}}
projects:
  p: {{workflows: {{w: {{triggers: [{{type: webhook, arrivals: {{poisson: 0.6/s}}, service: {{exponential: {{mean: 1s}}}}}}]}}}}}}
workers: [{{workloops: "*:1", dispatch: ideal}}]
slos: ["mean(wait) < 4s"]
uncertainty: {{days: 3, values: {{"{RATE}": {{value: 0.6/s, factors: {FACTORS}}}}}}}
"""


def loaded(*changes: tuple[str, str], **overrides: object) -> LoadedScenario:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_scenario(Source.of_text(text, "x.yaml"), overrides)


def unsure(processes: int = 1) -> Replicated:
    return replicate(loaded(), 10, inputs=True, engine="reference", executor=Executor(processes))


def test_replications_tell_chance_from_inputs_whatever_computes_them():
    found, again = unsure(), unsure(2)
    plain = replicate(loaded(), 10, engine="reference")
    one = found.measures[0]
    assert found.inputs is not None
    assert [len(each) for each in found.inputs.sets] == [INNER] * 20
    assert found.by_chance(one) == plain.estimate(one)
    assert found.estimate(one).low < plain.estimate(one).low
    assert found.estimate(one).high > plain.estimate(one).high
    assert found.estimate(one) == again.estimate(one)
    assert found.inputs.sets == again.inputs.sets  # type: ignore[union-attr]
    parts = parts_of(one, found.by_chance(one), found.inputs)
    assert parts is not None
    assert " % by chance, -" in parts.words
    assert "because you have 3 days of data; 7 more days would make that about ±" in parts.words
    assert "inputs: 1 value as uncertain as 3 days of data leave it (20 resamples, 2 replications each)" in found.notes


def test_the_first_replications_of_the_resamples_are_those_of_the_scenario_itself():
    flat = " ".join(["1"] * 20)
    found = replicate(loaded((FACTORS, flat)), 10, inputs=True, engine="reference")
    assert found.inputs is not None
    for each in found.inputs.sets:
        assert [one.low for one in each] == [one.low for one in found.values[:INNER]]
    assert found.estimate(found.measures[0]) == found.by_chance(found.measures[0])
    parts = parts_of(found.measures[0], found.by_chance(found.measures[0]), found.inputs)
    assert parts is not None
    assert parts.words.endswith("by chance; the part of 3 days of data is too small to be seen beside it")


def test_layouts_are_compared_resample_by_resample():
    several = {layout: loaded(**{"workers.*.workloops": layout}) for layout in ("*:1", "*:2")}
    found = compare(several, 10, measures=["mean(wait)"], inputs=True, engine="reference")
    plain = compare(several, 10, measures=["mean(wait)"], engine="reference")
    wide, narrow = found.differences[0].estimate, plain.differences[0].estimate
    assert wide.mean == narrow.mean
    assert wide.low < narrow.low
    assert wide.high > narrow.high
    assert found.differences[0].paired == plain.differences[0].paired
    one, two = (found.results[layout].inputs for layout in several)
    assert one is not None
    assert two is not None
    # The same resamples and seeds meet both: no run waits longer with a second server.
    for (first, second), each in product(zip(one.sets, two.sets, strict=True), range(INNER)):
        assert second[each].low[0] <= first[each].low[0]
    with pytest.raises(FastlanesError, match="must have the same resamples"):
        compare({"a": loaded(), "b": loaded(("days: 3", "days: 4"))}, 5, inputs=True)


def test_a_search_recommends_only_what_is_met_with_uncertain_inputs(tmp_path):
    asked = {"most": 120, "confirming": 20, "engine": "reference"}
    origin = loaded(("mean(wait) < 4s", "mean(wait) < 1700ms")).origin
    plain = search(origin, [1, 2], **asked)  # type: ignore[arg-type]
    with Store(tmp_path / "kept.sqlite") as store:
        found = search(origin, [1, 2], inputs=True, store=store, **asked)  # type: ignore[arg-type]
        again = search(origin, [1, 2], inputs=True, store=store, **asked)  # type: ignore[arg-type]
    assert plain.recommended is not None
    assert plain.recommended.candidate.slots == 1
    assert found.recommended is not None
    assert found.recommended.candidate.slots == 2
    assert found.recommended.inputs is not None
    assert [(one.candidate.slots, one.fate) for one in found.undecided] == [(1, "undecided")]
    assert again.reused == found.replications
    assert again.recommended is not None
    assert again.recommended.inputs is not None
    assert again.recommended.inputs.sets == found.recommended.inputs.sets


def test_traffic_that_holds_does_so_with_uncertain_inputs():
    asked = {"most": 120, "confirming": 20, "engine": "reference", "executor": Executor(1)}
    origin = loaded(("mean(wait) < 4s", "mean(wait) < 2s")).origin
    plain = highest_traffic(origin, [0.5, 1], **asked)  # type: ignore[arg-type]
    found = highest_traffic(origin, [0.5, 1], inputs=True, **asked)  # type: ignore[arg-type]
    assert (plain.carries, plain.undecided) == (1, [])
    assert (found.carries, found.undecided) == (0.5, [1])
    assert all(one.inputs is not None for one in found.trials.values())
    sentences = CapacityReport(found).sentences
    assert any(one.startswith("undecided: 1 × after") and "more days of data would decide it" in one for one in sentences)
    assert any("as uncertain as 3 days of data leave" in one for one in sentences)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(FastlanesError, match="batches are of one long run"):
        replicate(loaded(("horizon: 5m", "horizon: 5m\nkind: steady")), batches=5, inputs=True, engine="reference")
    with pytest.raises(FastlanesError, match="does not say how sure its inputs are"):
        search(loaded().origin, [1], overrides={"uncertainty": None}, inputs=True, engine="reference")
