"""Which runs a claim takes: L-5 to L-16 and L-22, one sentence of the specification at a time."""

from __future__ import annotations

from itertools import permutations

import pytest

from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.rules.claim import DEFAULT_QUEUES, sanitise_queues, stored_worker_name
from fastlanes_sim.rules.lifecycle import FINAL, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from tests.support.claim_tables import limits, run, runs, taken

AVAILABLE, CLAIMED, STARTED = State.AVAILABLE, State.CLAIMED, State.STARTED
ONE_OF_EACH = [run("cron", 1), run("sync", 2, "fast_lane"), run("click", 3, "manual")]
SAME_PRIORITY = [run("click", 1, "manual", priority=1), run("cron", 2), run("sync", 3, "fast_lane")]


# --- L-5: the message ---


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        (),
        "",
        "manual",
        "*",
        0,
        1,
        2.5,
        True,
        False,
        {},
        {"0": "manual"},
        {"manual"},
        b"manual",
        [None],
        [1],
        [True],
        [["manual"]],
        [{"queue": "manual"}],
        ["manual", None],
        [0, "manual"],
        ["fast_lane", b"manual"],
        ["fast_lane", ["*"]],
    ],
)
def test_anything_but_a_filled_list_of_strings_asks_for_manual_runs_and_then_all(raw: object):
    """L-5."""
    assert sanitise_queues(raw) == ("manual", "*") == DEFAULT_QUEUES


@pytest.mark.parametrize(
    "raw",
    [["manual"], ["*"], [""], [" manual "], ["MANUAL"], ["bulk", "*"], ["*", "*"], ["manual", "manual", "*"], ["fast_lane", "*", "manual"]],
)
def test_a_filled_list_of_strings_stays_as_it_is(raw: list[str]):
    """L-5: not trimmed, not sorted, nothing removed; unknown names are legal."""
    assert sanitise_queues(raw) == tuple(raw)


@pytest.mark.parametrize("queues", [["bulk"], ["Manual", "FAST_LANE", "default "], [""], ["manual,*"]])
def test_unknown_queue_names_match_nothing(queues: list[str]):
    """L-5."""
    assert taken(ONE_OF_EACH, queues) == []


def test_an_unknown_queue_name_takes_nothing_from_the_others():
    """L-5."""
    assert taken(ONE_OF_EACH, ["bulk", "fast_lane"]) == ["sync"]
    assert taken(SAME_PRIORITY, ["bulk", "fast_lane", "*"]) == ["sync", "click", "cron"]


# --- L-6: filter mode ---


def test_without_a_wildcard_only_the_queues_in_the_list():
    """L-6."""
    assert taken(ONE_OF_EACH, ["fast_lane"]) == ["sync"]
    assert taken(ONE_OF_EACH, ["default", "fast_lane"]) == ["cron", "sync"]


@pytest.mark.parametrize("queues", list(permutations(["default", "fast_lane", "manual"])))
def test_a_filter_does_not_rank(queues: tuple[str, ...]):
    """L-6: whatever the order of the list, the base order stays."""
    assert taken(SAME_PRIORITY, queues) == ["click", "cron", "sync"]


def test_a_name_with_a_star_in_it_is_no_wildcard():
    """L-6, L-7: the wildcard is the name `*` and nothing else."""
    assert taken(ONE_OF_EACH, ["**"]) == taken(ONE_OF_EACH, ["fast*"]) == taken(ONE_OF_EACH, ["* "]) == []


# --- L-7: preference mode ---


def test_with_a_wildcard_every_queue_is_eligible_and_ranked_by_its_position():
    """L-7."""
    assert taken(SAME_PRIORITY, ["fast_lane", "default", "*"]) == ["sync", "cron", "click"]


def test_a_queue_behind_the_wildcard_comes_after_every_other():
    """L-7: in `["fast_lane", "*", "manual"]` manual runs come last, immediate or not."""
    assert taken([*ONE_OF_EACH, run("unheard of", 4, "bulk")], ["fast_lane", "*", "manual"]) == ["sync", "cron", "unheard of", "click"]


def test_a_wildcard_in_front_puts_the_unnamed_first():
    """L-7."""
    assert taken(SAME_PRIORITY, ["*", "manual", "default"]) == ["sync", "click", "cron"]


