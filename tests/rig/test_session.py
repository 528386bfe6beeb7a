"""Whole sessions: a worker's side in Python against the rig, in wall-clock time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.rig.latencies import latencies
from fastlanes_sim.rig.likely_causes import causes
from fastlanes_sim.rig.recording import Recording, SeenClaim, SeenRun
from fastlanes_sim.rig.roster import layout_text
from fastlanes_sim.rig.seen_log import log_of, table_of
from fastlanes_sim.rig.server import MOST_FRAMES
from fastlanes_sim.rules.lifecycle import State
from tests.support.phoenix_worker import QUEUE, Client, RefusedError, Worker, play_run, url
from tests.support.rigs import rig, scenario_text

pytestmark = pytest.mark.timeout(60)
SPAWN = f"{sys.executable} -m tests.support.phoenix_worker"


async def _claimed(client: Client, queues: object = None) -> list[dict[str, str]]:
    runs: list[dict[str, str]] = (await client.ask(QUEUE, "claim", {"demand": 1, "worker_name": "w", "queues": queues}))["runs"]
    return runs


def test_a_run_lives_its_whole_life() -> None:
    """W-8, W-15, W-22a: every message is answered, and every instant is noted down."""

    async def main() -> None:
        async with rig(scenario_text(more="messages: {log_lines: 3, at_end: 0.5, credentials: 1}")) as one:
            client = await one.joined()
            assert await client.ask("phoenix", "heartbeat") == {}
            await asyncio.wait_for(client.notified.get(), 5)  # L-17
            runs = await _claimed(client, ["fast_lane"])
            assert len(runs) == 1
            assert await _claimed(client, ["fast_lane"]) == []
            found = await play_run(client, runs[0])
            assert json.loads(found["dataclip"]) == {"data": {}}
            assert found["credential"]
            assert found["plan"]["options"]["run_timeout_ms"] == 300_000
            recording = await one.finished()
            log = log_of(recording, one.deployment)
            times = [int(getattr(log, name)[0]) for name in ("inserted_at", "began_at", "claimed_at", "received_at", "started_at")]
            times += [int(getattr(log, name)[0]) for name in ("finished_at", "ended_at", "freed_at")]
            assert times == sorted(times)
            assert NEVER not in times
            assert log.state[0] == State.SUCCESS
            assert (log.worker[0], log.workloop[0]) == (0, 0)
            assert 100_000 <= times[5] - times[4] < 400_000  # the service time
            assert times[2] - times[1] >= 2_000  # the database's time
            assert recording.runs[0].messages == 3 + 3 + 1 + 3 + 1 + 2  # fetches, the start's, the step's, lines, the step's end, the end's
            assert recording.layouts == {0: "fast_lane:1 manual>*:4"}
            assert recording.versions == {0: "9.9.9"}
            assert len(table_of(one.table, recording)) == len(log.state) == 1

    asyncio.run(main())


def test_claims_are_decided_by_the_rules() -> None:
    """L-5 to L-10: a filter, a preference, and queues that are none."""

    async def main() -> None:
        text = scenario_text(at="0s, 0s").replace(
            "workers:", "      by_hand: {triggers: [{type: manual, arrivals: {at: [0s]}, service: {constant: 1s}}]}\nworkers:"
        )
        async with rig(text) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            assert await _claimed(client, ["nothing"]) == []
            row = [int(run["id"][-4:], 16) for run in await _claimed(client, "neither a list nor strings")]
            assert one.table.queue[row[0]] == 2  # `manual` before all others
            row = [int(run["id"][-4:], 16) for run in await _claimed(client, ["fast_lane", "*"])]
            assert one.table.queue[row[0]] == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("claim", {"demand": -1}),
        ("claim", {"demand": True}),
        ("claim", {"demand": "1"}),
        ("claim", {"demand": 10**30}),
        ("no-such-event", {}),
    ],
)
def test_a_wrong_message_to_the_queue_gets_an_error_and_takes_nothing(event: str, payload: dict[str, Any]) -> None:
    async def main() -> None:
        async with rig(scenario_text()) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            with pytest.raises(RefusedError):
                await client.ask(QUEUE, event, payload)
            assert len(await _claimed(client)) == 1

    asyncio.run(main())


def test_a_channel_is_joined_with_its_own_token_only() -> None:
    async def main() -> None:
        async with rig(scenario_text(at="0s, 0s")) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            (mine,), (other,) = await _claimed(client), await _claimed(client)
            for topic, payload in (
                (f"run:{mine['id']}", {"token": other["token"]}),
                (f"run:{mine['id']}", {}),
                (f"run:{mine['id']}", "text"),
                ("run:00000000-0000-0000-0000-0000000000ff", {"token": mine["token"]}),
                ("run:nonsense", {"token": mine["token"]}),
                ("room:lobby", {}),
            ):
                with pytest.raises(RefusedError):
                    await client.join(topic, payload)
            for event in ("fetch:plan", "run:start"):
                with pytest.raises(RefusedError):  # it is not joined
                    await client.ask(f"run:{mine['id']}", event)
            await play_run(client, mine)

    asyncio.run(main())


def test_wrong_messages_of_a_run_get_errors() -> None:
    async def main() -> None:
        async with rig(scenario_text()) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            run = (await _claimed(client))[0]
            topic = f"run:{run['id']}"
            await client.join(topic, {"token": run["token"]})
            for event, payload in (
                ("step:start", {}),
                ("step:complete", {"job_id": 1, "step_id": 2}),
                ("run:log", {"no": "message"}),
                ("run:batch_logs", {"logs": "no list"}),
                ("run:complete", {}),
                ("run:complete", {"reason": "because"}),
                ("run:complete", {"reason": ["success"]}),
                ("no:such", {}),
            ):
                with pytest.raises(RefusedError):
                    await client.ask(topic, event, payload)
            assert await client.ask(topic, "run:batch_logs", {"run_id": run["id"], "logs": []}, binary=False) is None
            with pytest.raises(RefusedError):
                await client.ask(topic, "run:log", {"message": ["in bytes"]}, binary=True)  # the worker sends none of these
            await play_run(client, run)
            await client.join(topic, {"token": run["token"]})
            with pytest.raises(RefusedError):  # it has ended already
                await client.ask(topic, "run:complete", {"reason": "fail"})
            recording = await one.finished()
            assert recording.runs[0].state == State.SUCCESS

    asyncio.run(main())


def test_hostile_frames_end_their_own_connection_only() -> None:
    async def main() -> None:
        async with rig(scenario_text(horizon="5s", replicas=2), workers=1) as one:
            good = await one.joined()
            for data in ("not json", "[1,2,3]", b"\x07\x00", "[" * 100_000):
                hostile = await one.client("bad")
                await hostile.socket.send(data)
                await asyncio.wait_for(hostile.wait_closed(), 5)
            flood = await one.client("bad")
            with contextlib.suppress(ConnectionClosed):
                for _ in range(MOST_FRAMES * 3):
                    await flood.socket.send('[null,"1","phoenix","heartbeat",{}]')
            await asyncio.wait_for(flood.wait_closed(), 5)
            large = await one.client("bad")
            with contextlib.suppress(ConnectionClosed):
                await large.socket.send('["1","2","worker:queue","claim",{"x":"' + "x" * 17 * 2**20 + '"}]')
            await asyncio.wait_for(large.wait_closed(), 5)
            assert one.hostile >= 5
            assert await good.ask("phoenix", "heartbeat") == {}

    asyncio.run(main())


def test_what_waits_to_be_worked_on_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims that come faster than the database answers."""

    async def main() -> None:
        more = "incidents: {slow_database: [{from: 0s, to: 3s, time: 3s}]}"
        async with rig(scenario_text(horizon="3s", more=more)) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            with contextlib.suppress(ConnectionClosed):
                for number in range(60):
                    await client.socket.send(json.dumps(["1", str(number + 10), QUEUE, "claim", {"demand": 1}]))
                await asyncio.sleep(0.1)
                await client.socket.send('[null,"99","phoenix","heartbeat",{}]')
            await asyncio.wait_for(client.wait_closed(), 5)
            assert one.hostile >= 1

    monkeypatch.setattr("fastlanes_sim.rig.server.MOST_WAITING", 20)
    asyncio.run(main())


