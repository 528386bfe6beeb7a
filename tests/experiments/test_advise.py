"""Advice names the right remedy, and simulating the scenario with it confirms what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fastlanes_sim.api.scenario_argument import load_scenario as load
from fastlanes_sim.api.verbs import advise, simulate
from fastlanes_sim.experiments.advice import Advice
from fastlanes_sim.experiments.remedies_of_calls import Standstill, waiting_less
from fastlanes_sim.experiments.remedies_of_resources import Shared, more_of_what_is_shared
from fastlanes_sim.experiments.remedy import Kind, Price
from fastlanes_sim.rules.causes import Cause

SCENARIOS = Path(__file__).parents[2] / "scenarios"

SLOW_BACKOFF = """
name: slow_backoff
horizon: 2h
lightning: {broadcast_work_available: false}
startup: {constant: 100ms}
projects:
  clinic:
    workflows:
      register_patient:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 1/min}, service: {constant: 2s}}
workers:
  - {workloops: "fast_lane:1 manual>default:4", backoff: 5/60}
slos: ["p95(fast_lane.wait) < 6s"]
"""

SMALL_LANE = """
name: small_lane
horizon: 2h
startup: {constant: 100ms}
projects:
  clinic:
    workflows:
      register_patient:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 12/min}, service: {constant: 4s}}
workers:
  - {workloops: "fast_lane:1 manual>default:4"}
