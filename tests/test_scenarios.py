"""Every scenario that is shipped loads, plays, and shows what its name says."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.rules.causes import Cause

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))


def played(name: str, *overrides: tuple[str, object], layout: str | None = None) -> Result:
    return _played(name, json.dumps(dict(overrides)), layout)


@cache
def _played(name: str, overrides: str, layout: str | None) -> Result:
    return simulate(FOLDER / f"{name}.yaml", layout=layout, overrides=json.loads(overrides))


def waits(result: Result, *, queue: str = "default", project: str = "clinic") -> pd.Series:
    runs = result.runs
    return runs[(runs.queue == queue) & (runs.project == project)].wait_s


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_asks_a_question_is_named_as_its_file_and_plays(path: Path):
    first_line = path.read_text().splitlines()[0]
    assert first_line.startswith("# ")
    assert first_line.endswith("?")
    result = simulate(path, horizon="10m")
    assert result.scenario.scenario.name == path.stem
    assert result.verdicts


def test_the_page_of_scenarios_has_every_one():
    page = (FOLDER.parent / "docs" / "scenarios.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == [path.stem for path in FILES]


def test_a_cron_storm_holds_up_its_lane_and_a_pinned_slot_stays_out_of_it():
    storm, shared = played("cron_storm"), played("cron_storm", layout="manual>*:5")
    assert waits(storm).quantile(0.95) > 300
    assert waits(storm, queue="fast_lane").max() < 30
    assert storm.observed.counts("fast_lane").gateway_timeouts == 0
    assert shared.observed.counts("fast_lane").gateway_timeouts > 10


def test_a_bulk_retry_passes_those_who_wait_already():
    flood, polite = played("bulk_retry_flood"), played("bulk_retry_flood", ("lightning.ruleset", "no_priority"))

    def batch(result: Result) -> float:
        runs = result.runs
        first = runs.workflow.str.startswith("report") & (runs.inserted_at < result.start + pd.Timedelta("1h"))
        return float(runs[first].wait_s.median())

    assert batch(flood) > 3 * batch(polite)
    limited = played("bulk_retry_flood", ("projects.clinic.workflows.send_results.concurrency", 2))
    assert waits(limited, project="school").max() < waits(flood, project="school").max() / 2


def test_fast_lane_runs_take_the_project_s_numbers_while_slots_are_idle():
    """L-13, L-14"""
    trap, wide = played("project_limit_trap"), played("project_limit_trap", ("projects.clinic.concurrency", 80))
    assert waits(trap).max() > 180
    assert waits(wide).max() < 15
    assert trap.utilisation[1].busy < 0.1
    own = played("project_limit_trap", ("projects.clinic.workflows.receive_form.concurrency", 2))
    assert waits(own).max() < 30


def test_a_pinned_slot_does_not_see_beyond_the_claim_limit():
    """L-11"""
    blind, seeing = played("claim_limit_blind_spot"), played("claim_limit_blind_spot", ("lightning.per_workflow_claim_limit", 500))
    assert blind.observed.counts("fast_lane").gateway_timeouts > 30
    assert blind.utilisation[0].busy < 0.1
    assert seeing.observed.counts("fast_lane").gateway_timeouts == 0


REGISTER = "projects.clinic.workflows.register_patient.triggers.0"


def test_callers_who_ask_again_keep_the_system_down():
    """L-20: the batch is over after a quarter of an hour; the callers' repetitions are not."""

    def timeouts_at_the_end(result: Result) -> int:
        runs = result.runs
        return int(runs[runs.inserted_at > result.start + pd.Timedelta("1h")].gateway_timeout.sum())

    stubborn, meek = played("retry_after_504"), played("retry_after_504", (f"{REGISTER}.callers", None))
    assert timeouts_at_the_end(meek) == 0
    assert timeouts_at_the_end(stubborn) > 3_000
    asked, once = (result.observed.callers.counts(result.observed.rows("fast_lane")) for result in (stubborn, meek))
    assert asked.callers == once.callers == once.requests, "the same callers, whatever they do"
    assert asked.requests > 3 * asked.callers
    assert asked.abandoned_s > 10 * once.abandoned_s
    assert asked.answered < once.answered / 10


