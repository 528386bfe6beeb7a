"""Legal but suspicious: each warning names its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.scenario.resource_uses import crowded
from tests.support.scenario_files import VALID, edited, load

P99 = ("p99(fast_lane.response) < 30s", "p99(default.response) < 30s")
LAYOUT = "fast_lane:1 manual>*:4"


def warnings_of(folder: Path, *edits: tuple[str, str]) -> tuple[Problem, ...]:
    return load(folder, edited(*edits)).warnings


def the_warning(folder: Path, *edits: tuple[str, str]) -> Problem:
    warnings = warnings_of(folder, *edits)
    assert len(warnings) == 1, list(map(str, warnings))
    return warnings[0]


def test_an_ordinary_scenario_raises_no_suspicion(tmp_path: Path) -> None:
    assert load(tmp_path, VALID).warnings == ()


def test_a_queue_that_lightning_never_creates(tmp_path: Path) -> None:
    """L-5: unknown queue names are legal, they match nothing."""
    warning = the_warning(tmp_path, (LAYOUT, "fastlane:1 *:4"))
    assert warning.line == 23
    assert warning.quote[warning.column - 1 :].startswith("fastlane:1")
    assert "names the queue fastlane, which Lightning never creates" in warning.message
    assert "did you mean fast_lane?" in warning.hint


def test_a_queue_that_nobody_serves(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, (LAYOUT, "fast_lane:1 manual:4"))
    assert "no workloop serves the queue default" in warning.message
    assert "about 12 runs" in warning.message
    assert warning.line == 18


def test_identical_workloops_in_the_workers_words(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, (LAYOUT, "*:1 *:4"))
    assert warning.message == "workloops at positions 0 and 1 have identical queue configurations: *:1 and *:4"


def test_a_doubled_name_in_the_workers_words(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, (LAYOUT, "manual>manual>*:4"))
    assert warning.message == 'duplicate queue name "manual" in token "manual>manual>*:4"'


@pytest.mark.parametrize(("concurrency", "warned"), [(50, False), (51, True)])
def test_a_concurrency_above_the_claim_limit(concurrency: int, warned: bool, tmp_path: Path) -> None:
    """L-11: the claim limit is a hidden cap of 50 per workflow."""
    warnings = warnings_of(tmp_path, ("concurrency: 5", f"concurrency: {concurrency}"))
    assert [warning.line for warning in warnings] == [10] * warned
    assert all("PER_WORKFLOW_CLAIM_LIMIT" in warning.message for warning in warnings)


def test_a_project_is_capped_by_the_claim_limit_of_all_its_workflows(tmp_path: Path) -> None:
    """L-11, L-12: only workflows without a limit of their own share the project's: here one."""
    assert warnings_of(tmp_path, ("concurrency: 20", "concurrency: 50")) == ()
    assert the_warning(tmp_path, ("concurrency: 20", "concurrency: 51")).line == 7


def test_offered_load_above_capacity_is_said_as_a_number(tmp_path: Path) -> None:
    """2.5 runs a second of 2 s and 0.5 s startup need 6.25 slots, and 0.3 more for what is said before and after each run: six round trips
    of 20 ms and 1 ms (W-13, W-15). The cron runs of 12 an hour need next to nothing."""
    warnings = warnings_of(tmp_path, ("1/min", "2.5/s"), ("fast_lane:1 manual>*:4", "*:5"))
    assert len(warnings) == 1
    assert warnings[0].message.startswith("offered load 1.32: the traffic needs 6.6 slots, the workers have 5")
    assert warnings[0].line == 21


def test_offered_load_of_a_lane_above_what_serves_it(tmp_path: Path) -> None:
    """Half a run a second of 2.5 s and 121 ms."""
    warning = the_warning(tmp_path, ("1/min", "30/min"), ("fast_lane:1 manual>*:4", "fast_lane:1 default>manual:9"))
    assert "offered load 1.31 in the lane fast_lane" in warning.message


