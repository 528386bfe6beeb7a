"""The recorded cases of the real PostgreSQL and the real worker: all of them, unchanged, agreed with."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from fastlanes_sim.conformance import claims, lives, worker, workloops
from fastlanes_sim.conformance.case_result import CaseResult
from fastlanes_sim.core.errors import ConformanceError

HERE = Path(__file__).parent
CHECKSUMS = {name: sha for sha, name in (line.split() for line in (HERE / "SHA256SUMS").read_text().splitlines())}


@pytest.mark.parametrize("name", ["claims.jsonl", "lives.jsonl", "worker.jsonl", "worker-2.jsonl", "workloops.json"])
def test_the_recordings_are_here_and_unchanged(name: str):
    content = gzip.decompress((HERE / f"{name}.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize(
    ("replay", "name", "cases", "engine"),
    [
        (claims.replay, "claims.jsonl.gz", 1500, "reference"),
        (claims.replay, "claims.jsonl.gz", 1500, "kernel"),
        (worker.replay, "worker.jsonl.gz", 180, "reference"),
        (worker.replay, "worker.jsonl.gz", 180, "kernel"),
        (worker.replay, "worker-2.jsonl.gz", 250, "reference"),
        (worker.replay, "worker-2.jsonl.gz", 250, "kernel"),
        (lives.replay, "lives.jsonl.gz", 275, "reference"),
        (lives.replay, "lives.jsonl.gz", 275, "kernel"),
    ],
)
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


@pytest.mark.parametrize("replay", [claims.replay, worker.replay])
def test_what_else_is_written_in_a_case_does_not_matter(replay, tmp_path: Path):
    """A field that nobody knows, the columns in another order, and what Windows does to a file."""
    case = first_case("claims.jsonl.gz" if replay is claims.replay else "worker.jsonl.gz")
    case["remark"] = "?"
    if replay is worker.replay:
        case["params"]["weather"] = case["params"]["workers"][0]["weather"] = "rain"
        case["claims_cols"].reverse()
        case["claims"] = [row[::-1] for row in case["claims"]]
    (tmp_path / "case.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(case).encode() + b"\r\n\r\n")
    for engine in ("reference", "kernel"):
        assert_all_agree(list(replay(tmp_path / "case.jsonl", engine)), 1)


def test_a_long_file_is_read_as_it_is_replayed(tmp_path: Path):
    """What can be read is compared, before the file is found to end too early."""
    whole = (HERE / "claims.jsonl.gz").read_bytes()
    (tmp_path / "torn.jsonl.gz").write_bytes(whole[: len(whole) // 20])
    results = claims.replay(tmp_path / "torn.jsonl.gz")
    assert next(results).agrees
    with pytest.raises(ConformanceError, match=r"torn\.jsonl\.gz: cannot be read"):
        list(results)


@pytest.mark.parametrize("engine", ["reference", "kernel"])
@pytest.mark.parametrize(
    ("layout", "told"),
    [("*:5 b", "missing :<count> suffix"), ("*:9007199254740991", "more than 100,000 slots in one worker"), (5, "AttributeError")],
)
def test_a_timeline_of_a_worker_that_cannot_be_is_refused_with_its_place(tmp_path: Path, layout: object, told: str, engine: str):
    case = first_case("worker.jsonl.gz")
    case["params"]["workers"][0]["workloops"] = layout
    (tmp_path / "broken.jsonl").write_text(json.dumps(case))
    with pytest.raises(ConformanceError, match=rf"broken\.jsonl:1: not a recorded timeline: .*{told}"):
        list(worker.replay(tmp_path / "broken.jsonl", engine))


@pytest.mark.parametrize("replay", [claims.replay, worker.replay, workloops.replay])
@pytest.mark.parametrize("content", [b"not json\n", b"[1, 2]\n", b'{"id": 1}\n', b"\xff\xfe"])
def test_what_is_no_recording_is_refused_with_its_place(replay, content: bytes, tmp_path: Path):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(ConformanceError, match="broken"):
        list(replay(path))