def test_admission_control_ends_what_retries_keep_going():
    """lightning #4573, a proposal."""
    admission = ("projects.clinic.admission.fast_lane", 8), ("projects.clinic.admission.retry_after", "1m")
    open_door, guarded = played("retry_after_504"), played("retry_after_504", *admission)
    counts = guarded.observed.counts("fast_lane")
    assert counts.refused > 100
    assert counts.gateway_timeouts < 50
    callers = guarded.observed.callers.counts(guarded.observed.rows("fast_lane"))
    assert callers.answered > 0.95 * callers.callers
    assert callers.requests == counts.runs + counts.refused
    assert counts.gave_up < open_door.observed.counts("fast_lane").gave_up / 10


def test_sync_webhooks_profit_from_the_first_new_worker():
    def p95(result: Result, begin: str, end: str) -> float:
        runs = result.runs
        since = runs.inserted_at - result.start
        return float(runs[(runs.queue == "fast_lane") & (since >= begin) & (since < end)].wait_s.quantile(0.95))

    rollout, early = played("rollout"), played("rollout", ("workers.0.deploys.0.at", "20m"))
    assert p95(rollout, "0m", "60m") > 60, "the server alone changes nothing for them"
    assert p95(rollout, "61m", "80m") < 5
    assert p95(early, "21m", "60m") < 5
    assert p95(played("rollout", layout="manual>*:5"), "61m", "180m") > 60
    # F-2: an old worker claims nothing after its SIGTERM, and what it had has ended.
    old = rollout.runs[rollout.runs.worker.astype(str) == "worker-1"]
    assert (old.claimed_at - rollout.start).max() <= pd.Timedelta("60m20s")
    assert (old.ended_at - rollout.start).max() > pd.Timedelta("60m20s")
    assert rollout.observed.counts("all").lost == 0


def test_what_a_deploy_kills_holds_the_limit_of_its_project():
    """F-4, L-13, L-18"""
    hasty = played("deploy_under_load")
    patient, watchful = (
        played("deploy_under_load", change) for change in (("workers.0.deploys.0.grace", "5m"), ("lightning.run_timeout", "5m"))
    )
    assert hasty.observed.counts("all").lost > patient.observed.counts("all").lost >= 1, "the crash loses some either way"

    def p95(result: Result) -> float:
        """Of the reports of the hour after the deploy, before the crash."""
        runs = result.runs[(result.runs.project == "facility") & ((result.runs.inserted_at - result.start) < "125min")]
        return float(runs[(runs.inserted_at - result.start) >= "60min"].wait_s.quantile(0.95))

    # Three of eight places are dead for an hour, and six are needed.
    assert p95(hasty) > 600 > 150 > max(p95(patient), p95(watchful))
    assert waits(hasty, queue="fast_lane").max() < 10, "L-14: the fast lane does not heed the limit"
    # Nobody is without a worker, unless all are replaced at once.
    at_once = played("deploy_under_load", ("workers.0.deploys.0.max_unavailable", 3))
    outage = {name: result.attribution.of(Cause.OUTAGE).sum() for name, result in (("rolling", hasty), ("at once", at_once))}
    assert outage["rolling"] == 0 < outage["at once"]
    for result in (hasty, patient, at_once):
        counts = result.observed.counts("all")
        states = result.runs.state.value_counts()
        assert counts.lost + counts.open + states[["success", "killed"]].sum() == counts.runs, "F-9"


def test_autoscaling_saves_replica_hours_and_the_batch_waits_for_new_workers():
    """A-2 to A-4"""
    scaled = played("autoscaling")
    always, one = (played("autoscaling", (f"workers.0.autoscaling.{bound}", count)) for bound, count in (("min", 8), ("max", 1)))
    hours = [result.replicas.replica_hours for result in (one, scaled, always)]
    assert hours[0] == 6
    assert hours[1] < hours[2] / 3
    assert hours[2] == 48
    late = [waits(result).quantile(0.95) for result in (one, scaled, always)]
    assert late[0] > 3 * late[1] > 6 * late[2]
    assert scaled.replicas.most == 8
    hasty = played("autoscaling", ("workers.0.autoscaling.cool_down", "30s"))
    assert hasty.replicas.replica_hours < hours[1]
    assert hasty.observed.counts("all").lost > scaled.observed.counts("all").lost == 0, "SIGTERM with runs in hand"