def test_offered_load_above_a_workflows_own_concurrency(tmp_path: Path) -> None:
    """L-12; fast-lane runs bypass the limit (L-14), so only the async webhook can outgrow it."""
    busy = (("1/min", "30/min"), ("concurrency: 5", "concurrency: 1"))
    assert warnings_of(tmp_path, *busy) == ()
    warnings = warnings_of(tmp_path, *busy, ("after_completion", "before_start"), ("  - p99(fast_lane.response) < 30s\n", ""))
    assert [warning.line for warning in warnings] == [10]
    assert "offered load 1.31 for the workflow's concurrency" in warnings[0].message


def test_an_slo_on_a_lane_without_traffic(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("fast_lane.response", "manual.response"))
    assert warning.line == 26
    assert "no traffic goes to the lane manual" in warning.message


def test_an_slo_on_504s_that_cannot_happen(tmp_path: Path) -> None:
    """L-20"""
    warnings = warnings_of(tmp_path, ("reply: after_completion", "reply: before_start"), ("lost == 0", "gateway_timeouts == 0"))
    assert [warning.line for warning in warnings] == [26, 27]


def test_a_caller_who_waits_longer_than_the_run_may_take(tmp_path: Path) -> None:
    """L-19, L-20"""
    warning = the_warning(tmp_path, ("concurrency: 5", "run_timeout: 10s"))
    assert warning.line == 12
    assert "longer than the run timeout" in warning.message


def test_a_service_beyond_the_run_timeout(tmp_path: Path) -> None:
    warnings = warnings_of(tmp_path, ("service: 2s", "service: 400s"), ("1/min", "1/h"))
    assert ["every run is killed" in warning.message for warning in warnings] == [True]


def test_a_trigger_that_makes_no_run(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("{poisson: 1/min}", "{at: [2h]}"), ("  - p99(fast_lane.response) < 30s\n", ""))
    assert "no run within the horizon" in warning.message


def test_a_scenario_without_traffic(tmp_path: Path) -> None:
    text = "horizon: 1h\nprojects: {a: {workflows: {b: {}}}}\nworkers: [{}]\n"
    (warning,) = load(tmp_path, text).warnings
    assert "no run is ever created" in warning.message


@pytest.mark.parametrize(("backoff", "message"), [("10/1", "W-7"), ("0/10", "W-3")])
def test_backoffs_that_do_not_mean_what_they_say(backoff: str, message: str, tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("1/10", backoff))
    assert message in warning.message
    assert warning.line == 24


def test_a_pinned_workloop_where_lightning_knows_no_queues(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("pr-4515", "pre-4515"))
    assert "has no queues: fast_lane:1 takes every run" in warning.message


def test_an_outage_after_the_horizon(tmp_path: Path) -> None:
    assert "after the horizon" in the_warning(tmp_path, ("backoff: 1/10", "outages: [{from: 2h, to: 3h}]")).message


def test_crashes_and_deploys_after_the_horizon(tmp_path: Path) -> None:
    assert "crash comes after the horizon" in the_warning(tmp_path, ("backoff: 1/10", "crashes: [{at: 2h}]")).message
    assert "deploy comes after the horizon" in the_warning(tmp_path, ("backoff: 1/10", "deploys: [{at: 2h}]")).message


def test_a_grace_that_most_runs_outlive(tmp_path: Path) -> None:
    """F-4"""
    warning = the_warning(tmp_path, ("backoff: 1/10", "deploys: [{at: 10m, grace: 3s}]"))
    assert "outlive a grace of 3 s" in warning.message
    scaled = the_warning(tmp_path, ("backoff: 1/10", "autoscaling: {max: 4, runs_per_replica: 5, grace: 3s}"))
    assert "outlive a grace of 3 s" in scaled.message


def test_the_layout_that_a_deploy_brings_is_looked_at_as_well(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("backoff: 1/10", 'deploys: [{at: 10m, workloops: "fast_line:1 *:4"}]'))
    assert "fast_line" in warning.message
    assert warning.quote[warning.column - 1 :].startswith("fast_line")


