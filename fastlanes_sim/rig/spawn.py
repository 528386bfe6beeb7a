"""Worker processes that the rig starts itself, and stops: only those, each by its own id."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Worker
from fastlanes_sim.rig.clock import Clock
from fastlanes_sim.rig.recording import Recording
from fastlanes_sim.rig.tokens import Keys

_PATIENCE = 5
"""Seconds from SIGTERM to SIGKILL at the session's end."""


def environment(worker: Worker, url: str, secret: str, public_key: str | None) -> dict[str, str]:
    """What the worker must be told: the variables of ws-worker's command line."""
    seconds = {"WORKER_CLAIM_TIMEOUT_SECONDS": worker.claim_timeout, "WORKER_MESSAGE_TIMEOUT_SECONDS": worker.message_timeout}
    told = {
        "WORKER_LIGHTNING_SERVICE_URL": url,
        "WORKER_SECRET": secret,
        "WORKER_WORKLOOPS": " ".join(loop.id for loop in worker.workloops),
        "WORKER_BACKOFF": f"{worker.backoff_min_ms / 1_000:g}/{worker.backoff_max_ms / 1_000:g}",
        "WORKER_NAME": worker.name,
    }
    told |= {name: str(max(1, us // SECOND)) for name, us in seconds.items()}
    if public_key is not None:
        told["WORKER_LIGHTNING_PUBLIC_KEY"] = public_key
    return told


class Spawner:
    """Starts a command for each worker of the scenario when its time comes."""

    def __init__(self, command: str, workers: tuple[Worker, ...], keys: Keys, clock: Clock, recording: Recording, logs: Path) -> None:
        """
        Raises:
            FastlanesError: the command cannot be read.
        """
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise FastlanesError(f"--spawn {command}: {error}", "quote it as for a shell") from error
        if not self._command:
            raise FastlanesError("--spawn is empty", 'write such as --spawn "node dist/start.js"')
        self._workers = workers
        self._keys = keys
        self._clock = clock
        self._recording = recording
        self._logs = logs
        self._running: dict[int, Process] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._ended: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    async def start(self, number: int, url: str) -> None:
        """Start the process of this worker.

        Raises:
            FastlanesError: there is no such command.
        """
        worker = self._workers[number]
        key = self._keys.public_key if worker.verification is not None else None
        told = environment(worker, url, self._keys.secrets[number], key)
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            with open(self._log(number), "ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    env={**_own_environment(), **told, "WORKER_PORT": str(_free_port())},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError as error:
            raise FastlanesError(f"--spawn: cannot start {self._command[0]}: {error.strerror}", "name a program that is there") from error
        self._running[number] = process
        watcher = asyncio.create_task(self._watch(number, process, url))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    def stop(self, number: int, grace: int | None) -> None:
        """SIGTERM, and SIGKILL after the grace (µs); None is a crash (F-5)."""
        process = self._running.get(number)
        if process is None:
            return
        if grace is None:
            _signal(process, signal.SIGKILL)
            return
        self._recording.note(self._clock.now, number, "sigterm")
        _signal(process, signal.SIGTERM)
        asyncio.get_running_loop().call_later(grace / 1_000_000, _signal, process, signal.SIGKILL)

    async def one_has_ended(self) -> FastlanesError:
        """Wait until a worker ends that nobody stopped and that is not started again; what is to be said of it."""
        number, code = await self._ended.get()
        name = self._workers[number].name
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return FastlanesError(f"{name} ended {how} before it joined", f"look into {self._log(number)}, and at the command of --spawn")

    async def end(self) -> None:
        """All of them: SIGTERM, and SIGKILL for whoever does not go. Nobody is started again meanwhile."""
        self._is_over = True
        watchers = list(self._watchers)
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        processes = list(self._running.values())
        for process in processes:
            _signal(process, signal.SIGTERM)
        if processes:
            await asyncio.wait([asyncio.ensure_future(process.wait()) for process in processes], timeout=_PATIENCE)
        for process in processes:
            _signal(process, signal.SIGKILL)
            await process.wait()
            _end_group(process)

    async def _watch(self, number: int, process: Process, url: str) -> None:
        code = await process.wait()
        if self._running.get(number) is process:
            del self._running[number]
        if self._is_over:
            return
        self._recording.note(self._clock.now, number, "exit", str(code))
        restart = self._workers[number].restart
        if restart is not None and code > 0:  # it gave up by itself (W-15a)
            await asyncio.sleep(restart / 1_000_000)
            if not self._is_over:
                await self.start(number, url)
        else:
            self._ended.put_nowait((number, code))

    def _log(self, number: int) -> Path:
        return self._logs / f"{self._workers[number].name.replace('#', '-')}.log"


def _own_environment() -> Mapping[str, str]:
    """The rig's, without variables of a worker that may stand in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WORKER_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signal(process: Process, what: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(what)


def _end_group(process: Process) -> None:
    """What it has started and left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