def test_nobody_comes_in_without_a_token_or_beside_the_scenarios_workers() -> None:
    async def main() -> None:
        async with rig(scenario_text(horizon="5s")) as one:
            for wrong in (
                one.url + "/websocket",
                one.url + "/websocket?token=x",
                url(one.url, "another secret that is long enough"),
                url(one.url.replace("/worker", "/else"), one.secret),
            ):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(wrong, proxy=None)
                assert refused.value.response.status_code in (401, 404)
            first = await one.joined("first")
            with pytest.raises(InvalidStatus) as refused:
                await one.client("second")
            assert refused.value.response.status_code == 403
            await first.close()
            await asyncio.sleep(0.1)
            await one.client("second")  # it takes the place of the one that went

    asyncio.run(main())


def test_two_workers_share_the_runs() -> None:
    """L-10, L-23: no run is taken twice."""

    async def main() -> None:
        times = ", ".join(f"{number * 60}ms" for number in range(16))
        async with rig(scenario_text(at=times, horizon="3s", replicas=2)) as one:
            workers = [Worker(one.url, one.secret, "fast_lane:1 manual>*:4", (0.1, 0.5), name) for name in ("a", "b")]
            tasks = [asyncio.create_task(worker.work()) for worker in workers]
            log = log_of(await one.finished(), one.deployment)
            for task in tasks:
                task.cancel()
            assert (log.state == State.SUCCESS).all()
            assert set(log.worker.tolist()) == {0, 1}
            won = [claim.run for claim in log.claims if claim.run is not None]
            assert sorted(won) == list(range(16))

    asyncio.run(main())