def test_an_admission_that_refuses_nobody(tmp_path: Path) -> None:
    warning = the_warning(
        tmp_path, ("reply: after_completion", "reply: before_start"), ("concurrency: 20", "admission: {fast_lane: 5}"), P99
    )
    assert (warning.line, "no request is ever refused" in warning.message) == (7, True)


def test_callers_who_wait_for_a_429_that_never_comes(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("arrivals:", "callers: {retry_on: [429]}\n            arrivals:"))
    assert (warning.line, "never refuses a request" in warning.message) == (14, True)


def test_callers_of_a_custom_reply_never_get_a_504(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("reply: after_completion", "reply: custom"), ("arrivals:", "callers: {}\n            arrivals:"), P99)
    assert (warning.line, "never get a 504" in warning.message) == (14, True)


def incident(folder: Path, text: str, *edits: tuple[str, str]) -> Problem:
    return the_warning(folder, ("slos:", f"incidents: {{{text}}}\nslos:"), *edits)


def test_an_incident_after_the_horizon(tmp_path: Path) -> None:
    warning = incident(tmp_path, "lightning_down: [{from: 2h, to: 3h}]")
    assert (warning.line, "after the horizon" in warning.message) == (25, True)


def test_incidents_that_overlap(tmp_path: Path) -> None:
    warning = incident(tmp_path, "lightning_down: [{from: 60s, to: 90s}, {from: 80s, to: 120s}, {from: 120s, to: 150s}]")
    assert (warning.line, "overlaps one above it" in warning.message) == (25, True)


def test_callers_who_give_up_at_the_first_503(tmp_path: Path) -> None:
    callers = ("arrivals:", "callers: {retry_on: [504]}\n            arrivals:")
    assert "Lightning is down for a while" in incident(tmp_path, "lightning_down: [{from: 60s, to: 90s}]", callers).message


def test_callers_who_wait_for_a_503_that_never_comes(tmp_path: Path) -> None:
    callers = ("arrivals:", "callers: {retry_on: [503]}\n            arrivals:")
    asynchronous = ("reply: after_completion", "reply: before_start")
    assert "Lightning is never down" in the_warning(tmp_path, callers, asynchronous, P99).message


def test_an_adaptor_that_nothing_is_said_of(tmp_path: Path) -> None:
    text = (
        ("startup:", "adaptors: {http: {cold_start: {time: 4s}}}\nstartup:"),
        ("service: 2s", "service: 2s\n            adaptor: htpp"),
    )
    warnings = warnings_of(tmp_path, *text)
    assert [(warning.line, warning.message) for warning in warnings] == [
        (4, "no workflow names this adaptor"),
        (17, "nothing says how long the adaptor htpp takes to load: it is always warm"),
    ]
    assert warnings[1].hint == "did you mean http?"


@pytest.mark.parametrize(
    ("timeout", "words"), [("20ms", "none ever starts (W-15)"), ("73ms", "overtake each other (W-22)"), ("74ms", None)]
)
def test_a_message_timeout_that_a_round_trip_outlasts(timeout: str, words: str | None, tmp_path: Path) -> None:
    """W-23: a round trip takes 20 ms, and at the timeout itself a message has failed. W-22: four in a row take 80 ms, and so does the guard
    of 73 ms, ⌊80.3⌋, which was set before."""
    warnings = warnings_of(tmp_path, ("backoff: 1/10", f"message_timeout: {timeout}"))
    assert [warning.line for warning in warnings] == [24] * (words is not None)
    assert words is None or words in warnings[0].hint


def test_ideal_workers_have_no_messages_to_warn_of(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, ("backoff: 1/10", "message_timeout: 1ms\n    dispatch: ideal")) == ()


