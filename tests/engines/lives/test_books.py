"""What must hold on whole lives in every simulation, on random deployments in which everything goes wrong."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from fastlanes_sim.core.run_log import COLUMNS, NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage
from tests.support.engines import WHOLE_LIVES
from tests.support.strategies import whole_deployments, whole_tables

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)
FEWER = settings(max_examples=settings.default.max_examples // 4)


def at_end_of_its_process(log: RunLog, run: int) -> int | None:
    """When the process ended that received this run."""
    return min((time for time, worker, _ in log.exits if worker == log.worker[run] and time >= log.received_at[run]), default=None)


@given(whole_deployments(), whole_tables())
def test_every_simulation_keeps_its_books(simulate, deployed: Deployment, runs: RunTable):
    log = simulate(deployed, runs, record_claims=True)
    state = log.state
    happened = {name: getattr(log, name) != NEVER for name in COLUMNS if name.endswith("_at")}

    # Nothing happens beyond the horizon, and times are in order.
    for name in happened:
        assert getattr(log, name).max(initial=0) <= deployed.horizon
    for before, after in pairwise(("inserted_at", "began_at", "claimed_at", "received_at", "finished_at", "freed_at")):
        both = happened[before] & happened[after]
        assert (getattr(log, before)[both] <= getattr(log, after)[both]).all(), (before, after)
    for before, after in (("received_at", "started_at"), ("started_at", "finished_at"), ("claimed_at", "ended_at")):
        both = happened[before] & happened[after]
        assert (getattr(log, before)[both] <= getattr(log, after)[both]).all(), (before, after)

    # L-1: what Lightning knows fits together.
    assert (happened["ended_at"] == (state >= State.SUCCESS)).all()
    assert (happened["claimed_at"] == (state != State.AVAILABLE)).all()
    assert (happened["began_at"] == happened["claimed_at"]).all()
    assert (log.worker[happened["claimed_at"]] != NEVER).all()
    assert not (happened["received_at"] & ~happened["claimed_at"]).any()

    # Lightning takes no run's end from nowhere: it was told by the run's worker, or the janitor came.
    told = happened["ended_at"] & (state != State.LOST)
    assert (happened["received_at"] | ~told).all()

    # L-10: no run is won twice.
    won = Counter(row.run for row in log.claims if row.run is not None)
    assert all(times == 1 for times in won.values())
    for row in log.claims:
        times = [time for time in (row.pushed_at, row.sent_at, row.began_at, row.decided_at, row.replied_at) if time is not None]
        assert times == sorted(times)
        assert row.lost is None or row.replied_at is None

    assert_slots_are_not_double_booked(deployed, log)


def assert_slots_are_not_double_booked(deployed: Deployment, log: RunLog) -> None:
    """W-1, W-13, W-24: a run holds a slot from its receipt until it is freed, or its process ends; unless tokens are verified (W-8) no
    workloop holds more than it has."""
    for index, spec in enumerate(deployed.workers):
        for number, loop in enumerate(spec.workloops):
            mine = np.flatnonzero((log.worker == index) & (log.workloop == number) & (log.received_at != NEVER))
            changes = []
            for run in mine.tolist():
                ends = [time for time in (int(log.freed_at[run]), at_end_of_its_process(log, run)) if time is not None and time != NEVER]
                changes.append((int(log.received_at[run]), 1))
                if ends:
                    changes.append((min(ends), -1))
            held = 0
            for _, change in sorted(changes):  # at one instant what is freed comes first
                held += change
                assert spec.verification is not None or held <= loop.capacity


@FEWER
@given(whole_deployments(), whole_tables())
def test_the_end_of_the_log_is_what_it_says(simulate, deployed: Deployment, runs: RunTable):
    """Slots at the horizon, processes that are gone, and details."""
    log = simulate(deployed, runs, record_claims=True)
    gone = dict.fromkeys(range(len(deployed.workers)), True) | {worker: stage == Stage.GONE for _, worker, stage in log.lives}
    for index, spec in enumerate(deployed.workers):
        if spec.dispatch == "ideal":
            continue
        assert (log.slots[index] is None) == gone[index]
        for number, slots in enumerate(log.slots[index] or ()):
            mine = (log.worker == index) & (log.workloop == number) & (log.received_at != NEVER) & (log.freed_at == NEVER)
            held = sum(at_end_of_its_process(log, run) is None for run in np.flatnonzero(mine).tolist())
            assert slots.held == held
            assert spec.verification is not None or slots.held + slots.open <= spec.workloops[number].capacity
    whole = [each.run_channel == "whole" and each.dispatch != "ideal" for each in deployed.workers]
    claimed = np.flatnonzero(log.claimed_at != NEVER).tolist()
    assert set(log.details) == {run for run in claimed if whole[log.worker[run]]}


@FEWER
@given(whole_deployments(), whole_tables())
def test_recording_changes_nothing(simulate, deployed: Deployment, runs: RunTable):
    plain, recorded = (simulate(deployed, runs, record_claims=asked, record_changes=asked) for asked in (False, True))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(plain, name), getattr(recorded, name), err_msg=name)
    assert plain.exits == recorded.exits
    assert (plain.details, plain.slots) == ({}, [])
