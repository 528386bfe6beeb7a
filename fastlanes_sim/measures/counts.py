"""Numbers of runs and of callers, as they stand at the end of the log. A new one is a line in `COUNTS`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.quantities import RUNS
from fastlanes_sim.measures.row import Better, Row
from fastlanes_sim.measures.scopes import Mask, Scope
from fastlanes_sim.rules.lifecycle import FAILURES, State


def _number(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _runs(observations: Observations, scope: Scope) -> int:
    return _number(observations.members(scope))


def _reached(column: str, observations: Observations, scope: Scope) -> int:
    return _number(observations.members(scope) & (getattr(observations.log, column) != NEVER))


def _open(observations: Observations, scope: Scope) -> int:
    return _number(observations.members(scope) & (observations.log.ended_at == NEVER))


def _in_state(states: tuple[State, ...], observations: Observations, scope: Scope) -> int:
    return _number(observations.members(scope) & np.isin(observations.log.state, states))


def _of_those_who_wait(answer: str, observations: Observations, scope: Scope) -> int:
    waited_for = observations.members(scope) & observations.table.sync
    return _number(waited_for & getattr(observations.answers, answer))


def _refused(observations: Observations, scope: Scope) -> int:
    return _number(observations.rows(scope) & (observations.answers.refused | observations.answers.unavailable))


def _of_requests(answer: str, observations: Observations, scope: Scope) -> int:
    return _number(observations.rows(scope) & getattr(observations.answers, answer))


def _gave_up(observations: Observations, scope: Scope) -> int:
    return observations.callers.gave_up(observations.rows(scope))


def _of_runs(observations: Observations, scope: Scope) -> Evidence:
    return Evidence(_runs(observations, scope))


def _of_callers(observations: Observations, scope: Scope) -> Evidence:
    return Evidence(_number(observations.members(scope) & observations.table.sync))


def _count(
    name: str, meaning: str, compute: Callable[[Observations, Scope], int], better: Better = "less", *, of_callers: bool = False
) -> Row:
    return Row(
        name, meaning, RUNS, compute, better, whose="caller" if of_callers else "run", evidence=_of_callers if of_callers else _of_runs
    )


COUNTS: dict[str, Row] = {
    row.name: row
    for row in (
        _count("runs", "created", _runs, better=None),
        _count("started", "started on a worker", partial(_reached, "started_at"), better=None),
        _count("ended", "in a final state, whichever", partial(_reached, "ended_at"), better=None),
        _count("lost", "given up by the janitor (L-18)", partial(_in_state, (State.LOST,))),
        _count("killed", "killed at their timeout (L-19)", partial(_in_state, (State.KILLED,))),
        _count("failed", "ended as failed, crashed or exception", partial(_in_state, tuple(FAILURES))),
        _count("open", "not in a final state at the end", _open),
        _count("gateway_timeouts", "sync callers that got a 504 (L-20)", partial(_of_those_who_wait, "timed_out"), of_callers=True),
        _count("refused", "requests answered with 429 (admission) or 503 (Lightning was down, I-2) instead of a run", _refused),
        _count("unavailable", "of these, with 503", partial(_of_requests, "unavailable")),
        _count(
            "missed",
            "cron ticks and other runs of Lightning's own making that never came, because it was down (I-3)",
            partial(_of_requests, "missed"),
        ),
        _count(
            "cut_off",
            "sync callers whose connection broke because Lightning went down (I-5)",
            partial(_of_those_who_wait, "cut_off"),
            of_callers=True,
        ),
        _count("gave_up", "sync callers who got a 504, a 429 or a 503 or were cut off, and did not ask again", _gave_up, of_callers=True),
    )
}
