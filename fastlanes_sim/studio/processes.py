"""The warm processes of a studio: one for first answers, one that refines them. All tabs share them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from typing import Any

from fastlanes_sim.studio.requests import Forget, Reply, Request
from fastlanes_sim.studio.warm_process import serve

Listener = Callable[[Reply], None]
"""Called in a thread of its own."""
_PLACE = {"first": "first", "life": "first", "refine": "refine"}
_PATIENCE = {"first": 0, "refine": 10}
"""How much each process yields to others: first answers come first."""
_MOST_DEATHS = 3
"""In a row, without an answer between them: then nothing would help."""


class WarmProcess:
    """One process, started anew when it dies."""

    def __init__(self, heard: Listener, died: Callable[[], None], patience: int) -> None:
        self._heard, self._died, self._patience, self._deaths, self._closed = heard, died, patience, 0, False
        self.ready = threading.Event()
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, os.getpid(), self._patience), daemon=False)
        self._process.start()
        theirs.close()
        threading.Thread(target=self._listen, args=(self._connection,), daemon=True, name="studio answers").start()

    @property
    def number(self) -> int:
        """Of the process, as the system counts them."""
        return int(self._process.pid or 0)

    def send(self, message: Request | Forget) -> None:
        """What cannot be sent is lost with the process, and `died` says so."""
        with self._lock:
            try:
                self._connection.send(message)
            except OSError:
                return

    def close(self) -> None:
        self._closed = True
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _listen(self, connection: Any) -> None:
        while True:
            try:
                message = connection.recv()
            except (EOFError, OSError):
                break
            if message is None:
                self.ready.set()
            else:
                self._deaths = 0
                self._heard(message)
        if self._closed:
            return
        self._process.join()
        self._deaths += 1
        if self._deaths <= _MOST_DEATHS:
            with self._lock:
                self._start()
            self._died()


class Processes:
    """Routes requests to processes, and replies to tabs."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}
        self._all = {name: WarmProcess(self._heard, self._died, _PATIENCE[name]) for name in _PATIENCE}

    @property
    def numbers(self) -> dict[str, int]:
        """Of the processes, by what they are for."""
        return {name: one.number for name, one in self._all.items()}

    def wait_until_ready(self, seconds: float | None = None) -> bool:
        return all(one.ready.wait(seconds) for one in self._all.values())

    def listen(self, tab: str, listener: Listener) -> None:
        self._listeners[tab] = listener

    def ask(self, request: Request) -> None:
        self._all[_PLACE[request.kind]].send(request)

    def forget(self, tab: str) -> None:
        """It is closed."""
        self._listeners.pop(tab, None)
        for one in self._all.values():
            one.send(Forget(tab))

    def close(self) -> None:
        for one in self._all.values():
            one.close()

    def _heard(self, reply: Reply) -> None:
        listener = self._listeners.get(reply.tab)
        if listener is not None:
            listener(reply)

    def _died(self) -> None:
        words = {"message": "the process that computed died: killed, or out of memory", "hint": "shorten the horizon", "about": "process"}
        for tab, listener in list(self._listeners.items()):
            listener(Reply(tab, 0, "died", words))
