"""A warm process as the studio has it: what it is sent, what it says, and that it is there again after a death."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from typing import Any

from fastlanes_sim.studio.requests import Message, Reply
from fastlanes_sim.studio.warm_process import serve

Listener = Callable[[Reply], None]
"""Called in a thread of its own."""
_MOST_DEATHS = 3
"""In a row, without an answer between them: then nothing would help."""


class WarmProcess:
    """One process, started anew when it dies."""

    def __init__(self, heard: Listener, died: Callable[[bool], None], patience: int) -> None:
        """
        Args:
            died: called after it died, with whether there is another one.
            patience: how much it yields to other processes.
        """
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

    def send(self, message: Message) -> None:
        """What cannot be sent is lost with the process, and `died` says so."""
        with self._lock:
            try:
                self._connection.send(message)
            except OSError:
                return

    def kill(self) -> None:
        """End what it does, now. Another one takes its place, and `died` is called: this death was wanted, and does not count."""
        self._deaths = -1
        self._process.kill()

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
                self._deaths = min(self._deaths, 0)
                self._heard(message)
        if self._closed:
            return
        self._process.join()
        self._deaths += 1
        alive = self._deaths <= _MOST_DEATHS
        if alive:
            with self._lock:
                self._start()
        self._died(alive)
