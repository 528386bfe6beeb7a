"""A smoke version of `make coverage-study`, and the truths that it holds intervals against."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fastlanes_sim.experiments import replication
from fastlanes_sim.experiments.analytic import erlang_waits
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import replicate
from fastlanes_sim.measures.objective import Objective
from studies import coverage
from studies.cells import CELLS, Cell, experiment
from studies.coverage import page, passes, study, verdict, wrongly_met
from studies.truths import inverse_transform, priority_waits, simulated

HERE = Executor(1)
FEW = 40
"""Experiments: 28 held intervals of 40 and fewer fail."""


def cell(asked: str, name: str = "") -> Cell:
    return next(cell for cell in CELLS if asked in cell.asked and name in cell.name)


@pytest.mark.parametrize(
    "cell",
    [
        cell("10 replications", "M/M/1, 50 %"),
        replace(cell("10 replications", "priority"), horizon="1h"),
        replace(cell("batches"), horizon="10h"),
        replace(cell("until", "M/M/3"), horizon="30m", until="mean(default.wait):15%"),
    ],
    ids=lambda cell: cell.asked,
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(cell: Cell):
    for row in study(cell, FEW, HERE):
        assert passes(int(row["covered"]), FEW), row


def test_too_few_held_intervals_fail_and_too_many_as_well():
    assert [passes(covered, 1_000) for covered in (903, 909, 950, 982, 986)] == [False, True, True, True, False]
    assert not passes(28, FEW)


def test_a_wide_row_is_no_failure_where_that_is_expected_and_too_few_held_is():
    assert [verdict(covered, 1_000, "few") for covered in (950, 995, 900)] == ["passes", "wide", "**fails**"]
    assert verdict(995, 1_000, "") == "**fails**"
    assert (wrongly_met(25, 1_000), wrongly_met(60, 1_000)) == ("2.5 % (1.4–4.1)", "**6.0 % (4.2–8.2)**")


def test_an_empty_start_shows_and_mser5_takes_it_off():
    """A hundred M/M/1 at 80 % for 15 min: without a warm-up the interval ends below the truth; MSER-5 leaves less than half of that."""
    mean = "mean(default.wait)"
    whole, cut = (
        replicate(replace(cell("15m", "100"), warm_up=how).loaded(), 20, measures=[mean], executor=HERE).estimate(mean)
        for how in ("none", "mser-5")
    )
    assert whole.high < 4e6
    assert abs(cut.mean - 4e6) < abs(whole.mean - 4e6) / 2


def test_pilots_are_not_measured(monkeypatch: pytest.MonkeyPatch):
    """MSER-5 leaves out bursts that chance puts near the beginning: of runs that are measured it must not choose."""
    played: list[int] = []
    monkeypatch.setattr(replication, "_observed", _noting(played, replication._observed))  # pilots and what is measured both call it
    replicate(replace(CELLS[0], horizon="10m").loaded(), 12, measures=["mean(default.wait)"], executor=HERE)
    assert len(played) == len(set(played)) == 10 + 12


def _noting(played: list[int], play: Callable[..., object]) -> Callable[..., object]:
    def noting(scenario: object, number: int, *other: object) -> object:
        played.append(number)
        return play(scenario, number, *other)

    return noting


def test_priority_waits_are_those_that_are_simulated():
    """p99s come out of a transform, so a slip in it would not show in the means."""
    asked = cell("10 replications", "priority")
    truths = [wait * 1e6 for wait in priority_waits(3, 0.8, 1.6)]
    found = replicate(asked.loaded(horizon="30h"), 20, measures=asked.statistics, level=0.999, executor=HERE)
    for name, truth in zip(asked.statistics, truths, strict=True):
        assert found.estimate(name).low <= truth <= found.estimate(name).high, name
        assert found.estimate(name).relative < 0.1, name


def test_priority_waits_without_urgent_runs_are_erlangs():
    assert priority_waits(3, 1e-9, 2.4)[2:] == pytest.approx(erlang_waits(3, 2.4, 1.0), rel=1e-6)
    assert [inverse_transform(lambda s: 1 / (s + 1), t) for t in (0.1, 1.0, 5.0)] == pytest.approx(
        [math.exp(-t) for t in (0.1, 1.0, 5.0)], rel=1e-6
    )


def test_a_simulated_truth_comes_with_its_error():
    asked = replace(CELLS[0], horizon="30m")
    scenario = asked.loaded().scenario
    one = simulated(scenario, asked.statistics, 8, HERE)
    more = simulated(scenario, asked.statistics, 200, HERE)
    assert 0 < more[0].error < one[0].error
    assert more[0].value == pytest.approx(1e6, rel=5 * more[0].error)


def test_experiments_have_seeds_of_their_own_and_no_other_luck():
    asked = replace(CELLS[0], horizon="10m")
    truths = [1e6, 8e6]
    assert experiment(asked, truths, 1) == experiment(asked, truths, 1)
    assert experiment(asked, truths, 1) != experiment(asked, truths, 2)


def test_a_bound_that_is_the_truth_is_met_only_by_mistake():
    """And so are a far one and one that is beyond: the verdicts are those of the tool."""
    asked = cell("10 days", "independent, heavy")
    (far, *_), (near, *_), (beyond, *_) = (experiment(asked, [truth, 1e6, 1e6, 0.01], 1) for truth in (9e6, 1e6, 1e5))
    assert [(one.at_most, one.at_least) for one in (far, near, beyond)] == [
        ("met", "missed"),
        ("undecided", "undecided"),
        ("missed", "met"),
    ]


def test_days_that_meet_an_objective_are_counted_like_anything_else():
    asked = cell("100 days")
    assert [str(one.days) for one in asked.asked_for if isinstance(one, Objective)] == ["0.9", "0.6"]
    few, many = (experiment(asked, [wanted, wanted], 1)[0] for wanted in (0.5, 0.9999))
    assert (few.at_most, many.at_most) == ("met", "missed")
    assert 0.5 < few.low < few.mean < few.high < 1


def test_the_table_is_put_where_the_page_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written, results = tmp_path / "coverage.md", tmp_path / "coverage.json"
    written.write_text("before\n<!-- made by studies/coverage.py -->\nold\n<!-- end -->\nafter\n")
    monkeypatch.setattr(coverage, "DOCS", written)
    monkeypatch.setattr(coverage, "RESULTS", results)
    monkeypatch.setattr(coverage, "CELLS", [replace(CELLS[0], horizon="10m"), CELLS[1]])
    monkeypatch.setattr(sys, "argv", ["coverage", "--experiments", "3", "--processes", "1", "--only", "0"])
    coverage.main()
    rows = json.loads(results.read_text())
    assert list(rows) == ["0"]
    assert "covered (99 % binomial) |  | wrongly met: `<`" in written.read_text()
    assert written.read_text() == f"before\n<!-- made by studies/coverage.py -->\n\n{page(rows)}\n\n<!-- end -->\nafter\n"
    assert "M/M/1, 50 % busy | 10 replications of 10m |" in written.read_text()


def test_stopping_on_the_data_costs_at_most_two_points():
    """Of coverage, against the better of ten and thirty days of the same kind, of those whose interval always has an end."""
    counted = [row for rows in json.loads(Path("studies/results/coverage.json").read_text()).values() for row in rows]
    shares = {(row["system"], row["asked"], row["statistic"]): row["covered"] / row["experiments"] for row in counted if not row["open"]}
    sequential = [key for key in shares if "until" in key[1] and (key[0], "30 days", key[2]) in shares]
    assert {statistic for _, _, statistic in sequential} == {"mean(wait)", "p99(wait)", "share(wait > 10s)"}
    for system, asked, statistic in sequential:
        fixed = max(shares.get((system, f"{days} days", statistic), 0.0) for days in (10, 30))
        assert round(fixed - shares[system, asked, statistic], 9) <= 0.02, (system, asked, statistic)


def test_the_page_shows_what_was_last_counted():
    rows = json.loads(Path("studies/results/coverage.json").read_text())
    assert list(rows) == [str(place) for place in range(len(CELLS))], "every cell has been counted"
    assert page(rows) in Path("docs/coverage.md").read_text()
    for place, counted in rows.items():
        asked = CELLS[int(place)]
        for row in counted:
            said = verdict(int(row["covered"]), int(row["experiments"]), asked.wide)
            assert asked.lesson or said in ("passes", "wide"), row
            for wrong in ("met", "met_above"):
                assert asked.lesson or "**" not in wrongly_met(int(row[wrong]), int(row["experiments"])), row
        told = [(row["system"], row["asked"], row["statistic"]) for row in counted]
        assert told == [(asked.name, asked.asked, name) for name in asked.statistics]
        assert all(row["experiments"] >= asked.experiments for row in counted)
