"""The recorded answers of the real worker's parser and command line: all of them agree."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.conformance.workloops import replay
from fastlanes_sim.core.errors import ConformanceError

RECORDING = Path(__file__).with_name("workloops.json.gz")


@pytest.fixture(scope="module")
def recording() -> dict[str, Any]:
    return json.loads(gzip.decompress(RECORDING.read_bytes()))


def test_every_recorded_answer_agrees(recording: dict[str, Any]) -> None:
    results = list(replay(RECORDING))
    assert len(results) == sum(len(recording[section]) for section in ("parse", "default_config", "cli"))
    assert [result for result in results if not result.agrees] == []


@pytest.mark.parametrize(
    ("section", "number", "field", "wrong"),
    [
        ("parse", 0, "effective_capacity", 6),
        ("parse", 0, "warnings", ["Warning: a"]),
        ("parse", 6, "error", {"name": "Error", "message": "Workloop configuration cannot be empty"}),
        ("default_config", 0, "config", "manual>*:6"),
        ("cli", 0, "workloop_config", "*:7"),
        ("cli", 0, "startup_error", "Error: a"),
    ],
)
def test_any_other_answer_is_found(tmp_path: Path, recording: dict[str, Any], section: str, number: int, field: str, wrong: object) -> None:
    changed = json.loads(json.dumps(recording))
    changed[section][number][field] = wrong
    path = tmp_path / "workloops.json"
    path.write_text(json.dumps(changed), encoding="utf-8")
    different = [result for result in replay(path) if not result.agrees]
    assert len(different) == 1
    assert different[0].case.startswith(f"{section}:{number}")
    assert different[0].differences[0].startswith(field)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"parse": [{}], "default_config": [], "cli": []}', '{"parse": 1}'])
def test_what_is_no_recording_is_told_by_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConformanceError, match=r"broken\.json"):
        list(replay(path))


def test_a_recording_may_have_some_of_the_sections(tmp_path: Path, recording: dict[str, Any]) -> None:
    path = tmp_path / "cli.json"
    path.write_text(json.dumps({"cli": recording["cli"]}), encoding="utf-8")
    assert [result.agrees for result in replay(path)] == [True] * len(recording["cli"])


def test_a_default_capacity_may_be_of_any_kind(tmp_path: Path) -> None:
    """W-18: a flag given twice is a list. The layout made of it spells it as JavaScript does."""
    error = 'Invalid count "3,4" in token "manual>*:3,4": must be a positive integer'
    answer = {"capacity": [3, 4], "config": "manual>*:3,4", "ok": False, "error": error}
    path = tmp_path / "twice.json"
    path.write_text(json.dumps({"default_config": [answer]}), encoding="utf-8")
    assert [result.differences for result in replay(path)] == [()]
