"""A signal in the middle of a simulation: whatever the command, nothing is said of a part as if it were the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from fastlanes_sim import compare, replicate, simulate
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.engines import selection
from fastlanes_sim.engines.reference import event_loop
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.experiments import compare as comparing
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments import search as searching
from tests.cli.conftest import SMALL
from tests.support.deployments import deployment, run, table, worker

RECORDED = Path(__file__).parents[1] / "conformance"
COMMANDS = {
    "run": "run small.yaml --no-charts",
    "run --replications": "run small.yaml --no-charts --replications 3",
    "explain": "explain small.yaml",
    "compare": "compare small.yaml --layout *:5 --layout *:4 --replications 3",
    "search": "search small.yaml --slots 1..2",
    "search --traffic": "search small.yaml --traffic 1..2",
    "sweep": "sweep small.yaml --vary traffic=1..2 --replications 2 --no-charts",
    "sensitivity": "sensitivity small.yaml --trajectories 2 --samples 2 --replications 2 --no-charts",
    "baseline record": "baseline record small.yaml --replications 3",
    "validate": "validate runs.csv --layout *:5",
}


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each simulation, a little later than at its beginning; the reference engine makes them all."""
    real: Callable[..., int] = event_loop.simulate

    def simulate(world, share: int) -> int:
        if world.events.handled:
            raise KeyboardInterrupt
        return real(world, 20)

    monkeypatch.setattr(event_loop, "simulate", simulate)
    monkeypatch.setattr(selection, "resolve", lambda engine: "reference")


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_command_ends_as_interrupted(invoke, tmp_path: Path, request: pytest.FixtureRequest, words: str):
    (tmp_path / "small.yaml").write_text(SMALL)
    if words.startswith("validate"):
        simulate(SMALL).export("export", tmp_path / "runs.csv")
    request.getfixturevalue("interrupted")
    outcome = invoke(*words.split())
    assert outcome.code == 105
    assert "Traceback" not in outcome.out + outcome.err


def never(*_: object, **__: object) -> object:
    raise KeyboardInterrupt


@pytest.mark.parametrize("replicated", [False, True])
def test_without_its_advice_a_command_is_interrupted_and_shows_the_result(invoke, monkeypatch: pytest.MonkeyPatch, replicated: bool):
    Path("small.yaml").write_text(SMALL)
    monkeypatch.setattr("fastlanes_sim.api.verbs.advise", never)
    more = ["--replications", "3"] if replicated else []
    outcome = invoke("run", "small.yaml", "--no-charts", "--advise", *more, "--engine", "reference", "--markdown", "report.md")
    assert outcome.code == 105
    assert "interrupted: no advice" in outcome.err
    assert Path("report.md").exists()
    assert "p95(fast_lane.response) < 30s" in outcome.out


def test_replications_that_are_there_stay_where_the_rare_tail_is_interrupted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replicating, "_split", never)
    found = replicate(SMALL, 3, rare=True, engine="reference", processes=1)
    assert found.interrupted
    assert len(found.values) == 3


def test_a_comparison_stays_where_what_it_leaves_behind_is_interrupted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparing, "left_behind", never)
    monkeypatch.setattr(comparing.Comparison, "finishes", lambda *_: [SimpleNamespace(verdict="missed")])
    found = compare(SMALL, layouts=["*:5", "*:4"], replications=3, engine="reference", processes=1)
    assert found.interrupted
    assert found.left == {}


def test_a_search_that_is_interrupted_while_it_looks_at_the_largest_layout_says_so(monkeypatch: pytest.MonkeyPatch):
    largest = SimpleNamespace(slots=4, workers=1)
    trial = SimpleNamespace(scenario=SimpleNamespace(scenario=None), values=[])
    monkeypatch.setattr(searching, "_trials", lambda *_: [trial])
    monkeypatch.setattr(searching, "crowded", lambda _: True)
    found = SimpleNamespace(candidates=[largest], base=SimpleNamespace(overrides={}), trials=[], interrupted=False)
    assert searching._with_most_slots(SimpleNamespace(advance=never), None, found) is None  # type: ignore[arg-type]
    assert found.interrupted


def test_a_recorded_case_that_is_interrupted_does_not_disagree(invoke, interrupted: None):
    assert invoke("conform", "lives", RECORDED / "lives.jsonl.gz").code == 105


def test_only_who_asks_for_it_gets_a_part_of_a_simulation(interrupted: None):
    asked = deployment(worker("*:5"), horizon=60 * SECOND), table([run(i, 0.5) for i in range(50)])
    log = run_engine(*asked, keeps_interrupted=True)
    assert log.interrupted
    assert log.ended_on < 60 * SECOND
    with pytest.raises(KeyboardInterrupt):
        run_engine(*asked)
