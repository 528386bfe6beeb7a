"""Recorded claims of a real PostgreSQL, replayed through an engine's table of runs (claims.schema.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from fastlanes_sim.conformance.case_result import CaseResult
from fastlanes_sim.conformance.recordings import HINT, numbered_lines
from fastlanes_sim.core.errors import ConformanceError
from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.engines.selection import Engine, resolve
from fastlanes_sim.rules.claim import Limits, sanitise_queues
from fastlanes_sim.rules.lifecycle import ACTIVE, State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue


class Rows(Protocol):
    """An engine's table of active runs."""

    def insert(self, run_id: int, workflow: int, state: State, queue: str, priority: int, inserted_at: int) -> None: ...
    def claim(self, queues: Sequence[str], demand: int) -> list[int]: ...
    def start(self, run_id: int) -> bool: ...
    def finish(self, run_id: int, state: State) -> bool: ...


class ReferenceRows:
    """The reference engine's."""

    def __init__(self, limits: Limits) -> None:
        self._table = Table(limits)

    def insert(self, run_id: int, workflow: int, state: State, queue: str, priority: int, inserted_at: int) -> None:
        self._table.insert(RunRow(run_id, workflow, state, queue, priority, inserted_at))

    def claim(self, queues: Sequence[str], demand: int) -> list[int]:
        return [run.id for run in self._table.claim(queues, demand)]

    def start(self, run_id: int) -> bool:
        return self._table.start(run_id)

    def finish(self, run_id: int, state: State) -> bool:
        return self._table.finish(run_id, state)


def rows_of(engine: Engine) -> Callable[[Limits], Rows]:
    """How an engine's table of active runs is made; for "auto" the kernel's.

    Raises:
        EngineError: the kernel was asked for and cannot be had.
    """
    if resolve(engine) == "reference":
        return ReferenceRows
    from fastlanes_sim.engines.kernel.claim_table import Rows as KernelRows

    return KernelRows


def replay(path: Path, engine: Engine = "reference") -> Iterator[CaseResult]:
    """Each case of a file of recorded claims: what was claimed in which order, what was allowed, and the final states.

    Raises:
        ConformanceError: a line that is not a recorded case.
    """
    make = rows_of(engine)
    for number, line in numbered_lines(path):
        try:
            result = compare(json.loads(line), make)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ConformanceError(f"{path}:{number}: not a recorded case of claims: {type(error).__name__}: {error}", HINT) from error
        yield result


def compare(case: dict[str, Any], make: Callable[[Limits], Rows] = ReferenceRows) -> CaseResult:
    """Play one case's operations in order and list where the answers part."""
    database = _Database(case, make)
    differences = []
    for place, op in enumerate(case["ops"]):
        for key, ours in database.answer(op).items():
            if ours != op[key]:
                differences.append(f"ops[{place}] {op['op']}: {key} recorded {op[key]}, ours {ours}")
    if database.final() != case["final"]:
        differences.append("the final states differ")
    return CaseResult(str(case["id"]), not differences, tuple(differences))


class _Database:
    """Answers a case's operations from an engine's table. The table forgets runs that have ended; their states are remembered here."""

    def __init__(self, case: dict[str, Any], make: Callable[[Limits], Rows]) -> None:
        self._rows = make(
            Limits(
                run_queue=RunQueue(case["qclass"]),
                ruleset=Ruleset.PR_4515,
                claim_limit=case["pwl"],
                workflow_concurrency={workflow: limit for workflow, _, limit in case["workflows"]},
                workflow_project={workflow: project for workflow, project, _ in case["workflows"]},
                project_concurrency={project: limit for project, limit in case["projects"]},  # noqa: C416 (it checks the shape)
            )
        )
        self._states: dict[int, State] = {}
        for run in case["runs"]:
            self._insert(run)

    def answer(self, op: dict[str, Any]) -> dict[str, Any]:
        """What the database would say: the recorded keys of this operation, with our values."""
        match op["op"]:
            case "claim":
                claimed = self._rows.claim(sanitise_queues(op.get("queues")), op["demand"])
                self._states |= dict.fromkeys(claimed, State.CLAIMED)
                return {"claimed": claimed}
            case "start":
                return {"ok": self._move(op["id"], State.STARTED, self._rows.start(op["id"]))}
            case "finish":
                state = State[op["state"].upper()]
                return {"ok": self._move(op["id"], state, self._rows.finish(op["id"], state))}
            case "insert":
                self._insert(op["run"])
                return {}
            case other:
                raise ValueError(f"unknown operation {other!r}")

    def final(self) -> list[list[Any]]:
        return [[run_id, self._states[run_id].name.lower()] for run_id in sorted(self._states)]

    def _move(self, run_id: int, state: State, moved: bool) -> bool:
        if moved:
            self._states[run_id] = state
        return moved

    def _insert(self, run: list[Any]) -> None:
        run_id, workflow, name, queue, priority, inserted_at = run
        state = self._states[run_id] = State[name.upper()]
        if state in ACTIVE:
            self._rows.insert(run_id, workflow, state, queue, priority, inserted_at)
