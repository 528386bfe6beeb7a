"""Runs in a real PostgreSQL, claimed by the query itself (L-24 to L-26)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.rig.seen_log import log_of
from fastlanes_sim.rules.lifecycle import State
from tests.support.phoenix_worker import QUEUE, Worker
from tests.support.rigs import rig, scenario_text

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]
SCHEMAS = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'fastlanes_sim_rig_%'"


@pytest.fixture
def dsn(postgres: Callable[[], Any]) -> str:
    with postgres() as connection:
        return str(connection.info.dsn)


def test_workers_are_served_from_a_schema_that_comes_and_goes(postgres: Callable[[], Any], dsn: str) -> None:
    async def main() -> None:
        times = ", ".join(f"{number * 60}ms" for number in range(10))
        async with rig(scenario_text(at=times, horizon="3s", replicas=2), dsn=dsn) as one:
            workers = [Worker(one.url, one.secret, "fast_lane:1 manual>*:4", (0.1, 0.5), name) for name in ("a", "b")]
            tasks = [asyncio.create_task(worker.work()) for worker in workers]
            with postgres() as connection:
                assert connection.execute(SCHEMAS).fetchone()[0] == 1
            log = log_of(await one.finished(), one.deployment)
            for task in tasks:
                task.cancel()
            assert (log.state == State.SUCCESS).all()
            assert sorted(claim.run for claim in log.claims if claim.run is not None) == list(range(10))

    asyncio.run(main())
    with postgres() as connection:
        assert connection.execute(SCHEMAS).fetchone()[0] == 0


def test_a_claim_sees_the_table_as_it_was_when_its_query_began(dsn: str) -> None:
    """L-24: a run that comes while a slow query is under way is not seen by it."""

    async def main() -> None:
        more = "incidents: {slow_database: [{from: 0s, to: 2s, time: 600ms}]}"
        async with rig(scenario_text(at="300ms", horizon="2500ms", more=more), dsn=dsn) as one:
            client = await one.joined()
            while not any("begins" in line for line in one.lines):
                await asyncio.sleep(0.01)
            claim = {"demand": 1, "worker_name": "w", "queues": ["*"]}
            assert await client.ask(QUEUE, "claim", claim) == {"runs": []}
            assert len((await client.ask(QUEUE, "claim", claim))["runs"]) == 1
            claims = (await one.finished()).claims
            assert claims[0].decided_at - claims[0].began_at >= 600_000

    asyncio.run(main())


def test_a_query_beyond_the_timeout_is_broken_off_by_the_database(dsn: str) -> None:
    """L-26: nothing is claimed."""

    async def main() -> None:
        text = scenario_text(horizon="2s", more="incidents: {slow_database: [{from: 0s, to: 2s, time: 1s}]}")
        text = text.replace("work_available_debounce: 50ms", "work_available_debounce: 50ms, database_timeout: 200ms")
        async with rig(text, dsn=dsn) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            client.push(QUEUE, "claim", {"demand": 1})
            frame = await asyncio.wait_for(client.pushes.get(), 5)
            assert frame[2:4] == [QUEUE, "phx_error"]
            assert (await one.finished()).runs[0].state == State.AVAILABLE

    asyncio.run(main())


def test_a_database_that_goes_away_ends_the_session_with_what_was_seen(postgres: Callable[[], Any], dsn: str) -> None:
    async def main() -> None:
        async with rig(scenario_text(at="0s, 1s, 2s", horizon="20s"), dsn=dsn) as one:
            client = await one.joined()
            await asyncio.wait_for(client.notified.get(), 5)
            with postgres() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            recording = await one.finished()
            assert recording.interrupted
            assert recording.runs[0].inserted_at is not None
            assert any("does not answer any more" in line for line in one.lines)

    asyncio.run(main())


def test_a_database_that_cannot_be_used_is_said_without_its_dsn() -> None:
    async def main() -> None:
        async with rig(scenario_text(), dsn="postgresql://nobody:secret@127.0.0.1:1/none"):
            pytest.fail("there is no such database")

    with pytest.raises(FastlanesError) as raised:
        asyncio.run(main())
    assert "secret" not in str(raised.value)
