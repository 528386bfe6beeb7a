"""The process that answers questions: one at a time, those of other tabs wait. What is cancelled ends at once."""

from __future__ import annotations

import threading
from collections import deque

from fastlanes_sim.studio.requests import FINAL, Cancel, Question, Reply
from fastlanes_sim.studio.warm_parent import Listener, WarmProcess

GRACE = 1.0
"""Seconds in which a question that was cancelled may say what it knows. After that its process is killed."""
_PATIENCE = 5
"""How much it yields to first answers."""
_DIED = {"message": "the process that computed this died: killed, or out of memory", "hint": "shorten the horizon, and ask again"}


class QuestionProcess:
    """Starts its process for the first question. Every question that is asked gets one final reply, unless its tab is forgotten."""

    def __init__(self, heard: Listener, grace: float = GRACE) -> None:
        self._heard, self._grace = heard, grace
        self._lock = threading.RLock()
        self._process: WarmProcess | None = None
        self._waiting: deque[Question] = deque()
        self._current: Question | None = None
        self._is_ending = False
        """The process was killed, and the one after it is not there yet."""

    @property
    def numbers(self) -> dict[str, int]:
        return {} if self._process is None else {"ask": self._process.number}

    def ask(self, question: Question) -> None:
        """One of the same tab that is not answered is cancelled."""
        with self._lock:
            for one in [*self._waiting, *([self._current] if self._current else [])]:
                if one.tab == question.tab:
                    self.cancel(Cancel(one.tab, one.number))
            self._waiting.append(question)
            if self._current is not None and self._current.tab != question.tab:
                self._heard(Reply(question.tab, question.number, "progress", _WAITS))
            self._next()

    def cancel(self, question: Cancel) -> None:
        with self._lock:
            for one in [one for one in self._waiting if _is(one, question)]:
                self._waiting.remove(one)
                self._heard(_cancelled(one))
            if self._current is not None and _is(self._current, question) and self._process is not None:
                self._process.send(question)
                timer = threading.Timer(self._grace, self._kill, (question,))
                timer.daemon = True
                timer.start()

    def forget(self, tab: str) -> None:
        with self._lock:
            self._waiting = deque(one for one in self._waiting if one.tab != tab)
            if self._current is not None and self._current.tab == tab:
                self._end()

    def close(self) -> None:
        with self._lock:
            self._waiting.clear()
            if self._process is not None:
                self._process.close()

    def _next(self) -> None:
        if self._current is not None or self._is_ending or not self._waiting:
            return
        if self._process is None:
            self._process = WarmProcess(self._answered, self._died, _PATIENCE)
        self._current = self._waiting.popleft()
        self._process.send(self._current)

    def _answered(self, reply: Reply) -> None:
        with self._lock:
            if self._current is None or (reply.tab, reply.number) != (self._current.tab, self._current.number):
                return  # of one that was ended meanwhile
            if reply.what in FINAL:
                self._current = None
            self._heard(reply)
            self._next()

    def _kill(self, question: Cancel) -> None:
        """Unless it has answered meanwhile."""
        with self._lock:
            if self._current is not None and _is(self._current, question):
                current = self._current
                self._end()
                self._heard(_cancelled(current))

    def _end(self) -> None:
        assert self._process is not None
        self._current, self._is_ending = None, True
        self._process.kill()

    def _died(self, alive: bool) -> None:
        """It was killed, by us or by somebody else."""
        with self._lock:
            self._is_ending = False
            lost, self._current = self._current, None
            if not alive:
                self._process = None  # another question gets another chance
            if lost is not None:
                self._heard(Reply(lost.tab, lost.number, "failed", {**_DIED, "about": lost.kind}))
            self._next()


_WAITS = {"stage": "waiting for another tab's question", "done": 0, "of": 0, "unit": "", "part": None, "estimate": "", "seconds": 0}


def _is(one: Question, other: Cancel) -> bool:
    return (one.tab, one.number) == (other.tab, other.number)


def _cancelled(one: Question) -> Reply:
    return Reply(one.tab, one.number, "cancelled", {"about": one.kind})
