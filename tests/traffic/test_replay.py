"""A scenario may replay a file of runs: exactly those insertions, service times and overheads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.api.verbs import simulate
from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.traffic.generate import generate

WORKERS = 'workers: [{workloops: "fast_lane:1 manual>*:2"}]\n'
SOURCE = f"""\
horizon: 1h
startup: {{lognormal: {{median: 1s, p95: 3s}}}}
lightning: {{run_timeout: 60s}}
projects:
  clinic:
    concurrency: 4
    copies: 2
    workflows:
      register:
        concurrency: 3
        triggers:
          - {{type: webhook, reply: after_completion, arrivals: {{poisson: 1/min}}, service: {{lognormal: {{median: 2s, p95: 8s}}}}}}
          - {{type: cron, cron: "*/10 * * * *", runs_per_tick: 4, service: {{exponential: {{mean: 30s}}}}, failures: 0.2}}
{WORKERS}"""
HEAD = "id,workflow,queue,state,inserted_at,claimed_at,started_at,finished_at\n"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    (tmp_path / "source.yaml").write_text(SOURCE)
    result = simulate(tmp_path / "source.yaml")
    write_export(tmp_path / "runs.csv", result.table, result.log, result.deployment, result.start)
    return tmp_path / "runs.csv"


def scenario(folder: Path, text: str) -> Path:
    path = folder / "replay.yaml"
    path.write_text(text)
    return path


def test_a_replayed_log_is_the_log(exported: Path) -> None:
    """Same deployment, same runs: claimed, started and ended at the same microseconds, killed where it was killed."""
    original = simulate(exported.parent / "source.yaml")
    settings = "horizon: 1h\nlightning: {run_timeout: 60s}\nstart: 2026-01-05\n"
    again = simulate(scenario(exported.parent, "replay: runs.csv\n" + settings + WORKERS))
    done = original.log.ended_at >= 0
    assert done.sum() > 80
    for column in ("claimed_at", "started_at", "ended_at", "state"):
        assert np.array_equal(getattr(original.log, column)[done], getattr(again.log, column)[done]), column
    assert {State.FAILED, State.KILLED} <= set(again.log.state.tolist())
    assert [w.concurrency for w in again.deployment.workflows] == [3, 3]
    assert [p.concurrency for p in again.deployment.projects] == [4, 4]


def test_it_stands_beside_triggers_and_keeps_what_the_scenario_says_of_its_workflows(exported: Path) -> None:
    text = "replay: {file: runs.csv}\n" + SOURCE.replace("horizon: 1h", "horizon: 30m").replace("concurrency: 3", "concurrency: 2")
    loaded = load_scenario(scenario(exported.parent, text)).scenario
    table = generate(loaded)
    alone = generate(load_scenario(scenario(exported.parent, text.partition("\n")[2])).scenario)
    assert len(table) == 2 * len(alone)
    assert (np.diff(table.inserted_at) >= 0).all()
    assert [w.concurrency for w in deployment(loaded).workflows] == [2, 2]
    assert sum(name.endswith("/replay") for name in table.sources) == 2


def test_the_hash_is_of_the_content_and_can_be_insisted_on(exported: Path) -> None:
    text = "replay: runs.csv\nhorizon: 1h\n" + WORKERS
    first = load_scenario(scenario(exported.parent, text))
    assert first.scenario.replay is not None
    exported.rename(exported.parent / "moved.csv")
    moved = load_scenario(scenario(exported.parent, text.replace("runs.csv", "moved.csv")))
    assert moved.hash == first.hash
    changed = (exported.parent / "moved.csv").read_text().replace("success", "failed", 1)
    (exported.parent / "other.csv").write_text(changed)
    other = load_scenario(scenario(exported.parent, text.replace("runs.csv", "other.csv")))
    assert other.hash != first.hash
    pinned = f"replay: {{file: other.csv, sha256: {first.scenario.replay.sha256}}}\nhorizon: 1h\n" + WORKERS
    with pytest.raises(ScenarioError, match="content of the file has changed"):
        load_scenario(scenario(exported.parent, pinned))


@pytest.mark.parametrize(
    ("start", "warnings"),
    [
        ("2026-01-05", []),
        ("2026-01-05T00:30", ["come before the start"]),
        ("2025-01-05", ["and 0 fall into the horizon"]),
        ("2027-01-05", ["come before the start, and 0 fall into the horizon"]),
    ],
)
def test_a_start_that_leaves_out_the_file_s_beginning_is_suspicious(exported: Path, start: str, warnings: list[str]) -> None:
    loaded = load_scenario(scenario(exported.parent, f"replay: runs.csv\nstart: {start}\nhorizon: 1h\n" + WORKERS))
    messages = [problem.message for problem in loaded.warnings if "runs in the file" in problem.message]
    assert len(messages) == len(warnings)
    assert all(words in message for words, message in zip(warnings, messages, strict=True))


def test_a_missing_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(scenario(tmp_path, "horizon: 1h\nreplay: nowhere.csv\n" + WORKERS))
    assert [(p.line, "no such file" in p.message) for p in refused.value.problems] == [(2, True)]


def test_a_row_that_makes_no_sense_is_told_by_its_line(tmp_path: Path) -> None:
    rows = (
        "a,w,default,success,2026-01-05 06:00:00,2026-01-05 06:00:01,2026-01-05 06:00:02,2026-01-05 06:00:05\nb,w,default,success,soon,,,\n"
    )
    (tmp_path / "runs.csv").write_text(HEAD + rows)
    with pytest.raises(ScenarioError, match=r"runs\.csv:3:1: run b: inserted_at: this is not a time"):
        load_scenario(scenario(tmp_path, "horizon: 1h\nreplay: runs.csv\n" + WORKERS))


def test_what_the_file_cannot_know_is_drawn_from_the_same_workflow(tmp_path: Path) -> None:
    """Ended after 3 s; killed after 4 s; lost; running for 2 s at the end of the export; cancelled before it was claimed.

    Of the second from `claimed_at` to the start, 76 ms are the query (5 ms), the way back (10 ms), three round trips of 20 ms and 1 ms
    (L-10, W-15). A timeout counts from the launch (L-19).
    """
    day = "2026-01-05 06:00:"
    rows = [
        f"a,w,default,success,{day}00,{day}01,{day}02,{day}05",
        f"b,w,default,killed,{day}01,{day}02,{day}03,{day}07",
        f"c,w,fast_lane,lost,{day}02,{day}03,{day}03,{day}03",
        f"d,w,default,started,{day}03,{day}04,{day}05,",
        f"e,w,default,cancelled,{day}04,,,{day}05",
    ]
    (tmp_path / "runs.csv").write_text(HEAD + "\n".join(rows) + "\n")
    loaded = load_scenario(scenario(tmp_path, "horizon: 1h\nreplay: runs.csv\n" + WORKERS)).scenario
    table = generate(loaded)
    assert table.inserted_at.tolist() == [0, SECOND, 2 * SECOND, 3 * SECOND]
    assert table.service_time.tolist() == [3 * SECOND, 4 * SECOND + 1, 3 * SECOND, 3 * SECOND]
    assert table.timeout.tolist() == [300 * SECOND, 4_924 * MILLISECOND, 300 * SECOND, 300 * SECOND]
    assert table.startup_time.tolist() == [924 * MILLISECOND, 924 * MILLISECOND, 0, 924 * MILLISECOND]
    assert table.sync.tolist() == [False, False, True, False]
    log = run_engine(deployment(loaded), table)
    assert log.state.tolist() == [State.SUCCESS, State.KILLED, State.SUCCESS, State.SUCCESS]


def test_a_scenario_that_was_fitted_to_another_export_is_refused_with_the_workflow_that_it_lacks() -> None:
    from fastlanes_sim.core.units import MINUTE
    from fastlanes_sim.exports.problems import ExportError
    from fastlanes_sim.traffic.replay import replay_table
    from tests.support.exports import MONDAY, exported
    from tests.support.traffic_files import scenario, webhook

    other = scenario(webhook({"poisson": "1/min"})).model_copy(update={"projects": {}})
    with pytest.raises(ExportError, match=r"the scenario lacks workflows of .*p/w"):
        replay_table(other, exported(MONDAY + np.arange(20) * MINUTE), 1, 0)
