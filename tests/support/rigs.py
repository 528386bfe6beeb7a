"""A rig that a test talks to: a session in the test's own event loop, on a port that is free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.rig.clock import Clock
from fastlanes_sim.rig.recording import Recording
from fastlanes_sim.rig.server import RigServer
from fastlanes_sim.rig.session import Settings, session, store_in
from fastlanes_sim.rig.tokens import Keys
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate
from tests.support.phoenix_worker import QUEUE, Client

SCENARIO = """
name: rig
horizon: {horizon}
network: {{latency: {latency}, database: 2ms}}
lightning: {{work_available_debounce: 50ms}}
projects:
  clinic:
    workflows:
      visit:
        triggers:
          - {{type: webhook, reply: after_completion, arrivals: {{at: [{at}]}}, service: {{constant: {service}}}}}
workers:
  - {{workloops: "fast_lane:1 manual>*:4", replicas: {replicas}, backoff: "{backoff}"}}
{more}
"""


def scenario_text(
    at: str = "0s",
    horizon: str = "2s",
    latency: str = "2ms",
    service: str = "100ms",
    replicas: int = 1,
    backoff: str = "0.2/1",
    more: str = "",
) -> str:
    return SCENARIO.format(at=at, horizon=horizon, latency=latency, service=service, replicas=replicas, backoff=backoff, more=more)


@dataclass
class Rig:
    """What a test knows of it."""

    deployment: Deployment
    table: RunTable
    server: RigServer | None = None
    keys: Keys | None = None
    recording: Recording | None = None
    clock: Clock | None = None
    lines: list[str] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    @property
    def secret(self) -> str:
        assert self.keys is not None
        return self.keys.secret

    @property
    def hostile(self) -> int:
        assert self.server is not None
        return self.server._lightning.recording.hostile

    async def client(self, worker_id: str = "python") -> Client:
        return await Client.open(self.url, self.secret, worker_id)

    async def joined(self, worker_id: str = "python") -> Client:
        client = await self.client(worker_id)
        await client.join(QUEUE, {"capacity": 5, "queues": {"fast_lane": 1, "manual>*": 4}})
        return client

    async def finished(self) -> Recording:
        assert self.task is not None
        await asyncio.wait_for(self.task, 30)
        assert self.recording is not None
        return self.recording


@asynccontextmanager
async def rig(
    text: str, *, spawn: str | None = None, workers: int | None = None, logs: Path = Path("unused"), dsn: str | None = None
) -> AsyncIterator[Rig]:
    loaded = load_scenario(Source.of_text(text, "rig.yaml", False)).scenario
    made = Rig(deployment_of(loaded), generate(loaded))
    listens = asyncio.Event()

    def started(server: RigServer, keys: Keys) -> None:
        made.server, made.keys = server, keys
        listens.set()

    async def run() -> None:
        settings = Settings(port=0, workers=workers, spawn=spawn, logs=logs, lead=0.05)
        made.recording, made.clock = await session(made.deployment, made.table, settings, made.lines.append, store_in(dsn), started)

    made.task = asyncio.create_task(run())
    waiting = asyncio.create_task(listens.wait())
    await asyncio.wait([made.task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if made.task.done():
        made.task.result()
    try:
        yield made
    finally:
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
