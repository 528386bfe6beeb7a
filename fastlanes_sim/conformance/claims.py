"""Recorded claims of a real PostgreSQL, replayed through the rules and the model's table (claims.schema.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastlanes_sim.conformance.lines import numbered_lines
from fastlanes_sim.conformance.report import CaseResult
from fastlanes_sim.errors import ConformanceError
from fastlanes_sim.model.table import RunRow, Table
from fastlanes_sim.rules.claim import Limits, sanitise_queues
from fastlanes_sim.rules.lifecycle import ACTIVE, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue


def replay(path: Path) -> Iterator[CaseResult]:
    """Each case of a file of recorded claims: what was claimed in which order, what was allowed, and the final states.

    Raises:
        ConformanceError: a line that is not a recorded case.
    """
    for number, line in numbered_lines(path):
        try:
            result = compare(json.loads(line))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ConformanceError(f"{path}:{number}: not a recorded case of claims: {type(error).__name__}: {error}") from error
        yield result


def compare(case: dict[str, Any]) -> CaseResult:
    """Play one case's operations in order and list where the answers part."""
    database = _Database(case)
    differences = []
    for place, op in enumerate(case["ops"]):
        for key, ours in database.answer(op).items():
            if ours != op[key]:
                differences.append(f"ops[{place}] {op['op']}: {key} recorded {op[key]}, ours {ours}")
    if database.final() != case["final"]:
        differences.append("the final states differ")
    return CaseResult(str(case["id"]), not differences, tuple(differences))


class _Database:
    """Answers a case's operations from the model's table. Finished runs are remembered here, the table forgets them."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._table = Table(
            Limits(
                run_queue=RunQueue(case["qclass"]),
                ruleset=Ruleset.PR_4515,
                claim_limit=case["pwl"],
                workflow_concurrency={workflow: limit for workflow, _, limit in case["workflows"]},
                workflow_project={workflow: project for workflow, project, _ in case["workflows"]},
                project_concurrency={project: limit for project, limit in case["projects"]},  # noqa: C416 (it checks the shape)
            )
        )
        self._rows: dict[int, RunRow] = {}
        for run in case["runs"]:
            self._insert(run)

    def answer(self, op: dict[str, Any]) -> dict[str, Any]:
        """What the database would say: the recorded keys of this operation, with our values."""
        match op["op"]:
            case "claim":
                return {"claimed": [run.id for run in self._table.claim(sanitise_queues(op.get("queues")), op["demand"])]}
            case "start":
                return {"ok": self._table.start(op["id"])}
            case "finish":
                return {"ok": self._table.finish(op["id"], State[op["state"].upper()])}
            case "insert":
                self._insert(op["run"])
                return {}
            case other:
                raise ValueError(f"unknown operation {other!r}")

    def final(self) -> list[list[Any]]:
        return [[run_id, self._rows[run_id].state.name.lower()] for run_id in sorted(self._rows)]

    def _insert(self, run: list[Any]) -> None:
        run_id, workflow, state, queue, priority, inserted_at = run
        row = RunRow(run_id, workflow, State[state.upper()], queue, priority, inserted_at)
        self._rows[run_id] = row
        if row.state in ACTIVE:
            self._table.insert(row)