def test_who_is_refused_while_lightning_restarts_comes_back_or_not():
    restart = played("lightning_restart")
    fast, default = (restart.observed.counts(lane) for lane in ("fast_lane", "default"))
    assert (fast.gave_up, fast.cut_off, fast.gateway_timeouts) == (0, 2, 0)
    assert fast.unavailable > 50
    assert (default.unavailable, default.missed) == (29, 2)
    # W-13a: two minutes outlast two message timeouts, and half of the slots never come back; three minutes' patience keeps them.
    patience = ("workers.0.message_timeout", "3m")
    patient = played("lightning_restart", patience)
    assert [(entry.lost, entry.slots) for entry in restart.lost_slots] == [(2, 4), (2, 4)]
    assert patient.lost_slots == []
    assert waits(restart).median() > 60 > 5 > waits(patient).max()
    deployed = played("lightning_restart", ("workers.0.deploys", [{"at": "35m"}]))
    assert waits(deployed).max() < 60, "new processes have all their slots"
    # W-12: workers try again ever more rarely.
    longer = played("lightning_restart", ("incidents.lightning_down.0.to", "40m"), patience)
    assert longer.observed.counts("fast_lane").gateway_timeouts > 0
    assert longer.observed.counts("fast_lane").gave_up > 50
    callers = {"retry_on": [503], "attempts": 6, "pause": "10s"}
    together = played("lightning_restart", ("projects.clinic.workflows.sync_records.triggers.0.callers", callers), patience)
    assert together.observed.counts("default").gave_up == 0
    assert waits(together, queue="fast_lane").quantile(0.99) > 3 > waits(patient, queue="fast_lane").quantile(0.99)


def test_many_small_workers_load_their_adaptors_more_often():
    def p99(*overrides: tuple[str, object], layout: str | None = None) -> float:
        return float(waits(played("cold_adaptors", *overrides, layout=layout), queue="fast_lane").quantile(0.99))

    one, ten = ("workers.0.replicas", 1), ("workers.0.replicas", 10)
    small, large = p99(ten, layout="fast_lane>manual>*:2"), p99(one, layout="fast_lane:4 manual>*:16")
    assert small > p99() > 5
    assert large < 1.5
    assert p99(("cold_start.probability", 0)) < 1


def test_without_priority_a_click_on_a_workflow_with_a_backlog_is_invisible():
    """L-11: ranked by insertion alone, a new manual run is not among the first 50."""
    after, before = played("after_priority"), played("after_priority", ("lightning.ruleset", "pr-4515"))
    assert waits(after, queue="manual").max() > 300
    assert waits(before, queue="manual").max() < 15
    explore = after.runs[(after.runs.queue == "manual") & (after.runs.workflow == "explore")]
    assert explore.wait_s.max() < 15, "where there is no backlog nothing changes"


def test_a_flipped_plan_makes_every_slot_wait_for_its_claim():
    """I-7, L-26, W-16: nothing is claimed in the span, for queries are broken off after 15 s; nor for an hour after their sending, until
    the claims that nobody answers time out, pinned or not, and however many slots there are."""

    def minutes(result: Result, column: str) -> pd.Series:
        return (result.runs[column] - result.start) / pd.Timedelta("1m")

    flipped, many = played("database_plan_flip"), played("database_plan_flip", layout="fast_lane:1 manual>*:20")
    assert not minutes(flipped, "claimed_at").between(30.5, 90).any()
    for result in (flipped, many):
        assert result.observed.counts("fast_lane").gateway_timeouts > 100
    # A shorter claim timeout ends it minutes after the span.
    short = played("database_plan_flip", ("workers.0.claim_timeout", "1m"))
    assert minutes(short, "inserted_at")[short.runs.wait_s > 30].between(29, 45).all()
    # Where the database's timeout was raised, a claim of a minute wins its run, and claims wait for one another (L-23).
    raised = played("database_plan_flip", ("lightning.database_timeout", "2m"))
    assert minutes(raised, "inserted_at")[raised.runs.wait_s > 30].between(29, 43).all()
    in_it = raised.runs[minutes(raised, "inserted_at").between(30, 40)]
    assert in_it[["pending_us", "claim_us"]].sum().sum() > 0.8 * in_it.wait_s.sum() * 1e6
    for changes in [("incidents.slow_database", [])], [("incidents.slow_database", [{"from": "30m", "to": "40m", "factor": 20}])]:
        assert waits(played("database_plan_flip", *changes), queue="fast_lane").max() < 5


