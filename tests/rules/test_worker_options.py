"""What command line and environment amount to (W-18), and the backoff in force (W-3)."""

from __future__ import annotations

import math

import pytest

from fastlanes_sim.rules.javascript import UNDEFINED
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff, resolve

EXCLUSIVE = "--workloops and --capacity are mutually exclusive"


def test_without_options() -> None:
    options = resolve([], {})
    assert options.workloops is UNDEFINED
    assert options.workloop_config == "manual>*:5"
    assert (options.capacity, options.effective_capacity) == (5, 5)
    assert options.backoff_ms == options.server_backoff_ms == (1_000, 10_000)
    assert (options.loop, options.claim_timeout_seconds) == (True, 3600)
    assert [each.queues for each in options.layout] == [("manual", "*")]
    assert options.cli_error is options.startup_error is None


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (["--workloops", "a:1", "--capacity", "5"], {}),
        (["--workloops", "a:1"], {"WORKER_CAPACITY": "5"}),
        (["--capacity=5"], {"WORKER_WORKLOOPS": "a:1"}),
        ([], {"WORKER_WORKLOOPS": "", "WORKER_CAPACITY": ""}),
    ],
)
def test_workloops_and_capacity_exclude_each_other(argv: list[str], env: dict[str, str]) -> None:
    assert resolve(argv, env).cli_error == EXCLUSIVE


def test_a_bare_capacity_flag_counts_as_none() -> None:
    assert resolve(["--capacity"], {}).capacity == 5
    assert resolve(["--capacity", "--workloops", "a:1"], {}).cli_error is None


@pytest.mark.parametrize(
    ("argv", "variable", "capacity"),
    [(["3"], "9", 3), (["0"], "9", 9), (["0"], "", 0), ([], "6abc", 6), ([], "", ""), (["-2"], "9", -2), (["0x10"], "9", 16)],
)
def test_a_flag_beats_its_variable_unless_it_is_zero(argv: list[str], variable: str, capacity: object) -> None:
    assert resolve(["--capacity", *argv] if argv else [], {"WORKER_CAPACITY": variable}).capacity == capacity


def test_a_capacity_is_only_checked_when_the_layout_made_of_it_is_read() -> None:
    options = resolve(["--capacity", "1.5"], {})
    assert options.effective_capacity == 1
    assert options.startup_error == 'WorkloopValidationError: Invalid count "1.5" in token "manual>*:1.5": must be a positive integer'
    assert math.isnan(resolve(["--capacity=abc"], {}).capacity)  # type: ignore[arg-type]


def test_a_flag_given_twice_is_a_list() -> None:
    options = resolve(["--workloops", "a:1", "--workloops=b:2"], {})
    assert options.workloop_config == ["a:1", "b:2"]
    assert options.startup_error == "TypeError: cfg.trim is not a function"
    assert options.effective_capacity is UNDEFINED
    assert resolve(["--capacity", "3", "--capacity", "4"], {}).workloop_config == "manual>*:3,4"


def test_a_further_one_is_added() -> None:
    assert resolve(["--capacity", "4", "--capacity", "1"], {}).capacity == 5
    assert resolve(["--capacity", "3", "--capacity", "4", "--capacity", "1"], {}).capacity == "3,41"


def test_an_option_is_no_value_but_a_negative_number_is() -> None:
    assert resolve(["--workloops", "--mock"], {}).workloops == ""
    assert resolve(["--capacity", "-2"], {}).capacity == -2
    assert resolve(["--capacity", "-1e3"], {}).capacity == 5


def test_no_negates_and_a_double_dash_ends_the_options() -> None:
    assert resolve(["--no-loop"], {}).loop is False
    assert resolve(["--loop", "false"], {}).loop is False
    assert resolve(["--no-capacity"], {}).capacity == 0
    assert resolve(["--", "--capacity", "7"], {}).capacity == 5


def test_the_options_beside_do_not_take_what_is_not_theirs() -> None:
    argv = ["server", "-p", "80", "-s", "secret", "--mock", "--state-props-to-remove", "a", "b", "--capacity", "7", "rest"]
    assert resolve(argv, {}).capacity == 7


def test_quotes_come_off_behind_an_equals_sign_alone() -> None:
    assert resolve(["--workloops='*:5'"], {}).workloops == "*:5"
    assert resolve(["--workloops", "'*:5'"], {}).workloops == "'*:5'"


def test_the_claim_timeout_is_set_by_its_variable_and_not_by_the_flag_in_the_help() -> None:
    assert resolve([], {"WORKER_CLAIM_TIMEOUT_SECONDS": "60"}).claim_timeout_seconds == 60
    assert resolve(["--claim-timeout", "60"], {}).claim_timeout_seconds == 3600
    assert resolve(["--claim-timeout-seconds", "60"], {}).claim_timeout_seconds == 60


def test_a_backoff_that_is_one_number_stops_the_start() -> None:
    options = resolve(["--backoff", "3"], {})
    assert options.backoff == 3
    assert options.effective_capacity == 5
    assert options.startup_error == "TypeError: args.backoff.split is not a function"
    assert resolve([], {"WORKER_BACKOFF": "3"}).server_backoff_ms == (3_000, 30_000)


@pytest.mark.parametrize(
    ("text", "bounds", "effective"),
    [
        ("1/10", (1_000, 10_000), (1_000, 10_000)),
        ("0.5/5s", (500, 5_000), (500, 5_000)),
        ("0/10", (0, 10_000), (1_000, 10_000)),
        ("3", (3_000, UNDEFINED), (3_000, 30_000)),
        ("60/10", (60_000, 10_000), (60_000, 10_000)),
        ("0.0001/1", (0.1, 1_000), (0.1, 1_000)),
        ("1.001/7.0009", (1_000.9999999999999, 7_000.9), (1_000.9999999999999, 7_000.9)),
    ],
)
def test_backoff_is_in_seconds_and_nought_means_the_fallback(text: str, bounds: object, effective: tuple[float, float]) -> None:
    assert parse_backoff(text) == bounds
    assert effective_backoff(*parse_backoff(text)) == effective


def test_a_backoff_that_is_not_a_number_counts_as_absent() -> None:
    low, high = parse_backoff("a/b")
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert math.isnan(low)
    assert math.isnan(high)
    assert effective_backoff(low, high) == effective_backoff(UNDEFINED, UNDEFINED) == (1_000, 30_000)


def test_an_infinite_backoff_cannot_be_simulated() -> None:
    with pytest.raises(ValueError, match="infinite"):
        effective_backoff(*parse_backoff("1/Infinity"))