def test_log_lines_that_take_longer_to_report_than_the_run_lasts(tmp_path: Path) -> None:
    """W-13: 200 lines take 4 s, a sync run 2 s; a cron run takes 7.2 s on average."""
    warning = the_warning(tmp_path, ("startup: 500ms", "messages: {log_lines: 200}"))
    assert warning.line == 4
    assert warning.message == "200 log lines take 4 s to report, the run takes 2 s"
    assert "the slot is held 2 s longer" in warning.hint
    own = the_warning(tmp_path, ("concurrency: 5", "messages: {log_lines: {poisson: 200}}"))
    assert own.line == 10


@pytest.mark.parametrize(("until", "lost"), [("6m59s", False), ("7m", True)])
def test_outages_in_which_slots_are_lost(until: str, lost: bool, tmp_path: Path) -> None:
    """W-13a: two message timeouts are a minute."""
    own = warnings_of(tmp_path, ("backoff: 1/10", f"outages: [{{from: 6m, to: {until}}}]"))
    assert [warning.path for warning in own] == ["workers.0.outages.0"] * lost
    everybodys = warnings_of(tmp_path, ("slos:", f"incidents: {{lightning_down: [{{from: 6m, to: {until}}}]}}\nslos:"))
    assert [warning.path for warning in everybodys] == ["incidents.lightning_down.0"] * lost
    assert not lost or "outlasts two message timeouts of main, 60 s" in own[0].message


def test_quotas_of_several_projects_may_overlap_and_their_callers_get_a_429(tmp_path: Path) -> None:
    """L-28"""
    spans = "{from: 5m, to: 6m, project: clinic}, {from: 5m, to: 7m, project: clinic}"
    callers = ("service: 2s", "service: 2s\n            callers: {retry_on: [429]}")
    assert warnings_of(tmp_path, ("slos:", f"incidents: {{over_quota: [{spans}]}}\nslos:"), callers) == ()


def test_credentials_that_are_answered_too_late(tmp_path: Path) -> None:
    """W-15c, L-30: the last of 20 is answered after 10 ms + 20 × 2 s + 10 ms."""
    warning = the_warning(tmp_path, ("startup: 500ms", "network: {message: 2s}"), ("concurrency: 5", "messages: {credentials: 20}"))
    assert "the last of 20 credentials is answered after 40 s" in warning.message


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ("15s", None),
        ("16s", "nothing is claimed: a claim takes 16 s or more in the database, the timeout is 15 s"),
        ("{0: 5ms, 1000: 20s}", "nothing is claimed while 1,000 runs or more are active"),
    ],
)
def test_queries_that_are_broken_off(database: str, message: str | None, tmp_path: Path) -> None:
    """L-26: at the timeout itself a query still ends."""
    warnings = warnings_of(tmp_path, ("startup: 500ms", f"network: {{database: {database}}}"))
    assert [warning.line for warning in warnings] == [4] * (message is not None)
    assert message is None or warnings[0].message.startswith(message)


def test_a_slow_database_in_which_nothing_is_claimed(tmp_path: Path) -> None:
    """L-26"""
    span = "slow_database: [{from: 5m, to: 6m, factor: 4000}, {from: 8m, to: 9m, time: 15s}]"
    warning = the_warning(tmp_path, ("slos:", f"incidents: {{{span}}}\nslos:"))
    assert warning.message.startswith("nothing is claimed in this span: a claim takes 20 s or more")
    assert warning.path == "incidents.slow_database.0.factor"
    raised = ("ruleset: pr-4515", "database_timeout: 20s")
    assert warnings_of(tmp_path, ("slos:", f"incidents: {{{span}}}\nslos:"), raised) == ()


def test_a_version_that_nobody_has_recorded(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, ("backoff: 1/10", "version: 1.22.1")) == ()
    warning = the_warning(tmp_path, ("backoff: 1/10", "version: 1.26.0"))
    assert "it is simulated as 1.25.0" in warning.message
    assert "docs/versions.md" in warning.hint


def test_a_kafka_trigger_where_there_are_none(tmp_path: Path) -> None:
    """L-3"""
    kafka = ('type: cron\n            cron: "*/5 * * * *"', "type: kafka\n            arrivals: {poisson: 1/min}")
    assert warnings_of(tmp_path, kafka) == ()
    warning = the_warning(tmp_path, kafka, ("ruleset: pr-4515", "ruleset: main"))
    assert "the ruleset main has no kafka triggers: this one makes no run (L-3)" in warning.message
    assert warning.line == 18


