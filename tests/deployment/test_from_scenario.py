"""What a scenario deploys, in plain values."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.deployment.deployment import Deployment, DroppedReplies, OverQuota, SlowDatabase, Worker
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.rules.layout_parser import ParsedWorkloop
from tests.support.scenario_files import edited, load

BACKOFF = "backoff: 1/10"


def deployed(folder: Path, *edits: tuple[str, str]) -> Deployment:
    return deployment(load(folder, edited(*edits)).scenario)


def test_projects_workflows_and_limits(tmp_path: Path) -> None:
    plain = deployed(tmp_path)
    assert [(project.name, project.concurrency) for project in plain.projects] == [("clinic", 20)]
    assert [(w.name, w.project, w.concurrency) for w in plain.workflows] == [("register", 0, 5), ("report", 0, None)]
    assert plain.horizon == 3_600 * SECOND


def test_copies_are_written_out_with_limits_of_their_own(tmp_path: Path) -> None:
    plain = deployed(tmp_path, ("concurrency: 20", "copies: 2"), ("concurrency: 5", "copies: 3"))
    assert [project.name for project in plain.projects] == ["clinic-1", "clinic-2"]
    one = ["register-1", "register-2", "register-3", "report"]
    assert [(w.name, w.project) for w in plain.workflows] == [(name, project) for project in (0, 1) for name in one]


def test_replicas_connect_one_after_another_and_share_their_outages(tmp_path: Path) -> None:
    extra = f"{BACKOFF}\n    replicas: 2\n    connect: 1s\n    stagger: 250ms\n    outages: [{{from: 5m, to: 6m}}, {{from: 1m, to: 2m}}]"
    plain = deployed(tmp_path, (BACKOFF, extra))
    assert [(worker.name, worker.connect_at) for worker in plain.workers] == [("main-1", 1_000_000), ("main-2", 1_250_000)]
    assert all(worker.outages == ((MINUTE, 2 * MINUTE), (5 * MINUTE, 6 * MINUTE)) for worker in plain.workers)


def test_the_layout_in_the_workers_reading(tmp_path: Path) -> None:
    """W-17"""
    (worker,) = deployed(tmp_path).workers
    assert worker.workloops == (ParsedWorkloop("fast_lane:1", ("fast_lane",), 1), ParsedWorkloop("manual>*:4", ("manual", "*"), 4))


@pytest.mark.parametrize(("settings", "token"), [("capacity: 7", "manual>*:7"), ("replicas: 1", "manual>*:5")])
def test_capacity_or_nothing_stands_for_a_layout(settings: str, token: str, tmp_path: Path) -> None:
    """W-18"""
    (worker,) = deployed(tmp_path, ('workloops: "fast_lane:1 manual>*:4"', settings)).workers
    assert [loop.id for loop in worker.workloops] == [token]


@pytest.mark.parametrize(("text", "bounds"), [("1/10", (1_000, 10_000)), ("0/10", (1_000, 10_000)), ("0.5/0", (500, 30_000))])
def test_backoff_in_milliseconds(text: str, bounds: tuple[int, int], tmp_path: Path) -> None:
    """W-3"""
    (worker,) = deployed(tmp_path, (BACKOFF, f"backoff: {text}")).workers
    assert (worker.backoff_min_ms, worker.backoff_max_ms) == bounds


def test_everything_else_of_a_worker(tmp_path: Path) -> None:
    extra = f"{BACKOFF}\n    claim_timeout: 60s\n    verification: 3ms\n    claim_chains: single\n    dispatch: ideal"
    (worker,) = deployed(tmp_path, (BACKOFF, extra)).workers
    assert isinstance(worker, Worker)
    assert (worker.claim_timeout, worker.verification, worker.claim_chains, worker.dispatch) == (60 * SECOND, 3_000, "single", "ideal")


def test_notifications_off_is_no_debounce(tmp_path: Path) -> None:
    """L-17"""
    assert deployed(tmp_path).lightning.debounce == 500 * MILLISECOND
    assert deployed(tmp_path, ("ruleset: pr-4515", "broadcast_work_available: false")).lightning.debounce is None


@pytest.mark.parametrize(
    ("start", "timezone", "first"),
    [
        ("2026-01-05", "UTC", 0),
        ("2026-01-05T06:00:01", "UTC", 299 * SECOND),
        ("2026-01-05T06:04", "Africa/Addis_Ababa", MINUTE),
        ("2026-01-05T06:00", "Asia/Kathmandu", 0),  # 00:15 UTC
        ("2026-01-05T06:00:00", "Africa/Monrovia", 0),
    ],
)
def test_the_janitor_goes_by_the_servers_clock(start: str, timezone: str, first: int, tmp_path: Path) -> None:
    """L-18: every five minutes from midnight UTC, whenever the simulation begins."""
    plain = deployed(tmp_path, ("startup: 500ms", f"start: {start}"), ("Africa/Addis_Ababa", timezone))
    assert plain.lightning.janitor_first == first


def test_a_janitor_of_the_hour_meets_a_zone_of_half_hours(tmp_path: Path) -> None:
    """06:00 in Kolkata is 00:30 UTC: half an hour to go."""
    edits = (
        ("startup: 500ms", "start: 2026-01-05T06:00"),
        ("Africa/Addis_Ababa", "Asia/Kolkata"),
        ("ruleset: pr-4515", "janitor_every: 1h"),
    )
    assert deployed(tmp_path, *edits).lightning.janitor_first == 30 * MINUTE


@pytest.mark.parametrize(
    ("database", "curve"),
    [
        ("7ms", ((0, 7_000),)),
        ("{1000: 20ms, 0: 5ms}", ((0, 5_000), (1_000, 20_000))),
        # two workflows: a nineteenth of the way from 1 to 20, in whole microseconds
        (
            "measured",
            ((10, 1_500), (100, 2_105), (1_000, 3_857), (5_000, 13_157), (20_000, 25_684), (100_000, 203_105)),
        ),
    ],
)
def test_the_databases_part_of_a_claim(database: str, curve: tuple[tuple[int, int], ...], tmp_path: Path) -> None:
    assert deployed(tmp_path, ("startup: 500ms", f"network: {{database: {database}}}")).latency.database == curve


@pytest.mark.parametrize(("workflows", "at_1000"), [(2, 3_857), (20, 4_900), (260, 5_900), (500, 6_900), (900, 6_900)])
def test_the_measured_curve_between_and_beyond_the_measured_workflows(workflows: int, at_1000: int, tmp_path: Path) -> None:
    others = "".join(f"      w{number}: {{}}\n" for number in range(workflows - 2))
    plain = deployed(tmp_path, ("startup: 500ms", "network: {database: measured}"), ("      report:", f"{others}      report:"))
    assert len(plain.workflows) == workflows
    assert dict(plain.latency.database)[1_000] == at_1000


DOWN = "incidents: {lightning_down: [{from: 10m, to: 15m}, {from: 1m, to: 2m}, {from: 2m, to: 4m}]}\nslos:"


def test_lightning_down_is_an_outage_of_every_worker_that_polls(tmp_path: Path) -> None:
    """I-1; spans that touch are one."""
    down = ((MINUTE, 4 * MINUTE), (10 * MINUTE, 15 * MINUTE))
    plain = deployed(tmp_path, (BACKOFF, f"{BACKOFF}\n    outages: [{{from: 5m, to: 6m}}]"), ("slos:", DOWN))
    assert plain.incidents.down == down
    assert plain.workers[0].outages == (down[0], (5 * MINUTE, 6 * MINUTE), down[1])
    ideal = deployed(tmp_path, (BACKOFF, "dispatch: ideal"), ("slos:", DOWN))
    assert ideal.workers[0].outages == ()


def test_a_slow_database_has_a_curve_of_its_own(tmp_path: Path) -> None:
    """I-7: by a factor in whole thousandths, or a fixed time."""
    slow = "incidents: {slow_database: [{from: 1m, to: 2m, factor: 2.5}, {from: 5m, to: 6m, time: 60s}]}\n"
    plain = deployed(tmp_path, ("startup:", "network: {database: {0: 3us, 100: 20ms}}\nstartup:"), ("slos:", slow + "slos:"))
    assert plain.incidents.slow == (
        SlowDatabase(MINUTE, 2 * MINUTE, ((0, 7), (100, 50_000))),
        SlowDatabase(5 * MINUTE, 6 * MINUTE, ((0, MINUTE),)),
    )


def test_latencies_of_both_ways(tmp_path: Path) -> None:
    """L-17, L-30: a notification travels like any other message unless the scenario says otherwise."""
    plain = deployed(tmp_path, ("startup: 500ms", "network: {latency: 60ms, message: 2ms}"))
    assert (plain.latency.up, plain.latency.down, plain.latency.message, plain.notification) == (60_000, 60_000, 2_000, 60_000)
    apart = deployed(tmp_path, ("startup: 500ms", "network: {request: 1ms, reply: 2ms, notification: 3ms}"))
    assert (apart.latency.up, apart.latency.down, apart.latency.message, apart.notification) == (1_000, 2_000, 0, 3_000)


def test_the_database_is_shared_and_has_a_pool_and_a_timeout(tmp_path: Path) -> None:
    """L-25 to L-27"""
    default = deployed(tmp_path).lightning
    assert default.claims == "serial"
    assert (default.database_processors, default.database_pool, default.nodes) == (4, 10, 1)
    assert (default.database_timeout, default.puts_back) == (15 * SECOND, False)
    settings = "database_processors: 2, database_pool_size: 5, nodes: 3, database_timeout: 2m, puts_back_unheard_claims: true"
    other = deployed(tmp_path, ("ruleset: pr-4515", settings)).lightning
    assert (other.database_processors, other.database_pool, other.nodes) == (2, 5, 3)
    assert (other.database_timeout, other.puts_back) == (2 * MINUTE, True)


def test_what_a_worker_does_with_the_messages_of_runs(tmp_path: Path) -> None:
    """W-15a, W-23"""
    (default,) = deployed(tmp_path).workers
    assert (default.run_channel, default.message_timeout, default.survives_lost_plan, default.restart) == (
        "whole",
        30 * SECOND,
        False,
        None,
    )
    extra = f"{BACKOFF}\n    message_timeout: 5s\n    survives_lost_plan: true\n    restart: 10s\n    version: 1.22.1"
    (other,) = deployed(tmp_path, (BACKOFF, extra)).workers
    assert (other.message_timeout, other.survives_lost_plan, other.restart) == (5 * SECOND, True, 10 * SECOND)


def test_mute_outages_are_apart_from_those_that_close_the_socket(tmp_path: Path) -> None:
    """W-12, W-25; mute ones that touch are one."""
    mute = "{from: 9m, to: 10m, kind: mute}, {from: 8m, to: 9m, kind: mute}, {from: 1m, to: 2m}"
    (worker,) = deployed(tmp_path, (BACKOFF, f"{BACKOFF}\n    outages: [{mute}]")).workers
    assert worker.outages == ((MINUTE, 2 * MINUTE),)
    assert worker.mute == ((8 * MINUTE, 10 * MINUTE),)


def test_a_quota_is_of_every_copy_of_its_project(tmp_path: Path) -> None:
    """L-28"""
    over = "incidents: {over_quota: [{from: 1m, to: 2m, project: clinic}]}\nslos:"
    plain = deployed(tmp_path, ("  clinic:", "  clinic:\n    copies: 2"), ("slos:", over))
    assert plain.incidents.over_quota == (OverQuota(MINUTE, 2 * MINUTE, 0), OverQuota(MINUTE, 2 * MINUTE, 1))


def test_dropped_replies_in_millionths(tmp_path: Path) -> None:
    """I-8"""
    drops = "incidents: {dropped_replies: [{from: 0, to: 2m, probability: 0.5%}, {from: 5m, to: 6m, probability: 1}]}\nslos:"
    plain = deployed(tmp_path, ("slos:", drops))
    assert plain.incidents.dropped == (DroppedReplies(0, 2 * MINUTE, 5_000), DroppedReplies(5 * MINUTE, 6 * MINUTE, 1_000_000))