WHAT_IFS = {
    "faster backoff": ({"workers.0.backoff": "0.2/1"}, lambda usual, other: other < usual / 1.2),
    "no notifications": ({"lightning.broadcast_work_available": False}, lambda usual, other: other > 1.05 * usual),
    "no debounce": ({"lightning.work_available_debounce": "0s"}, lambda usual, other: other < usual / 1.2),
}


@pytest.mark.parametrize(("overrides", "holds"), WHAT_IFS.values(), ids=WHAT_IFS.keys())
def test_what_if(overrides, holds):
    """docs/callers.md: settings that people discuss are a line each; here by the fast lane's mean wait."""
    usual, other = (simulate(FOLDER / "quickstart.yaml", overrides=changes) for changes in ({}, overrides))
    assert holds(*(result.runs[result.runs.queue == "fast_lane"].wait_s.mean() for result in (usual, other)))


def test_what_if_custom_replies_went_to_the_fast_lane():
    """L-3, lightning #4546"""
    custom = {"projects.clinic.workflows.register_patient.triggers.0.reply": "custom"}
    rulesets = "pr-4515", "main-4547"
    shipped, later = (simulate(FOLDER / "quickstart.yaml", overrides=custom | {"lightning.ruleset": rules}) for rules in rulesets)
    assert shipped.observed.counts("fast_lane").runs == 0
    assert later.observed.counts("fast_lane").runs == shipped.observed.counts("all").runs - later.observed.counts("default").runs > 400
    assert later.runs[later.runs.queue == "fast_lane"].wait_s.quantile(0.99) < shipped.runs.wait_s.quantile(0.99) / 2


def test_a_noisy_neighbour_costs_the_quiet_project_its_turn():
    """L-9, L-16"""
    fifo, turns = played("noisy_neighbour"), played("noisy_neighbour", ("lightning.run_queue", "round_robin"))
    assert waits(fifo, project="quiet").quantile(0.95) > 300
    assert waits(turns, project="quiet").max() < 15
    limited = played("noisy_neighbour", ("projects.noisy.concurrency", 3))
    assert waits(limited, project="quiet").max() < 15


def test_runs_wait_for_themselves_until_a_slot_takes_no_callers():
    """K-5, K-6"""
    stuck, pinned = played("calls_itself"), played("calls_itself", layout="fast_lane:1 manual>*:4")
    limited = played("calls_itself", ("projects.clinic.workflows.import_message.concurrency", 4))

    def failed(result: Result) -> int:
        return int((result.runs.state == "failed").sum())

    assert failed(stuck) == (stuck.runs.workflow == "import_message").sum() == 320
    assert stuck.observed.counts("fast_lane").gateway_timeouts == 364
    assert failed(pinned) == failed(limited) == pinned.observed.counts("fast_lane").gateway_timeouts == 0


def test_a_fan_out_holds_up_its_lane_unless_it_is_limited_or_slow():
    """K-3, K-4"""
    calls = "projects.clinic.workflows.split_file.calls.0.spacing"
    limit = "projects.clinic.workflows.import_row.concurrency"
    plain, limited, slow = played("fan_out"), played("fan_out", (limit, 3)), played("fan_out", (calls, "2s"))
    longest = [result.runs[result.runs.workflow == "notify"].wait_s.max() for result in (plain, limited, slow)]
    assert longest[0] > 500
    assert longest[1] < 20
    assert longest[2] < 10


def test_more_slots_only_overload_a_slow_target():
    """R-2: as many runs are done, and they take longer; with 40 slots some take too long, and are killed."""
    usual, many, faster = (
        played("slow_target"),
        played("slow_target", ("workers.0.capacity", 40)),
        played("slow_target", ("resources.records.processors", 16)),
    )
    services = [result.runs.service_s.quantile(0.95) for result in (usual, many, faster)]
    killed = [int((result.runs.state == "killed").sum()) for result in (usual, many, faster)]
    assert services[1] > 2 * services[0] > 2 * services[2]
    assert killed[0] == killed[2] == 0 < killed[1]


def test_a_worker_without_memory_for_all_its_slots_kills_runs():
    """R-5"""
    usual = played("memory_per_slot")
    limited = played("memory_per_slot", ("projects.clinic.workflows.report.concurrency", 1))
    enough = played("memory_per_slot", ("workers.0.memory", "9GB"))
    killed = [int((result.runs.state == "killed").sum()) for result in (usual, limited, enough)]
    assert killed[0] > 0 == killed[1] == killed[2]
