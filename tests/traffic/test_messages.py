"""What a run's channel carries beyond what every run says: log lines, credentials, input (W-15, W-22a)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlanes_sim.core.units import HOUR, MILLISECOND
from fastlanes_sim.scenario.messages import LogLines
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.messages import line_columns
from tests.support.traffic_files import scenario, webhook

ONCE: dict[str, Any] = {"at": ["0s"]}


def lines(table: Any, run: int) -> list[int]:
    """Of a run, in ms after its launch."""
    first, behind = table.log_first[run : run + 2]
    return [at / MILLISECOND for at in table.log_at[first:behind].tolist()]


def test_log_lines_are_evenly_spread_over_the_service_time() -> None:
    """A start-up of 500 ms, then 1 s of service: three lines after 250, 500 and 750 ms of it."""
    table = generate(scenario(webhook(ONCE), startup="500ms", messages={"log_lines": 3}))
    assert lines(table, 0) == [750, 1_000, 1_250]


def test_some_of_them_may_come_at_the_end() -> None:
    """Half of three are two: one in the middle of the second of service, two when it is over."""
    table = generate(scenario(webhook(ONCE), startup="500ms", messages={"log_lines": 3, "at_end": "50%"}))
    assert lines(table, 0) == [1_000, 1_500, 1_500]


def test_a_workflow_has_its_own_messages_or_the_scenarios() -> None:
    own = {"triggers": [webhook(ONCE, service="1s")], "messages": {"credentials": 2}}
    other = {"triggers": [webhook(ONCE, service="1s")]}
    projects = {"p": {"workflows": {"own": own, "other": other}}}
    table = generate(scenario(projects=projects, messages={"log_lines": 1, "credentials": 1, "input": False}))
    assert table.credentials.tolist() == [2, 1]
    assert table.has_input.tolist() == [True, False]
    assert [len(lines(table, run)) for run in (0, 1)] == [0, 1]


def test_by_default_there_is_nothing_to_say() -> None:
    table = generate(scenario(webhook(ONCE)))
    assert not table.has_log_lines
    assert {"credentials", "has_input"} <= table.left_out


def test_how_many_lines_changes_no_other_random_number() -> None:
    settings: dict[str, Any] = {"startup": {"exponential": {"mean": "1s"}}}
    busy = webhook({"poisson": "1/s"}, service={"exponential": {"mean": "2s"}}, failures=0.2)
    quiet = generate(scenario(busy, **settings))
    telling = generate(scenario(busy, messages={"log_lines": {"geometric": 4}}, **settings))
    for column in ("inserted_at", "service_time", "startup_time", "outcome"):
        assert np.array_equal(getattr(quiet, column), getattr(telling, column))
    assert telling.has_log_lines


def test_every_attempt_of_a_caller_has_lines_of_its_own() -> None:
    callers = {"attempts": 3, "retry_on": [504]}
    trigger = webhook({"every": "1m"}, reply="after_completion", callers=callers)
    table = generate(scenario(trigger, messages={"log_lines": {"values": list(range(100))}}))
    numbers = np.diff(table.log_first).reshape(3, -1)
    assert numbers.shape[1] == 60
    assert all((numbers[a] != numbers[b]).any() for a, b in ((0, 1), (0, 2), (1, 2)))
    startup, service = table.startup_time, table.service_time
    for run in range(len(table)):
        assert all(startup[run] < at * MILLISECOND < startup[run] + service[run] for at in lines(table, run))


@pytest.mark.parametrize("kind", ["poisson", "geometric"])
def test_numbers_of_lines_have_their_mean(kind: str) -> None:
    """40,000 numbers of mean 5: within 4 standard deviations of their mean, of a geometric √(5 + 25), of a Poisson √5."""
    numbers = LogLines.model_validate({kind: 5.0}).sample(40_000, np.random.default_rng(1))
    deviation = (5 + 25 * (kind == "geometric")) ** 0.5
    assert numbers.min() == 0
    assert abs(numbers.mean() - 5) < 4 * deviation / 200


def test_numbers_of_lines_from_a_list() -> None:
    drawn = LogLines.model_validate([1, 1, 4])
    assert drawn.expectation() == 2
    assert set(drawn.sample(100, np.random.default_rng(1)).tolist()) == {1, 4}


def test_lines_of_a_year_do_not_overflow() -> None:
    """A run of 10,000 hours with 100,000 lines: the product of both is beyond 64 bits, the shares are exact."""
    service = np.array([10_000 * HOUR])
    found = line_columns(np.array([99_999]), np.zeros(1), np.array([7]), service)
    assert found["log_at"].tolist() == [7 + 10_000 * HOUR * number // 100_000 for number in range(1, 100_000)]
