"""What a tab asks beside its verdict: advice, searches, sensitivity, and the calibration of a file that was dropped. One at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.schedule import check_timezone
from fastlanes_sim.studio.dropped import Dropped
from fastlanes_sim.studio.requests import Asked, Cancel, Question, Reply

QUESTIONS: dict[str, Asked] = {one: one for one in ("advise", "search", "traffic", "sensitivity")}
ASKED = (*QUESTIONS, "calibrate")
ANSWERS = ("progress", "asked", "calibrated", "cancelled")


class Asking(Protocol):
    """The processes, as far as questions know them."""

    @property
    def folder(self) -> Path: ...
    def ask(self, request: Question) -> None: ...
    def cancel(self, question: Cancel) -> None: ...


class Inquiry:
    """The question that is being answered, and what can be used of the last answer."""

    def __init__(self, tab: str, processes: Asking, show: Callable[[dict[str, Any]], None]) -> None:
        self._tab, self._processes, self._show = tab, processes, show
        self._number = 0
        self._asked: Asked | None = None
        """What is being answered."""
        self._uses: list[tuple[str, Mapping[str, object]]] = []
        self._dropped: Dropped | None = None
        self._fitted: tuple[str, str] | None = None
        """The name of an export, and the scenario that it makes."""

    def ask(self, message: Mapping[str, Any], scenario: LoadedScenario | None) -> None:
        """
        Raises:
            FastlanesError: there is no such question, or nothing to ask about.
        """
        kind = QUESTIONS.get(str(message.get("what")))
        if kind is None:
            raise FastlanesError("there is no such question", "load the page anew")
        if scenario is None:
            raise FastlanesError("the text has mistakes: there is nothing to ask about", "correct what is marked")
        if kind in ("search", "traffic") and not scenario.scenario.slos:
            raise FastlanesError("the scenario asks for nothing", "write objectives first: `slos: [p99(fast_lane.wait) < 5s]`")
        self._begin(kind, scenario, {"slots": message.get("slots"), "most": message.get("most")})

    def _begin(self, kind: Asked, scenario: LoadedScenario | None, options: Mapping[str, Any]) -> None:
        if self._asked is not None:
            self._show({"kind": "cancelled", "about": self._asked})
        self._number += 1
        self._asked = kind
        self._show({"kind": "asking", "about": kind})
        self._processes.ask(Question(self._tab, self._number, kind, scenario, str(self._processes.folder), options))

    def cancel(self) -> None:
        """What is asked ends; the answer is what is known of it."""
        if self._asked is not None:
            self._processes.cancel(Cancel(self._tab, self._number))

    def discard(self) -> None:
        """The file that is coming is not wanted."""
        self._drop_file()

    def answered(self, reply: Reply) -> None:
        """What became of it. Answers to older questions are dropped."""
        if reply.number != self._number:
            return
        if reply.what != "progress":
            self._asked = None
            self._drop_file()
        if reply.what == "asked":
            self._uses = [(card["title"], card["use"]) for card in reply.data["cards"] if card["use"] is not None]
            number = iter(range(len(self._uses)))
            cards = [{**card, "use": None if card["use"] is None else next(number)} for card in reply.data["cards"]]
            self._show({"kind": "asked", **reply.data, "cards": cards})
        elif reply.what == "calibrated":
            self._fitted = (reply.data["name"], reply.data["text"])
            self._show({"kind": "calibrated", **{key: value for key, value in reply.data.items() if key != "text"}})
        else:
            self._show({"kind": "unanswered" if reply.what == "failed" else reply.what, **reply.data})

    def use(self, message: Mapping[str, Any]) -> tuple[str, Mapping[str, object]]:
        """What a card of the last answer says: its name, and what to set.

        Raises:
            FastlanesError: there is no such card.
        """
        number = message.get("card")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self._uses):
            raise FastlanesError("there is no such answer", "ask again")
        return self._uses[number]

    # --- an export ---

    def file(self, message: Mapping[str, Any]) -> None:
        """A file was dropped.

        Raises:
            FastlanesError: it is empty, or too large, or another one is being calibrated.
            OSError: there is no room for it.
        """
        if self._asked == "calibrate":
            raise FastlanesError("a file is being calibrated", "cancel that first")
        self._drop_file()
        self._dropped = Dropped.begin(message.get("name"), message.get("size"), self._processes.folder)
        self._show({"kind": "file", "name": self._dropped.name, "size": self._dropped.size, "there": 0})

    def piece(self, message: Mapping[str, Any]) -> None:
        """A part of it. The page sends the next one when it hears that this one is there."""
        if self._dropped is None:
            return  # it was cancelled while this piece was on its way
        try:
            self._dropped.add(message.get("at"), message.get("data"))
        except (FastlanesError, OSError):
            self._drop_file()
            self._show({"kind": "cancelled", "about": "calibrate"})
            raise
        self._show({"kind": "file", "name": self._dropped.name, "size": self._dropped.size, "there": self._dropped.there})

    def calibrate(self, message: Mapping[str, Any], scenario: LoadedScenario | None) -> None:
        """
        Raises:
            FastlanesError: the file is not whole, or there is no such time zone.
        """
        if self._dropped is None or not self._dropped.is_whole:
            raise FastlanesError("there is no file yet", "drop it on the page")
        zone = message.get("timezone") or "UTC"
        try:
            check_timezone(zone if isinstance(zone, str) else "")
        except ValueError:
            hint = "write a name of the IANA database, such as Africa/Addis_Ababa"
            raise FastlanesError(f"there is no time zone {show(str(zone)[:80])}", hint) from None
        served = scenario if message.get("workers") == "page" else None
        options = {"file": str(self._dropped.place), "name": self._dropped.name, "timezone": zone}
        self._begin("calibrate", served, options)

    def fitted(self) -> tuple[str, str]:
        """The name of the export that was calibrated, and its scenario.

        Raises:
            FastlanesError: none was.
        """
        if self._fitted is None:
            raise FastlanesError("no export was calibrated", "drop one on the page")
        return self._fitted

    def close(self) -> None:
        self._asked = None
        self._drop_file()

    def _drop_file(self) -> None:
        if self._dropped is not None and self._asked != "calibrate":
            self._dropped.remove()
            self._dropped = None
