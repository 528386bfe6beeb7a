"""Which processes arrivals are taken apart into."""

from __future__ import annotations

import numpy as np

from fastlanes_sim.calibration.arrival_processes import arrival_processes
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import HOUR, MILLISECOND, MINUTE


def kinds(times: list[int], end: int = HOUR) -> list[tuple[str, str]]:
    found = arrival_processes(np.array(times, np.int64), Watched(0, end, "UTC"), crons=False)
    assert sum(int(one.members.sum()) for one in found) == len(times)
    return [(one.kind, one.keys["arrivals"]) for one in found]


def test_a_fixed_period_up_to_the_end_is_one():
    assert kinds([place * MINUTE for place in range(60)]) == [("every", "{every: 1m}")]
    assert kinds([(place + 3) * MINUTE for place in range(55)]) == [("every", "{burst: {size: 1, every: 1m, first: 3m}}")]


def test_a_batch_that_is_created_in_one_go_does_not_go_on_for_ever():
    """Twenty runs of one cron tick in an export of an hour are 5 ms apart, as Lightning creates them."""
    assert kinds([place * 5 * MILLISECOND for place in range(20)]) == [("burst", "{burst: {size: 20, over: 100ms, at: [0s]}}")]


def test_what_stopped_half_way_is_no_fixed_period():
    assert [kind for kind, _ in kinds([place * MINUTE for place in range(30)])] == ["poisson"]