def test_an_outage_closes_the_socket_and_refuses_until_it_is_over() -> None:
    """W-12, W-16: as the scenario says."""

    async def main() -> None:
        text = scenario_text(at="0s, 1500ms", horizon="4s", service="50ms")
        text = text.replace('backoff: "0.2/1"}', 'backoff: "0.2/1", outages: [{from: 500ms, to: 1200ms}]}')
        async with rig(text) as one:
            worker = asyncio.create_task((it := Worker(one.url, one.secret, "fast_lane:1 manual>*:4", (0.1, 0.5))).work())
            recording = await one.finished()
            worker.cancel()
            log = log_of(recording, one.deployment)
            assert it.connections == 2
            assert (log.state == State.SUCCESS).all()
            ups = [time for time, _, what in log.connections if what == "connect"]
            downs = [time for time, _, what in log.connections if what == "disconnect"]
            assert 500_000 <= downs[0] < 700_000
            assert ups[1] >= 1_200_000
            assert any(event.kind == "refused" for event in recording.events)

    asyncio.run(main())


def test_a_mute_connection_says_nothing_and_stays_open() -> None:
    """W-25"""

    async def main() -> None:
        text = scenario_text(horizon="3s").replace('backoff: "0.2/1"}', 'backoff: "0.2/1", outages: [{from: 300ms, to: 3s, kind: mute}]}')
        async with rig(text) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            await asyncio.sleep(0.6)
            with pytest.raises(TimeoutError):
                await client.ask("phoenix", "heartbeat", timeout=0.5)
            assert not client.is_closed
            with pytest.raises(InvalidStatus):
                await one.client("python")

    asyncio.run(main())


def test_lightning_goes_down_and_makes_no_runs() -> None:
    """I-1, I-2"""

    async def main() -> None:
        more = "incidents: {lightning_down: [{from: 300ms, to: 900ms}]}"
        async with rig(scenario_text(at="0s, 600ms", horizon="1500ms", more=more)) as one:
            client = await one.joined()
            await asyncio.wait_for(client.wait_closed(), 5)
            log = log_of(await one.finished(), one.deployment)
            assert log.inserted_at[1] == NEVER
            assert log.refused_at[1] >= 600_000

    asyncio.run(main())


def test_a_slow_database_and_withheld_replies() -> None:
    """I-7, I-8"""

    async def main() -> None:
        more = """incidents:
  slow_database: [{from: 0s, to: 2s, time: 300ms}]
  dropped_replies: [{from: 500ms, to: 2s, probability: 1}]"""
        async with rig(scenario_text(at="0s, 550ms", horizon="2s", more=more)) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            assert len(await _claimed(client)) == 1
            await asyncio.sleep(0.4)
            with pytest.raises(TimeoutError):
                await client.ask(QUEUE, "claim", {"demand": 1, "worker_name": "w", "queues": ["*"]}, timeout=0.8)
            log = log_of(await one.finished(), one.deployment)
            assert (log.claimed_at - log.began_at >= 300_000).all()
            assert log.state.tolist() == [State.CLAIMED, State.CLAIMED]
            assert log.received_at[1] == NEVER
            assert [claim.lost for claim in log.claims] == [None, "reply"]

    asyncio.run(main())


