"""A worker's side of the protocol, in Python, for tests of the rig: joins, claims, plays runs, tells, leaves, reconnects.

Written from the rules (W-1 to W-15, W-22a) and apart from the rig: frames are built and read here anew. As a program it is a worker that
`--spawn` can start: it polls as W-3 to W-10 say, with one chain a workloop, and ends as W-20 says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import time
from typing import Any
from urllib.parse import quote

import jwt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

QUEUE = "worker:queue"
_PAUSE = re.compile(r"await pause\((\d+)\)|console\.log\(|throw new Error|notDefinedSoThatItCrashes")


class RefusedError(Exception):
    """An answer that is not ok; `response` says why."""

    def __init__(self, response: Any) -> None:
        super().__init__(str(response))
        self.response = response


def token(secret: str, worker_id: str = "python") -> str:
    return jwt.encode({"worker_id": worker_id, "iss": "urn:openfn:worker", "iat": int(time.time())}, secret, algorithm="HS256")


def url(base: str, secret: str, worker_id: str = "python") -> str:
    return f"{base}/websocket?token={quote(token(secret, worker_id))}&api_version=1.2&worker_version=9.9.9&vsn=2.0.0"


class Client:
    """One socket, with answers matched to what was asked."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.notified = asyncio.Queue[float]()
        self.pushes = asyncio.Queue[list[Any]]()
        """Whatever came that answers nothing."""
        self._refs = 0
        self._join_refs: dict[str, str] = {}
        self._waiting: dict[str, asyncio.Future[tuple[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, base: str, secret: str, worker_id: str = "python") -> Client:
        return cls(await connect(url(base, secret, worker_id), max_size=None, ping_interval=None, compression=None, proxy=None))

    @property
    def is_closed(self) -> bool:
        return self._reader.done()

    async def wait_closed(self) -> None:
        await asyncio.wait([self._reader])

    async def close(self) -> None:
        await self.socket.close()
        await asyncio.wait([self._reader])

    async def join(self, topic: str, payload: Any) -> Any:
        self._join_refs[topic] = str(self._refs + 1)
        return await self.ask(topic, "phx_join", payload)

    async def ask(self, topic: str, event: str, payload: Any = None, binary: bool = False, timeout: float = 10) -> Any:
        """Push, and the response.

        Raises:
            RefusedError: the status is not ok.
            TimeoutError: there is no answer.
        """
        ref = self.push(topic, event, {} if payload is None else payload, binary)
        self._waiting[ref] = asyncio.get_running_loop().create_future()
        await self._sent
        try:
            status, response = await asyncio.wait_for(self._waiting[ref], timeout)
        finally:
            self._waiting.pop(ref, None)
        if status != "ok":
            raise RefusedError(response)
        return response

    def push(self, topic: str, event: str, payload: Any, binary: bool = False) -> str:
        self._refs += 1
        ref, join_ref = str(self._refs), self._join_refs.get(topic)
        if binary:
            texts = [part.encode() for part in (join_ref or "", ref, topic, event)]
            data: str | bytes = bytes([0, *map(len, texts)]) + b"".join(texts) + json.dumps(payload).encode()
        else:
            data = json.dumps([join_ref, ref, topic, event, payload])
        self._sent = asyncio.ensure_future(self.socket.send(data))
        return ref

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for data in self.socket:
                join_ref, ref, topic, event, payload = _decoded(data)
                if event == "phx_reply" and ref in self._waiting:
                    if not self._waiting[ref].done():
                        self._waiting[ref].set_result((payload["status"], payload["response"]))
                elif event == "work-available":
                    self.notified.put_nowait(time.monotonic())
                else:
                    self.pushes.put_nowait([join_ref, ref, topic, event, payload])
        for waiting in self._waiting.values():
            waiting.cancel()


def _decoded(data: str | bytes) -> list[Any]:
    if isinstance(data, str):
        frame = json.loads(data)
        assert isinstance(frame, list)
        assert len(frame) == 5
        return frame
    assert data[0] == 1, "only replies are binary"
    sizes, begin, texts = data[1:5], 5, []
    for size in sizes:
        texts.append(data[begin : begin + size].decode())
        begin += size
    join_ref, ref, topic, status = texts
    return [join_ref, ref, topic, "phx_reply", {"status": status, "response": data[begin:]}]


async def play_run(client: Client, run: dict[str, str], speed: float = 1) -> dict[str, Any]:
    """The whole life of a run on its channel (W-15, W-22a); what was fetched."""
    topic = f"run:{run['id']}"
    await client.join(topic, {"token": run["token"]})
    plan = await client.ask(topic, "fetch:plan")
    dataclip = await client.ask(topic, "fetch:dataclip", {"id": plan["dataclip_id"]}) if "dataclip_id" in plan else None
    job = plan["jobs"][0]
    credential = await client.ask(topic, "fetch:credential", {"id": job["credential_id"]}) if "credential_id" in job else None
    await client.ask(topic, "run:start", {"timestamp": _now()})
    for text in ("payload limit", "versions"):
        await client.ask(topic, "run:log", _line(run["id"], text))
    await client.ask(topic, "step:start", {"step_id": "s", "job_id": job["id"], "timestamp": _now()})
    reason = {"reason": "success", "error_type": None, "error_message": None}
    for found in _PAUSE.finditer(job["body"]):
        if found[1]:
            await asyncio.sleep(int(found[1]) / 1_000 / speed)
        elif found[0].startswith("console"):
            await client.ask(topic, "run:log", _line(run["id"], "a line"))
        else:
            reason = {"reason": "fail" if "throw" in found[0] else "crash", "error_type": "Error", "error_message": "as planned"}
    await client.ask(topic, "step:complete", {"step_id": "s", "job_id": job["id"], "timestamp": _now(), **reason})
    ended = _now()
    await client.ask(topic, "run:log", _line(run["id"], "complete"))
    await client.ask(topic, "run:complete", {"timestamp": ended, **reason})
    client.push(topic, "phx_leave", {})
    await client._sent
    return {"plan": plan, "dataclip": dataclip, "credential": credential}


def _now() -> str:
    return str(time.time_ns() // 1_000)


def _line(run_id: str, text: str) -> dict[str, Any]:
    return {"run_id": run_id, "message": [text], "timestamp": _now(), "level": "info", "source": "R/T"}


class Worker:
    """Polls and plays runs until it is told to stop. `backoff` in seconds."""

    def __init__(self, base: str, secret: str, layout: str, backoff: tuple[float, float], worker_id: str = "python") -> None:
        self.base, self.secret, self.worker_id = base, secret, worker_id
        self.loops = [(token.rpartition(":")[0], int(token.rpartition(":")[2])) for token in layout.split()]
        self.backoff = backoff
        self.held = [0] * len(self.loops)
        self.is_stopping = False
        self.connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()

    async def work(self) -> None:
        """Until SIGTERM; reconnects 1, 2, … seconds after each failure (W-12)."""
        failures = 0
        while not self.is_stopping:
            try:
                client = await Client.open(self.base, self.secret, self.worker_id)
            except Exception:
                failures += 1
                await asyncio.sleep(failures / 5)
                continue
            failures, self.connections = 0, self.connections + 1
            await self._serve(client)

    async def _serve(self, client: Client) -> None:
        with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
            await client.join(QUEUE, {"capacity": sum(cap for _, cap in self.loops), "queues": dict(self.loops)})
        chains = [asyncio.create_task(self._poll(client, number)) for number in range(len(self.loops))]
        listener = asyncio.create_task(self._listen(client))
        while not client.is_closed and not (self.is_stopping and not any(self.held)):
            await asyncio.sleep(0.01)
        for task in (*chains, listener):
            task.cancel()
        await asyncio.gather(*chains, listener, return_exceptions=True)
        if self.is_stopping:
            await client.close()

    async def _poll(self, client: Client, number: int) -> None:
        least, most = self.backoff
        delay = least
        while not self.is_stopping and not client.is_closed:
            if self.held[number] < self.loops[number][1] and await self._claim(client, number):
                delay = least
                await asyncio.sleep(least)
                continue
            await asyncio.sleep(delay)
            delay = min(most, delay * 1.15)

    async def _listen(self, client: Client) -> None:
        while True:
            await client.notified.get()
            for number, (_, capacity) in enumerate(self.loops):
                if self.held[number] < capacity:
                    await self._claim(client, number)

    async def _claim(self, client: Client, number: int) -> bool:
        self.held[number] += 1
        try:
            claim = {"demand": 1, "worker_name": self.worker_id, "queues": self.loops[number][0].split(">")}
            runs = (await client.ask(QUEUE, "claim", claim, timeout=60))["runs"]
        except (RefusedError, asyncio.CancelledError, ConnectionClosed):
            runs = []
        if not runs:
            self.held[number] -= 1
            return False
        task = asyncio.create_task(self._play(client, number, runs[0]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _play(self, client: Client, number: int, run: dict[str, str]) -> None:
        with contextlib.suppress(asyncio.CancelledError, ConnectionClosed, RefusedError):
            await play_run(client, run)
        self.held[number] -= 1


async def _main() -> None:
    least, most = (float(part) for part in os.environ["WORKER_BACKOFF"].split("/"))
    told = os.environ
    worker = Worker(
        told["WORKER_LIGHTNING_SERVICE_URL"], told["WORKER_SECRET"], told["WORKER_WORKLOOPS"], (least, most), told["WORKER_NAME"]
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: setattr(worker, "is_stopping", True))
    await worker.work()


if __name__ == "__main__":
    asyncio.run(_main())