def test_a_queue_named_twice_has_its_first_position():
    """L-7."""
    assert taken(SAME_PRIORITY, ["fast_lane", "default", "*", "fast_lane"]) == ["sync", "cron", "click"]
    assert taken(SAME_PRIORITY, ["*", "click", "manual", "default", "manual"]) == ["sync", "click", "cron"]


def test_a_queue_not_named_takes_the_position_of_the_first_wildcard():
    """L-7: cron runs stand at the first `*`, before the manual ones; by the second they would come after them."""
    assert taken(SAME_PRIORITY, ["fast_lane", "*", "manual", "*"]) == ["sync", "cron", "click"]
    assert taken(SAME_PRIORITY, ["*", "fast_lane", "*"]) == ["click", "cron", "sync"]


def test_a_preference_outranks_priority():
    """L-9: queue ranking comes before the base order."""
    assert taken(ONE_OF_EACH, ["fast_lane", "*"]) == ["sync", "click", "cron"]


# --- L-8: nothing but wildcards ---


@pytest.mark.parametrize("queues", [["*"], ["*", "*"], ["*", "*", "*"]])
def test_a_list_of_wildcards_adds_no_ranking(queues: list[str]):
    """L-8: the base order alone decides, so immediate runs still come first."""
    assert taken(ONE_OF_EACH, queues) == ["click", "cron", "sync"]


# --- L-9, L-22: the base order ---


def test_the_base_order_is_priority_and_then_insertion():
    """L-9."""
    table = [run("late retry", 4, priority=0), run("cron", 1), run("early retry", 3, priority=0), run("webhook", 2)]
    assert taken(table) == ["early retry", "late retry", "cron", "webhook"]


def test_the_base_order_breaks_the_ties_of_the_ranking():
    """L-9: within each queue it is priority, then insertion."""
    table = [run("b", 2, "fast_lane"), run("d", 2), run("a", 9, "fast_lane", priority=0), run("c", 1)]
    assert taken(table, ["fast_lane", "*"]) == ["a", "b", "c", "d"]


def test_equal_insertions_are_taken_in_order_of_creation():
    """L-22."""
    assert taken([run("first", 7), run("second", 7), run("third", 7)]) == ["first", "second", "third"]
    assert taken([run("first", 7), run("second", 7), run("older", 6)], demand=2) == ["older", "first"]


def test_equal_insertions_are_numbered_and_cut_in_order_of_creation():
    """L-22 under L-11 and L-13."""
    tied = [run("first", 7), run("second", 7), run("third", 7)]
    assert taken(tied, under=limits(claim_limit=2)) == ["first", "second"]
    assert taken(tied, under=limits({1: (1, 1)})) == ["first"]


# --- L-10: taking them ---


@pytest.mark.parametrize("demand", [0, 1, 2, 3, 4, 100])
def test_at_most_demand_runs_are_taken(demand: int):
    """L-10."""
    assert taken(ONE_OF_EACH, demand=demand) == ["click", "cron", "sync"][:demand]


def a_table(*rows: tuple[int, int], **settings: object) -> Table:
    """Available runs of (workflow, insertion) in the default queue."""
    table = Table(limits(**settings))  # type: ignore[arg-type]
    for number, (workflow, at) in enumerate(rows):
        table.insert(RunRow(id=number, workflow=workflow, state=AVAILABLE, queue="default", priority=1, inserted_at=at))
    return table


def ids(rows: list[RunRow]) -> list[int]:
    return [row.id for row in rows]


def test_two_claims_never_take_the_same_run():
    """L-10: taken runs are claimed, and no claim takes a claimed one."""
    table = a_table((1, 10), (1, 20), (1, 30))
    first = table.claim(["*"], 2)
    assert [row.state for row in first] == [CLAIMED, CLAIMED]
    assert (ids(first), ids(table.claim(["*"], 2)), ids(table.claim(["*"], 2))) == ([0, 1], [2], [])


def test_a_claim_that_finds_nothing_changes_nothing():
    """L-10."""
    table = a_table((1, 10))
    assert table.claim(["manual", "fast_lane"], 5) == []
    assert table.claim(["*"], 0) == []
    assert ids(table.claim(["default"], 5)) == [0]