def test_claims_of_one_connection_are_decided_one_after_another() -> None:
    """L-23: three at once, two from one connection; the third, of another, does not wait."""

    async def main() -> None:
        more = "incidents: {slow_database: [{from: 0s, to: 3s, time: 200ms}]}"
        async with rig(scenario_text(horizon="3s", replicas=2, more=more)) as one:
            first, second = await one.joined("a"), await one.joined("b")
            await asyncio.wait_for(first.notified.get(), 5)
            await asyncio.gather(_claimed(first, ["x"]), _claimed(first, ["x"]), _claimed(second, ["x"]))
            claims = sorted((await one.finished()).claims, key=lambda claim: (claim.worker, claim.pushed_at))
            begun = [claim.began_at for claim in claims]
            assert begun[1] >= claims[0].decided_at
            assert begun[2] - claims[2].pushed_at < 100_000

    asyncio.run(main())


def test_a_query_beyond_the_timeout_ends_the_channel(tmp_path: Path) -> None:
    """L-26, W-21"""

    async def main() -> None:
        text = scenario_text(horizon="2s", more="incidents: {slow_database: [{from: 0s, to: 2s, time: 1s}]}")
        text = text.replace("work_available_debounce: 50ms", "work_available_debounce: 50ms, database_timeout: 200ms")
        async with rig(text) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            client.push(QUEUE, "claim", {"demand": 1})
            frame = await asyncio.wait_for(client.pushes.get(), 5)
            assert frame[2:4] == [QUEUE, "phx_error"]
            await client.join(QUEUE, {"capacity": 1, "queues": {}})
            log = log_of(await one.finished(), one.deployment)
            assert log.state[0] == State.AVAILABLE

    asyncio.run(main())


def test_a_refused_join_and_a_lost_plan() -> None:
    """W-15, W-15a"""

    async def main() -> None:
        async with rig(scenario_text(at="0s, 0s")) as one:
            object.__setattr__(one.table, "join_fails", np.array([True, False]))
            object.__setattr__(one.table, "plan_lost", np.array([False, True]))
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            runs = sorted((await _claimed(client)) + (await _claimed(client)), key=lambda run: run["id"])
            with pytest.raises(RefusedError):
                await client.join(f"run:{runs[0]['id']}", {"token": runs[0]["token"]})
            await client.join(f"run:{runs[1]['id']}", {"token": runs[1]["token"]})
            with pytest.raises(TimeoutError):
                await client.ask(f"run:{runs[1]['id']}", "fetch:plan", timeout=0.3)
            recording = await one.finished()
            assert recording.runs[0].freed_at is not None

    asyncio.run(main())


@pytest.mark.parametrize(("code", "how"), [("raise SystemExit(0)", "with exit code 0"), ("import os; os.abort()", "by signal 6")])
def test_a_worker_that_ends_before_it_joins_is_said(code: str, how: str, tmp_path: Path) -> None:
    """Nobody else would come, and the rig would wait for ever."""

    async def main() -> None:
        async with rig(scenario_text(), spawn=f"{sys.executable} -c {shlex.quote(code)}", logs=tmp_path) as one:
            await one.finished()

    with pytest.raises(FastlanesError, match=f"worker ended {how} before it joined\\n    hint: look into .*worker.log"):
        asyncio.run(main())


def test_the_rig_starts_workers_and_ends_them(tmp_path: Path) -> None:
    """W-20, F-7: a deploy replaces the process; the old one gets SIGTERM and goes."""

    async def main() -> None:
        text = scenario_text(at="0s, 2500ms, 2600ms", horizon="5s").replace(
            'backoff: "0.2/1"}', 'backoff: "0.2/1", deploys: [{at: 500ms, start_up: 1500ms, grace: 2s}]}'
        )
        async with rig(text, spawn=SPAWN, logs=tmp_path) as one:
            recording = await one.finished()
            log = log_of(recording, one.deployment)
            assert (log.state == State.SUCCESS).all()
            assert log.worker[0] == 0
            assert log.worker[-1] == 1
            kinds = [(event.worker, event.kind) for event in recording.events]
            assert (0, "sigterm") in kinds
            assert (0, "exit") in kinds
            assert sorted(path.name for path in tmp_path.iterdir()) == ["worker-2.log", "worker.log"]

    asyncio.run(main())