# --- calls ---

CALLS = """\
horizon: 1h
projects:
  p:
    workflows:
      caller:
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 1/min}, service: 1s}]
        calls: [{to: called, wait: true%s}]
      called:
        triggers: [{type: webhook, reply: after_completion, service: %s}]
workers: [{workloops: "%s"}]
"""


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("fast_lane:3 default:2", "all 3 slots for called also take its callers: 3 of these at once wait for each other in vain"),
        ("*:1", "the only slot for called also takes its callers: each of these waits for itself in vain"),
    ],
)
def test_a_lane_that_can_wait_for_itself(tmp_path: Path, layout: str, message: str) -> None:
    """K-5"""
    found = [warning for warning in load(tmp_path, CALLS % ("", "1s", layout)).warnings if "in vain" in warning.message]
    assert [warning.message for warning in found] == [message]
    assert found[0].line == 7
    assert found[0].quote[found[0].column - 1 :].startswith("true")
    assert "fast_lane" in found[0].hint


def test_callers_in_a_lane_of_their_own_do_not_wait_for_themselves(tmp_path: Path) -> None:
    """K-5: the slots for what is called take no callers."""
    text = CALLS.replace("reply: after_completion, arrivals", "arrivals") % ("", "1s", "fast_lane:1 default:2")
    assert load(tmp_path, text).warnings == ()


ASYNC = CALLS.replace("reply: after_completion, arrivals", "arrivals")


@pytest.mark.parametrize(
    ("text", "warns"),
    [
        (ASYNC, True),
        (ASYNC.replace("caller:\n", "caller:\n        concurrency: 2\n"), False),
        (ASYNC.replace("caller:\n", "caller:\n        concurrency: 3\n"), True),
        (CALLS.replace("caller:\n", "caller:\n        concurrency: 2\n"), True),
    ],
    ids=["no limit", "leaves a slot", "leaves none", "the fast lane ignores it"],
)
def test_a_limit_for_callers_leaves_a_slot_to_what_they_call(tmp_path: Path, text: str, warns: bool) -> None:
    """K-5, L-12, L-14: three slots for all."""
    warnings = load(tmp_path, text % ("", "1s", "*:3")).warnings
    assert [warning.message.startswith("all 3 slots") for warning in warnings if "in vain" in warning.message] == [True] * warns


WITHOUT_FAST_LANE = CALLS.replace("horizon", "lightning: {ruleset: pre-4515}\nhorizon")
LIMITED = WITHOUT_FAST_LANE.replace("  p:\n", "  p:\n    concurrency: 3\n") % ("", "1s", "*:60")


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ([], "3 of project p counts called"),
        ([("concurrency: 3", "concurrency: 1")], "1 of project p counts called"),
        ([("called:\n", "called:\n        concurrency: 1\n")], ""),
        ([("caller:\n", "caller:\n        concurrency: 2\n")], ""),
        ([("concurrency: 3", "concurrency: 61")], ""),
        ([("ruleset: pre-4515", "ruleset: pr-4515")], ""),
        ([("{ruleset: pre-4515}", "{ruleset: pre-4515, run_queue: faster_fifo}")], ""),
    ],
    ids=["the project's", "of one", "called has its own", "callers have their own", "more than slots", "L-14", "L-16"],
)
def test_a_limit_that_counts_its_own_callers(tmp_path: Path, changes: list[tuple[str, str]], limit: str) -> None:
    """K-5, L-12: what is called has to wait for its caller to end, where it does not ignore the limit."""
    text = LIMITED
    for old, new in changes:
        text = text.replace(old, new, 1)
    found = [warning for warning in load(tmp_path, text).warnings if "the limit of" in warning.message]
    vain = "each of these waits for itself in vain" if limit.startswith("1 ") else "3 of these at once wait for each other in vain"
    assert [warning.message for warning in found] == ([f"the limit of {limit} and its callers: {vain}"] if limit else [])
    assert all("K-5" in warning.hint and warning.line for warning in found)


