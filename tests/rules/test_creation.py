"""How a run comes to its queue and priority: L-1 to L-4."""

from __future__ import annotations

import pickle

import pytest

from fastlanes_sim.rules.creation import IMMEDIATE, NORMAL, Queue, legacy_queue
from fastlanes_sim.rules.rulesets import Origin, Ruleset

THE_TABLE = {
    Origin.SYNC_WEBHOOK: ("fast_lane", NORMAL),
    Origin.ASYNC_WEBHOOK: ("default", NORMAL),
    Origin.CRON: ("default", NORMAL),
    Origin.KAFKA: ("default", NORMAL),
    Origin.CUSTOM_WEBHOOK: ("default", NORMAL),
    Origin.MANUAL: ("manual", IMMEDIATE),
    Origin.RETRY: ("manual", IMMEDIATE),
    Origin.BULK_RETRY: ("default", IMMEDIATE),
}
"""L-3, row by row."""


def test_the_two_priorities():
    """L-1: 0 is immediate, 1 is normal."""
    assert (IMMEDIATE, NORMAL) == (0, 1)


@pytest.mark.parametrize("name", ["default", "fast_lane", "manual"])
def test_the_three_queues_go_by_their_names(name: str):
    """L-2."""
    assert Queue.named(name).label == name
    assert len(Queue) == 3


@pytest.mark.parametrize("name", ["", "*", "bulk", "Manual", "FAST_LANE", " default", "fast-lane", "fastlane", "default\n", "0"])
def test_any_other_queue_is_refused_when_the_run_is_created(name: str):
    """L-2."""
    with pytest.raises(ValueError, match="is not a queue"):
        Queue.named(name)


def test_the_default_queue_is_the_zero_of_an_array():
    """L-2: default `default`."""
    assert Queue(0) is Queue.DEFAULT


@pytest.mark.parametrize(("origin", "expected"), THE_TABLE.items())
def test_queue_and_priority_at_creation(origin: Origin, expected: tuple[str, int]):
    """L-3."""
    queue, priority = Ruleset.PR_4515.queue_and_priority(origin)
    assert (queue.label, priority) == expected


def test_the_table_names_every_way_to_make_a_run():
    """L-3."""
    assert set(THE_TABLE) == set(Origin)


def test_a_custom_reply_goes_to_the_fast_lane_for_a_while():
    """L-3, ruleset main-4547: lightning #4546. The newest is as pull request 4515 again."""
    assert Ruleset.MAIN_4547.queue_and_priority(Origin.CUSTOM_WEBHOOK) == (Queue.FAST_LANE, NORMAL)
    assert Ruleset.MAIN.queue_and_priority(Origin.CUSTOM_WEBHOOK) == (Queue.DEFAULT, NORMAL)


def test_kafka_triggers_are_gone_in_the_newest():
    """L-3"""
    assert [ruleset for ruleset in Ruleset if not ruleset.makes(Origin.KAFKA)] == [Ruleset.MAIN]
    assert all(ruleset.makes(origin) for ruleset in Ruleset for origin in Origin if origin is not Origin.KAFKA)


@pytest.mark.parametrize("ruleset", Ruleset)
def test_the_custom_reply_is_all_that_any_ruleset_changes(ruleset: Ruleset):
    """L-3: elsewhere the table stands. Before 4515 the queue is only the name of a run's lane, and no claim looks at it."""
    different = {origin for origin in Origin if ruleset.queue_and_priority(origin) != Ruleset.PR_4515.queue_and_priority(origin)}
    assert different == ({Origin.CUSTOM_WEBHOOK} if ruleset is Ruleset.MAIN_4547 else set())


def test_a_bulk_retry_stays_immediate():
    """L-3: the pull request's last change moved its queue and says nothing of its priority."""
    assert Ruleset.PR_4515.queue_and_priority(Origin.BULK_RETRY) == (Queue.DEFAULT, IMMEDIATE)
    assert Ruleset.PR_4515.queue_and_priority(Origin.RETRY) == (Queue.MANUAL, IMMEDIATE)


def test_rows_from_before_the_queue_column():
    """L-4."""
    assert legacy_queue(0) is Queue.MANUAL
    assert legacy_queue(1) is Queue.DEFAULT


@pytest.mark.parametrize("priority", [-1, 2, 100])
def test_there_is_no_third_priority(priority: int):
    """L-1, L-4."""
    with pytest.raises(ValueError, match="is not a priority"):
        legacy_queue(priority)


def test_the_rulesets_differ_in_queues_bypass_and_priority():
    """The preamble of the specification."""
    assert [ruleset for ruleset in Ruleset if not ruleset.has_queues] == [Ruleset.PRE_4515]
    assert [ruleset for ruleset in Ruleset if not ruleset.has_bypass] == [Ruleset.PRE_4515]
    assert [ruleset for ruleset in Ruleset if not ruleset.has_priority] == [Ruleset.NO_PRIORITY]


@pytest.mark.parametrize("ruleset", Ruleset)
def test_a_ruleset_says_the_lane_of_every_way_to_make_a_run_and_is_found_by_its_name(ruleset: Ruleset):
    """L-3; processes send each other rulesets by name."""
    assert all(ruleset.queue_and_priority(origin) for origin in Origin)
    assert Ruleset(ruleset.value) is ruleset
    assert pickle.loads(pickle.dumps(ruleset)) is ruleset
