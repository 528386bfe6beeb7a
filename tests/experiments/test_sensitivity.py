"""Which value decides, in a case where that is known without simulating: nobody waits, so a response is a start-up and a service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.api.sensitivity import SensitivityResult
from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments import design_points
from fastlanes_sim.experiments.estimation import number_of
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.experiments.sensitivity import Holding

pytest.importorskip("SALib")
IDLE = """\
name: idle
horizon: 2m
startup: 1s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {every: 30s}, service: 3s}]}}}}
workers: [{workloops: "*:2", dispatch: ideal}]
slos: [mean(default.response) < 4600ms, default.killed < 5, lost == 0]
"""
OVER = ["duration of w=1500ms..4500ms", "duration of startup=500ms..1500ms", "period of w=20s..40s"]
RESPONSE = "mean(default.response)"


@pytest.fixture
def idle(tmp_path: Path) -> Path:
    path = tmp_path / "idle.yaml"
    path.write_text(IDLE)
    return path


def sensitivity(path: Path, over: list[str] = OVER, **options: object) -> SensitivityResult:
    usual = {"trajectories": 3, "samples": 16, "keep": 2, "measures": []}
    return verbs.sensitivity(path, over, 2, engine="reference", processes=1, **(usual | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> SensitivityResult:
    path = tmp_path_factory.mktemp("idle") / "idle.yaml"
    path.write_text(IDLE)
    return sensitivity(path)


def test_each_value_alone_makes_the_difference_that_it_must(found: SensitivityResult):
    response = found.asked[0]
    assert response.text == RESPONSE
    assert found.base.estimate(response).mean == 4_000_000
    assert [found.swing(number, response) for number in range(3)] == [3_000_000, 1_000_000, 0]


def test_what_does_nothing_is_left_out_and_the_others_share_the_variance(found: SensitivityResult):
    """Of two that add up, each with a uniform distribution, 9 : 1."""
    response = found.asked[0]
    assert [round(found.effect(number, response).size) for number in range(3)] == [3_000_000, 1_000_000, 0]
    assert list(found.kept) == [0, 1]
    assert found.left_out() == [2]
    for number, share in ((0, 0.9), (1, 0.1)):
        index = found.index(number, response)
        assert abs(index.first - share) < index.first_half
        assert abs(index.total - share) < index.total_half
    assert found.index(2, response) is None
    assert found.ranked(response) == [0, 1, 2]


def test_an_objective_turns_where_it_must(found: SensitivityResult):
    """The service may be 3.6 s, and the start-up more than its range has."""
    (service,) = found.thresholds
    assert (service.value.name, service.above) == ("duration of w", True)
    assert service.holds < 3_600_000 <= service.fails
    assert service.fails - service.holds <= 1_500_000 / 2**6 + 1
    holding = found.holding(found.objectives[0])
    assert (holding.points, holding.open) == (32, 0)
    assert abs(holding.met / holding.points - 0.7) < 0.15, "service + startup < 4.6 s, uniform in the ranges"


def test_it_says_so(found: SensitivityResult):
    text = found.text()
    assert text.startswith(
        "mean(default.response) is decided by the duration of w (92 % of the variance); then by the duration of startup (11 %"
    )
    assert "mean(default.response) < 4600ms: 4 s as the scenario is; with the duration of w above 3.5" in text
    assert " s it fails (at 3.5" in text
    assert "default.killed: no value makes a difference within its range." in text
    assert "default.killed < 5: 0 as the scenario is; no value turns it alone, and it holds over each range" in text
    assert "left out after the screening, and as the scenario says in what follows it: period of w." in text
    assert [case.outcome for case in found.cases] == ["met", "met", "met"]


@pytest.mark.parametrize(("low", "met"), [("95s", 0), ("3s", 1)])
def test_runs_that_are_open_leave_it_undecided_at_a_point_as_they_do_in_run(low: str, met: int):
    """They have waited for less than the bound when the simulation ends, and nobody knows how much longer they will. What holds with
    shorter runs need not turn with longer ones."""
    text = IDLE.replace("service: 3s", "service: 100s").replace("mean(default.response) < 4600ms", "p95(default.response) < 110s")
    found = verbs.sensitivity(text, [f"duration of w={low}..105s"], 2, samples=4, engine="reference", processes=1)
    objective = found.objectives[0]
    assert found.base.verdicts[0].verdict == "undecided"
    assert found.thresholds == []
    assert found.holding_alone(objective) == Holding(met, 3 - met, 3)
    holding = found.holding(objective)
    assert holding.open > 0
    assert holding.met + holding.open == holding.points
    assert "no value is seen to turn it alone, and over each range it is not known: runs are still open at the end" in found.text()
    assert f"it holds at {holding.met} to {holding.points} of {holding.points} points drawn" in found.text()


def test_it_says_how_much_may_be_chance(found: SensitivityResult, idle: Path):
    """Nobody waits: nothing is chance. Where a rate moves every arrival and queues are short of replications, much is."""
    assert found.chance(found.asked[0]) == 0
    assert "may be chance" not in found.text()
    busy = IDLE.replace("every: 30s", "poisson: 30/min").replace("service: 3s", "service: {exponential: {mean: 3s}}").replace("500ms", "5m")
    few, many = (verbs.sensitivity(busy, ["rate of w"], number, samples=4, engine="reference", processes=1) for number in (3, 15))
    assert few.chance(few.asked[0]) > 2 * many.chance(many.asked[0]) > 0
    assert "of the variance may be chance" in few.text()


def test_files_have_every_number(found: SensitivityResult, tmp_path: Path):
    written = [path.name for path in found.write(tmp_path)]
    assert written == ["sensitivity.json", "sensitivity.parquet", "sensitivity_points.parquet", "sensitivity.png"]
    summary = json.loads((tmp_path / "sensitivity.json").read_text())
    first = summary["measures"][RESPONSE]["values"][0]
    assert (first["name"], first["low"], first["at_low"], first["at_high"]) == ("duration of w", 1.5, 2.5, 5.5)
    assert summary["thresholds"][0]["path"] == "projects.p.workflows.w.triggers.0.service"
    frame = found.frame
    assert frame["statistic"].tolist() == [RESPONSE] * 3 + ["default.killed"] * 3
    assert frame["rank"].tolist()[:3] == [1, 2, 3]
    points = found.report.frames()["sensitivity_points"]
    assert points[points["statistic"] == RESPONSE].groupby("step").size().to_dict() == {"alone": 7, "screening": 12, "together": 64}


def test_a_number_alone_is_that_of_the_estimate(idle: Path):
    texts = ["p90(default.wait)", "share(default.wait > 1s)", "mean(default.wait)", "p99(manual.wait)", "max(manual.wait)", "claims"]
    found = verbs.replicate(IDLE.replace("every: 30s", "poisson: 2/s"), 3, measures=texts, engine="reference", processes=1)
    for one in found.measures:
        assert number_of(one, found.measures, found.values) == pytest.approx(found.estimate(one).mean, nan_ok=True), one.text


def test_the_tornado_shows_the_ends(found: SensitivityResult):
    from fastlanes_sim.reports.charts.style import paper
    from fastlanes_sim.reports.figures.sensitivity import one_measure

    ax = one_measure(found, ax=paper().subplots())
    assert [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()] == [
        "duration of w",
        "duration of startup",
        "period of w",
    ]
    assert sorted(round(bar.get_x() + bar.get_width(), 6) for bar in ax.patches[:2]) == [2.5, 5.5]
    texts = [text.get_text() for text in ax.texts]
    assert texts[:2] == ["1.5 s", "4.5 s"]
    assert texts[4:] == ["20 s to 40 s"], "they make no difference, and stand together"
    assert 4.6 in [line.get_xdata()[0] for line in ax.lines], "the objective"


def test_few_values_need_no_screening(idle: Path):
    found = sensitivity(idle, OVER[:2])
    assert found.screening is None
    assert list(found.kept) == [0, 1]
    assert "effect" not in found.text()


def test_asked_again_nothing_is_computed_twice(idle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    once = sensitivity(idle, samples=4, store=tmp_path / "store.sqlite")
    played = []
    monkeypatch.setattr(design_points, "measure", lambda *args, **kwargs: played.append(None) or measure(*args, **kwargs))
    again = sensitivity(idle, samples=4, store=tmp_path / "store.sqlite")
    assert not played
    assert again.reused > once.points
    assert again.summary() == once.summary()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    path = tmp_path_factory.mktemp("undisturbed") / "idle.yaml"
    path.write_text(IDLE)
    return sensitivity(path, samples=4).summary()


@pytest.mark.parametrize("after", [5, 25, 60])
def test_interrupted_it_keeps_what_there_is_and_goes_on_from_there(
    idle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, object], after: int
):
    def interrupted(*args, **kwargs):
        calls.append(None)
        if len(calls) == after:
            raise KeyboardInterrupt
        return measure(*args, **kwargs)

    calls: list[None] = []
    with monkeypatch.context() as patch:
        patch.setattr(design_points, "measure", interrupted)
        found = sensitivity(idle, samples=4, store=tmp_path / "store.sqlite")
    assert found.interrupted
    assert "interrupted" in found.text()
    assert found.page()
    assert found.summary()["interrupted"] is True
    whole = sensitivity(idle, samples=4, store=tmp_path / "store.sqlite")
    assert (whole.interrupted, whole.reused >= after - 1) == (False, True)
    assert whole.summary() == undisturbed


def test_interrupted_all_points_have_the_same_replications(idle: Path, monkeypatch: pytest.MonkeyPatch):
    """Those of a point that has more are of runs that others did not meet."""

    def interrupted(scenario, replication, *args, **kwargs):
        played.append(replication)
        if played.count(1) == 12:  # within the step that looks at values together; the first has 5 points
            raise KeyboardInterrupt
        return measure(scenario, replication, *args, **kwargs)

    played: list[int] = []
    monkeypatch.setattr(design_points, "measure", interrupted)
    found = sensitivity(idle, OVER[:2], samples=4)
    assert found.interrupted
    assert [len(point.values) for point in found.together.points] == [1] * 16
    assert [len(point.values) for point in found.alone.points] == [2] * 5


def test_a_point_that_fails_is_left_out_with_its_block_and_named(idle: Path, monkeypatch: pytest.MonkeyPatch):
    def poisoned(scenario, *args, **kwargs):
        asked.append(scenario.hash)
        if len(dict.fromkeys(asked)) == 8:  # one of those that are looked at together
            raise ZeroDivisionError("eight")
        return measure(scenario, *args, **kwargs)

    asked: list[str] = []
    monkeypatch.setattr(design_points, "measure", poisoned)
    found = sensitivity(idle, OVER[:2])
    assert [point.failure.message for point in found.failed] == ["ZeroDivisionError: eight"]
    assert found.index(0, found.asked[0]) is not None
    assert f"{RESPONSE}: left out with their blocks, for nothing was measured: 1 design point." in found.text()


def test_interrupted_before_anything_is_there_it_says_nothing(idle: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(design_points, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sensitivity(idle)


def test_progress_counts_up_to_what_there_is(idle: Path):
    told: list[tuple[int, int]] = []
    found = sensitivity(idle, samples=4, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert all(total >= done for done, total in told)
    expected = verbs.most_simulations(verbs.questions(idle, OVER), 2, trajectories=3, samples=4, keep=2)
    assert told[0][1] == expected
    assert found.points * 2 <= len(told) <= expected


def test_an_end_of_a_range_that_is_not_valid_is_an_error_before_anything_is_simulated(idle: Path):
    with pytest.raises(ScenarioError, match=r"workers\.0\.replicas"):
        verbs.questions(idle, ["workers.0.replicas=0..2"])


@pytest.mark.parametrize("options", [{"samples": 12}, {"samples": 1}, {"trajectories": 1}, {"keep": 0}])
def test_sizes_that_make_no_sense_are_refused(idle: Path, options: dict[str, int]):
    with pytest.raises(FastlanesError, match="hint"):
        sensitivity(idle, **options)


def test_questions_have_their_values(idle: Path):
    asked = verbs.questions(idle, {"traffic": (0.5, 2)}, layout="*:3")
    assert asked.scenario.scenario.workers[0].workloops == "*:3"
    with pytest.raises(FastlanesError, match="questions have their values"):
        verbs.sensitivity(asked, seed=3)
