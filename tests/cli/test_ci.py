"""What CI is told: JUnit XML as another library reads it, and GitHub's annotations and step summary."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.reports.exporters.github import workflow_commands
from fastlanes_sim.reports.exporters.junit import junit_xml
from fastlanes_sim.reports.exporters.markdown import literal
from fastlanes_sim.reports.objectives import Case
from tests.cli.conftest import SMALL

MISSED = "  - p95(fast_lane.response) < 1ms\n"


def read(path: str) -> JUnitXml:
    document = JUnitXml.fromfile(path)
    suites = list(document)
    for suite in suites:  # what the file says of itself is what another library counts
        said = suite.tests, suite.failures, suite.errors
        suite.update_statistics()
        assert said == (suite.tests, suite.failures, suite.errors)
    return document


def test_junit_has_a_case_an_objective_at_its_line(invoke, small: Path):
    small.write_text(small.read_text() + MISSED)
    assert invoke("run", small, "--no-charts", "--junit", "junit.xml").code == 99
    (suite,) = read("junit.xml")
    met, missed = suite
    assert suite.name == "small"
    assert (met.name, met.result) == ("p95(fast_lane.response) < 30s", [])
    (failure,) = missed.result
    assert isinstance(failure, Failure)
    assert "p95(fast_lane.response) < 1ms" in failure.message
    lines = small.read_text().splitlines()
    assert lines[int(missed._elem.get("line")) - 1].strip() == MISSED.strip()
    assert missed._elem.get("file") == small.name
    assert {one.name: one.value for one in suite.properties()}["seed"] == "1"


def test_an_undecided_objective_is_an_error_or_what_the_user_says(invoke, small: Path):
    found = json.loads(invoke("run", small, "--replications", 4, "--json", "--no-charts").out)
    mean = found["statistics"]["p95(fast_lane.response)"]["mean"]
    small.write_text(small.read_text().replace("< 30s", f"< {round(mean * 1e6)}us"))
    kinds = []
    for more in ([], ["--undecided", "pass"], ["--undecided", "fail"]):
        invoke("run", small, "--replications", 4, "--no-charts", "--junit", "junit.xml", *more)
        ((case,),) = read("junit.xml")
        kinds.append([type(one) for one in case.result])
    assert kinds == [[Error], [], [Failure]]


def test_a_comparison_has_a_suite_a_deployment(invoke, small: Path):
    invoke("compare", small, "--layout", "*:1", "--layout", "fast_lane:1 *:4", "--replications", 2, "--junit", "junit.xml")
    assert [suite.name for suite in read("junit.xml")] == ["*:1", "fast_lane:1 *:4"]


def test_without_objectives_there_are_no_cases(invoke, small: Path):
    small.write_text(small.read_text().partition("slos:")[0])
    assert invoke("run", small, "--no-charts", "--junit", "junit.xml").code == 0
    assert list(read("junit.xml")) == []


def test_any_text_becomes_xml(tmp_path: Path):
    case = Case("a\x00b \ud800 <&>\"'", "p95 < ]]>\x1c", "missed", "é\x08", Path("x\x01.yaml"), 3)
    document = junit_xml([case], {"layout": "\x02"})
    (tmp_path / "junit.xml").write_bytes(document)
    (suite,) = read(str(tmp_path / "junit.xml"))
    assert suite.name == "a�b � <&>\"'"


def test_an_interrupted_simulation_proves_nothing_met():
    case = Case("one", "lost == 0", "met", "0", Path("x.yaml"), 3, "interrupted after 1 s")
    assert case.counted() == case.counted("pass") == "undecided"
    assert b'<error type="undecided" message="undecided: lost == 0: 0 (interrupted after 1 s)">' in junit_xml([case], {})


def test_github_points_at_the_objective_and_gets_a_summary(invoke, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small.write_text(small.read_text() + MISSED)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    for name, value in (("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", str(summary)), ("GITHUB_WORKSPACE", str(tmp_path))):
        monkeypatch.setenv(name, value)
    result = invoke("run", small, "--no-charts", "--json")
    json.loads(result.out)  # nothing but JSON
    line = 1 + small.read_text().splitlines().index(MISSED.rstrip())
    (annotation,) = [text for text in result.err.splitlines() if text.startswith("::error")]
    assert annotation.startswith(f"::error file=small.yaml,line={line},title=Objective missed::small: p95(fast_lane.response) < 1ms: ")
    text = summary.read_text()
    assert text.startswith("before\n## small, seed 1\n")
    assert "❌ missed" in text
    assert "### Lanes" in text
    assert re.search(r"^- .* was `\w+`: ", text, re.MULTILINE)


def test_github_is_left_alone_where_it_is_not_or_not_wanted(invoke, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small.write_text(small.read_text() + MISSED)
    assert "::error" not in invoke("run", small, "--no-charts").err
    assert "::error" in invoke("run", small, "--no-charts", "--github").err
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert "::error" not in invoke("run", small, "--no-charts", "--no-github").err
    assert not (tmp_path / "summary.md").exists()


def test_an_objective_from_the_command_line_has_no_line(invoke, small: Path):
    result = invoke("run", small, "--no-charts", "--github", "--set", 'slos=["p95(fast_lane.response) < 1ms"]')
    (annotation,) = [text for text in result.err.splitlines() if text.startswith("::error")]
    assert "line=" not in annotation


def test_annotations_are_one_line_whatever_they_say():
    case = Case("a", "lost == 0", "missed", "1 %\nof, all: runs", Path("a,b:c%.yaml"), 7)
    warning = Problem("x.yaml", 2, 5, "", "odd", "do\nthat")
    assert workflow_commands([case], [warning]) == [
        "::error file=a%2Cb%3Ac%25.yaml,line=7,title=Objective missed::a: lost == 0: 1 %25%0Aof, all: runs",
        "::warning file=x.yaml,line=2,col=5,title=Suspicious scenario::odd. Hint: do%0Athat",
    ]


def test_markdown_shows_text_as_it_stands():
    assert literal("a|b <i>x</i> `p_1` *:4\nnext") == r"a\|b &lt;i&gt;x&lt;/i&gt; \`p\_1\` \*:4 next"


def test_every_baseline_is_checked_and_what_cannot_be_compared_is_said_once(invoke, tmp_path: Path):
    """Two that became worse, one that is invalid and one whose horizon was changed."""
    names = ("apple", "nonsense", "other", "zebra")
    for name in names:
        Path(f"{name}.yaml").write_text(SMALL)
    assert invoke("baseline", "record", *(f"{name}.yaml" for name in names), "--replications", 3, "--engine", "reference").code == 0
    for name in ("apple", "zebra"):
        Path(f"{name}.yaml").write_text(SMALL.replace("fast_lane:1 manual>*:4", "manual>*:1"))
    Path("nonsense.yaml").write_text(SMALL + "nonsense: 1\n")
    Path("other.yaml").write_text(SMALL.replace("horizon: 30m", "horizon: 20m"))
    done = invoke("baseline", "check", "--junit", "junit.xml", "--github", "--engine", "reference")
    assert done.code == 99, done.out
    suites = {suite.name: suite for suite in read("junit.xml")}
    assert set(suites) == set(names)
    assert suites["apple"].failures == suites["zebra"].failures > 0
    assert [(suites[name].failures, suites[name].errors) for name in ("nonsense", "other")] == [(1, 0), (0, 1)]
    of_one = ("baseline", "check", "results/baselines/other.json", "--junit", "junit.xml", "--engine", "reference")
    for more, code, errors in (((), 98, 1), (("--undecided", "pass"), 0, 0), (("--undecided", "fail"), 99, 0)):
        assert invoke(*of_one, *more).code == code
        assert sum(suite.errors for suite in read("junit.xml")) == errors
    for told in ("file=nonsense.yaml,line=13", "file=other.yaml"):
        assert done.err.count(told) == 1, done.err