@pytest.mark.parametrize(
    ("text", "slots", "limit"),
    [
        (CALLS, 60, "50 of per_workflow_claim_limit"),
        (CALLS, 49, ""),
        (WITHOUT_FAST_LANE.replace("caller:\n", "caller:\n        concurrency: 4\n"), 60, "4 of workflow caller"),
    ],
)
def test_a_workflow_that_calls_itself_hides_what_it_calls(tmp_path: Path, text: str, slots: int, limit: str) -> None:
    """K-5, L-11, L-12: also in the fast lane, a claim sees the first 50 active runs of a workflow; its own limit comes before that where
    there is no fast lane."""
    text = text.replace("to: called", "to: caller, probability: 0.5")
    text = text.replace("reply: after_completion, service", "arrivals: {poisson: 1/min}, service") % ("", "1s", f"*:{slots}")
    found = [warning.message for warning in load(tmp_path, text).warnings if "the limit of" in warning.message]
    assert [message.startswith(f"the limit of {limit}") for message in found] == ([True] if limit else [])


@pytest.mark.parametrize(("more", "service", "warns"), [("", "31s", True), (", timeout: 2s", "3s", True), ("", "20s", False)])
def test_an_answer_that_comes_too_late(tmp_path: Path, more: str, service: str, warns: bool) -> None:
    """K-5, K-6"""
    text = CALLS.replace("reply: after_completion, arrivals", "arrivals") % (more, service, "fast_lane:1 default:2")
    assert [warning.message.startswith("a run of called takes") for warning in load(tmp_path, text).warnings] == [True] * warns


def test_a_replayed_file_makes_no_calls(tmp_path: Path) -> None:
    """K-12"""
    (tmp_path / "runs.csv").write_text(
        "id,inserted_at,claimed_at,started_at,finished_at,state,queue,priority,project,workflow\n"
        "1,2026-01-05T06:00:00Z,,,,available,default,1,p,called\n"
    )
    text = CALLS.replace("horizon: 1h\n", "horizon: 1h\nreplay: runs.csv\n") % ("", "1s", "fast_lane:3 default:2")
    found = [warning for warning in load(tmp_path, text).warnings if "K-12" in warning.message]
    assert [warning.message for warning in found] == ["runs of the replayed file make no calls (K-12)"]


# --- what runs share (R-1 to R-5) ---

SHARING = """\
horizon: 1h
resources: {records: {%s}}
projects:
  p:
    workflows:
      w:
        triggers: [{type: webhook, arrivals: {poisson: 1/s}, service: 5s}]
        uses: [{resource: records, from: 20%%, to: 80%%}]
        memory: 300MB
workers: [{capacity: 20, %s}]
"""


def of_sharing(folder: Path, resource: str, worker: str = "memory: 6GB") -> list[tuple[int, str]]:
    return [(warning.line, warning.message) for warning in load(folder, SHARING % (resource, worker)).warnings]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("concurrency: 3", "records is used by 3 runs at once on average, and gives 3: runs get slower and slower"),
        ("processors: 2.5", "records is used by 3 runs at once on average, and gives 2.5: runs get slower and slower"),
        ("processors: 4, concurrency: 2", "records is used by 3 runs at once on average, and gives 2: runs get slower and slower"),
        ("rate: 1/s", "1 uses of records begin in a second on average, and it admits 1"),
    ],
)
def test_a_resource_that_cannot_keep_up(tmp_path: Path, resource: str, message: str) -> None:
    """R-1 to R-3. 60 % of 5 s each second."""
    assert of_sharing(tmp_path, resource) == [(2, message)]


def test_a_resource_that_can(tmp_path: Path) -> None:
    assert of_sharing(tmp_path, "concurrency: 4, processors: 3.5, rate: 2/s") == []


