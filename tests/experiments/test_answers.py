"""Answers that were wrong once: a recommendation that broke another objective, a cure that was not tried, an objective on nobody."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from fastlanes_sim.api.verbs import advise, replicate, simulate
from fastlanes_sim.experiments import advice_simulations
from fastlanes_sim.experiments import advise as advising
from fastlanes_sim.experiments.advice import Effect
from tests.cli.test_inputs import SAID
from tests.cli.test_inputs import TEXT as SURE

OTHER_LANE = """
# The guide's clinic; the reports may wait 150 s.
name: advice_breaks_other_lane
horizon: 8h
start: 2026-01-05T06:00
projects:
  clinic:
    workflows:
      register_patient:
        triggers:
          - type: webhook
            reply: after_completion
            arrivals: {piecewise: {"00:00": 0.2/min, "07:30": 2/min, "12:00": 1/min}}
            service: {lognormal: {median: 2s, p95: 8s}}
      hourly_report:
        copies: 30
        triggers:
          - {type: cron, cron: "0 * * * *", service: {lognormal: {median: 20s, p95: 60s}}}
workers: [{workloops: "manual>*:5"}]
slos:
  - share(fast_lane.response > 30s) <= 0.5%
  - p95(default.wait) < 150s
"""
LIMIT_BEHIND_LIMIT = """
name: limit_behind_claim_limit
horizon: 3h
projects:
  limited:
    workflows:
      mapped:
        concurrency: 5
        triggers: [{type: bulk_retry, arrivals: {burst: {size: 300, at: [5m]}}, service: {constant: 1m}}]
workers: [{workloops: "manual>*:60"}]
slos: ["p95(default.wait) < 8m"]
"""
EMPTY_LANES = """
name: empty_lanes
horizon: 1h
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: 2s}]}}}}
workers: [{workloops: "manual>*:5"}]
slos:
  - p99(manual.wait) < 1s
  - share(manual.wait > 1s) <= 1%
  - mean(fast_lane.response) > 1s
  - max(fast_lane.caller_response) < 30s
  - fast_lane.gateway_timeouts == 0
  - manual.runs >= 1
"""
SERVICE_ALONE = """
name: service_alone
horizon: 4h
projects:
  p:
    workflows:
      slow: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 1/min}, service: {constant: 29s}}]}