def test_a_run_that_is_started_or_over_is_not_taken_again():
    """L-1, L-10."""
    table = a_table((1, 10), (1, 20))
    table.claim(["*"], 2)
    assert table.start(0)
    assert table.finish(1, State.SUCCESS)
    assert table.claim(["*"], 5) == []
    assert table.active_count == 1


# --- L-11: the claim limit ---


def test_the_claim_limit_keeps_the_first_runs_of_a_workflow():
    """L-11: 50 by default, the rest are invisible."""
    assert taken(runs("r", 51)) == [f"r{number}" for number in range(1, 51)]


def test_the_claim_limit_goes_by_priority_and_then_insertion():
    """L-11: an immediate run, however new, pushes the newest normal one out."""
    assert taken([*runs("r", 3), run("retry", 9, priority=0)], under=limits(claim_limit=3)) == ["retry", "r1", "r2"]


def test_a_fast_lane_run_beyond_the_claim_limit_is_invisible():
    """L-11: the bypass of L-14 does not lift PER_WORKFLOW_CLAIM_LIMIT."""
    table = [*runs("cron", 50), run("sync", 99, "fast_lane")]
    assert taken(table, ["fast_lane"]) == []
    assert taken(table[1:], ["fast_lane"]) == ["sync"]


@pytest.mark.parametrize("state", [CLAIMED, STARTED])
def test_the_claim_limit_is_a_hidden_concurrency_cap(state: State):
    """L-11: claimed and started runs take up places."""
    table = [*runs("busy", 50, state=state), run("waits", 99)]
    assert taken(table) == []
    assert taken(table[1:]) == ["waits"]


def test_every_workflow_has_a_claim_limit_of_its_own():
    """L-11."""
    table = [*runs("a", 3, workflow=1), *runs("b", 3, since=10, workflow=2)]
    assert taken(table, under=limits({1: (1, None), 2: (1, None)}, claim_limit=2)) == ["a1", "a2", "b1", "b2"]


def test_a_run_beyond_the_claim_limit_is_not_numbered():
    """L-11, L-13: the old normal run that two immediate ones push out leaves its number to them."""
    table = [run("old", 1), run("retry 1", 2, priority=0), run("retry 2", 3, priority=0)]
    assert taken(table, under=limits({1: (1, 2)}, claim_limit=2)) == ["retry 1", "retry 2"]
    assert taken(table, under=limits({1: (1, 2)}, claim_limit=3)) == ["retry 1", "old"]


def test_even_a_started_run_beyond_the_claim_limit_is_invisible():
    """L-11, L-13: pushed out by immediate runs it is not numbered, and more runs than the limit are in flight."""
    table = [run("busy", 1, state=STARTED), run("retry", 2, priority=0)]
    assert taken(table, under=limits({1: (1, 1)}, claim_limit=1)) == ["retry"]
    assert taken(table, under=limits({1: (1, 1)}, claim_limit=2)) == []


# --- L-12: whose limit ---


@pytest.mark.parametrize(
    ("own", "of_the_project", "expected"), [(None, None, 5), (2, None, 2), (None, 3, 3), (2, 3, 2), (4, 1, 4), (0, 3, 0), (None, 0, 0)]
)
def test_the_limit_is_the_workflows_or_else_the_projects(own: int | None, of_the_project: int | None, expected: int):
    """L-12: not the smaller of the two; with neither there is none. Zero is a limit, not the lack of one."""
    assert len(taken(runs("r", 5), under=limits({1: (1, own)}, {1: of_the_project}))) == expected


def test_workflows_without_a_limit_share_the_projects():
    """L-12: the partition is the project."""
    table = [run("a1", 1, workflow=1), run("b1", 2, workflow=2), run("a2", 3, workflow=1)]
    assert taken(table, under=limits({1: (1, None), 2: (1, None)}, {1: 2})) == ["a1", "b1"]


def test_runs_of_a_workflow_with_its_own_limit_do_not_count_towards_the_projects():
    """L-12."""
    table = [*runs("own", 3, workflow=1, state=STARTED), *runs("shared", 3, since=10, workflow=2)]
    assert taken(table, under=limits({1: (1, 3), 2: (1, None)}, {1: 2})) == ["shared1", "shared2"]


