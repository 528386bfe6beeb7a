import pytest

from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.measures.judge import judge, overall
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played


def verdict(text: str, *rows: Row):
    return judge(parse_objective(text), Observed(*played(*rows), DEPLOYMENT))


def done(wait: float, queue: Queue = Queue.DEFAULT, state: State = State.SUCCESS) -> Row:
    return Row(0, wait, wait, wait + 1, state, queue)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max(default.wait) <= 4s", "met"),
        ("max(default.wait) < 4s", "missed"),
        ("p50(default.wait) < 3s", "met"),
        ("mean(default.wait) > 2.4s", "met"),
        ("min(default.wait) >= 2s", "missed"),
        ("share(default.wait > 3s) <= 25%", "met"),
        ("share(default.wait > 3s) < 25%", "missed"),
        ("lost == 0", "met"),
        ("default.killed <= 0", "missed"),
        ("gateway_timeouts == 0", "undecided"),  # nobody waits
        ("manual.killed == 0", "undecided"),
        ("manual.runs > 0", "missed"),
    ],
)
def test_an_objective_with_nothing_open(text, expected):
    assert verdict(text, done(1), done(2), done(3), done(4, state=State.KILLED)).verdict == expected


def test_a_lower_bound_that_is_too_long_already_is_missed():
    found = verdict("p99(default.wait) < 30s", done(1), Row(59))
    assert (found.verdict, found.text) == ("missed", "≥ 41 s, the largest of 2")


def test_an_open_run_that_may_go_either_way_leaves_it_undecided():
    found = verdict("p99(default.wait) < 30s", done(1), Row(90))
    assert found.verdict == "undecided"
    assert found.text == "≥ 10 s, the largest of 2: 1 run had not started by the end"


def test_an_open_run_that_cannot_tip_it_does_not():
    assert verdict("p50(default.wait) < 30s", done(1), done(2), Row(90)).verdict == "met"


def test_an_undecided_share_says_between_what_it_lies():
    found = verdict("share(default.wait > 30s) <= 10%", done(1), done(40), done(2), Row(99))
    assert (found.verdict, found.value.low, found.value.high) == ("missed", 0.25, 0.5)
    assert verdict("share(default.wait > 30s) <= 30%", done(1), done(40), done(2), Row(99)).text.startswith("between 25 % and 50 %")


def test_a_share_at_its_bound_is_within_it():
    """0.7 / 100 is a little less than 7 / 1000 in binary."""
    rows = [done(1)] * 993 + [done(40)] * 7
    assert verdict("share(default.wait > 30s) <= 0.7%", *rows).verdict == "met"


def test_an_objective_for_a_lane_without_runs_is_undecided_and_says_why():
    found = verdict("p99(manual.wait) < 1s", done(5))
    assert (found.verdict, found.value, found.text) == ("undecided", None, "no run in manual: nothing to measure")
    found = verdict("manual.lost == 0", done(5))
    assert (found.verdict, found.value, found.text) == ("undecided", 0, "0: no run in manual, nothing to judge by")


def test_a_quantile_of_too_few_runs_says_that_it_is_the_largest():
    assert verdict("p99(default.wait) < 9s", *[done(5)] * 99).text == "5 s, the largest of 99"
    assert verdict("p99(default.wait) < 9s", *[done(5)] * 100).text == "5 s"
    assert verdict("p50(default.wait) < 9s", done(5)).text == "5 s, the largest of 1"


def test_the_worst_verdict_counts():
    met, missed, undecided = verdict("lost == 0", done(1)), verdict("runs > 0"), verdict("p99(default.wait) < 30s", Row(90))
    assert overall([met, undecided, missed]) == "missed"
    assert overall([met, undecided]) == "undecided"
    assert overall([met]) == overall([]) == "met"
