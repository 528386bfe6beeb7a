import math

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.times import INTERVALS
from fastlanes_sim.measures.values import Quantile
from fastlanes_sim.results.lane_table import interval_statistics
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played


def observed(*rows: Row, until: float = 100) -> Observed:
    return Observed(*played(*rows, until=until), DEPLOYMENT)


def test_intervals_of_a_run_that_went_all_the_way():
    found = observed(Row(1, 3, 3.5, 10, State.SUCCESS))
    longest = {name: interval_statistics(found, "default", name).max.value_us / SECOND for name in INTERVALS}
    assert longest == {"wait": 2.5, "queue": 2, "startup": 0.5, "service": 6.5, "response": 9}


def test_a_run_that_has_not_started_counts_with_its_age():
    found = observed(Row(1, 2, 3, 4, State.SUCCESS), Row(60))
    wait = interval_statistics(found, "default", "wait")
    assert (wait.runs, wait.censored) == (2, 1)
    assert wait.max == Quantile(40 * SECOND, math.inf)
    assert wait.p50 == Quantile(2 * SECOND, 2 * SECOND)
    assert interval_statistics(found, "default", "startup").runs == 1, "it has not been claimed: no startup has begun"


def test_a_run_lost_before_it_started_is_censored_at_its_end():
    found = observed(Row(0, 5, None, 50, State.LOST))
    assert interval_statistics(found, "all", "wait").max == Quantile(50 * SECOND, math.inf)
    assert interval_statistics(found, "all", "response").max == Quantile(50 * SECOND, 50 * SECOND)


def test_runs_after_an_interruption_never_were():
    found = observed(Row(0), Row(10), Row(10.000001), until=10)
    assert found.counts("all").runs == 2


def test_counts_of_each_lane():
    rows = [
        Row(0, 1, 2, 3, State.SUCCESS),
        Row(0, 1, 2, 3, State.CRASHED),
        Row(0, 1, 2, 50, State.KILLED),
        Row(0, 1, None, 50, State.LOST),
        Row(1, 2, 3, queue=Queue.FAST_LANE),
        Row(2, queue=Queue.FAST_LANE),
    ]
    default, fast, everything = (observed(*rows).counts(lane) for lane in ("default", "fast_lane", "all"))
    assert (default.runs, default.started, default.ended, default.open) == (4, 3, 4, 0)
    assert (default.failed, default.killed, default.lost) == (1, 1, 1)
    assert (fast.runs, fast.started, fast.ended, fast.open) == (2, 1, 0, 2)
    assert everything.runs == 6


def test_gateway_timeouts():
    """L-20: 504 after more than 30 s; ended in exactly 30 s is in time, still open after 30 s is not."""
    rows = [
        Row(0, 1, 2, 30, State.SUCCESS, sync=True),
        Row(0, 1, 2, 30.000001, State.SUCCESS, sync=True),
        Row(0, 1, 2, 90, State.SUCCESS, sync=False),
        Row(70, sync=True),
        Row(70.000001, sync=True),
    ]
    assert observed(*rows).counts("all").gateway_timeouts == 2
