"""A project over its quota of runs (L-28)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment, Incidents, OverQuota, Project, Workflow
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.results.replies import Answers, answers
from tests.support.deployments import attempt, deployment, run, table, worker

pytestmark = pytest.mark.parametrize("simulate", [simulate_reference, simulate_kernel], ids=["reference", "kernel"])

OVER = Incidents(over_quota=(OverQuota(10 * SECOND, 20 * SECOND, 0),))


def slots(**settings) -> Deployment:
    return deployment(worker("*:9", dispatch="ideal"), incidents=OVER, **settings)


def seconds(column) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def answered(runs: RunTable, log: RunLog) -> Answers:
    return answers(runs, log, 30 * SECOND)


def test_nothing_is_created_from_the_beginning_of_the_span_to_before_its_end(simulate):
    log = simulate(slots(), table([run(at, 1) for at in (9, 10, 19.999999, 20)]))
    assert seconds(log.inserted_at) == [9, None, None, 20]
    assert seconds(log.refused_at) == [None, 10, 19.999999, None]


def test_a_sync_webhook_gets_a_429_and_its_caller_may_ask_again(simulate):
    """C-4: at 12 s refused, at 17 s refused, at 22 s there is a run."""
    again = [attempt(1, after_refusal=5), attempt(1, after_refusal=5)]
    runs = table([run(12, 1, "fast_lane", sync=True, again=again)])
    log = simulate(slots(), runs)
    assert seconds(log.inserted_at) == [None, None, 22]
    assert answered(runs, log).refused.tolist() == [True, True, False]
    assert not answered(runs, log).missed.any()


def test_nobody_is_told_of_the_others(simulate):
    """An async webhook is answered with 200, a cron tick with nothing: there is no run, and no 429."""
    runs = table([run(12, 1), run(13, 1, "manual")])
    log = simulate(slots(), runs)
    assert answered(runs, log).missed.tolist() == [True, True]
    assert not answered(runs, log).refused.any()


def test_what_was_accepted_before_is_made(simulate):
    """L-28: a bulk retry is refused as a whole, or not at all. The jobs of one that was accepted make its runs within the span as well."""
    log = simulate(slots(), table([run(12, 1, "manual", accepted=True), run(12, 1, "manual")]))
    assert seconds(log.inserted_at) == [12, None]


def test_other_projects_are_not_concerned(simulate):
    deployed = replace(slots(), projects=(Project("a"), Project("b")), workflows=(Workflow("w", 0), Workflow("v", 1)))
    log = simulate(deployed, table([run(12, 1), run(12, 1, workflow=1)]))
    assert seconds(log.inserted_at) == [None, 12]