workers: [{workloops: "manual>*:5"}]
slos: ["p95(fast_lane.response) < 25s"]
"""


def test_what_helps_does_not_break_what_was_met():
    """Free and enough: the slots prefer the fast lane. A pinned slot would make the reports late."""
    (advice,) = advise(simulate(OTHER_LANE))
    assert advice.remedy is not None
    assert advice.remedy.step.overrides == {"workers.0.workloops": "fast_lane>manual>*:5"}
    assert advice.remedy.price.is_free
    pinned = next(trial for trial in advice.trials if "pinning" in trial.step.words)
    assert pinned.effect is Effect.BREAKS
    assert pinned.broken == ("p95(default.wait) < 150s",)
    assert not any(line.startswith("helps: pinning") for line in advice.lines)
    for trial in advice.trials:
        assert [change.text for change in trial.objectives[:2]] == simulate(OTHER_LANE).scenario.scenario.slos
        if trial.works:
            assert all(change.verdict == "met" for change in trial.objectives)


def test_what_helps_is_simulated_again_from_the_file_and_does_what_is_said():
    (advice,) = advise(simulate(OTHER_LANE))
    for trial in advice.trials:
        again = simulate(OTHER_LANE, overrides=trial.step.overrides)
        written = [change for change in trial.objectives if not change.is_implied]
        assert [(verdict.verdict, str(verdict.value)) for verdict in again.verdicts] == [(one.verdict, one.after) for one in written]


def test_the_limit_behind_the_claim_limit_is_found():
    (advice,) = advise(simulate(LIMIT_BEHIND_LIMIT))
    assert advice.why.what == "`claim_limit` of workflow limited/mapped (limit 50)"
    assert advice.remedy is not None
    assert list(advice.remedy.step.overrides) == ["projects.limited.workflows.mapped.concurrency"]
    assert advice.control is not None
    assert not advice.control.works


def test_nothing_is_recommended_for_lanes_without_runs():
    result = simulate(EMPTY_LANES)
    (advice,) = advise(result)
    assert advice.is_met
    assert advice.remedy is None
    assert advice.lines[0].startswith("Every objective that there are runs for is met")
    assert "p99(manual.wait) < 1s: nobody knows, there are no such runs." in advice.lines


def test_where_the_runs_themselves_take_too_long_that_is_said_first_and_nothing_recommended():
    (advice,) = advise(simulate(SERVICE_ALONE))
    assert advice.remedy is None
    assert not advice.trials
    assert advice.lines[1].startswith("p95(fast_lane.response) < 25s cannot be met by slots, workers or limits: if no run ever waited")


def test_the_part_of_a_response_that_is_service_is_said_first():
    text = SERVICE_ALONE.replace("poisson: 1/min", "poisson: 7/min").replace("< 25s", "< 32s")
    (advice,) = advise(simulate(text))
    assert "the runs themselves take 29.5 s" in advice.lines[1]
    assert advice.remedy is not None


def test_504s_of_runs_that_take_nearly_as_long_as_callers_wait_are_not_blamed_on_polling():
    """29 s of the 30 s are service: that is said before any setting."""
    text = SERVICE_ALONE.replace("p95(fast_lane.response) < 25s", "fast_lane.gateway_timeouts == 0")
    (advice,) = advise(simulate(text))
    assert advice.lines[1].startswith("Of the 30 s that fast_lane.gateway_timeouts == 0 allows, the runs themselves take up to 29.")
    longer = advise(simulate(text.replace("29s", "31s")))[0]
    assert "if no run ever waited" in longer.lines[1]
    assert longer.remedy is not None
    assert list(longer.remedy.step.overrides) == ["lightning.webhook_response_timeout"]
    assert not any("backoff" in trial.step.words for trial in longer.trials if trial.works)


def test_overload_is_blamed_on_slots_and_slots_are_named():
    """Three times too much work; that almost all runs are beyond the claim limit changes nothing."""
    text = LIMIT_BEHIND_LIMIT.replace("        concurrency: 5\n", "").replace("*:60", "*:1").replace("size: 300", "size: 600")
    (advice,) = advise(simulate(text.replace("< 8m", "< 1h")))
    assert "`slots`" in advice.lines[0]
    assert advice.remedy is not None
    assert list(advice.remedy.step.overrides) in (["workers.0.workloops"], ["workers.0.replicas"])


@pytest.mark.slow
def test_replications_confirm_what_is_named():
    found = replicate(OTHER_LANE, 12, processes=1)
    (advice,) = advise(found, processes=1)
    assert advice.remedy is not None
    assert advice.remedy.is_confirmed
    assert [one.verdict for one in advice.remedy.confirmed] == ["met"] * 4
    assert any("over replications" in line for line in advice.lines)


def test_its_command_reproduces_it(tmp_path: Path):
    (advice,) = advise(simulate(LIMIT_BEHIND_LIMIT))
    assert advice.remedy is not None
    assert advice.remedy.command.startswith("--set projects.limited.workflows.mapped.concurrency=")


def test_it_simulates_less_often_where_one_simulation_has_much_to_do(monkeypatch: pytest.MonkeyPatch):
    result = simulate(OTHER_LANE)

    def simulations() -> int:
        done = [0]
        advise(result, progress=lambda many, _: done.append(many))
        return done[-1]

    assert 10 < simulations() <= 55
    monkeypatch.setattr(advice_simulations, "_EVENTS", 1)
    assert 1 < simulations() <= 8


def test_simulations_that_confirm_a_change_are_counted_one_by_one():
    """Else the progress of advice on uncertain inputs stands still for most of the time."""
    done = [0]
    (advice,) = advise(simulate(LIMIT_BEHIND_LIMIT), replications=6, processes=1, progress=lambda many, _: done.append(many))
    assert advice.trials[0].confirmed
    steps = [after - before for before, after in pairwise(done)]
    assert set(steps) == {1}
    tried = [0]
    advise(simulate(LIMIT_BEHIND_LIMIT), progress=lambda many, _: tried.append(many))
    assert done[-1] >= tried[-1] + 6


def test_what_one_change_cures_is_advised_once():
    """The project misses its objective because its workflow does; the change for the one shows what it does for the other."""
    text = LIMIT_BEHIND_LIMIT.replace(
        '"p95(default.wait) < 8m"', '"p95(workflow.limited.mapped.wait) < 8m", "p95(project.limited.wait) < 9m"'
    )
    (advice,) = advise(simulate(text))
    assert advice.remedy is not None
    assert [one.verdict for one in advice.remedy.objectives if not one.is_implied] == ["met", "met"]


TWO_NEEDS = """
name: two_needs
horizon: 1h
startup: {constant: 200ms}
projects:
  a:
    workflows:
      ask: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 2/min}, service: 2s}]}
      send: {triggers: [{type: webhook, arrivals: {poisson: 2/min}, service: 2s}]}
  b:
    workflows:
      batch: {triggers: [{type: bulk_retry, arrivals: {burst: {size: 60, at: [5m]}}, service: 40s}]}
