"""Callers who ask again, counted in experiments: with their first request, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED
from fastlanes_sim.core.units import HOUR
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.experiments.analytic import sanity
from fastlanes_sim.experiments.replication import counted_requests, measure, play_replication, requests
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.load import load_scenario

SCENARIO = load_scenario(Path(__file__).parents[2] / "scenarios" / "retry_after_504.yaml")


def test_a_caller_counts_with_all_attempts_if_the_first_request_counts():
    table, log = play_replication(SCENARIO, 0)
    counted = counted_requests(SCENARIO.scenario, table, log, HOUR)
    assert (table.inserted_at[counted] >= HOUR).all()
    assert counted.stop == np.count_nonzero(table.inserted_at != IF_ASKED)
    rows = requests(table, counted.start, counted.stop)
    before = np.flatnonzero(np.isin(table.next_attempt, rows) & (table.next_attempt != NEVER))
    assert np.isin(before, rows).all(), "no attempt without the one before"
    following = table.next_attempt[rows]
    assert np.isin(following[following != NEVER], rows).all(), "no attempt is left behind"
    assert len(rows) > counted.stop - counted.start


def test_without_a_warm_up_everybody_counts():
    table, log = play_replication(SCENARIO, 0)
    whole = Observed(table, log, deployment(SCENARIO.scenario))
    assert measure(SCENARIO, 0, [parse_measure("fast_lane.gave_up")]).low == (whole.callers.counts(whole.rows("fast_lane")).gave_up,)


def test_attempts_that_nobody_may_ever_make_are_no_load():
    table, _ = play_replication(SCENARIO, 0)
    first = table.rows(np.flatnonzero(table.inserted_at != IF_ASKED))
    assert sanity(deployment(SCENARIO.scenario), table).load == pytest.approx(sanity(deployment(SCENARIO.scenario), first).load)
