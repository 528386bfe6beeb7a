"""The table of active runs: what claims, starts and ends leave behind (L-1, L-10, L-16, L-18)."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.rules.claim import Limits, select
from fastlanes_sim.rules.lifecycle import ACTIVE, FINAL, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue

ANY = ("*",)


def limits(run_queue: RunQueue = RunQueue.FIFO, ruleset: Ruleset = Ruleset.PR_4515, concurrency: int | None = None) -> Limits:
    """Workflow 1 of project 1, workflow 2 of project 2."""
    return Limits(run_queue, ruleset, 50, {1: concurrency, 2: None}, {1: 1, 2: 2}, {1: None, 2: None})


def row(run_id: int, queue: str = "default", workflow: int = 1, state: State = State.AVAILABLE) -> RunRow:
    return RunRow(run_id, workflow, state, queue, 1, run_id)


def filled(*rows: RunRow, limits: Limits = limits()) -> Table:  # noqa: B008 (it is immutable)
    table = Table(limits)
    for each in rows:
        table.insert(each)
    return table


def ids(rows: list[RunRow]) -> list[int]:
    return [each.id for each in rows]


def test_what_is_taken_becomes_claimed_and_stays_active() -> None:
    """L-10."""
    table = filled(row(1), row(2))
    (taken,) = table.claim(ANY, 1)
    assert (taken.id, taken.state) == (1, State.CLAIMED)
    assert (list(table.active), table.active_count) == ([1, 2], 2)
    assert table.available_by_queue["default"] == 1


def test_two_claims_never_take_the_same_run() -> None:
    """L-10."""
    table = filled(row(1), row(2), row(3))
    assert [ids(table.claim(ANY, 2)) for _ in range(3)] == [[1, 2], [3], []]


def test_only_a_claimed_run_starts_and_only_once() -> None:
    """L-1."""
    table = filled(row(1))
    assert not table.start(1)
    table.claim(ANY, 1)
    assert [table.start(1), table.start(1), table.start(99)] == [True, False, False]


@pytest.mark.parametrize("state", [State.CLAIMED, State.STARTED])
@pytest.mark.parametrize("end", sorted(FINAL))
def test_a_run_that_ends_leaves_the_table(state: State, end: State) -> None:
    """L-1: and it ends once."""
    run = row(1, state=state)
    table = filled(run)
    assert table.finish(1, end)
    assert (run.state, table.active_count) == (end, 0)
    assert not table.finish(1, State.SUCCESS)
    assert run.state is end


def test_a_waiting_run_has_nothing_to_finish() -> None:
    """L-1: nor does an end that is none change anything."""
    table = filled(row(1), row(2, state=State.CLAIMED))
    assert not table.finish(1, State.SUCCESS)
    assert not table.finish(2, State.STARTED)
    assert [run.state for run in table.active.values()] == [State.AVAILABLE, State.CLAIMED]


def test_a_dead_run_keeps_its_place_until_it_is_marked_lost() -> None:
    """L-18: claimed by a worker that died, it holds the workflow's only place."""
    table = filled(row(1), row(2), limits=limits(concurrency=1))
    assert ids(table.claim(ANY, 1)) == [1]
    assert table.claim(ANY, 1) == []
    assert table.finish(1, State.LOST)
    assert ids(table.claim(ANY, 1)) == [2]
    assert not table.start(1)


def test_the_turn_goes_on_from_claim_to_claim() -> None:
    """L-16: project 2 is served second though project 1 waits longer; an empty claim does not move the turn."""
    table = filled(row(1), row(2), row(3), row(4, workflow=2), row(5, "manual"), limits=limits(RunQueue.ROUND_ROBIN))
    assert ids(table.claim(ANY, 1)) == [1]
    assert table.claim(["fast_lane"], 1) == []
    assert [ids(table.claim(ANY, 1)) for _ in range(3)] == [[4], [2], [3]]


def test_the_turn_goes_on_from_the_last_run_of_a_claim() -> None:
    """L-16: three runs are given, of projects 1, 2, 1; so project 2 is next."""
    table = filled(*(row(i) for i in range(1, 5)), row(5, workflow=2), row(6, workflow=2), limits=limits(RunQueue.ROUND_ROBIN))
    assert ids(table.claim(ANY, 3)) == [1, 5, 2]
    assert ids(table.claim(ANY, 1)) == [6]


lists_of_queues = st.lists(st.sampled_from(["default", "fast_lane", "manual", "*", "express"]), min_size=1, max_size=3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.sampled_from(["default", "fast_lane", "manual"]), st.sampled_from([1, 2])),
        st.tuples(st.just("claim"), lists_of_queues, st.integers(1, 3)),
        st.tuples(st.just("start"), st.integers(0, 15), st.none()),
        st.tuples(st.just("finish"), st.integers(0, 15), st.sampled_from(sorted(FINAL))),
    ),
    max_size=40,
)


@given(steps, st.sampled_from(RunQueue), st.sampled_from(Ruleset), st.sampled_from([None, 1, 3]))
def test_the_table_claims_what_the_rules_select_and_counts_what_is_there(steps, run_queue, ruleset, concurrency) -> None:
    """L-10: the short cut around an empty queue never changes an answer."""
    limited = limits(run_queue, ruleset, concurrency)
    table, last, created = Table(limited), None, 0
    for verb, subject, detail in steps:
        match verb:
            case "insert":
                table.insert(row(created, subject, detail))
                created += 1
            case "claim":
                expected = ids(select(deepcopy(list(table.active.values())), subject, detail, limited, last))
                taken = table.claim(subject, detail)
                assert ids(taken) == expected
                last = limited.workflow_project[taken[-1].workflow] if taken else last
            case "start":
                table.start(subject)
            case "finish":
                table.finish(subject, detail)
        rows = list(table.active.values())
        assert all(each.state in ACTIVE for each in rows)
        assert ids(rows) == sorted(ids(rows))
        assert +table.available_by_queue == Counter(each.queue for each in rows if each.state is State.AVAILABLE)