def test_projects_do_not_share_their_limits():
    """L-12: nor does a workflow with a project of the same number."""
    table = [*runs("a", 2, workflow=1), *runs("b", 2, since=10, workflow=2)]
    assert taken(table, under=limits({1: (1, None), 2: (2, None)}, {1: 1, 2: 1})) == ["a1", "b1"]
    assert taken(table, under=limits({1: (2, None), 2: (1, 1)}, {1: None, 2: 1})) == ["a1", "b1"]


# --- L-13, L-14: numbers and the bypass ---


def test_a_partition_is_numbered_by_insertion_and_not_by_priority():
    """L-13: the immediate run came last, so it is the third of two."""
    assert taken([*runs("r", 2), run("retry", 9, priority=0)], under=limits({1: (1, 2)})) == ["r1", "r2"]


@pytest.mark.parametrize("state", [CLAIMED, STARTED])
def test_runs_in_flight_are_numbered_too(state: State):
    """L-13; and so a dead run keeps its place until the janitor has come (L-18)."""
    table = [run("dead", 1, state=state), *runs("r", 2, since=2)]
    assert taken(table, under=limits({1: (1, 2)})) == ["r1"]
    assert taken(table[1:], under=limits({1: (1, 2)})) == ["r1", "r2"]


@pytest.mark.parametrize("state", [AVAILABLE, CLAIMED, STARTED])
def test_an_older_fast_lane_run_takes_a_place_from_the_others(state: State):
    """L-13: even an unclaimed one, and even from a claim that does not ask for the fast lane."""
    table = [run("sync", 1, "fast_lane", state=state), run("cron", 2)]
    assert taken(table, ["default"], under=limits({1: (1, 1)})) == []
    assert taken(table, ["default"], under=limits({1: (1, 2)})) == ["cron"]


def test_fast_lane_runs_ignore_the_limit():
    """L-14: the concurrency bypass."""
    table = [*runs("cron", 3), *runs("sync", 3, since=10, queue="fast_lane")]
    assert taken(table, under=limits({1: (1, 1)})) == ["cron1", "sync1", "sync2", "sync3"]
    assert taken(table, under=limits({1: (1, None)}, {1: 0})) == ["sync1", "sync2", "sync3"]


@pytest.mark.parametrize("state", [CLAIMED, STARTED])
def test_only_available_runs_are_eligible(state: State):
    """L-14: the bypass does not extend to runs that somebody has."""
    assert taken([run("sync", 1, "fast_lane", state=state), run("cron", 2, state=state)]) == []


@pytest.mark.parametrize("queue", ["default", "manual", "bulk", "FAST_LANE"])
def test_no_other_queue_has_the_bypass(queue: str):
    """L-14."""
    assert taken([run("busy", 1, state=STARTED), run("waits", 2, queue)], under=limits({1: (1, 1)})) == []


# --- L-15: what follows from it, however odd ---


def test_more_runs_of_a_partition_than_its_limit_can_be_in_flight():
    """L-15: the older available run is number 1 of 1, though a newer one of the partition is running."""
    assert taken([run("older", 1), run("running", 2, state=STARTED)], under=limits({1: (1, 1)})) == ["older"]


def test_a_manual_run_newer_than_the_limit_waits():
    """L-15: it would be taken first, and is not eligible."""
    table = [run("cron", 1), run("click", 2, "manual")]
    assert taken(table, ["manual", "*"], demand=1, under=limits({1: (1, 1)})) == ["cron"]
    assert taken(table, ["manual"], under=limits({1: (1, 1)})) == []


def test_an_older_run_of_another_lane_holds_its_place_though_nobody_may_take_it():
    """L-15: a worker for manual runs alone waits behind an available cron run that it will never take."""
    table = [run("cron", 1), run("click", 2, "manual")]
    assert taken(table, ["manual"], under=limits({1: (1, 1)})) == []
    assert taken(table[1:], ["manual"], under=limits({1: (1, 1)})) == ["click"]


def test_fast_lane_runs_can_close_a_workflow_to_everybody_else():
    """L-13, L-15: as long as they are older, as many of them as the limit are enough."""
    table = [*runs("sync", 2, queue="fast_lane", state=STARTED), *runs("cron", 5, since=10)]
    assert taken(table, under=limits({1: (1, 2)})) == []


# --- L-16: the classes of run queues ---


