import numpy as np

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.results.series import Steps, busy_slots, highest_in_bins, mean_in_bins, queue_depth
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played


def seconds(series: Steps) -> list[tuple[float, int]]:
    return [(time / SECOND, int(count)) for time, count in zip(*series, strict=True)]


def test_queue_depth_counts_from_insertion_to_claim():
    table, log = played(Row(1, 4), Row(2, 4), Row(3), Row(5, None, None, 7, State.CANCELLED), Row(6, 8, queue=Queue.MANUAL), until=10)
    assert seconds(queue_depth(table, log, Queue.DEFAULT)) == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 1), (5, 2), (7, 1), (10, 1)]
    assert seconds(queue_depth(table, log, Queue.FAST_LANE)) == [(0, 0), (10, 0)]
    assert int(queue_depth(table, log).counts.max()) == 3


def test_a_slot_is_busy_from_receipt_until_it_is_free():
    _, log = played(Row(0, 1, 2, 5, State.SUCCESS), Row(0, 3, 4), Row(0, 2, 3, 4, State.SUCCESS, workloop=0), until=10)
    assert seconds(busy_slots(log, [(0, 1)])) == [(0, 0), (1, 1), (3, 2), (5, 1), (10, 1)]
    assert int(busy_slots(log, [(0, 0), (0, 1)]).counts.max()) == 3


def test_utilisation_is_held_time_by_capacity():
    """The last was claimed, and no worker had it."""
    _, log = played(
        Row(0, 10, 11, 30, State.SUCCESS, workloop=0),
        Row(0, 90, 95, None, workloop=0),
        Row(0, 0, 1, 100, State.SUCCESS),
        Row(0, 0, None, 90, State.LOST, startup=2),
    )
    pinned, pool = utilisation(DEPLOYMENT, log)
    assert (pinned.workloop, pinned.slots, pinned.runs, pinned.busy) == ("fast_lane:1", 1, 2, 0.3)
    assert (pool.workloop, pool.slots, pool.runs, pool.busy) == ("manual>*:4", 4, 2, 100 / 400)


def test_bins_show_the_mean_and_the_highest():
    series = Steps(np.array([0, 5, 6, 20]), np.array([1, 9, 2, 2]))
    edges = np.array([0, 10, 20])
    assert mean_in_bins(series, edges).tolist() == [(5 + 9 + 8) / 10, 2.0]
    assert highest_in_bins(series, edges).tolist() == [9, 2]
