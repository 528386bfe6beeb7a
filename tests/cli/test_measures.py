"""One spelling everywhere: in a scenario's objectives, on the command line and in Python."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.verbs import compare, replicate
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.values import ends

ENGINE = ("--engine", "kernel")
MEASURES = {
    "p99.9(fast_lane.wait)": "30s",
    "mean(slowdown)": "30",
    "share(trigger.clinic.register.webhook.response > 3s)": "90%",
    "max(workflow.clinic.register.slowdown)": "300",
    "project.clinic.lost": "3",
    "utilisation": "80%",
    "claims_per_minute": "500",
}


def with_objectives(scenario: Path, *objectives: str) -> Path:
    scenario.write_text(scenario.read_text().partition("slos:")[0] + "slos:\n" + "".join(f"  - {one}\n" for one in objectives))
    return scenario


def test_objectives_measures_and_python_agree(invoke, small: Path):
    """What a scenario bounds, what --metric asks for and what Python measures is the same number."""
    with_objectives(small, *(f"{text} < {bound}" for text, bound in MEASURES.items()))
    verdicts = json.loads(invoke("run", small, "--json", "--no-charts", *ENGINE).out)["slos"]
    assert [one["verdict"] for one in verdicts] == ["met"] * len(MEASURES)
    told = json.loads(invoke("run", small, "--replications", 2, "--json", "--no-charts", *ENGINE, "--processes", 1).out)["statistics"]
    result, many = simulate(small, engine="kernel"), replicate(small, 2, engine="kernel", processes=1)
    for number, text in enumerate(MEASURES):
        assert parse_measure(text).text in told
        value = result.observed.measure(text)
        assert ends(value) == (many.values[0].low[number], many.values[0].high[number])
        assert verdicts[number]["value"] == (value if isinstance(value, int) else value.to_json())


def test_measures_on_the_command_line(invoke, small: Path):
    metrics = [argument for text in MEASURES for argument in ("--metric", text)]
    assert invoke("sweep", small, "--vary", "workers.0.replicas=1,2", "--replications", 10, *metrics, *ENGINE, "--processes", 1).code == 0
    points = json.loads(Path("results/small/sweep.json").read_text())["points"]
    assert {parse_measure(text).text for text in MEASURES} <= set(points[0]["statistics"])
    layouts = ["*:1", "*:8"]
    named = [argument for layout in layouts for argument in ("--layout", layout)]
    assert invoke("compare", small, *named, "--replications", 2, *metrics, *ENGINE, "--processes", 1).code == 0
    found = json.loads(Path("results/small/comparison.json").read_text())["differences"]
    assert [row["statistic"] for row in found] == ["p95(fast_lane.response)", *(parse_measure(text).text for text in MEASURES)]
    python = compare(small, layouts=layouts, replications=2, measures=list(MEASURES), engine="kernel", processes=1)
    known = [one if math.isfinite(one) else None for one in python.frame["difference"]]
    assert [row["difference"] for row in found] == pytest.approx(known)


@pytest.mark.parametrize("text", ["utilisation", "claims_per_minute", "mean(project.clinic.slowdown)"])
def test_replications_until_any_measure_is_known(invoke, small: Path, text: str):
    result = invoke("run", small, "--until", f"{text}:50%", "--replications", 20, "--no-charts", *ENGINE, "--processes", 1)
    assert result.code == 0
    assert f"{text} is known to ±" in result.out


def test_a_pattern_is_a_measure_for_each(invoke, small: Path):
    more = ("--vary", "workers.0.replicas=1,2", "--replications", 10, "--metric", "mean(trigger.clinic.*.*.wait)", "--no-charts")
    assert invoke("sweep", small, *more, *ENGINE, "--processes", 1).code == 0
    (point, _) = json.loads(Path("results/small/sweep.json").read_text())["points"]
    waits = {name for name in point["statistics"] if name.startswith("mean(")}
    assert waits == {"mean(trigger.clinic.register.webhook.wait)", "mean(trigger.clinic.register.cron.wait)"}


def test_each_scope_of_an_objective_is_a_case_of_its_own(invoke, small: Path):
    with_objectives(small, "p95(trigger.clinic.register.*.wait) < 5m")
    assert invoke("run", small, "--no-charts", "--junit", "junit.xml", *ENGINE).code == 0
    cases = Path("junit.xml").read_text()
    line = small.read_text().splitlines().index("  - p95(trigger.clinic.register.*.wait) < 5m") + 1
    assert cases.count(f'line="{line}"') == cases.count("<testcase ") == 2
    assert "p95(trigger.clinic.register.cron.wait) &lt; 5m" in cases


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "--layout", "*:1", "--layout", "*:2", "--metric", "p99(project.clinc.wait)"), "unknown project `clinc`"),
        (("sweep", "--vary", "workers.0.replicas=1,2", "--metric", "p99(fastlane.wait)"), "unknown lane `fastlane`"),
        (("run", "--until", "p99(project.clinc.wait):5%"), "unknown project `clinc`"),
        (("run", "--until", "p99(project.*.wait):5%"), "project.* is more than one scope"),
    ],
)
def test_a_measure_of_what_there_is_not_is_2_with_a_hint(invoke, small: Path, arguments: tuple[str, ...], message: str):
    result = invoke(arguments[0], small, *arguments[1:], *ENGINE)
    assert result.code == 2
    assert message in result.err
    assert "hint: " in result.err