def test_faster_fifo_knows_no_limits():
    """L-16: L-9 over all available runs, none of L-11 to L-14."""
    table = [run("busy", 0, state=STARTED), *runs("r", 60), run("sync", 99, "fast_lane")]
    found = taken(table, under=limits({1: (1, 1)}, claim_limit=2, run_queue=RunQueue.FASTER_FIFO))
    assert found == [*(f"r{number}" for number in range(1, 61)), "sync"]


def test_faster_fifo_keeps_the_order_the_filter_and_the_ranking():
    """L-16."""
    faster = limits(run_queue=RunQueue.FASTER_FIFO)
    assert taken(ONE_OF_EACH, under=faster) == ["click", "cron", "sync"]
    assert taken(ONE_OF_EACH, ["fast_lane", "default"], under=faster) == ["cron", "sync"]
    assert taken(ONE_OF_EACH, ["fast_lane", "*"], under=faster) == ["sync", "click", "cron"]


THREE_PROJECTS = {1: (1, None), 2: (2, None), 3: (3, None)}
IN_TURNS = limits(THREE_PROJECTS, run_queue=RunQueue.ROUND_ROBIN)
QUEUED = [*runs("a", 3, workflow=1), *runs("b", 1, since=10, workflow=2), *runs("c", 2, since=20, workflow=3)]


@pytest.mark.parametrize(
    ("last_project", "expected"),
    [
        (None, "a1 b1 c1 a2 c2 a3"),
        (0, "a1 b1 c1 a2 c2 a3"),
        (1, "b1 c1 a1 c2 a2 a3"),
        (2, "c1 a1 b1 c2 a2 a3"),
        (3, "a1 b1 c1 a2 c2 a3"),
    ],
)
def test_projects_take_turns_beginning_after_the_one_served_last(last_project: int | None, expected: str):
    """L-16, the documented assumption: in id order, whoever has nothing is passed over."""
    assert taken(QUEUED, under=IN_TURNS, last_project=last_project) == expected.split()


def test_a_turn_goes_to_the_project_and_not_to_the_workflow():
    """L-16."""
    under = limits({1: (1, None), 2: (1, None), 3: (2, None)}, run_queue=RunQueue.ROUND_ROBIN)
    table = [run("a", 1, workflow=1), run("b", 2, workflow=2), run("c", 3, workflow=3)]
    assert taken(table, under=under) == ["a", "c", "b"]


def test_inside_a_project_the_base_order_stays():
    """L-16, L-9: one project's immediate run does not overtake the other project's turn."""
    table = [run("a", 1, workflow=1), run("b", 2, workflow=2), run("b retry", 3, workflow=2, priority=0)]
    assert taken(table, under=IN_TURNS) == ["a", "b retry", "b"]


def test_the_ranking_keeps_the_turns_as_its_tie_break():
    """L-9, L-16: the caller's own order is preserved."""
    table = [*runs("a", 2, workflow=1), *runs("b", 2, since=10, workflow=2), run("sync", 99, "fast_lane", workflow=2)]
    assert taken(table, ["fast_lane", "*"], under=IN_TURNS) == ["sync", "a1", "b1", "a2", "b2"]


def test_round_robin_has_the_eligibility_of_fifo():
    """L-16: L-11 to L-14 hold."""
    under = limits({1: (1, 1), 2: (2, None)}, claim_limit=2, run_queue=RunQueue.ROUND_ROBIN)
    table = [*runs("a", 3, workflow=1), *runs("b", 3, since=10, workflow=2)]
    assert taken(table, under=under) == ["a1", "b1", "b2"]


def test_the_next_claim_goes_on_where_the_last_one_ended():
    """L-16: and a claim that took nothing does not move the turn."""
    rows = [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5)]
    table = a_table(*rows, workflows=THREE_PROJECTS, run_queue=RunQueue.ROUND_ROBIN)
    assert ids(table.claim(["*"], 1)) == [0]
    assert ids(table.claim(["manual"], 1)) == []
    assert ids(table.claim(["*"], 3)) == [2, 4, 1]
    assert ids(table.claim(["*"], 3)) == [3]


# --- other states of Lightning ---


