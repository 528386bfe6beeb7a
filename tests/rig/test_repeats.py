"""Several sessions of one scenario, and the page that shows them."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from fastlanes_sim.calibration.validate import LaneComparison, Percentile, Validation
from fastlanes_sim.cli.app import app
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.rig.conduct_verdict import Freed, Verdict
from fastlanes_sim.rig.repeats import Beside, Repeats
from fastlanes_sim.rig.spread_figure import predicted_beside_observed

S = float(SECOND)


def validation(observed: float, predicted: float, lane: str = "default") -> Validation:
    waits = tuple(Percentile(p, observed, predicted, predicted / 2, predicted * 2) for p in (0.95, 0.99))
    compared = LaneComparison(lane, 50, waits, waits, distance=0.1, interval=(0.0, 0.2), usual=0.1, bound=0.3, p=0.5, quantiles=())
    return Validation((compared,), 99)


def session(
    observed: float, predicted: float, outcome: Outcome = "met", lane: str = "default", causes: list[str] | None = None
) -> SimpleNamespace:
    verdict = Verdict(100, 99, 1, 0, Freed(50, 50, 2_000), 50_000, outcome, waits_agree=True)
    return SimpleNamespace(verdict=verdict, validation=validation(observed, predicted, lane), causes=causes or ["Round trips: 3 ms."])


def repeats(*sessions: SimpleNamespace) -> Repeats:
    return Repeats(sessions)  # type: ignore[arg-type]


def test_a_prediction_is_held_against_the_spread_of_the_sessions() -> None:
    found = repeats(session(10 * S, 11 * S), session(14 * S, 12 * S), session(12 * S, 30 * S))
    wait, response = found.beside  # 50 runs say nothing about p99
    assert (wait.interval, response.interval) == ("wait", "response")
    assert wait.observed == (10 * S, 12 * S, 14 * S)
    assert (wait.predicted, wait.low, wait.high) == (12 * S, 5.5 * S, 60 * S)
    assert wait.is_within
    assert found.spread_words.startswith("2 of 2 predicted percentiles")
    assert not repeats(session(10 * S, 11 * S), session(10 * S, 11 * S)).beside[0].is_within
    assert repeats(session(10 * S, 10.2 * S), session(10 * S, 10.2 * S)).beside[0].is_within, "within 3 %"


@pytest.mark.parametrize(("seen", "predicted", "within"), [((1.0, math.inf), math.inf, True), ((1.0, 2.0), math.inf, False)])
def test_what_is_open_at_the_end_is_longer_than_anything(seen: tuple[float, float], predicted: float, within: bool) -> None:
    assert Beside("default", "wait", 0.99, seen, predicted, 1.0, math.inf).is_within == within


def test_a_lane_counts_if_all_sessions_had_runs_of_it() -> None:
    assert repeats(session(S, S), session(S, S, lane="manual")).beside == []
    assert repeats(session(S, S), session(S, S, lane="manual")).spread_words == ""


def test_the_worst_session_decides() -> None:
    found = repeats(session(S, S), session(S, S, "undecided"), session(S, S, "missed"))
    assert found.outcome == "missed"
    assert found.words.startswith("This worker does not behave as the model says (in 1 of 3 sessions): 297 of 300 claims within 50 ms")
    assert "150 of 150 slots" in found.words
    assert found.causes == ["Round trips: 3 ms."], "that of all is said once"
    assert repeats(session(S, S), session(S, S)).words.startswith("This worker behaves as the model says in all 2 sessions: 198 of 200")


def test_causes_that_differ_in_their_numbers_are_one() -> None:
    both = repeats(session(S, S, causes=["Round trips: 3 ms."]), session(S, S, causes=["Round trips: 5 ms.", "Exit: w1 ended."]))
    assert both.causes == ["Round trips: 3 ms to 5 ms.", "Exit: w1 ended. (session 2)"]


def test_the_figure_has_a_row_for_each_percentile() -> None:
    rows = [
        Beside("default", "wait", 0.5, (S, 2 * S), 1.5 * S, S, 3 * S),
        Beside("manual", "wait", 0.99, (S, math.inf), math.inf, S, math.inf),
    ]
    figure = predicted_beside_observed(rows)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["default, wait p50", "manual, wait p99"]


def test_workers_that_stay_are_not_repeated(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["rig", "scenarios/quickstart.yaml", "--repeat", "3", "--out", str(tmp_path)])
    assert isinstance(done.exception, FastlanesError)
    assert "--spawn" in (done.exception.hint or "")
