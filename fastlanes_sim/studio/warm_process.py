"""A process that computes for tabs, with the engine warm. It takes the newest request of each tab, and looks for a newer one while it
simulates."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from fastlanes_sim.core.errors import FastlanesError, out_of_memory
from fastlanes_sim.experiments.child_process import depend_on
from fastlanes_sim.studio.requests import Cancel, Forget, Message, Question, Reply, Request

_KEPT = 8
"""Tabs whose last simulation is kept, for the lives of its runs."""


class SupersededError(Exception):
    """What is computed is no longer asked for."""


class CancelledError(KeyboardInterrupt):
    """The question that is computed is no longer asked. Long commands take it for Ctrl-C: they end with what they know."""


class Inbox:
    """Requests in the order in which their tabs asked first; of each tab and kind the newest alone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[tuple[str, str], Request | Question] = {}
        self._cancelled: set[tuple[str, int]] = set()
        self.forgotten: set[str] = set()

    def __iter__(self) -> Iterator[Request | Question]:
        """Until the other side is gone."""
        while True:
            try:
                if not self._waiting:
                    self._put(self._connection.recv())
                self._look()
            except (EOFError, OSError):
                return
            if self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))

    def check(self, request: Request | Question) -> None:
        """
        Raises:
            SupersededError: there is a newer request of this tab and kind, or the tab is closed.
            CancelledError: the question was cancelled.
        """
        self._look()
        if isinstance(request, Question) and (request.tab, request.number) in self._cancelled:
            raise CancelledError
        if (request.tab, request.kind) in self._waiting or request.tab in self.forgotten:
            raise SupersededError

    def _look(self) -> None:
        while self._connection.poll():
            self._put(self._connection.recv())

    def _put(self, message: Message) -> None:
        if isinstance(message, Cancel):
            self._cancelled.add((message.tab, message.number))
        elif isinstance(message, Forget):
            self.forgotten.add(message.tab)
            for key in [key for key in self._waiting if key[0] == message.tab]:
                del self._waiting[key]
        else:
            self._waiting[message.tab, message.kind] = message


def serve(connection: Connection, parent: int, patience: int) -> None:
    """The whole life of the process.

    Args:
        patience: how much it yields to other processes (`os.nice`).
    """
    depend_on(parent, False)
    if hasattr(os, "nice"):
        os.nice(patience)
    from fastlanes_sim.studio.answering import answer
    from fastlanes_sim.studio.computing import Computing

    computing, inbox = Computing(_KEPT), Inbox(connection)
    try:
        computing.warm_up(compiles=patience > 0)
        connection.send(None)
        for request in inbox:
            _answer(answer if isinstance(request, Question) else computing.answer, inbox, request, connection.send)
    except (BrokenPipeError, ConnectionResetError):
        os._exit(0)  # nobody is left to hear an answer


def _answer(answer: Callable[..., None], inbox: Inbox, request: Request | Question, send: Callable[[Reply], None]) -> None:
    def reply(what: str, data: dict[str, Any]) -> None:
        send(Reply(request.tab, request.number, what, data))

    try:
        answer(request, lambda: inbox.check(request), reply)
    except SupersededError:
        return
    except KeyboardInterrupt:
        reply("cancelled", {"about": request.kind})
    except FastlanesError as error:
        reply("failed", {"message": error.message, "hint": error.hint, "about": request.kind})
    except MemoryError as error:
        reply("failed", {"message": out_of_memory(error).message, "hint": out_of_memory(error).hint, "about": request.kind})
    except Exception as error:
        traceback.print_exc()
        hint = "this is a bug of ours: please report what the terminal says, with the scenario"
        reply("failed", {"message": f"{type(error).__name__}: {error}", "hint": hint, "about": request.kind})
