"""Objectives of scopes: checked when the scenario is loaded, one for each scope that a pattern stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.objectives import measures_of, objectives_of

SCENARIO = """\
horizon: 1h
projects:
  clinic:
    workflows:
      register: {{triggers: [{{type: webhook, service: 1s, arrivals: {{every: 1m}}}}]}}
      import:
        copies: 2
        triggers:
          - {{type: cron, cron: "*/5 * * * *", service: 1s}}
          - {{type: cron, cron: "*/7 * * * *", service: 1s}}
  lab:
    copies: 2
    workflows: {{report: {{triggers: [{{type: manual, service: 1s, arrivals: {{every: 2m}}}}]}}}}
  archive: {{workflows: {{idle: {{}}}}}}
workers: [{{capacity: 5}}]
slos:
  - lost == 0
  - {slo}
"""


def load(tmp_path: Path, slo: str):
    path = tmp_path / "scopes.yaml"
    path.write_text(SCENARIO.format(slo=slo))
    return load_scenario(path)


@pytest.mark.parametrize(
    ("slo", "objectives"),
    [
        ("p95(project.clinic.wait) < 5m", ["p95(project.clinic.wait) < 5m"]),
        (
            "p95(project.*.wait) < 5m",
            [f"p95(project.{name}.wait) < 5m" for name in ("clinic", "lab-1", "lab-2", "archive")],
        ),
        ("project.lab-*.lost == 0", ["project.lab-1.lost == 0", "project.lab-2.lost == 0"]),
        (
            "p95(workflow.clinic.*.wait)  <  5m",
            [f"p95(workflow.clinic.{name}.wait)  <  5m" for name in ("register", "import-1", "import-2")],
        ),
        (
            "max(trigger.clinic.import-*.cron2.wait) < 5m",
            [f"max(trigger.clinic.import-{number}.cron2.wait) < 5m" for number in (1, 2)],
        ),
        ("p95(*.wait) < 5m", [f"p95({name}.wait) < 5m" for name in ("default", "fast_lane", "manual")]),
        ("utilisation < 80%", ["utilisation < 80%"]),
    ],
)
def test_an_objective_for_each_scope(tmp_path: Path, slo: str, objectives: list[str]) -> None:
    loaded = load(tmp_path, slo)
    assert [one.text for one in objectives_of(loaded.scenario)] == ["lost == 0", *objectives]
    lines = SCENARIO.splitlines()
    assert [lines[number - 1] for number in loaded.slo_lines] == ["  - lost == 0", *["  - {slo}"] * len(objectives)]


@pytest.mark.parametrize(
    ("slo", "culprit", "message", "hint"),
    [
        ("p95(project.clinc.wait) < 5m", "clinc", "unknown project `clinc`", "did you mean `clinic`?"),
        ("p95(project.lab.wait) < 5m", "lab", "unknown project `lab`", "did you mean `lab-"),
        ("workflow.clinic.registre.lost == 0", "registre", "unknown workflow `registre` in clinic", "did you mean `register`?"),
        ("mean(trigger.clinic.import-1.cron.wait) < 3s", "cron", "unknown trigger `cron` in clinic.import-1", "allowed: cron1, cron2"),
        ("mean(project.x*.slowdown) < 3", "x*", "unknown project `x*`", "allowed: clinic, lab-1, lab-2, archive"),
    ],
)
def test_what_is_not_in_the_scenario_is_an_error_with_its_place(tmp_path: Path, slo: str, culprit: str, message: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, slo)
    (problem,) = caught.value.problems
    line = SCENARIO.splitlines().index("  - {slo}") + 1
    assert (problem.line, problem.column) == (line, 5 + slo.find(culprit))
    assert problem.message == message
    assert hint in str(problem)


@pytest.mark.parametrize(
    ("slo", "warning"),
    [
        ("p95(fast_lane.wait) < 5m", "no traffic goes to the lane fast_lane"),
        ("p95(project.archive.wait) < 5m", "no traffic goes to project.archive"),
        ("trigger.clinic.register.webhook.gateway_timeouts == 0", "no caller waits for a reply"),
        ("p95(caller_response) < 5m", "no caller waits for a reply"),
        ("p95(project.*.wait) < 5m", None),
        ("p95(project.lab-2.wait) < 5m", None),
        ("utilisation < 5%", None),
    ],
)
def test_an_objective_for_what_nobody_asks_for_is_suspicious(tmp_path: Path, slo: str, warning: str | None) -> None:
    found = [problem.message for problem in load(tmp_path, slo).warnings if problem.path.startswith("slos")]
    assert len(found) == (warning is not None)
    assert warning is None or found[0].startswith(warning)


def test_measures_of_a_scenario(tmp_path: Path) -> None:
    scenario = load(tmp_path, "lost == 0").scenario
    assert [one.text for one in measures_of(scenario, "p99(project.lab-*.wait)")] == ["p99(project.lab-1.wait)", "p99(project.lab-2.wait)"]
    with pytest.raises(FastlanesError, match=r"p99\(project.lb.wait\): unknown project `lb`\n    hint: "):
        measures_of(scenario, "p99(project.lb.wait)")
