"""The recordings of whole lives against a statement of the rules that was made from their text alone: every row of every case."""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from . import lives_statement
from .lives_statement import play

RECORDING = Path(__file__).with_name("lives.jsonl.gz")
COMPARED = ("conn_events", "claims", "lives", "work_available", "exits", "slots")
REGIMES = {
    "light": 21,
    "saturated": 24,
    "slow_claims": 22,
    "mixed_claims": 12,
    "outage_short": 16,
    "outage_middle": 25,
    "outage_long": 21,
    "sigterm": 26,
    "rolling": 13,
    "zero": 10,
    "errors": 11,
    "silence": 13,
    "slow_telling": 21,
    "claim_timeout": 10,
    "overlap": 11,
    "sigterm_edge": 10,
    "rejoin": 9,
}


@cache
def lines() -> dict[str, list[str]]:
    """Cases by regime, unread: as text they cost the garbage collector nothing."""
    found: dict[str, list[str]] = {}
    with gzip.open(RECORDING, "rt", encoding="utf-8") as recording:
        for line in recording:
            found.setdefault(json.loads(line)["regime"], []).append(line)
    return found


def recorded(*regimes: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for regime in regimes for line in lines()[regime])


def differences(case: dict[str, Any], stated: dict[str, Any]) -> Iterator[str]:
    """The first row of each kind that differs."""
    for kind in COMPARED:
        theirs, ours = case[kind], stated[kind]
        for row in range(max(len(theirs), len(ours))):
            if theirs[row : row + 1] != ours[row : row + 1]:
                yield f"{case['id']}: {kind}[{row}]: recorded {theirs[row : row + 1]}, stated {ours[row : row + 1]}"
                break


def test_there_are_no_other_regimes():
    assert {regime: len(cases) for regime, cases in lines().items()} == REGIMES


@pytest.mark.parametrize("regime", REGIMES)
def test_every_recorded_case_agrees(regime: str):
    for case in recorded(regime):
        difference = next(differences(case, play(case["params"])), None)
        assert difference is None, difference


def test_the_columns_are_those_that_are_stated():
    claims = "push_ms worker workloop segment attempt wire_ms begin_ms server_ms reply_ms run error lost"
    until_engine = "id claimed_ms worker workloop received_ms joined_ms planned_ms executed_ms"
    from_engine = "start_ms end_ms completed_ms told_ms freed_ms messages timeouts"
    columns = {(" ".join(case["claims_cols"]), " ".join(case["lives_cols"])) for case in recorded(*REGIMES)}
    assert columns == {(claims, f"{until_engine} {from_engine}")}


@pytest.mark.parametrize("kind", COMPARED)
def test_a_wrong_row_is_noticed_and_so_is_one_too_many(kind: str):
    case = next(case for case in recorded(*REGIMES) if case[kind])
    stated = play(case["params"])
    assert list(differences(case, stated)) == []
    last = case[kind].pop()
    assert list(differences(case, stated)) == [f"{case['id']}: {kind}[{len(case[kind])}]: recorded [], stated [{last}]"]


def test_the_statement_shares_nothing_with_what_it_judges():
    imports = [
        node for node in ast.walk(ast.parse(Path(lives_statement.__file__).read_text())) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = {
        name for node in imports for name in ([node.module] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert names == {"__future__", "collections", "collections.abc", "heapq", "itertools", "types", "typing"}
