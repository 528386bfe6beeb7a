"""The kernel's table of runs, spoken to from Python: the claim rules alone, without time, as recorded claims want them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Lightning, Project, Worker, Workflow
from fastlanes_sim.engines.kernel import active_runs, event_loop, free_list, initial_state
from fastlanes_sim.engines.kernel.jit import entry
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.claim import Limits
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.layout_parser import ParsedWorkloop
from fastlanes_sim.rules.lifecycle import FINAL, State

_TAKE_PLACE, _INSERT, _CLAIM, _START, _FINISH = 0, 1, 2, 3, 4


class Rows:
    """Active runs under `limits`, as `engines.reference.active_runs.Table`. Ids are the caller's; insertion times must be distinct."""

    def __init__(self, limits: Limits) -> None:
        self._projects = {project: place for place, project in enumerate(sorted(limits.project_concurrency))}
        self._workflows = {workflow: place for place, workflow in enumerate(limits.workflow_concurrency)}
        self._has_queues = limits.ruleset.has_queues
        deployment = Deployment(
            projects=tuple(Project(str(project), limits.project_concurrency[project]) for project in self._projects),
            workflows=tuple(
                Workflow(str(workflow), self._projects[limits.workflow_project[workflow]], limits.workflow_concurrency[workflow])
                for workflow in self._workflows
            ),
            # One loop, which makes every claim; its queues are set before each.
            workers=(Worker("anyone", (ParsedWorkloop("any", ("*",), 1),)),),
            lightning=Lightning(ruleset=limits.ruleset, run_queue=limits.run_queue, claim_limit=limits.claim_limit),
        )
        self._world = initial_state.world_of(deployment, RunTable.empty(), RunLog.empty(0))
        self._room = 0  # insertions until somebody must look whether there is room for more
        self._places: dict[int, int] = {}
        self._ids: dict[int, int] = {}

    def insert(self, run_id: int, workflow: int, state: State, queue: str, priority: int, inserted_at: int) -> None:
        if not self._room:
            self._world = initial_state.grown(self._world)
            self._room = event_loop.ahead(int(self._world.clock[0].margin))
        self._room -= 1
        place = int(_operate(self._world, _TAKE_PLACE, NOBODY, NOBODY))
        run = self._world.runs[place]
        run.order = inserted_at
        run.workflow = self._workflows[workflow]
        run.queue = Queue.named(queue)
        run.rank = priority if self._world.lightning[0].has_priority else 0
        run.state = state
        self._places[run_id], self._ids[place] = place, run_id
        _operate(self._world, _INSERT, place, NOBODY)

    def claim(self, queues: Sequence[str], demand: int) -> list[int]:
        """The ids of the runs that it takes, in order. It is as many claims of demand 1, for a claim changes nobody else's eligibility.

        Raises:
            ValueError: a demand of more than 1 in round robin (L-16), where each claim moves the turns of those that follow. A worker's
                demand is always 1 (W-1).
        """
        if demand > 1 and self._world.lightning[0].is_round_robin:
            raise ValueError(f"the kernel's round robin answers claims of demand 1, not {demand}")
        self._world.loops["rank"][0] = initial_state.ranks(queues, self._has_queues)
        taken: list[int] = []
        while len(taken) < demand and (place := int(_operate(self._world, _CLAIM, NOBODY, NOBODY))) != NOBODY:
            taken.append(self._ids[place])
        return taken

    def start(self, run_id: int) -> bool:
        """claimed → started; False from any other state."""
        return run_id in self._places and bool(_operate(self._world, _START, self._places[run_id], NOBODY))

    def finish(self, run_id: int, state: State) -> bool:
        """claimed or started → a final state; False from any other."""
        if run_id not in self._places or state not in FINAL:
            return False
        return bool(_operate(self._world, _FINISH, self._places[run_id], int(state)))


@entry
def _operate(world: Any, operation: int, place: int, state: int) -> int:
    if operation == _CLAIM:
        return active_runs.claim(world, 0)
    if operation == _START:
        return 1 if active_runs.start(world, place) else 0
    if operation == _FINISH:
        return 1 if active_runs.finish(world, place, state) else 0
    if operation == _INSERT:
        active_runs.insert(world, place)
        return place
    world.counts[0].free_runs -= 1
    return free_list.take(world.runs)
