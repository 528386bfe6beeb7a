"""Random tables of runs, their limits, and what claims ask for."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.rules.claim import Limits
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from tests.support.claims_in_sql import MISSING

QUEUES = ["default", "fast_lane", "manual"]
raw_queues = st.one_of(
    st.lists(st.sampled_from([*QUEUES, "*"]), min_size=1, max_size=4),
    st.sampled_from([["*"], ["manual", "*"], ["fast_lane"], ["fast_lane", "*", "manual"], ["express"], ["express", "*", "default", "*"]]),
    st.sampled_from([MISSING, None, "manual", "*", 7, True, {"0": "manual"}, [], ["fast_lane", 1], [None], [["fast_lane"]]]),
)
limit = st.sampled_from([None, None, 0, 1, 2, 3, 5, 10])


@st.composite
def any_limits(draw: st.DrawFn) -> Limits:
    projects = {project: draw(limit) for project in range(1, draw(st.integers(1, 3)) + 1)}
    workflows = {workflow: draw(limit) for workflow in range(101, 101 + draw(st.integers(1, 5)))}
    return Limits(
        run_queue=draw(st.sampled_from([RunQueue.FIFO, RunQueue.FIFO, RunQueue.FASTER_FIFO, RunQueue.ROUND_ROBIN])),
        ruleset=draw(st.sampled_from(Ruleset)),
        claim_limit=draw(st.sampled_from([1, 2, 5, 10, 50])),
        workflow_concurrency=workflows,
        workflow_project={workflow: draw(st.sampled_from(sorted(projects))) for workflow in workflows},
        project_concurrency=projects,
    )


def random_row(run_id: int, inserted_at: int, limits: Limits, shape: random.Random, busy: float) -> RunRow:
    """Any run. A share `busy` of them is under way already; `shape` was drawn by Hypothesis."""
    state = shape.choice([State.CLAIMED, State.STARTED]) if shape.random() < busy else State.AVAILABLE
    workflow = shape.choice(list(limits.workflow_concurrency))
    return RunRow(run_id, workflow, state, shape.choice(QUEUES), shape.choice([0, 1]), inserted_at)
