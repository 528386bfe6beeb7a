"""What README and docs say in passing: options, targets of make, and the numbers of the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.cli.app import app
from fastlanes_sim.exports.postgres import QUERY
from tools.docs import ROOT, pages
from tools.docs.console import execute
from tools.docs.session import Session

README = (ROOT / "README.md").read_text(encoding="utf-8")
ELSEWHERE = {"--upgrade", "--universal", "--python-version", "--extra", "--only", "--mock", "--experimental-vm-modules", "--rm"}
"""Options of other programs: uv's, that of studies/coverage.py, the worker's and Node's, and Docker's."""


def options() -> set[str]:
    tops = typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
    commands = [*tops, *(command for top in tops for command in getattr(top, "commands", {}).values())]
    found = {option for command in commands for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return found | {"--help", "--version"}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_option_that_is_named_is_there(page: Path):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)))
    assert named - options() - ELSEWHERE == set()


@pytest.mark.parametrize("page", [*pages(), Path("CONTRIBUTING.md")], ids=str)
def test_every_target_of_make_that_is_named_is_there(page: Path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / page).read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


DEPLOYMENTS: dict[str, dict[str, object]] = {
    "before Fast Lanes (`pre-4515`, `manual>*:5`)": {"lightning.ruleset": "pre-4515"},
    "Fast Lanes, the same slots": {},
    "`fast_lane:1 manual>*:4`": {"workers.0.workloops": "fast_lane:1 manual>*:4"},
    "`fast_lane:1 fast_lane>manual>*:4`": {"workers.0.workloops": "fast_lane:1 fast_lane>manual>*:4"},
    "`fast_lane:2 manual>*:3`": {"workers.0.workloops": "fast_lane:2 manual>*:3"},
}


@pytest.fixture(scope="module")
def incident() -> dict[str, Result]:
    scenario = ROOT / "scenarios" / "ethiopia_sync.yaml"
    return {name: simulate(scenario, overrides=changes, attribution=False) for name, changes in DEPLOYMENTS.items()}


def test_the_table_of_the_incident_is_what_is_simulated(incident: dict[str, Result]):
    rows = dict(re.findall(r"^\| (.*?) \| (\d.*) \|$", README.split("| deployment |")[1].split("\n\n")[0], re.MULTILINE))
    assert list(rows) == list(DEPLOYMENTS)
    for name, result in incident.items():
        fast, default = (result.observed.durations(lane, "wait").quantile(0.99) for lane in ("fast_lane", "default"))
        counts = result.observed.counts("fast_lane")
        p99, timeouts, batch = rows[name].split(" | ")
        assert (p99, batch) == (str(fast), str(default)), name
        assert timeouts.split(" of ") in ([str(counts.gateway_timeouts)], [str(counts.gateway_timeouts), f"{counts.runs:,}"]), name


def test_start_up_is_what_the_readme_says_it_is(incident: dict[str, Result]):
    startup = incident["`fast_lane:1 manual>*:4`"].runs.query("queue == 'fast_lane'").startup_s.quantile(0.99)
    said = re.search(r"start-up alone has a p99 of ([\d.]+) s", README)
    assert said
    assert float(said[1]) == pytest.approx(startup, abs=0.05)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The README's own command."""
    command = next(line.strip() for line in README.splitlines() if "fastlanes-sim compare" in line)
    return execute(command, Session(tmp_path_factory.mktemp("compared")).folder).output


@pytest.mark.slow
def test_the_differences_that_the_readme_tells_are_those_of_its_command(compared: str):
    said = " ".join(README.split())
    shorter = re.search(r"shortens the fast lane's p99 wait by (.*?\])", said)
    longer = re.search(r"lengthens the default lane's by (.*?\])", said)
    assert shorter
    assert longer
    assert f"p99(fast_lane.wait): {shorter[1]} shorter" in compared
    assert f"p99(default.wait): {longer[1]} longer" in compared


def test_the_query_that_the_docs_show_is_the_one_that_is_asked():
    """Whoever lets it near a production database wants to read it first."""
    assert f"```sql\n{QUERY.format(queue=' r.queue,')}\n```" in (ROOT / "docs" / "traffic.md").read_text(encoding="utf-8")