def test_a_resource_that_nobody_uses(tmp_path: Path) -> None:
    warnings = load(tmp_path, (SHARING % ("concurrency: 9}, other: {", "memory: 6GB"))).warnings
    assert [warning.message for warning in warnings] == ["no workflow uses other"]


def test_cores_that_cannot_keep_up(tmp_path: Path) -> None:
    """R-4. 40 % of 5 s each second."""
    message = "runs keep 2 cores busy on average, and the workers have 1.9: runs get slower and slower"
    assert of_sharing(tmp_path, "concurrency: 9", "memory: 6GB, cores: 1.9") == [(10, message)]
    assert of_sharing(tmp_path, "concurrency: 9", "memory: 6GB, cores: 2.1") == []


@pytest.mark.parametrize(
    ("memory", "line", "message"),
    [
        ("5GB", 10, "20 slots may take 6 GB, more than 5 GB: runs are killed"),
        ("200MB", 9, "one run takes 300 MB, and a worker has 200 MB: each is killed"),
    ],
)
def test_memory_that_is_not_enough(tmp_path: Path, memory: str, line: int, message: str) -> None:
    """R-5"""
    assert of_sharing(tmp_path, "concurrency: 9", f"memory: {memory}") == [(line, message)]
    assert of_sharing(tmp_path, "concurrency: 9", "memory: 6GB") == []


def test_memory_that_no_run_takes(tmp_path: Path) -> None:
    text = (SHARING % ("concurrency: 9", "memory: 1GB")).replace("        memory: 300MB\n", "")
    assert [warning.message for warning in load(tmp_path, text).warnings] == ["no run takes any memory"]


def test_where_more_slots_do_not_help(tmp_path: Path) -> None:
    """R-1, R-2: a slot is held for 5.5 s, of which 3 s are spent at the resource: 20 slots hold 10.9 uses, 14 of them 7.6."""
    text = (SHARING % ("processors: 8", "dispatch: ideal")).replace("horizon: 1h", "horizon: 1h\nstartup: 500ms")
    scenario = load(tmp_path, text).scenario
    assert crowded(scenario) == ["more slots do not help: records is used by 10.9 runs at once where all 20 slots are taken, and gives 8"]
    assert crowded(load(tmp_path, text.replace("capacity: 20", "capacity: 14")).scenario) == []


def test_where_more_slots_do_not_help_a_worker_with_cores(tmp_path: Path) -> None:
    """R-4: 2 of 5.5 s are work on the worker."""
    text = (SHARING % ("processors: 80", "dispatch: ideal, cores: 6")).replace("horizon: 1h", "horizon: 1h\nstartup: 500ms")
    message = "more slots do not help: runs keep 7.27 cores busy where all 20 slots are taken, and the workers have 6"
    assert crowded(load(tmp_path, text).scenario) == [message]


# --- keys that say nothing without another one ---


def test_memory_that_no_worker_limits(tmp_path: Path) -> None:
    """R-5"""
    assert of_sharing(tmp_path, "concurrency: 9", "stagger: 0s") == [(9, "every worker has enough memory: none says how much")]


def test_a_resource_without_a_limit(tmp_path: Path) -> None:
    """R-1 to R-3"""
    assert [message for _, message in of_sharing(tmp_path, "")] == ["records holds no use up: it has no limit"]


def test_a_cold_start_of_no_adaptor(tmp_path: Path) -> None:
    """I-10"""
    cold = ("startup: 500ms", "cold_start: {time: 30s}")
    warning = the_warning(tmp_path, cold)
    assert (warning.line, warning.message) == (4, "no run has this cold start: no workflow names an adaptor")
    assert warnings_of(tmp_path, cold, ("concurrency: 5", "adaptor: common")) == ()
    own = ("slos:", "adaptors: {common: {cold_start: {time: 2s}}}\nslos:")
    warning = the_warning(tmp_path, cold, own, ("concurrency: 5", "adaptor: common"))
    assert "no workflow names an adaptor without a cold start of its own" in warning.message


