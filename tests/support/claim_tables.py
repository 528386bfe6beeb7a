"""Small tables of runs, and which of them a claim takes, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastlanes_sim.rules.claim import Limits, select
from fastlanes_sim.rules.creation import IMMEDIATE, NORMAL
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue


@dataclass(frozen=True)
class Row:
    """One run of a table. Tables number their rows in the order of creation (L-22)."""

    name: str
    queue: str
    priority: int
    workflow: int
    state: State
    inserted_at: int
    id: int = 0


def run(
    name: str, at: int, queue: str = "default", *, priority: int | None = None, workflow: int = 1, state: State = State.AVAILABLE
) -> Row:
    """A run inserted `at` that many µs; without a priority of its own it has the one its queue usually brings (L-3)."""
    if priority is None:
        priority = IMMEDIATE if queue == "manual" else NORMAL
    return Row(name, queue, priority, workflow, state, at)


def runs(prefix: str, count: int, *, since: int = 1, queue: str = "default", **more: int | State) -> list[Row]:
    """`count` runs, prefix1, prefix2 and so on, a microsecond apart."""
    return [run(f"{prefix}{number}", since + number - 1, queue, **more) for number in range(1, count + 1)]


def limits(
    workflows: Mapping[int, tuple[int, int | None]] | None = None,
    projects: Mapping[int, int | None] | None = None,
    *,
    claim_limit: int = 50,
    run_queue: RunQueue = RunQueue.FIFO,
    ruleset: Ruleset = Ruleset.PR_4515,
) -> Limits:
    """`workflows`: number → (project, concurrency). Unless told otherwise workflow 1 of project 1, nothing limited but by L-11."""
    workflows = workflows or {1: (1, None)}
    return Limits(
        run_queue=run_queue,
        ruleset=ruleset,
        claim_limit=claim_limit,
        workflow_concurrency={number: concurrency for number, (_, concurrency) in workflows.items()},
        workflow_project={number: project for number, (project, _) in workflows.items()},
        project_concurrency={project: None for project, _ in workflows.values()} | dict(projects or {}),
    )


def taken(
    table: Sequence[Row],
    queues: Sequence[str] = ("*",),
    demand: int = 1_000,
    under: Limits | None = None,
    last_project: int | None = None,
) -> list[str]:
    """The names of the runs that a claim takes, in order. The rows are in the order of creation."""
    active = [replace(row, id=number) for number, row in enumerate(table)]
    return [row.name for row in select(active, queues, demand, under or limits(), last_project)]