def test_a_crash_of_a_worker_loses_what_it_held(tmp_path: Path) -> None:
    """F-5: SIGKILL."""

    async def main() -> None:
        text = scenario_text(service="10s", horizon="3s").replace(
            'backoff: "0.2/1"}', 'backoff: "0.2/1", crashes: [{at: 1500ms, restart_after: never}]}'
        )
        async with rig(text, spawn=SPAWN, logs=tmp_path) as one:
            recording = await one.finished()
            assert [event.detail for event in recording.events if event.kind == "exit"] == ["-9"]
            assert recording.runs[0].state == State.STARTED

    asyncio.run(main())


def test_what_a_worker_says_of_its_workloops_is_shown_without_harm() -> None:
    """It goes into files and onto the terminal: no control characters, and nothing that UTF-8 cannot hold."""
    assert layout_text({"manual>*": 4}) == "manual>*:4"
    for hostile in ({"\x1b[31m\n::stop-commands::x": "\x07", "\ud800": "\r"}, ["\x1b", "\ud800"]):
        text = layout_text(hostile)
        assert text.isprintable()
        assert text.encode()


def test_a_run_claimed_by_a_workloop_that_the_scenario_does_not_have_is_in_the_log() -> None:
    """A worker of another layout: likely causes name it, and the files are written all the same."""

    async def main() -> None:
        async with rig(scenario_text(), workers=1) as one:
            claim = SeenClaim(0, 1, ("*",), 0)
            log = log_of(Recording([SeenRun(inserted_at=0, claimed_at=1, worker=0, claim=claim)], ended_on=10), one.deployment)
            assert log.workloop.tolist() == [0]
            assert [entry.runs for entry in utilisation(one.deployment, log)] == [1, 0]

    asyncio.run(main())


def test_nothing_is_made_of_latencies_that_nobody_measured() -> None:
    """No worker came: there is no message that took no time."""

    async def main() -> None:
        async with rig(scenario_text(latency="40ms"), workers=1) as one:
            recording = Recording([SeenRun()])
            assert causes(recording, one.deployment, latencies(recording, one.deployment), [], None, 0) == []

    asyncio.run(main())


def test_signals_do_after_a_session_what_they_did_before(tmp_path: Path) -> None:
    """And those that are ignored (nohup) stay so."""

    def ends(number: int, frame: object) -> None: ...

    async def main() -> None:
        async with rig(scenario_text(), logs=tmp_path) as one:
            assert one.task is not None
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            signal.raise_signal(signal.SIGTERM)
            assert (await one.finished()).interrupted

    before = {what: signal.getsignal(what) for what in (signal.SIGTERM, signal.SIGHUP)}
    try:
        signal.signal(signal.SIGTERM, ends)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        asyncio.run(main())
        assert signal.getsignal(signal.SIGTERM) is ends
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for what, handler in before.items():
            signal.signal(what, handler)


def test_what_cannot_be_played_is_said(tmp_path: Path) -> None:
    async def start(text: str, **more: Any) -> None:
        async with rig(text, logs=tmp_path, **more) as one:
            await one.finished()

    ideal = scenario_text().replace('backoff: "0.2/1"}', "dispatch: ideal}")
    scaled = scenario_text().replace("replicas: 1", "autoscaling: {max: 2, runs_per_replica: 1}")
    calling = scenario_text().replace("triggers:", "calls: [{to: visit, probability: 90%}]\n        triggers:", 1)
    for text, more, word in (
        (ideal, {}, "ideal"),
        (calling, {}, "call others"),
        (scaled, {}, "autoscaling"),
        (scenario_text(), {"workers": 2}, "the scenario has 1"),
        (scenario_text(), {"spawn": ""}, "--spawn is empty"),
        (scenario_text(), {"spawn": "'"}, "--spawn"),
        (scenario_text(), {"spawn": "/no/such/program"}, "cannot start"),
    ):
        with pytest.raises(FastlanesError, match=word):
            asyncio.run(start(text, **more))
