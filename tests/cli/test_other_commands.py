"""`conform`, `schema` and `demo`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

RECORDINGS = Path(__file__).parent.parent / "conformance"
SCENARIOS = Path(__file__).parent.parent.parent / "scenarios"


def test_conform_says_how_many_agree(invoke):
    result = invoke("conform", "workloops", RECORDINGS / "workloops.json.gz")
    assert (result.code, result.out) == (0, "agree 180 of 180\n")


def test_conform_shows_the_differences_and_fails(invoke, tmp_path: Path):
    lines = gzip.decompress((RECORDINGS / "claims.jsonl.gz").read_bytes()).splitlines()[:3]
    case = json.loads(lines[0])
    case["ops"][0]["claimed"] = []
    (tmp_path / "changed.jsonl").write_bytes(b"\n".join([json.dumps(case).encode(), *lines[1:]]))
    result = invoke("conform", "claims", "changed.jsonl")
    assert result.code == 1
    assert "case 1 differs" in result.out
    assert result.out.endswith("agree 2 of 3\n")


@pytest.mark.parametrize("engine", ["reference", "kernel"])
def test_conform_names_every_case_that_differs_and_shows_where_the_first_do(invoke, tmp_path: Path, engine: str):
    cases = [json.loads(line) for line in gzip.decompress((RECORDINGS / "claims.jsonl.gz").read_bytes()).splitlines()[:9]]
    for number, case in enumerate(cases):
        case["id"] = f"held-back-{number}"
        case["final"] = case["final"][:-1] if number != 4 else case["final"]
    (tmp_path / "changed.jsonl").write_text("\n".join(map(json.dumps, cases)))
    result = invoke("conform", "claims", "changed.jsonl", "--engine", engine, "--show", "2")
    assert result.code == 1
    named = [line for line in result.out.splitlines() if line.endswith("differs")]
    assert named == [f"changed.jsonl: case held-back-{number} differs" for number in (0, 1, 2, 3, 5, 6, 7, 8)]
    assert result.out.count("the final states differ") == 2
    assert result.out.endswith("agree 1 of 9\n")


def test_conform_does_not_agree_with_nothing(invoke, tmp_path: Path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    assert invoke("conform", "claims", "empty.jsonl").code == 1


def test_the_schema_is_a_json_schema_that_knows_the_keys(invoke):
    schema = json.loads(invoke("schema").out)
    assert {"projects", "workers", "horizon", "slos"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_scenario_opens_with_its_question_and_runs(invoke, path: Path):
    first = path.read_text().splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith("?")
    assert invoke("run", path, "--no-charts", "--horizon", "1h").code in (0, 98, 99)


def test_the_demo_compares_three_deployments_in_two_pictures(invoke, tmp_path: Path):
    text = (SCENARIOS / "ethiopia_sync.yaml").read_text().replace("horizon: 24h", "horizon: 1h")
    (tmp_path / "incident.yaml").write_text(text)
    result = invoke("demo", "incident.yaml", "--out", "demo")
    assert result.code == 0
    for label in ("as it was", "Fast Lanes, same pool", "fast_lane:1 manual>*:4"):
        assert sum(line.split("  ")[0].strip() == label for line in result.out.splitlines()) == 2, "notifications on and off"
    assert sorted(path.name for path in Path("demo").iterdir()) == ["incident_notifications_off.png", "incident_notifications_on.png"]


def test_a_ctrl_c_that_comes_early_has_the_code_of_an_interrupt(invoke, monkeypatch: pytest.MonkeyPatch):
    """Typer makes 130 of it where no command has caught it; ours is 105."""

    def interrupted(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fastlanes_sim.api.verbs.load_scenario", interrupted)
    outcome = invoke("run", SCENARIOS / "quickstart.yaml")
    assert outcome.code == 105
    assert outcome.err == "Interrupted before there was anything to show.\n"


def test_the_demo_says_nothing_before_it_has_found_its_scenario(invoke):
    outcome = invoke("demo")
    assert (outcome.code, outcome.out) == (104, "")
    assert "scenarios/ethiopia_sync.yaml: there is no such file" in outcome.err
