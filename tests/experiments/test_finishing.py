"""A recommendation holds for the whole verdict: whatever is recommended finishes what arrives, and what does not is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.experiments.feasibility import Rule
from fastlanes_sim.experiments.finishing import implied_objectives, left_behind
from fastlanes_sim.experiments.replication import Values, play_replication
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.results.backlog import Backlog
from fastlanes_sim.results.offered_load import offered_load

HERE: dict[str, object] = {"engine": "kernel", "processes": 1}
FEW: dict[str, object] = {"confirming": 20, "most": 60}

ON_THE_FAST_LANE_ALONE = """\
name: two_projects
horizon: 4h
startup: 0s
projects:
  clinic:
    workflows:
      register:
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 4/min}, service: {exponential: {mean: 2s}}}]
      report:
        triggers: [{type: webhook, arrivals: {poisson: 4/min}, service: {exponential: {mean: 60s}}}]
workers: [{workloops: "fast_lane:1 manual>*:2"}]
slos: ["p95(fast_lane.wait) < 10s"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "two_projects.yaml"
    file.write_text(ON_THE_FAST_LANE_ALONE)
    return file


def finishes(scenario: object) -> bool:
    """Counted from the runs themselves: next to nothing that came in the first nine tenths waits at the end."""
    loaded = load_scenario(scenario)  # type: ignore[arg-type]
    table, log = play_replication(loaded, 77, engine="kernel")
    early = log.inserted_at < 0.9 * loaded.scenario.horizon
    waits = early & (log.inserted_at != NEVER) & (log.started_at == NEVER)
    return bool(waits.sum() <= 0.01 * len(table))


def test_a_search_with_objectives_on_one_lane_recommends_what_finishes_the_other_too(path: Path):
    as_written = verbs.search(path, range(1, 9), implied=False, **FEW, **HERE)
    found = verbs.search(path, range(1, 9), **FEW, **HERE)
    assert as_written.recommended is not None
    assert found.recommended is not None
    assert not finishes(as_written.recommended.scenario)
    assert finishes(found.recommended.scenario)
    assert found.recommended.candidate.slots >= 5  # 4.1 slots are busy on average
    assert "finishes what arrives" in found.text()
    assert "near miss" in found.text()
    told = [line for line in found.text().splitlines() if line.startswith(("near miss: ", "undecided: "))]
    assert any("load < 100%: " in line for line in told)


def test_traffic_that_is_not_finished_does_not_hold(path: Path):
    layout, factors = "fast_lane:1 manual>*:6", [0.5, 1.0, 1.5, 2.0, 4.0]
    as_written = verbs.highest_traffic(path, factors, layout=layout, implied=False, **FEW, **HERE)
    found = verbs.highest_traffic(path, factors, layout=layout, **FEW, **HERE)
    assert as_written.carries == 2.0
    assert found.carries is not None
    assert found.carries <= 1.0
    assert "still waiting at the end" in found.text()


def test_a_comparison_tells_who_does_not_finish_and_every_warning_once(path: Path):
    layouts = ["fast_lane:1 manual>*:2", "fast_lane:1 manual>*:6"]
    found = verbs.compare(path, layouts=layouts, replications=5, gate=layouts[0], **HERE)
    assert found.outcome == "missed"
    assert set(found.left) == {layouts[0]}
    assert f"{layouts[0]} does not finish what arrives: the load of default" in found.text()
    assert found.text().count("warning: ") == len(found.warnings)
    assert verbs.compare(path, layouts=layouts, replications=5, gate=layouts[1], **HERE).outcome == "met"
    assert verbs.compare(path, layouts=layouts, replications=5, gate=layouts[0], implied=False, **HERE).outcome == "met"


def test_warnings_of_the_candidates_are_shown_once(path: Path):
    """A layout without a slot for one lane is warned of; the search's own layouts all serve every lane, so another one is asked for."""
    found = verbs.compare(path, layouts=["fast_lane:3", "manual>*:6"], replications=3, **HERE)
    assert [labels for message, labels in found.warnings.items() if "default" in message] == [["fast_lane:3"]]
    assert "the load of default on 0 slots is infinite" in found.text()


# --- what is counted ---


def test_the_load_is_that_of_the_busiest_set_of_slots(path: Path):
    def load(layout: str, **overrides: object) -> tuple[float, str]:
        loaded = load_scenario(path, layout=layout, overrides=overrides)
        found = offered_load(deployment(loaded.scenario), play_replication(loaded, 0)[0])
        return round(found.share, 1), found.whose

    work = 4.0 + 4 / 60 * 2  # erlangs, on average
    share, whose = load("manual>*:2")
    assert share == pytest.approx(work / 2, abs=0.2)
    assert whose == "default and fast_lane on 2 slots"
    assert load("fast_lane:1 default:2")[1] == "default on 2 slots"
    assert load("fast_lane:9 default:8")[0] == pytest.approx(0.5, abs=0.05)
    assert load("fast_lane:9") == (float("inf"), "default on 0 slots")
    limited = {"projects.clinic.workflows.report.concurrency": 1}
    assert load("*:9", **limited)[1] == "workflow clinic/report within its limit of 1"


def test_a_workflow_that_starves_is_found_behind_a_lane_that_does_not(path: Path):
    text = ON_THE_FAST_LANE_ALONE.replace(
        "poisson: 4/min}, service: {exponential: {mean: 60s}}", "poisson: 1/min}, service: {constant: 5m}"
    )
    text = text.replace("      report:\n", "      report:\n        concurrency: 1\n").replace("reply: after_completion, ", "")
    loaded = load_scenario(text.replace("fast_lane:1 manual>*:2", "*:20"))
    table, log = play_replication(loaded, 0, engine="kernel")
    backlog = Backlog(deployment(loaded.scenario), table, log)
    assert str(backlog.starving[0].scope) == "workflow.clinic.report"
    assert backlog.starving[0].share > 0.5 > next(one for one in backlog.starving if str(one.scope) == "default").share
    assert "of the" in left_behind(loaded, engine="kernel")
    assert "within its limit of 1" in left_behind(loaded, engine="kernel")


# --- margins and budgets ---


def values(*numbers: float) -> list[Values]:
    return [Values(place, (one,), (one,), (Evidence(1),)) for place, one in enumerate(numbers)]


def test_near_a_bound_nothing_is_discarded_that_meets_it():
    """4.83 s against 5 s is met: a margin is only what somebody asks for."""
    numbers = 1e6 * np.random.default_rng(1).normal(4.83, 0.4, 420)
    slo = parse_objective("p95/day(fast_lane.wait) < 5s")
    assert Rule([slo]).decide(values(*numbers), 1) == "met"
    assert Rule([slo], tolerance=0.1).decide(values(*numbers), 1) == "missed"


def test_it_is_told_how_many_replications_would_decide():
    slo = parse_objective("mean(all.wait) < 1s")
    near, far = (values(*(1e6 * np.random.default_rng(1).normal(mean, 0.3, 40))) for mean in (0.98, 0.5))
    rule = Rule([slo])
    assert (rule.to_decide(near) or 0) > 400
    assert rule.to_decide(far) == 40


def test_implied_objectives_are_told_from_written_ones():
    slo = parse_objective("lost == 0")
    rule = Rule([slo, *implied_objectives()], implied=2)
    assert list(rule.written) == [slo]
    assert [one.text for one in rule.slos[1:]] == ["load < 100%", "starved <= 1%"]
