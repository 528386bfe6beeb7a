"""Columns of a run table that not every run has the same number of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlanes_sim.core.run_table import RunTable
from tests.support.deployments import attempt, run, table


def with_lines(runs: RunTable, *lines: list[int]) -> RunTable:
    """The table with these log lines, one list a run."""
    return replace(runs, log_first=np.cumsum([0, *map(len, lines)]), log_at=np.array([line for own in lines for line in own], np.int64))


def lines_of(runs: RunTable) -> list[list[int]]:
    return [runs.log_at[begin:end].tolist() for begin, end in zip(runs.log_first, runs.log_first[1:], strict=False)]


THREE = with_lines(table([run(0, 1), run(1, 1), run(2, 1)]), [5, 7], [], [3])


def test_no_run_has_log_lines_unless_they_are_given():
    plain = table([run(0, 1), run(1, 1)])
    assert not plain.has_log_lines
    assert lines_of(plain) == [[], []]
    assert not plain.rows(slice(0, 1)).has_log_lines
    assert not plain.followed_by(plain).has_log_lines


def test_rows_take_their_log_lines_along():
    assert lines_of(THREE) == [[5, 7], [], [3]]
    assert lines_of(THREE.rows(slice(1, 3))) == [[], [3]]
    assert lines_of(THREE.rows(np.array([2, 0]))) == [[3], [5, 7]]


def test_a_table_behind_another_keeps_its_log_lines():
    assert lines_of(THREE.followed_by(table([run(3, 1)]))) == [[5, 7], [], [3], []]
    assert lines_of(RunTable.empty().followed_by(THREE)) == [[5, 7], [], [3]]


def test_further_attempts_behind_everything_keep_theirs():
    first = with_lines(table([run(0, 1, "fast_lane", again=[attempt(1, after_timeout=1)])]), [1], [2, 2])
    second = with_lines(table([run(5, 1)]), [9])
    both = first.followed_by(second)
    assert both.next_attempt.tolist() == [2, -1, -1]
    assert lines_of(both) == [[1], [9], [2, 2]]


def test_a_real_plan_names_an_input_and_needs_nothing_else_unless_it_says_so():
    plain = table([run(0, 1)])
    assert plain.has_input.all()
    assert not plain.plan_lost.any()
    assert not plain.credentials.any()
    assert not plain.install_time.any()
