"""The pages and traces that commands write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastlanes_sim.cli.report_options import with_default_places


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([], []),
        (["x.yaml", "--html"], ["x.yaml", "--html="]),
        (["--html", "x.yaml"], ["--html=", "x.yaml"]),
        (["x.yaml", "--html", "--json"], ["x.yaml", "--html=", "--json"]),
        (["--html", "a/b.HTML", "x.yaml"], ["--html", "a/b.HTML", "x.yaml"]),
        (["--html=page", "x.yaml"], ["--html=page", "x.yaml"]),
    ],
)
def test_html_may_stand_alone(written: list[str], read: list[str]):
    assert with_default_places(written) == read


@pytest.mark.parametrize(
    ("command", "name", "heading"),
    [
        (["run"], "report", "<h1>small, seed 1</h1>"),
        (["run", "--replications", "2"], "report", "<h1>small, 2 replications</h1>"),
        (["compare", "--layout", "*:4", "--layout", "*:5", "--replications", "2"], "comparison", "<h1>small, 2 deployments compared</h1>"),
    ],
)
def test_the_page_lies_beside_the_results_or_where_it_is_wanted(invoke, small: Path, command: list[str], name: str, heading: str):
    result = invoke(command[0], "--html", small, *command[1:], "--out", "there")
    assert f"there/{name}.html" in result.out
    assert heading in Path(f"there/{name}.html").read_text()
    invoke(command[0], small, *command[1:], "--out", "there", "--html", "page.html")
    assert Path("page.html").read_bytes() == Path(f"there/{name}.html").read_bytes()


def test_advice_is_on_the_page(invoke, small: Path):
    small.write_text(small.read_text().replace("< 30s", "< 1s"))
    invoke("run", small, "--no-charts", "--advise", "--html", "page.html")
    assert '<h2 id="advice">' in Path("page.html").read_text()


def test_a_trace_has_claims_and_only_its_window(invoke, small: Path):
    assert "trace.json" in invoke("run", small, "--no-charts", "--trace", "trace.json", "--trace-window", "00:05..6min").out
    phases = {}
    for event in json.loads(Path("trace.json").read_text())["traceEvents"]:
        phases.setdefault(event["ph"], []).append(event)
    assert {"X", "i", "C", "M"} == set(phases)
    assert all(300e6 <= event["ts"] <= 360e6 for event in phases["i"])
    before = Path("results/small/runs.parquet").read_bytes()
    invoke("run", small, "--no-charts")
    assert Path("results/small/runs.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        (["--trace-window", "1m..2m"], "add --trace"),
        (["--trace", "t.json", "--trace-window", "2m..1m"], "write FROM..TO"),
        (["--trace", "t.json", "--trace-window", "5h..6h"], "within the 30 m 00 s"),
        (["--trace", "t.json", "--replications", "2"], "leave --replications"),
        (["--format", "csv", "--replications", "2"], "leave --replications"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_simulated(invoke, small: Path, more: list[str], hint: str):
    result = invoke("run", small, *more)
    assert result.code == 2
    assert hint in result.err
    assert not Path("results").exists()


@pytest.mark.parametrize("format", ["csv", "arrow"])
def test_the_table_of_runs_comes_in_the_format_that_is_wanted(invoke, small: Path, format: str):
    assert f"results/small/runs.{format}" in invoke("run", small, "--no-charts", "--format", format).out
    assert not Path("results/small/runs.parquet").exists()


@pytest.mark.parametrize("asked", [["--out", "file/results"], ["--junit", "."], ["--trace", "file/trace.json"]])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_simulated(invoke, small: Path, asked: list[str], monkeypatch):
    Path("file").write_text("")
    monkeypatch.setattr("fastlanes_sim.api.verbs._simulate", lambda *_: pytest.fail("simulated"))
    outcome = invoke("run", small, *asked)
    assert outcome.code == 2
    assert "hint: name" in outcome.err


LIMITED = """
name: limited
horizon: 30m
projects: {p: {concurrency: 1, workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 2/min}, service: 25s}]}}}}
workers: [{workloops: "*:5"}]
slos: ["p95(default.wait) < 20s"]
"""


def test_advice_on_replications_is_on_their_page_and_in_their_files(invoke):
    """With its intervals; and no page of an earlier result lies beside a newer one."""
    Path("limited.yaml").write_text(LIMITED)
    asked = ("run", "limited.yaml", "--no-charts", "--replications", "3", "--processes", "1", "--advise")
    assert invoke(*asked, "--html").code == 99
    there = Path("results/limited/report.html")
    page = there.read_text()
    assert "What to change" in page
    assert "those that are named first, in 3 replications" in page
    assert "over replications: p95(default.wait)" in page
    (advice,) = json.loads(Path("results/limited/replications.json").read_text())["advice"]
    assert advice["remedy"]["set"]["projects.p.concurrency"] > 1
    assert next(one["objective"] for one in advice["remedy"]["replications"]) == "p95(default.wait) < 20s"
    assert f"removed {there}" in invoke("run", "limited.yaml", "--no-charts").err
    assert not there.exists()
    for more in ((), ("--layout", "*:4")):  # another deployment is another result
        invoke("run", "limited.yaml", "--no-charts", "--html")
        assert ("removed" in invoke("run", "limited.yaml", "--no-charts", *more).err) == bool(more)
    there.write_text("<p>somebody else's</p>")
    assert "removed" not in invoke("run", "limited.yaml", "--no-charts").err
    assert there.exists()