slos: ["p95(fast_lane.wait) < 10s"]
"""

LEAKING = """
name: leaking
horizon: 1h
network: {latency: 0s, database: 0s}
startup: {constant: 0s}
projects: {p: {workflows: {w: {triggers: [{type: webhook, reply: after_completion, arrivals: {at: [1m, 20m]}, service: 2m}]}}}}
workers: [{name: main, workloops: "*:1", message_timeout: 5s, outages: [{from: 2m30s, to: 5m}]}]
slos: ["p95(fast_lane.wait) < 10s"]
"""
"""The run of the first minute ends in the outage, which outlasts two message timeouts: nobody frees its slot (W-13a)."""

NO_TURN = SMALL_LANE.replace("fast_lane:1 manual>default:4", "manual>default:5").replace("12/min", "1/min")


def advised(path: Path) -> tuple[Advice, Path]:
    (advice,) = advise(simulate(path))
    return advice, path


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text)
        return path

    return write


def confirms(advice: Advice, path: Path) -> bool:
    """Whether the scenario with the remedy, simulated anew from its file, meets what it did not meet; and a smaller step would not."""
    remedy = advice.remedy
    assert remedy is not None
    lane = advice.why.lane
    before, after = (
        [verdict.verdict for verdict in simulate(loaded).verdicts if (verdict.slo.measure.scope.lane or "all") in (lane, "all")]
        for loaded in (load(path), load(path, overrides=remedy.step.overrides))
    )
    return "missed" in before and set(after) == {"met"}


def test_project_limit_trap_a_higher_limit_or_one_of_its_own():
    advice, path = advised(SCENARIOS / "project_limit_trap.yaml")
    assert advice.why.lane == "default"
    assert advice.why.cause is Cause.CONCURRENCY
    assert advice.why.what == "`concurrency` of project clinic (limit 2)"
    free = [trial for trial in advice.trials if trial.works and trial.price.is_free]
    assert [set(trial.step.overrides) for trial in free] == [
        {"projects.clinic.concurrency"},
        {"projects.clinic.workflows.receive_form.concurrency"},
    ]
    assert advice.trials[:2] == tuple(free)
    assert advice.control is not None
    assert not advice.control.works
    assert confirms(advice, path)


def test_claim_limit_blind_spot_a_higher_claim_limit_and_not_more_slots():
    advice, path = advised(SCENARIOS / "claim_limit_blind_spot.yaml")
    assert advice.why.what == "`claim_limit` of workflow clinic/import (limit 50)"
    assert advice.remedy is not None
    assert set(advice.remedy.step.overrides) == {"lightning.per_workflow_claim_limit"}
    assert advice.control is not None
    assert not advice.control.works
    assert confirms(advice, path)


def test_where_every_objective_is_met_it_says_so_first_and_what_could_be_saved():
    """A slot fewer still serves the storm in time; what is left after one more does not."""
    advice, path = advised(SCENARIOS / "cron_storm.yaml")
    assert advice.lines[0].startswith("Every objective is met, and what arrives is finished.")
    assert advice.remedy is None
    (saved,) = [trial for trial in advice.trials if trial.works]
    assert saved.price.slots < 0
    assert all(verdict.verdict == "met" for verdict in simulate(load(path, overrides=saved.step.overrides)).verdicts)
    layout = str(saved.step.overrides["workers.0.workloops"])
    general = layout.split()[-1]
    fewer = f"{general.rpartition(':')[0]}:{int(general.rpartition(':')[2]) - 1}"
    assert "missed" in [verdict.verdict for verdict in simulate(load(path, layout=layout.replace(general, fewer))).verdicts]


def test_slow_backoff_notifications_first_then_a_shorter_backoff(written):
    advice, path = advised(written(SLOW_BACKOFF))
    assert (advice.why.lane, advice.why.cause) == ("fast_lane", Cause.POLLING)
    works = [set(trial.step.overrides) for trial in advice.trials if trial.works]
    assert works[0] == {"lightning.broadcast_work_available"}
    assert {"workers.0.backoff"} in works
    assert confirms(advice, path)


def test_a_pinned_lane_too_small_idle_slots_of_others_and_else_a_slot_more_in_it(written):
    advice, path = advised(written(SMALL_LANE))
    assert (advice.why.lane, advice.why.cause) == ("fast_lane", Cause.SLOTS)
    first, second = [trial for trial in advice.trials if trial.works][:2]
    assert advice.remedy == first
    assert first.step.overrides == {"workers.0.workloops": "fast_lane:1 manual>default>fast_lane:4"}
    assert str(first.price) == "free"
    assert second.step.overrides == {"workers.0.workloops": "fast_lane:2 manual>default:4"}
    assert str(second.price) == "1 slot more"
    assert confirms(advice, path)
    assert load(path, overrides=first.step.overrides).scenario.workers[0].workloops in first.command


def test_an_unserved_lane_a_workloop_that_takes_it(written):
    advice, path = advised(written(NO_TURN))
    assert advice.why.cause is Cause.UNSERVED
    assert advice.remedy is not None
    assert advice.remedy.step.overrides == {"workers.0.workloops": "fast_lane>manual>default:5"}
    assert advice.remedy.price.is_free
    assert {"workers.0.workloops": "manual>default:5 fast_lane:1"} in [trial.step.overrides for trial in advice.trials if trial.works]
    assert confirms(advice, path)


def test_where_no_setting_has_a_hold_it_says_so(written):
    cold = SMALL_LANE.replace("100ms", "20s").replace("fast_lane:1", "fast_lane:90").replace("12/min", "1/min")
    advice, _ = advised(written(cold))
    assert advice.why.cause is Cause.START
    assert advice.remedy is None
    assert "if no run ever waited" in advice.lines[1]
    assert advice.lines[2:] == ["No setting of the scenario has a hold on that."]


def test_behind_a_limit_that_cannot_be_cured_stand_slots_and_the_smallest_number_of_them_is_found(written):
    """Five times too much for one slot: most runs are beyond the claim limit, but to see them all would not make the slot any faster. The
    lane's four other slots help out for nothing; without them, so many slots are missing."""
    advice, path = advised(written(SMALL_LANE.replace("12/min", "60/min").replace("manual>default:4", "default:1")))
    assert advice.why.cause is Cause.SLOTS
    assert advice.remedy is not None
    layout = str(advice.remedy.step.overrides["workers.0.workloops"])
    slots = int(layout.split()[0].removeprefix("fast_lane:"))
    assert slots > 3
    fewer = simulate(load(path, layout=f"fast_lane:{slots - 1} default:1"))
    assert [verdict.verdict for verdict in fewer.verdicts] == ["missed"]
    assert confirms(advice, path)


