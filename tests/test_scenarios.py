"""Every scenario that is shipped loads, plays, and shows what its name says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.reports.result import Result

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def played(name: str, *overrides: tuple[str, object], layout: str | None = None) -> Result:
    return simulate(FOLDER / f"{name}.yaml", layout=layout, overrides=dict(overrides))


def waits(result: Result, *, queue: str = "default", project: str = "clinic") -> pd.Series:
    runs = result.runs
    return runs[(runs.queue == queue) & (runs.project == project)].wait_s


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_asks_a_question_is_named_as_its_file_and_plays(path: Path):
    first_line = path.read_text().splitlines()[0]
    assert first_line.startswith("# ")
    assert first_line.endswith("?")
    result = simulate(path, horizon="10m")
    assert result.scenario.scenario.name == path.stem
    assert result.verdicts


def test_a_cron_storm_holds_up_its_lane_and_a_pinned_slot_stays_out_of_it():
    storm, shared = played("cron_storm"), played("cron_storm", layout="manual>*:5")
    assert waits(storm).quantile(0.95) > 300
    assert waits(storm, queue="fast_lane").max() < 30
    assert storm.metrics.counts("fast_lane").gateway_timeouts == 0
    assert shared.metrics.counts("fast_lane").gateway_timeouts > 10


def test_a_bulk_retry_passes_those_who_wait_already():
    flood, polite = played("bulk_retry_flood"), played("bulk_retry_flood", ("lightning.ruleset", "no_priority"))

    def batch(result: Result) -> float:
        runs = result.runs
        first = runs.workflow.str.startswith("report") & (runs.inserted_at < result.start + pd.Timedelta("1h"))
        return float(runs[first].wait_s.median())

    assert batch(flood) > 3 * batch(polite)
    limited = played("bulk_retry_flood", ("projects.clinic.workflows.send_results.concurrency", 2))
    assert waits(limited, project="school").max() < waits(flood, project="school").max() / 2


def test_fast_lane_runs_take_the_project_s_numbers_while_slots_are_idle():
    """L-13, L-14"""
    trap, wide = played("project_limit_trap"), played("project_limit_trap", ("projects.clinic.concurrency", 80))
    assert waits(trap).max() > 180
    assert waits(wide).max() < 15
    assert trap.utilisation[1].busy < 0.1
    own = played("project_limit_trap", ("projects.clinic.workflows.receive_form.concurrency", 2))
    assert waits(own).max() < 30


def test_a_pinned_slot_does_not_see_beyond_the_claim_limit():
    """L-11"""
    blind, seeing = played("claim_limit_blind_spot"), played("claim_limit_blind_spot", ("lightning.per_workflow_claim_limit", 500))
    assert blind.metrics.counts("fast_lane").gateway_timeouts > 30
    assert blind.utilisation[0].busy < 0.1
    assert seeing.metrics.counts("fast_lane").gateway_timeouts == 0


def test_a_noisy_neighbour_costs_the_quiet_project_its_turn():
    """L-9, L-16"""
    fifo, turns = played("noisy_neighbour"), played("noisy_neighbour", ("lightning.run_queue", "round_robin"))
    assert waits(fifo, project="quiet").quantile(0.95) > 300
    assert waits(turns, project="quiet").max() < 15
    limited = played("noisy_neighbour", ("projects.noisy.concurrency", 3))
    assert waits(limited, project="quiet").max() < 15
