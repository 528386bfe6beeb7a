"""The scenario's traffic for a real Lightning."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fastlanes_sim.cli.app import app
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.rig import staging
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.traffic.generate import generate

QUICKSTART = Path("scenarios/quickstart.yaml")


@pytest.fixture(scope="module")
def played() -> tuple[RunTable, Deployment]:
    scenario = load_scenario(QUICKSTART).scenario
    return generate(scenario), deployment_of(scenario)


def test_the_schedule_has_every_run(played: tuple[RunTable, Deployment]) -> None:
    table, deployment = played
    rows = [json.loads(line) for line in staging.ndjson(table, deployment)]
    assert len(rows) == len(table)
    assert [row["at_s"] for row in rows] == (table.inserted_at / SECOND).tolist()
    assert {(row["workflow"], row["kind"], row["queue"]) for row in rows} == {
        ("register_patient", "webhook", "fast_lane"),
        ("hourly_report", "cron", "default"),
    }


def test_the_script_posts_every_webhook_and_nothing_else(played: tuple[RunTable, Deployment]) -> None:
    table, deployment = played
    script = staging.k6(table, deployment, "quickstart", 1)
    requests = re.findall(r'^  \[([\d.]+), "([^"]+)", (\d+)\],$', script, re.MULTILINE)
    webhooks = [row for row in range(len(table)) if staging.kind_of(table, row) == "webhook"]
    assert [float(at) for at, _, _ in requests] == [table.inserted_at[row] / SECOND for row in webhooks]
    assert {name for _, name, _ in requests} == {"clinic/register_patient"}
    assert f"iterations: {len(webhooks)}" in script
    users = int(re.findall(r"vus: (\d+)", script)[0])
    assert 2 <= users <= len(webhooks)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no JavaScript to read it with")
def test_the_script_is_javascript(played: tuple[RunTable, Deployment], tmp_path: Path) -> None:
    file = tmp_path / "script.mjs"
    file.write_text(staging.k6(*played, "quickstart", 1))
    subprocess.run(["node", "--check", str(file)], check=True, timeout=60)


def test_the_command_writes_it(tmp_path: Path) -> None:
    runner, file = CliRunner(), tmp_path / "out" / "k6.js"
    assert runner.invoke(app, ["traffic", str(QUICKSTART), "--as", "k6", "--out", str(file), "--horizon", "10m"]).exit_code == 0
    assert "k6/http" in file.read_text()
    shown = runner.invoke(app, ["traffic", str(QUICKSTART), "--horizon", "10m"])
    assert all(json.loads(line)["at_s"] < 600 for line in shown.stdout.splitlines())
    cron_only = runner.invoke(app, ["traffic", "scenarios/cron_storm.yaml", "--as", "k6", "--horizon", "1s"])
    assert isinstance(cron_only.exception, FastlanesError)