def test_a_lost_slot_comes_back_with_a_restart_or_is_not_lost_with_a_longer_message_timeout(written):
    """W-13a"""
    advice, path = advised(written(LEAKING))
    assert advice.why.cause is Cause.LEAKED
    works = [trial.step for trial in advice.trials if trial.works and trial.price.is_free]
    assert [step.words for step in works] == [
        "raising WORKER_MESSAGE_TIMEOUT_SECONDS of main from 5 to 120",
        "restarting main a minute after each outage",
    ]
    for step in works:
        assert simulate(path, overrides=step.overrides).verdicts[0].verdict == "met"


def test_a_process_that_exits_is_restarted(written):
    """W-15a: the outage begins 25 ms after the worker has received the first run, while `fetch:plan` is under way."""
    path = written(LEAKING.replace("latency: 0s", "latency: 10ms"))
    calm = simulate(path, overrides={"workers.0.outages": []})
    received = (calm.runs.received_at[0] - calm.start).total_seconds()
    path = written(path.read_text().replace("from: 2m30s", f"from: {round(1_000 * received) + 25}ms"))
    advice, path = advised(path)
    assert advice.why.cause is Cause.OUTAGE
    step = next(trial.step for trial in advice.trials if trial.is_real)
    assert step.overrides == {"workers.0.restart": "5s"}
    before, after = simulate(path), simulate(path, overrides=step.overrides)
    assert (len(before.runs.started_at.dropna()), len(after.runs.started_at.dropna())) == (0, 1)


STARVES_UNSEEN = """
horizon: 2h
projects:
  many: {workflows: {tick: {triggers: [{type: webhook, arrivals: {poisson: 40/min}, service: 1s}]}}}
  one: {workflows: {lab: {concurrency: 1, triggers: [{type: webhook, arrivals: {burst: {size: 40, at: [10m]}}, service: 1m}]}}}
workers: [{workloops: "manual>*:6"}]
slos: ["p95(default.wait) < 5s"]
"""

NOTHING_ASKED = """
horizon: 2h
projects:
  a:
    workflows:
      sync: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 2/min}, service: 3s}]}
      batch: {triggers: [{type: bulk_retry, arrivals: {burst: {size: 60, at: [10m]}}, service: 40s}]}
workers: [{workloops: "manual>*:5"}]
"""


def test_where_every_objective_is_met_who_starves_unseen_is_helped_too():
    """The lane is met; forty runs of one workflow wait for each other (L-12)."""
    first, second = advise(simulate(STARVES_UNSEEN, engine="kernel"), engine="kernel")
    assert first.is_met
    assert second.why.name == "workflow.one.lab"
    assert second.remedy is not None
    assert list(second.remedy.step.overrides) == ["projects.one.workflows.lab.concurrency"]
    assert all(change.verdict == "met" for change in second.remedy.objectives)


def test_without_objectives_callers_who_get_a_504_come_first():
    """The batch waits longer, but nobody waits for it."""
    (advice,) = advise(simulate(NOTHING_ASKED, engine="kernel"), engine="kernel")
    assert advice.why.lane == "fast_lane"
    assert advice.remedy is not None
    assert advice.remedy.step.overrides == {"workers.0.workloops": "fast_lane>manual>*:5"}


def test_a_group_is_named_only_where_its_name_says_something():
    words = [trial.step.words for one in advise(simulate(SMALL_LANE, engine="kernel"), engine="kernel") for trial in one.trials]
    assert not [text for text in words if "worker workers" in text]


