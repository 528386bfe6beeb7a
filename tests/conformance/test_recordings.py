"""The recorded cases of the real PostgreSQL and the real worker: all of them, unchanged, agreed with."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from fastlanes_sim.conformance import claims, worker, workloops
from fastlanes_sim.conformance.report import CaseResult
from fastlanes_sim.errors import ConformanceError

HERE = Path(__file__).parent
CHECKSUMS = {name: sha for sha, name in (line.split() for line in (HERE / "SHA256SUMS").read_text().splitlines())}


@pytest.mark.parametrize("name", ["claims.jsonl", "worker.jsonl", "workloops.json"])
def test_the_recordings_are_here_and_unchanged(name: str):
    content = gzip.decompress((HERE / f"{name}.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize("engine", ["model", "kernel"])
@pytest.mark.parametrize(("replay", "name", "cases"), [(claims.replay, "claims.jsonl.gz", 1500), (worker.replay, "worker.jsonl.gz", 180)])
def test_every_recorded_case_agrees_with_both_engines(replay, name: str, cases: int, engine: str):
    assert_all_agree(list(replay(HERE / name, engine)), cases)


def test_every_recorded_layout_and_command_line_agrees():
    assert_all_agree(list(workloops.replay(HERE / "workloops.json.gz")), 180)


def assert_all_agree(results: list[CaseResult], cases: int) -> None:
    assert [(result.case, result.differences) for result in results if not result.agrees] == []
    assert len(results) == cases


def first_case(name: str) -> dict:
    return json.loads(gzip.decompress((HERE / name).read_bytes()).split(b"\n")[0])


def test_a_wrong_claim_is_noticed():
    case = first_case("claims.jsonl.gz")
    case["ops"][0]["claimed"] = [10]
    assert claims.compare(case).differences == ("ops[0] claim: claimed recorded [10], ours [9]",)


def test_a_claim_a_millisecond_late_is_noticed():
    case = first_case("worker.jsonl.gz")
    case["claims"][3][0] += 1
    result = worker.compare(case)
    assert not result.agrees
    assert result.differences[0].startswith("claims[3]: recorded")


@pytest.mark.parametrize("replay", [claims.replay, worker.replay, workloops.replay])
@pytest.mark.parametrize("content", [b"not json\n", b"[1, 2]\n", b'{"id": 1}\n', b"\xff\xfe"])
def test_what_is_no_recording_is_refused_with_its_place(replay, content: bytes, tmp_path: Path):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(ConformanceError, match="broken"):
        list(replay(path))