workers: [{workloops: "manual>*:5"}]
slos: ["p95(fast_lane.wait) < 10s", "p95(workflow.a.send.wait) < 10s"]
"""


def test_what_is_not_replicated_is_not_said_to_help():
    """Where replications are asked for, `helps` is said of what they confirm alone, also of several changes together; what they confirm is
    recommended before what was simulated once."""
    found = replicate(TWO_NEEDS, 3, processes=1)
    advices = advise(found, processes=1)
    trials = [
        trial for one in advices for trial in (*one.trials, *([one.together] if one.together else ())) if trial.works and trial.is_real
    ]
    assert trials
    for trial in trials:
        assert bool(trial.confirmed) != trial.is_of_one_sample
        assert trial.lines[0].startswith("helps: ") == bool(trial.is_confirmed)
        if trial.is_confirmed:
            met = {change.text for change in trial.objectives if change.verdict == "met"}
            assert all(one.verdict == "met" for one in trial.confirmed if one.slo.text in met)
        else:
            assert trial.lines[0].startswith("may help: ")
    for one in advices:
        if any(trial.is_confirmed for trial in one.trials if trial.works and trial.is_real):
            assert one.remedy is not None
            assert one.remedy.is_confirmed


ONE_LANE = """
name: one_lane
seed: 13
horizon: 1h
startup: 1s
projects:
  clinic:
    workflows:
      w:
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 3/min}, service: {exponential: {mean: 8s}}}]
workers: [{workloops: "fast_lane:3"}]
slos: ["share(fast_lane.wait > 10s) <= 20.3258%"]
"""


def test_a_saving_is_one_only_where_replications_confirm_it():
    """One slot does in the sample that is looked at, and in few others. Half of that saving does in all."""
    found = replicate(ONE_LANE, 10, processes=1)
    assert [one.verdict for one in found.verdicts] == ["met"]
    (advice,) = advise(found, processes=1)
    saved, luck = advice.trials
    assert (saved.price.slots, saved.works, saved.is_confirmed) == (-1, True, True)
    assert (luck.price.slots, luck.works, luck.is_confirmed) == (-2, False, False)
    assert "saves 1 slot: taking from fast_lane:3 1 slot" in advice.lines
    assert "cannot save 2 slots: taking from fast_lane:3 2 slots" in advice.lines
    for trial, verdict in ((saved, "met"), (luck, "missed")):
        changed = replicate(ONE_LANE, 10, overrides=trial.step.overrides, processes=1)
        assert [one.verdict for one in changed.verdicts] == [verdict]
        assert trial.confirmed[0].text == changed.verdicts[0].text


def test_a_saving_of_one_sample_is_called_that():
    (advice,) = advise(simulate(ONE_LANE))
    assert [line for line in advice.lines if "save" in line][1:] == ["could save 2 slots (one sample): taking from fast_lane:3 2 slots"]


def test_what_replications_leave_undecided_is_not_called_met_and_nothing_is_saved():
    """No replication misses it, but so few runs do not show that one in ten thousand at most waits so long."""
    found = replicate(ONE_LANE.replace("10s) <= 20.3258%", "10m) <= 0.01%"), 5, processes=1)
    assert [one.verdict for one in found.verdicts] == ["undecided"]
    (advice,) = advise(found, processes=1)
    assert (advice.is_met, advice.remedy, advice.trials) == (False, None, ())
    first, second = advice.lines
    assert first == "Not every objective is shown to be met, so nothing can be said of what could be saved."
    assert second.startswith("share(fast_lane.wait > 10m) <= 0.01% is undecided over 5 replications: ")
    assert second.endswith("More replications would tell.")
    assert advice.to_json()["undecided"] == ["share(fast_lane.wait > 10m) <= 0.01%"]


STEADY = """
name: steady
kind: steady
warm_up: 1h
horizon: 2h
startup: 1s
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 20/min}, service: {exponential: {mean: 12s}}}]}}}}
workers: [{workloops: "*:4"}]
slos: ["p90(wait) < 30s"]
"""


def test_what_confirms_a_change_leaves_out_the_warm_up_as_run_does():
    (advice,) = advise(replicate(STEADY, 4, processes=1), processes=1)
    assert advice.remedy is not None
    changed = replicate(STEADY, 4, overrides=advice.remedy.step.overrides, processes=1)
    assert advice.remedy.confirmed[0].text == changed.verdicts[0].text


def test_what_confirms_a_change_takes_inputs_to_be_as_uncertain_as_run_does():
    """One slot does if the inputs are what they seem, and may not if they are not."""
    text = (SURE + SAID).replace("*:1", "*:2").replace("1800ms", "2s")
    found = replicate(text, 30, inputs=True, processes=1)
    assert [one.verdict for one in found.verdicts] == ["met"]
    (advice,) = advise(found, processes=1)
    (saved,) = advice.trials
    known, unsure = (replicate(text, 30, overrides=saved.step.overrides, inputs=inputs, processes=1) for inputs in (False, True))
    assert (known.verdicts[0].verdict, unsure.verdicts[0].verdict) == ("met", "undecided")
    assert saved.confirmed[0].text == unsure.verdicts[0].text
    assert "could save 1 slot: taking from *:2 1 slot" in advice.lines


def test_of_batches_the_simulation_is_looked_at_that_was_cut():
    found = replicate(STEADY, batches=10, processes=1)
    assert advising.telling_replication(found) == 0


def test_a_share_is_written_with_plain_digits():
    from fastlanes_sim.reports.content.trials import _percent

    assert [_percent(share) for share in (0.011, 0.64, 0.9961, 2.28)] == ["1.1", "64", "100", "228"]


def test_changes_that_exclude_each_other_are_not_combined():
    """Two needs may each be met by another layout of the same workers: the words must not name a change that the command undoes."""
    from dataclasses import replace as changed

    from fastlanes_sim.experiments.advise import _compatible
    from fastlanes_sim.experiments.remedy import Step

    (advice,) = advise(simulate(LIMIT_BEHIND_LIMIT))
    assert advice.remedy is not None
    steps = [
        Step("the first", {"workers.0.workloops": "fast_lane>manual>*:5"}),
        Step("the second", {"projects.b.concurrency": 4, "workers.0.workloops": "default>manual>*:5"}),
        Step("the third", {"projects.b.concurrency": 4}),
        Step("the first again", {"workers.0.workloops": "fast_lane>manual>*:5"}),
    ]
    chosen = _compatible([changed(advice.remedy, step=step) for step in steps])
    assert [one.step.words for one in chosen] == ["the first", "the third"]


LOST_AT_DEPLOYS = """
name: lost_at_deploys
horizon: 4h
projects:
  a:
    workflows:
      ask: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 2/min}, service: 2s}]}
      long: {triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: {lognormal: {median: 50s, p95: 140s}}}]}
workers:
  - {replicas: 2, workloops: "fast_lane:1 manual>*:4", deploys: [{at: 1h, grace: 20s}, {at: 2h, grace: 20s}, {at: 3h, grace: 20s}]}
slos: ["lost == 0"]
"""


def test_a_grace_is_as_long_as_the_longest_run():
    """A grace of a minute loses nothing in this one sample, and something in every second other one: it was luck."""
    (advice,) = advise(simulate(LOST_AT_DEPLOYS))
    assert advice.remedy is not None
    assert set(advice.remedy.step.overrides.values()) == {"300s"}
    confirmed = replicate(LOST_AT_DEPLOYS, 4, overrides=advice.remedy.step.overrides, processes=1)
    assert all(values.low[0] == 0 for values in confirmed.values)