def test_runs_that_hold_slots_and_wait_for_others_get_a_slot_for_what_they_call() -> None:
    """K-5: twenty callers at once and five slots. Four slots for callers leave one to what they call, by a pinned slot or by a limit."""
    found = simulate(str(SCENARIOS / "calls_itself.yaml"), horizon="10min", engine="reference")
    first, *_ = advise(found, engine="reference")
    assert "waited for runs that they had called (`child`), most of it for clinic/match_patient." in first.standstill
    assert first.standstill in first.lines
    works = [trial.step.words for trial in first.trials if trial.works]
    assert works[0] == "pinning 1 of the slots of manual>*:5 to fast_lane"
    assert works[1] == "a limit of 4 for clinic/import_message, whose runs wait in their slots"


def test_what_is_proposed_for_runs_that_wait_for_others() -> None:
    """K-4, L-14: a call that does not wait is the last resort; the fast lane would ignore a limit."""
    calls = "projects.clinic.workflows.import_message.calls.0"
    scenario = load(str(SCENARIOS / "calls_itself.yaml"), overrides={f"{calls}.timeout": "5s"}).scenario
    stands = Standstill("clinic", "import_message", "default", "fast_lane")
    proposed = list(waiting_less(scenario, [stands]))
    assert proposed[-1].kind is Kind.LAST_RESORT
    assert [step.overrides for step in proposed[-1].steps] == [{f"{calls}.wait": False, f"{calls}.timeout": None}]
    assert any("a limit of 4 for" in step.words for remedy in proposed for step in remedy.steps)
    in_fast_lane = waiting_less(scenario, [replace(stands, lane="fast_lane")])
    assert not any("a limit of" in step.words for remedy in in_fast_lane for step in remedy.steps)


# --- what runs share beside slots ---

SHARING = """
name: sharing
horizon: 20m
startup: 0s
resources: {records: {processors: 4}}
projects:
  clinic:
    workflows:
      sync_patients:
        triggers: [{type: webhook, arrivals: {poisson: 44/min}, service: {exponential: {mean: 6s}}}]
        uses: [{resource: records, from: 10%, to: 90%}]
workers: [{capacity: 30, dispatch: ideal}]
slos: ["p95(service) < 30s"]
"""
"""3.5 runs at once use what serves 4."""
IN_MEMORY = """
name: in_memory
horizon: 30m
projects:
  clinic:
    workflows:
      import_message:
        triggers: [{type: webhook, arrivals: {poisson: 20/min}, service: {constant: 6s}}]
        memory: 100MB
      report:
        triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: {constant: 60s}}]
        memory: 900MB
workers: [{capacity: 8, dispatch: ideal, memory: 1700MB}]
slos: [killed == 0]
"""
"""Seven messages and a report fill 1,600 MB; two reports do not fit at all."""


def helping(text: str, **overrides: object) -> tuple[Advice, list[str]]:
    (advice,) = advise(simulate(load(text, overrides={key.replace("__", "."): value for key, value in overrides.items()})))
    return advice, [trial.step.words for trial in advice.trials if trial.works and trial.is_real]


def met(text: str, advice: Advice) -> bool:
    """Whether the scenario with the remedy meets everything, simulated anew."""
    assert advice.remedy is not None
    return all(verdict.verdict == "met" for verdict in simulate(load(text, overrides=advice.remedy.step.overrides)).verdicts)


def test_where_sharing_makes_runs_slow_fewer_slots_help_or_more_of_what_is_shared() -> None:
    """R-2: more of them would wait in the line instead of at the resource; twice the slots help nobody."""
    advice, works = helping(SHARING)
    assert advice.shared[0].endswith("the runs in them waited at what they share, or were slowed down by it (`resource`).")
    used = "24 runs at once where all 30 slots are taken, and gives 4"
    assert advice.shared[1] == f"More slots do not help: records is used by {used}."
    assert set(advice.shared) <= set(advice.lines)
    assert works[0].startswith("going from 30 to ")
    assert works[1].startswith("a records that serves ")
    assert met(SHARING, advice)
    assert [line for line in advice.lines if line.startswith("More slots will not help: twice the slots")]
    assert advice.to_json()["shared"] == list(advice.shared)


