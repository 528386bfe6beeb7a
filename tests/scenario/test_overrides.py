"""PATH=VALUE, as the command line takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.api.scenario_argument import load_scenario as load
from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.overrides import apply_override, parse_override


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("lightning.ruleset=main", "lightning.ruleset", "main"),
        ("seed=5", "seed", 5),
        ("lightning.broadcast_work_available=false", "lightning.broadcast_work_available", False),
        ("workers.0.capacity=null", "workers.0.capacity", None),
        ("slos=[lost == 0]", "slos", ["lost == 0"]),
        ("workers.0.workloops=fast_lane:1 manual>*:4", "workers.0.workloops", "fast_lane:1 manual>*:4"),
        ("workers.0.workloops=*:5", "workers.0.workloops", "*:5"),
    ],
)
def test_values_are_yaml_and_what_is_none_is_text(text: str, path: str, value: object) -> None:
    assert parse_override(text) == (path, value)


@pytest.mark.parametrize("text", ["seed", "=5", ""])
def test_what_sets_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="sets nothing"):
        parse_override(text)


TWO_GROUPS = """\
horizon: 1h
projects: {p: {workflows: {w: {triggers: []}}}}
workers:
  - {name: a, workloops: "*:5"}
  - {name: b, capacity: 3}
"""


@pytest.fixture
def two_groups(tmp_path: Path) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(TWO_GROUPS)
    return path


def test_a_star_is_every_entry(two_groups: Path) -> None:
    loaded = load_scenario(two_groups, {"workers.*.backoff": "2/20", "workers.1.backoff": "3/30", "projects.*.workflows.*.copies": 4})
    assert [group.backoff for group in loaded.scenario.workers] == ["2/20", "3/30"]
    assert loaded.scenario.projects["p"].workflows["w"].copies == 4


def test_a_layout_for_all_workers_takes_the_place_of_layouts_and_capacities(two_groups: Path) -> None:
    assert [group.workloops for group in load(two_groups, layout="fast_lane:1 *:2").scenario.workers] == ["fast_lane:1 *:2"] * 2


def test_a_project_may_be_named_star(tmp_path: Path) -> None:
    path = tmp_path / "star.yaml"
    path.write_text(TWO_GROUPS.replace("{p:", '{"*":').replace("workflows: {w:", "copies: 1, workflows: {w:"))
    assert load_scenario(path, {"projects.*.copies": 2}).scenario.projects["*"].copies == 2


def test_what_a_star_set_is_complained_of_by_its_own_name(two_groups: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(two_groups, {"workers.*.backoff": "often"})
    assert {problem.file for problem in caught.value.problems} == {"override workers.*.backoff"}
    with pytest.raises(ScenarioError, match="has no entries"):
        load_scenario(two_groups, {"projects.p.workflows.w.triggers.*.failures": 0.5})


def test_a_path_of_thousands_of_parts_is_refused():
    wrong = apply_override({}, ".".join(["a"] * 5_000), 1)
    assert wrong is not None
    assert "5,000 parts" in wrong[0]
