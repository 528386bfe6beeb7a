"""The claim rules kept incrementally against the same rules computed from scratch: any rows, in any order of insertion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.conformance.claims import ReferenceRows
from fastlanes_sim.engines.kernel.claim_table import Rows
from fastlanes_sim.rules.claim import Limits
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue

QUEUES = ["default", "fast_lane", "manual"]
ASKED = [
    ("manual", "*"),
    ("*",),
    ("fast_lane",),
    ("default", "manual"),
    ("fast_lane", "*"),
    ("*", "manual"),
    ("unknown",),
    ("unknown", "*"),
]


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    some = st.sampled_from([None, None, 0, 1, 2, 4])
    return Limits(
        run_queue=draw(st.sampled_from(list(RunQueue))),
        ruleset=draw(st.sampled_from(list(Ruleset))),
        claim_limit=draw(st.sampled_from([1, 2, 5, 50])),
        workflow_concurrency={workflow: draw(some) for workflow in (11, 12, 13, 14)},
        workflow_project={11: 1, 12: 1, 13: 2, 14: 3},
        project_concurrency={project: draw(some) for project in (1, 2, 3)},
    )


@st.composite
def operations(draw: st.DrawFn) -> list[tuple]:
    count = draw(st.integers(1, 40))
    times = draw(st.permutations(range(count)))  # not the order of insertion: older rows may come late
    ops: list[tuple] = []
    for run in range(count):
        state = draw(st.sampled_from([State.AVAILABLE, State.AVAILABLE, State.AVAILABLE, State.CLAIMED, State.STARTED]))
        ops.append(
            (
                "insert",
                run,
                draw(st.sampled_from([11, 12, 13, 14])),
                state,
                draw(st.sampled_from(QUEUES)),
                draw(st.integers(0, 1)),
                times[run],
            )
        )
        for _ in range(draw(st.integers(0, 2))):
            which = draw(st.sampled_from(["claim", "start", "finish", "finish"]))
            target = draw(st.integers(0, count))
            ops.append(
                {
                    "claim": ("claim", draw(st.sampled_from(ASKED)), 1),
                    "start": ("start", target),
                    "finish": ("finish", target, draw(st.sampled_from([State.SUCCESS, State.LOST, State.STARTED]))),
                }[which]
            )
    return ops


@given(limits(), operations())
def test_both_tables_give_the_same_answers(limited: Limits, ops: list[tuple]):
    reference, kernel = ReferenceRows(limited), Rows(limited)
    for name, *arguments in ops:
        assert getattr(kernel, name)(*arguments) == getattr(reference, name)(*arguments), (name, arguments)
    for asked in ASKED:  # whatever is left
        while expected := reference.claim(asked, 1):
            assert kernel.claim(asked, 1) == expected
        assert not kernel.claim(asked, 1)


def test_a_demand_of_three_is_three_claims():
    limited = Limits(RunQueue.FIFO, Ruleset.PR_4515, 50, {1: 2}, {1: 1}, {1: None})
    reference, kernel = ReferenceRows(limited), Rows(limited)
    for rows in (reference, kernel):
        for run, queue in enumerate(["default", "manual", "default", "fast_lane", "default"]):
            rows.insert(run, 1, State.AVAILABLE, queue, 1, run)
    # L-14: numbers 1 and 2 fit, the fast lane bypasses; the claim prefers manual.
    assert reference.claim(["manual", "*"], 3) == kernel.claim(["manual", "*"], 3) == [1, 0, 3]


def test_in_round_robin_the_kernel_answers_one_run_at_a_time():
    """L-16: a claim's turns are counted once for all that it takes, and each claim moves those of the next. A worker asks for one (W-1)."""
    rows = Rows(Limits(RunQueue.ROUND_ROBIN, Ruleset.PR_4515, 50, {1: None}, {1: 1}, {1: None}))
    rows.insert(1, 1, State.AVAILABLE, "default", 1, 1)
    with pytest.raises(ValueError, match="demand 1, not 2"):
        rows.claim(["*"], 2)
    assert rows.claim(["*"], 1) == [1]