def test_lines_at_the_end_of_runs_that_write_none(tmp_path: Path) -> None:
    """W-13"""
    assert the_warning(tmp_path, ("startup: 500ms", "messages: {at_end: 50%}")).line == 4
    assert the_warning(tmp_path, ("concurrency: 5", "messages: {at_end: 50%, log_lines: 0}")).line == 10
    assert warnings_of(tmp_path, ("concurrency: 5", "messages: {at_end: 50%, log_lines: 2}")) == ()


def test_a_spread_of_nothing(tmp_path: Path) -> None:
    """L-21"""
    spread = ('cron: "*/5 * * * *"', 'cron: "*/5 * * * *"\n            spread: 10m')
    warning = the_warning(tmp_path, spread)
    assert (warning.line, warning.message) == (20, "there is nothing to spread: neither the workflow nor its project has copies")
    assert warnings_of(tmp_path, spread, ("concurrency: 20", "copies: 3")) == ()


def test_a_time_between_calls_of_which_there_is_one(tmp_path: Path) -> None:
    """K-3"""
    call = "      report:\n        calls: [{to: register, at: 50%, spacing: 1s}]\n"
    warning = the_warning(tmp_path, ("      report:\n", call))
    assert (warning.line, warning.message) == (17, "a run makes this call once: there is no time between calls")
    assert warnings_of(tmp_path, ("      report:\n", call.replace("spacing", "count: 2, spacing"))) == ()


def test_callers_who_would_heed_what_they_do_not_wait_for(tmp_path: Path) -> None:
    callers = "reply: after_completion\n            callers: {retry_on: [504], heeds_retry_after: false}"
    assert "only a 429 comes with a Retry-After" in the_warning(tmp_path, ("reply: after_completion", callers)).message


def test_claims_of_workers_that_send_none(tmp_path: Path) -> None:
    ideal = ("backoff: 1/10", "verification: 1s\n    dispatch: ideal")
    assert the_warning(tmp_path, ideal).message == "ideal workers send no claims"
    for kind, how in (("slow_database", "time: 5s"), ("dropped_replies", "probability: 50%")):
        incident = ("slos:", f"incidents: {{{kind}: [{{from: 1m, to: 2m, {how}}}]}}\nslos:")
        assert "ideal workers send no claims: there is no" in the_warning(tmp_path, ("backoff: 1/10", "dispatch: ideal"), incident).message


def test_a_workflow_that_never_runs(tmp_path: Path) -> None:
    warning = the_warning(tmp_path, ("      report:\n", "      reprt: {concurrency: 1}\n      report:\n"))
    assert (warning.line, warning.message) == (16, "no run of reprt is ever created: it has no trigger")
    assert warning.hint == "did you mean report?"


def test_a_workflow_that_the_replayed_file_does_not_name(tmp_path: Path) -> None:
    times = "2026-01-05T00:00:00Z,2026-01-05T00:00:01Z,2026-01-05T00:00:02Z,2026-01-05T00:00:05Z"
    (tmp_path / "runs.csv").write_text(f"id,project,workflow,inserted_at,claimed_at,started_at,finished_at\n1,a,b,{times}\n")
    text = "horizon: 1h\nreplay: runs.csv\nprojects: {a: {workflows: {b: {concurrency: 1}, WRONG}}}\nworkers: [{capacity: 5}]\n"
    assert load(tmp_path, text.replace(", WRONG", "")).warnings == ()
    (warning,) = load(tmp_path, text.replace("WRONG", "bb: {}")).warnings
    assert warning.message == "no run of bb is ever created: it has no trigger"


def test_many_workflows_that_never_run(tmp_path: Path) -> None:
    """The first are named."""
    idle = "".join(f"      r{number:05}: {{concurrency: 1}}\n" for number in range(300))
    warnings = warnings_of(tmp_path, ("      report:\n", f"{idle}      report:\n"))
    assert [one.message for one in warnings[1:]] == [f"no run of r{number:05} is ever created: it has no trigger" for number in range(20)]
    assert warnings[0].message == "280 more workflows have no trigger"
