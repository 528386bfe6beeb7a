"""The warm processes of a studio: one for first answers, one that refines them, one for questions. All tabs share them."""

from __future__ import annotations

from pathlib import Path

from fastlanes_sim.core.temporary_folder import TemporaryFolder
from fastlanes_sim.studio.question_process import QuestionProcess
from fastlanes_sim.studio.requests import Cancel, Forget, Question, Reply, Request
from fastlanes_sim.studio.warm_parent import Listener, WarmProcess

_PLACE = {"first": "first", "life": "first", "pinned": "refine", "refine": "refine", "report": "refine"}
_PATIENCE = {"first": 0, "refine": 10}
"""How much each process yields to others: first answers come first."""
DIED = {"message": "the process that computed died: killed, or out of memory", "hint": "shorten the horizon", "about": "process"}
GIVEN_UP = {**DIED, "message": "the process that computes died again and again", "hint": "start the studio anew, with a shorter horizon"}


class Processes:
    """Routes requests to processes, and replies to tabs."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}
        self._folder = TemporaryFolder()
        self._all = {name: WarmProcess(self._heard, self._died, _PATIENCE[name]) for name in _PATIENCE}
        self._questions = QuestionProcess(self._heard)

    @property
    def folder(self) -> Path:
        """Where tabs and questions keep what is needed as long as the studio is open. Nobody else may read it."""
        return self._folder.path

    @property
    def numbers(self) -> dict[str, int]:
        """Of the processes, by what they are for. That for questions is started for the first of them."""
        return {name: one.number for name, one in self._all.items()} | self._questions.numbers

    def wait_until_ready(self, seconds: float | None = None) -> bool:
        return all(one.ready.wait(seconds) for one in self._all.values())

    def listen(self, tab: str, listener: Listener) -> None:
        self._listeners[tab] = listener

    def ask(self, request: Request | Question) -> None:
        if isinstance(request, Question):
            self._questions.ask(request)
        else:
            self._all[_PLACE[request.kind]].send(request)

    def cancel(self, question: Cancel) -> None:
        self._questions.cancel(question)

    def forget(self, tab: str) -> None:
        """It is closed."""
        self._listeners.pop(tab, None)
        self._questions.forget(tab)
        for one in self._all.values():
            one.send(Forget(tab))

    def close(self) -> None:
        for one in self._all.values():
            one.close()
        self._questions.close()
        self._folder.close()

    def _heard(self, reply: Reply) -> None:
        listener = self._listeners.get(reply.tab)
        if listener is not None:
            listener(reply)

    def _died(self, alive: bool) -> None:
        for tab, listener in list(self._listeners.items()):
            listener(Reply(tab, 0, "died", {**(DIED if alive else GIVEN_UP), "alive": alive}))
