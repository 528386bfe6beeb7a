"""What a replication keeps of its runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.measures.evidence import Evidence, blocks, weights
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played

PARTS = st.sampled_from([0.001, 0.05, 0.5, 0.95, 0.99, 0.999])


def sample(complete: object, censored: object = ()) -> Durations:
    return Durations.of(np.asarray(complete, np.float64), np.asarray(censored, np.float64))


@given(st.integers(0, 50_000), PARTS)
def test_blocks_cover_every_run_once(count: int, part: float):
    edges = blocks(count, part)
    assert edges[0] == 0
    assert edges[-1] == count
    assert (np.diff(edges) > 0).all()
    assert len(edges) < 900


@pytest.mark.parametrize("part", [0.5, 0.95, 0.99, 0.999])
def test_near_the_quantile_every_run_is_kept_and_far_from_it_one_in_thirty_stands_for_the_others(part: float):
    edges = blocks(20_000, part)
    place = round(20_000 * part)
    sizes, far = np.diff(edges), np.abs(edges[:-1] - place)
    assert (sizes <= np.maximum(np.maximum(1, 0.01 * 20_000 * (1 - part)), 0.03 * far) + 1).all()


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=120), PARTS)
def test_a_short_sample_is_kept_whole_but_for_neighbours(values: list[float], part: float):
    kept = Evidence.of(sample(values), part)
    assert kept.runs == len(values) == weights(kept, part).sum()
    assert set(kept.lows) <= set(values)
    assert list(kept.lows) == sorted(kept.lows)
    if len(values) <= 30:
        assert list(kept.lows) == sorted(values)


def test_what_is_open_may_be_as_it_was_seen_or_never_end():
    kept = Evidence.of(sample([1, 5], [3]))
    assert (kept.lows, kept.highs) == ((1, 3, 5), (1, 5, np.inf))
    assert Evidence.of(sample([1, 5])).at_most == (1, 5)


@pytest.mark.parametrize(
    ("text", "runs", "keeps"),
    [
        ("p99(default.wait)", 3, True),
        ("p99/day(default.wait)", 3, True),
        ("share(default.wait > 2s)", 3, True),
        ("mean(default.wait)", 3, False),
        ("default.lost", 3, False),
        ("manual.lost", 0, False),
        ("gateway_timeouts", 0, False),
        ("utilisation", 0, False),
    ],
)
def test_every_measure_knows_how_many_runs_it_is_computed_from(text: str, runs: int, keeps: bool):
    rows = [Row(0, wait, wait, wait + 1, State.SUCCESS, Queue.DEFAULT) for wait in (1, 2, 3)]
    kept = parse_measure(text).evidence(Observed(*played(*rows), DEPLOYMENT))
    assert (kept.runs, bool(kept.lows)) == (runs, keeps)