def test_a_line_that_is_too_slow_a_larger_resource() -> None:
    """R-1: with fewer slots runs wait elsewhere, and as long. Where as many processors do the work of those who have a place, both grow."""
    line = SHARING.replace("{processors: 4}", "{concurrency: 3, processors: 3}").replace("p95(service)", "p95(response)")
    advice, works = helping(line)
    assert works[0].startswith("a records that serves ")
    assert works[0].endswith(" at once instead of 3")
    assert advice.remedy is not None
    assert set(advice.remedy.step.overrides) == {"resources.records.concurrency", "resources.records.processors"}
    assert str(advice.remedy.price) == "a larger records"
    assert met(line, advice)


def test_refusals_that_make_runs_slow_a_higher_rate() -> None:
    """R-3"""
    limited = SHARING.replace("{processors: 4}", "{rate: 40/min, retry_after: 2s}")
    advice, works = helping(limited)
    assert "More slots do not help: 5 uses of records begin in a second where all 30 slots are taken, and it admits 0.667." in advice.shared
    assert works[0].startswith("a records that admits ")
    assert works[0].endswith(" instead of 40/min")
    assert met(limited, advice)


def test_cores_that_make_runs_slow_more_of_them() -> None:
    """R-4: there are four for the work of 4.4 runs on average, and of 30 where all slots are taken."""
    on_cores = SHARING.replace("dispatch: ideal", "dispatch: ideal, cores: 4").replace("resources: {records: {processors: 4}}", "")
    on_cores = on_cores.replace("        uses: [{resource: records, from: 10%, to: 90%}]\n", "")
    advice, works = helping(on_cores)
    assert "More slots do not help: runs keep 30 cores busy where all 30 slots are taken, and the workers have 4." in advice.shared
    assert works[0].endswith(" cores instead of 4 for each worker")
    assert advice.remedy is not None
    assert "core" in str(advice.remedy.price)
    assert met(on_cores, advice)


def test_runs_without_memory_fewer_large_ones_at_once_fewer_slots_or_more_memory() -> None:
    """R-5, L-12: one report at a time is the most that always fits. A longer run timeout is no remedy."""
    advice, works = helping(IN_MEMORY)
    (said,) = advice.shared
    assert said.endswith("killed because their worker had no memory for them (R-5).")
    assert works[0] == "a limit of 1 for workflow clinic/report"
    assert not any("run timeout" in trial.step.words for trial in advice.trials)
    assert met(IN_MEMORY, advice)


def test_what_is_proposed_for_runs_without_memory() -> None:
    """R-5: slots down to one, in which the largest run fits; memory up to what all slots may take. Each step goes further."""
    scenario = load(IN_MEMORY).scenario
    limits, slots, memory = (remedy.steps for remedy in more_of_what_is_shared(scenario, Shared(memory=True)))
    assert [step.overrides["projects.clinic.workflows.report.concurrency"] for step in limits] == [3, 2, 1]
    assert [step.words for step in slots][-1] == "going from 8 to 1 slot a worker"
    assert [step.overrides["workers.0.memory"] for step in memory] == ["3075MB", "4450MB", "5825MB", "7200MB"]
    assert memory[0].words == "3.08 GB of memory instead of 1.7 GB for each worker"
    assert not list(more_of_what_is_shared(scenario, Shared()))


def test_what_it_costs_to_have_more_of_what_is_shared() -> None:
    changes = {"resources.records.processors": 6, "workers.0.cores": 2, "workers.0.memory": "2GB", "workers.0.capacity": 28}
    before = load(SHARING, overrides={"workers.0.cores": 1, "workers.0.memory": "500MB"}).scenario
    price = Price.between(before, load(SHARING, overrides=changes).scenario)
    assert str(price) == "2 slots fewer, 1 core more, 1.5 GB more memory, a larger records"
    assert price.to_json()["resources"] == ["records"]
    assert price.rank == pytest.approx(-2 + 1 + 1.5 + 2)