@pytest.mark.parametrize("queues", [["fast_lane"], ["fast_lane", "*"], ["bulk"], ["*", "manual"], ["manual", "*"]])
def test_before_the_pull_request_there_are_no_queues(queues: list[str]):
    """pre-4515: whatever is asked for, the order is L-9 over all runs."""
    assert taken(ONE_OF_EACH, queues, under=limits(ruleset=Ruleset.PRE_4515)) == ["click", "cron", "sync"]


def test_before_the_pull_request_nothing_bypasses_the_limit():
    """pre-4515: L-11 to L-13 without the bypass of L-14."""
    table = [*runs("cron", 2), run("sync", 9, "fast_lane")]
    assert taken(table, under=limits({1: (1, 2)}, ruleset=Ruleset.PRE_4515)) == ["cron1", "cron2"]
    assert taken(table, under=limits({1: (1, 2)}, ruleset=Ruleset.PR_4515)) == ["cron1", "cron2", "sync"]
    assert taken(table, under=limits(claim_limit=1, ruleset=Ruleset.PRE_4515)) == ["cron1"]


def test_a_table_before_the_pull_request_answers_a_claim_for_any_queue():
    """pre-4515."""
    table = a_table((1, 10), ruleset=Ruleset.PRE_4515)
    assert ids(table.claim(["fast_lane"], 1)) == [0]
    assert table.claim(["*"], 1) == []


def test_without_priority_insertion_alone_orders_the_claim():
    """no_priority: L-9."""
    assert taken(ONE_OF_EACH, under=limits(ruleset=Ruleset.NO_PRIORITY)) == ["cron", "sync", "click"]
    assert taken(ONE_OF_EACH, ["manual", "*"], under=limits(ruleset=Ruleset.NO_PRIORITY)) == ["click", "cron", "sync"]


def test_without_priority_insertion_alone_decides_the_claim_limit():
    """no_priority: L-11. A new immediate run no longer pushes an old normal one out."""
    table = [*runs("r", 2), run("retry", 9, priority=0)]
    assert taken(table, under=limits(claim_limit=2, ruleset=Ruleset.NO_PRIORITY)) == ["r1", "r2"]


def test_without_priority_the_bypass_stays():
    """no_priority: L-14 is as it was."""
    table = [run("cron", 1), run("sync", 2, "fast_lane")]
    assert taken(table, under=limits({1: (1, 1)}, ruleset=Ruleset.NO_PRIORITY)) == ["cron", "sync"]


@pytest.mark.parametrize("queues", [["*"], ["fast_lane", "*"], ["fast_lane", "*", "manual"], ["manual", "default"], ["bulk"]])
def test_later_fixes_do_not_change_the_claim(queues: list[str]):
    """main: only L-3 differs, so every claim is as under pr-4515."""
    table = [*ONE_OF_EACH, *runs("more", 5, since=10)]
    shipped, fixed = (limits({1: (1, 4)}, claim_limit=6, ruleset=ruleset) for ruleset in (Ruleset.PR_4515, Ruleset.MAIN))
    assert taken(table, queues, under=fixed) == taken(table, queues, under=shipped)


# --- L-1: changes that change nothing ---


def test_a_table_refuses_what_cannot_follow():
    """L-1: an available run neither starts nor ends, an unknown one does nothing, a started one does not start again."""
    table = a_table((1, 10))
    assert not table.start(0)
    assert not table.finish(0, State.SUCCESS)
    assert not table.start(5)
    assert not table.finish(5, State.SUCCESS)
    table.claim(["*"], 1)
    assert table.start(0)
    assert not table.start(0)
    assert not table.finish(0, AVAILABLE)
    assert not table.finish(0, CLAIMED)
    assert table.finish(0, State.KILLED)
    assert not table.finish(0, State.SUCCESS)


@pytest.mark.parametrize("end", sorted(FINAL))
def test_a_run_that_ends_frees_its_place(end: State):
    """L-11, L-13: only active runs are ranked and numbered, however the others ended."""
    table = a_table((1, 10), (1, 20), workflows={1: (1, 1)})
    assert ids(table.claim(["*"], 2)) == [0]
    assert ids(table.claim(["*"], 2)) == []
    assert table.finish(0, end)
    assert ids(table.claim(["*"], 2)) == [1]


def test_an_empty_worker_name_is_stored_as_null() -> None:
    """L-5"""
    assert stored_worker_name("") is None
    assert stored_worker_name("worker-1") == "worker-1"
