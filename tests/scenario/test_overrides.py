"""PATH=VALUE, as the command line takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.api.scenario_argument import load_scenario as load
from fastlanes_sim.core.errors import Problem, ScenarioError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.overrides import apply_override, parse_override, path_in, value_at
from tests.support.scenario_files import VALID, edited
from tests.support.scenario_files import load as load_text


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


def the_problem(folder: Path, overrides: dict[str, object], text: str = VALID) -> Problem:
    with pytest.raises(ScenarioError) as caught:
        load_text(folder, text, overrides)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("projects.clinic.workflows.registr.concurrency", "there is no workflow `registr` in clinic", "did you mean `register`?"),
        ("projects.*.workflows.registr.concurrency", "there is no workflow `registr` in clinic", "did you mean `register`?"),
        ("projects.clinik.concurrency", "there is no project `clinik`", "did you mean `clinic`?"),
        ("projects.clinik.workflows.register.concurrency", "there is no project `clinik`", "did you mean `clinic`?"),
        ("resources.recrods.concurrency", "there is no resource `recrods`", "did you mean `records`?"),
        ("adaptors.comon.cold_start.probability", "there is no adaptor `comon`", "as adaptors.comon={…}"),
    ],
)
def test_a_slip_in_a_name_makes_no_other_project_workflow_resource_or_adaptor(path: str, message: str, hint: str, tmp_path: Path) -> None:
    text = edited(("startup: 500ms", "resources: {records: {concurrency: 3}}"))
    for value in (1, None):
        problem = the_problem(tmp_path, {path: value}, text)
        assert (problem.file, problem.message) == (f"override {path}", message)
        assert hint in problem.hint


def test_a_whole_workflow_may_be_set(tmp_path: Path) -> None:
    trigger = {"type": "manual", "service": "1s", "arrivals": {"every": "5m"}}
    loaded = load_text(tmp_path, VALID, {"projects.clinic.workflows.added": {"triggers": [trigger]}})
    assert list(loaded.scenario.projects["clinic"].workflows) == ["register", "report", "added"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("workers.0.autoscaling.min", "`max` is missing"),
        ("cold_start.probability", "`time` is missing"),
        ("workers.0.deploys.0.grace", "is not a list"),
    ],
)
def test_what_is_missing_beside_an_override_is_told_of_the_override(path: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(tmp_path, VALID, {path: 1})
    assert {problem.file for problem in caught.value.problems} == {f"override {path}"}
    assert any(message in problem.message for problem in caught.value.problems)


OF_DIGITS = edited(("clinic:", '"2024":'), ("register:", '"007":'))


def test_a_name_of_digits_is_a_name(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, OF_DIGITS, {"projects.2024.workflows.007.concurrency": 1})
    assert [(name, one.concurrency) for name, one in loaded.scenario.projects["2024"].workflows.items()] == [("007", 1), ("report", None)]
    problem = the_problem(tmp_path, {"projects.2024.concurrency": "many"}, OF_DIGITS)
    assert problem.file == "override projects.2024.concurrency"
    problem = the_problem(tmp_path, {"projects.2024.workflows.7.concurrency": 1}, OF_DIGITS)
    assert problem.message == "there is no workflow `7` in 2024"


def test_a_part_of_a_path_is_a_number_in_a_list_and_where_keys_are_numbers():
    tree = {"2024": [{"7": "seven"}, {7: "an integer"}]}
    assert path_in(tree, "2024.0.7") == ("2024", 0, "7")
    assert path_in(tree, "2024.1.7") == ("2024", 1, 7)
    assert path_in(tree, "2024.2.7") == ("2024", 2, "7")
    assert value_at(tree, ("2024", "0", "7")) == "seven"
    assert value_at(tree, ("2024", "1", "7")) == "an integer"
    assert value_at(tree, ("2024", "2", "7")) is None


def test_a_point_of_a_curve_may_be_set_and_added(tmp_path: Path) -> None:
    text = edited(("startup: 500ms", "network: {database: {0: 5ms, 1000: 20ms}}"))
    loaded = load_text(tmp_path, text, {"network.database.1000": "30ms", "network.database.5000": "90ms"})
    assert loaded.scenario.network.database == {0: 5_000, 1_000: 30_000, 5_000: 90_000}


@pytest.mark.parametrize(("value", "quoted"), [(5, '"5"'), (1.5, '"1.5"'), (True, '"true"')])
def test_a_number_as_text_is_quoted_so_that_the_shell_leaves_the_quotes(value: object, quoted: str, tmp_path: Path) -> None:
    problem = the_problem(tmp_path, {"timezone": value})
    assert problem.hint == f"put quotes around it: {quoted}; on the command line: --set 'timezone={quoted}'"


RUNS = """\
id,project,workflow,project_concurrency,inserted_at,claimed_at,started_at,finished_at
1,clinic,register,7,2026-01-05T06:00:00Z,2026-01-05T06:00:01Z,2026-01-05T06:00:02Z,2026-01-05T06:00:05Z
"""


def test_an_override_may_name_what_the_replayed_file_names(tmp_path: Path) -> None:
    """The limits of the file stay, but for the one that is laid over it."""
    (tmp_path / "runs.csv").write_text(RUNS)
    text = "horizon: 1h\nworkers: [{capacity: 5}]\n"
    loaded = load_text(tmp_path, text, {"projects.clinic.workflows.register.concurrency": 1, "replay": "runs.csv"})
    project = loaded.scenario.projects["clinic"]
    assert (project.concurrency, project.workflows["register"].concurrency) == (7, 1)
    problem = the_problem(tmp_path, {"projects.clinic.workflows.registr.concurrency": 1}, text + "replay: runs.csv\n")
    assert problem.message == "there is no workflow `registr` in clinic"


def test_a_path_of_thousands_of_parts_is_refused():
    wrong = apply_override({}, ".".join(["a"] * 5_000), 1)
    assert wrong is not None
    assert "5,000 parts" in wrong[0]


def test_a_star_before_a_name_is_every_entry_that_has_it(tmp_path: Path) -> None:
    workflow = "{triggers: []}"
    text = TWO_GROUPS.replace(
        "projects: {p:", f"projects: {{o: {{workflows: {{other: {workflow}}}}}, q: {{workflows: {{w: {workflow}}}}}, p:"
    )
    (tmp_path / "some.yaml").write_text(text)
    changed = load_scenario(
        tmp_path / "some.yaml", {"projects.*.workflows.w.copies": 4, "projects.*.workflows.w.concurrency": None}
    ).scenario
    assert {name: [one.copies for one in project.workflows.values()] for name, project in changed.projects.items()} == {
        "o": [1],
        "q": [4],
        "p": [4],
    }
    with pytest.raises(ScenarioError, match=r"there is no workflow `ww` in o"):
        load_scenario(tmp_path / "some.yaml", {"projects.*.workflows.ww.copies": 4})


@pytest.mark.parametrize("later", ["workers.*.backoff", "workers.0.backoff"])
def test_of_overrides_upon_others_those_on_top_count(two_groups: Path, later: str) -> None:
    """Also where the same path was there before, below one that covers less or more."""
    first = load(two_groups, overrides={"workers.*.backoff": "1/10", "workers.0.backoff": "2/20"})
    assert load(first, overrides={later: "3/30"}).scenario.workers[0].backoff == "3/30"
    own = {"workers.0.backoff": "2/20", "workers.*.backoff": "1/10"}
    assert load(load(two_groups, overrides=own), overrides={later: "3/30"}).scenario.workers[0].backoff == "3/30"
