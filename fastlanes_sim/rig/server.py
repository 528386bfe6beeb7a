"""The socket server: who may connect, how much at a time, and when nobody may."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.rig.connection import Connection
from fastlanes_sim.rig.frames import FrameError
from fastlanes_sim.rig.lightning import Lightning
from fastlanes_sim.rig.roster import Roster
from fastlanes_sim.rules.polling import inside

PATH = "/worker/websocket"
"""Phoenix's client adds `/websocket` to WORKER_LIGHTNING_SERVICE_URL."""
LONGEST_MESSAGE = 16 * 2**20
"""Bytes. The worker's own limit of a payload is 10 MB."""
MOST_FRAMES = 2_000
"""A second, of one connection."""
MOST_CONNECTIONS = 256
MOST_WAITING = 10_000
"""Messages of one connection that wait to be worked on or to be sent."""
_PROTOCOL_ERROR, _TOO_MUCH = 1002, 1008


class PhoenixSocket:
    """A connection of `websockets` as `Connection` sees it: nothing waits, nothing fails."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._outbox: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._task = asyncio.create_task(self._write())

    def send(self, data: str | bytes) -> None:
        if self._outbox.qsize() >= MOST_WAITING:  # it asks, and does not read the answers
            self.abort()
            return
        self._outbox.put_nowait(data)

    def abort(self) -> None:
        self._task.cancel()
        self._connection.transport.abort()

    def deafen(self) -> None:
        """W-25: not even the closing of the socket is heard."""
        self._task.cancel()
        self._connection.transport.pause_reading()

    def end(self) -> None:
        self._task.cancel()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.send(await self._outbox.get())


class RigServer:
    """Serves workers on one address."""

    def __init__(self, lightning: Lightning, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.roster = Roster(lightning.deployment.workers)
        self._lightning = lightning
        self._open: dict[Connection, PhoenixSocket] = {}
        self._who: dict[ServerConnection, tuple[int, str, str]] = {}
        self._numbers = 0
        self._has_come = asyncio.Event()
        self.seen: set[int] = set()
        """Workers that have joined, at some time."""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen.

        Raises:
            FastlanesError: the address cannot be had.
        """
        try:
            server = await serve(
                self._handle,
                self.host,
                self.port,
                process_request=self._admit,
                max_size=LONGEST_MESSAGE,
                compression=None,
                ping_interval=None,
                close_timeout=1,
                server_header=None,
            )
        except OSError as error:
            where = f"{self.host}:{self.port}"
            raise FastlanesError(f"cannot listen on {where}: {error.strerror or error}", "name another address with --listen") from error
        self.port = _port_of(server)
        try:
            yield
        finally:
            for connection, socket in list(self._open.items()):
                connection.kill()
                socket.end()
            server.close(close_connections=True)
            await server.wait_closed()

    @property
    def url(self) -> str:
        """WORKER_LIGHTNING_SERVICE_URL"""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}/worker"

    async def workers_have_come(self, count: int) -> None:
        """Wait until so many have joined."""
        while len(self.seen) < count:
            self._has_come.clear()
            await self._has_come.wait()

    # --- what goes wrong ---

    def cut(self, worker: int | None, down: bool = False) -> None:
        """The sockets of a worker close, or all of them (None); `down`: and Lightning's processes with them (I-1)."""
        for connection, socket in list(self._open.items()):
            if worker is None or connection.worker == worker:
                connection.kill() if down else connection.cut()
                socket.end()

    def mute(self, worker: int) -> None:
        """W-25"""
        for connection, socket in list(self._open.items()):
            if connection.worker == worker:
                connection.go_mute()
                socket.deafen()

    def _is_refused(self, worker: int) -> bool:
        spec, now = self._lightning.deployment.workers[worker], self._lightning.clock.elapsed
        return inside(now, (*spec.outages, *spec.mute))

    # --- a connection's life ---

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Before the handshake: 401 without a worker's token, 503 in an outage."""
        parts = urlsplit(request.path)
        if parts.path != PATH:
            return self._refusal(connection, HTTPStatus.NOT_FOUND, f"there is only {PATH}")
        values = parse_qs(parts.query)
        who = self._lightning.keys.who(values.get("token", [""])[-1])
        if who is None:
            return self._refusal(connection, HTTPStatus.UNAUTHORIZED, "no worker's token")
        if len(self._open) >= MOST_CONNECTIONS:
            return self._refusal(connection, HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
        place = self.roster.place(*who)
        if place is None:
            return self._refusal(connection, HTTPStatus.FORBIDDEN, "the scenario has no more workers")
        if self._is_refused(place):
            self._lightning.recording.note(self._lightning.clock.now, place, "refused")
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "outage\n")
        self._who[connection] = place, who[0], values.get("worker_version", [""])[-1][:40]
        return None

    def _refusal(self, connection: ServerConnection, status: HTTPStatus, why: str) -> Response:
        self._lightning.recording.hostile += 1
        return connection.respond(status, f"{why}\n")

    async def _handle(self, websocket: ServerConnection) -> None:
        place, process, version = self._who.pop(websocket)
        socket = PhoenixSocket(websocket)
        self._numbers += 1
        connection = Connection(self._lightning, place, self._numbers, socket, self._joined, process)
        self._open[connection] = socket
        self._lightning.recording.versions[place] = version
        self._lightning.recording.note(connection.opened_at, place, "open", process)
        self.roster.comes(place)
        try:
            await self._listen(websocket, connection)
        finally:
            connection.closed()
            self.roster.goes(connection.worker)
            del self._open[connection]
            socket.end()

    async def _listen(self, websocket: ServerConnection, connection: Connection) -> None:
        second, count = 0, 0
        with contextlib.suppress(ConnectionClosed):
            async for data in websocket:
                now = self._lightning.clock.now // 1_000_000
                second, count = now, count + 1 if now == second else 1
                if count > MOST_FRAMES or connection.waiting > MOST_WAITING:
                    self._lightning.recording.hostile += 1
                    await websocket.close(_TOO_MUCH, "too many frames")
                    return
                try:
                    connection.receive(data)
                except FrameError as error:
                    self._lightning.recording.hostile += 1
                    await websocket.close(_PROTOCOL_ERROR, str(error)[:100])
                    return

    def _joined(self, connection: Connection, layout: str) -> None:
        moved = self.roster.moved(connection.worker, layout)
        if moved != connection.worker:
            self._lightning.recording.note(self._lightning.clock.now, moved, "open", connection.process)
            self.roster.goes(connection.worker)
            self.roster.comes(moved)
            connection.worker = moved
        self._lightning.recording.layouts[moved] = layout
        self.seen.add(moved)
        self._has_come.set()


def _port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
