"""Which runs a claim takes (L-5 to L-16), to be read beside the specification.

Everything is computed from the active runs as they stand at the instant of the claim. Obvious before fast: the compiled
kernel keeps the same answers incrementally, and is held equal to this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, TypeVar

from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.layout_parser import WILDCARD
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue

DEFAULT_QUEUES = ("manual", WILDCARD)
"""L-5: what a claim without a usable list of queues asks for."""


class Run(Protocol):
    """What the rules know of an active run. `id` is the order of creation (L-22)."""

    @property
    def id(self) -> int: ...
    @property
    def workflow(self) -> int: ...
    @property
    def state(self) -> State: ...
    @property
    def queue(self) -> str: ...
    @property
    def priority(self) -> int: ...
    @property
    def inserted_at(self) -> int: ...


R = TypeVar("R", bound=Run)
Order = Callable[[Any], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a planner sets that the claim depends on. Workflows and projects go by number."""

    run_queue: RunQueue
    ruleset: Ruleset
    claim_limit: int
    """PER_WORKFLOW_CLAIM_LIMIT (L-11)."""
    workflow_concurrency: Mapping[int, int | None]
    workflow_project: Mapping[int, int]
    project_concurrency: Mapping[int, int | None]


def sanitise_queues(raw: object) -> tuple[str, ...]:
    """L-5: the `queues` of a claim message; anything but a filled list of strings is `["manual", "*"]`."""
    if isinstance(raw, (list, tuple)) and raw and all(isinstance(name, str) for name in raw):
        return tuple(raw)
    return DEFAULT_QUEUES


def stored_worker_name(name: str) -> str | None:
    """L-5: the `worker_name` that a claimed run gets; an empty name is stored as null."""
    return name or None


def select(active: Iterable[R], queues: Sequence[str], demand: int, limits: Limits, last_project: int | None = None) -> list[R]:
    """L-10: the runs that a claim takes, in order; at most `demand`. Nothing is changed.

    `last_project` is the project that round robin served last (L-16).
    """
    if not limits.ruleset.has_queues:
        queues = (WILDCARD,)
    candidates = [run for run in eligible(active, limits) if passes_filter(run.queue, queues)]
    candidates.sort(key=base_order(limits.ruleset))
    if limits.run_queue is RunQueue.ROUND_ROBIN:
        candidates = in_turns(candidates, limits.workflow_project, last_project)
    # L-9: the sort is stable, so the base order remains as the tie-break.
    candidates.sort(key=lambda run: queue_rank(run.queue, queues))
    return candidates[:demand]


# --- which queues, in which order ---


def passes_filter(queue: str, queues: Sequence[str]) -> bool:
    """L-6: without a `*` in the list, only queues in the list. L-7: with one, every queue."""
    return WILDCARD in queues or queue in queues


def queue_rank(queue: str, queues: Sequence[str]) -> int:
    """L-7: in preference mode the first position of the queue's name, or that of the first `*`. L-6: a filter does not rank."""
    if WILDCARD not in queues:
        return 0
    # Literally named "*", a queue would still stand at the first `*`.
    return queues.index(queue if queue in queues else WILDCARD)


def base_order(ruleset: Ruleset) -> Order:
    """L-9: priority, then insertion; equal insertions in order of creation (L-22)."""
    if ruleset.has_priority:
        return lambda run: (run.priority, run.inserted_at, run.id)
    return by_insertion


def by_insertion(run: Run) -> tuple[int, ...]:
    return (run.inserted_at, run.id)


def in_turns(ordered: Sequence[R], project_of: Mapping[int, int], last_project: int | None) -> list[R]:
    """L-16, an assumption: projects take turns in id order, beginning after the one served last; inside a project L-9."""
    waiting: dict[int, list[R]] = {}
    for run in ordered:
        waiting.setdefault(project_of[run.workflow], []).append(run)
    after_last = sorted(waiting, key=lambda project: (last_project is not None and project <= last_project, project))
    rounds = max((len(runs) for runs in waiting.values()), default=0)
    return [waiting[project][turn] for turn in range(rounds) for project in after_last if turn < len(waiting[project])]


# --- which runs are eligible ---


def eligible(active: Iterable[R], limits: Limits) -> list[R]:
    """L-14: available, and in the fast lane, or without a limit, or numbered within it."""
    if limits.run_queue is RunQueue.FASTER_FIFO:
        return [run for run in active if run.state is State.AVAILABLE]
    return [
        run
        for run, number in numbered(within_claim_limit(active, limits), limits)
        if run.state is State.AVAILABLE and (bypasses(run, limits.ruleset) or fits(number, concurrency(run.workflow, limits)))
    ]


def within_claim_limit(active: Iterable[R], limits: Limits) -> list[R]:
    """L-11: per workflow the first `claim_limit` active runs by (priority, insertion). The rest are invisible, fast lane or not."""
    order = base_order(limits.ruleset)
    kept: list[R] = []
    for _, runs in _grouped(active, lambda run: run.workflow):
        if len(runs) > limits.claim_limit:
            runs = sorted(runs, key=order)[: limits.claim_limit]
        kept += runs
    return kept


def numbered(kept: Iterable[R], limits: Limits) -> list[tuple[R, int]]:
    """L-13, L-15: each partition's runs, numbered from 1 by insertion alone, whatever their state or queue."""
    return [
        (run, number)
        for _, runs in _grouped(kept, lambda run: partition(run.workflow, limits))
        for number, run in enumerate(sorted(runs, key=by_insertion), 1)
    ]


def concurrency(workflow: int, limits: Limits) -> int | None:
    """L-12: the workflow's own limit or, where it has none, its project's; None: no limit."""
    own = limits.workflow_concurrency[workflow]
    return limits.project_concurrency[limits.workflow_project[workflow]] if own is None else own


def partition(workflow: int, limits: Limits) -> tuple[str, int]:
    """L-12: the workflow where it has a limit of its own, otherwise the project."""
    if limits.workflow_concurrency[workflow] is not None:
        return ("workflow", workflow)
    return ("project", limits.workflow_project[workflow])


def bypasses(run: Run, ruleset: Ruleset) -> bool:
    """L-14: the concurrency bypass of the fast lane."""
    return ruleset.has_bypass and run.queue == Queue.FAST_LANE.label


def fits(number: int, limit: int | None) -> bool:
    return limit is None or number <= limit


def _grouped(runs: Iterable[R], key: Callable[[R], Any]) -> Iterable[tuple[Any, list[R]]]:
    """The runs by `key`, each group in the order given."""
    return [(group, list(members)) for group, members in groupby(sorted(runs, key=key), key)]
