"""One tab: its history, what it has asked of the processes, and what its page is to show. It knows nothing of the browser but messages.

Everything is called in one thread. A message of the browser that makes no sense is answered in words, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from fastlanes_sim.core.errors import FastlanesError, ScenarioError, of_the_system
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.content.setting import deployment_of, question_of
from fastlanes_sim.results.files import write_bytes
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.yaml.edits import with_value
from fastlanes_sim.scenario.yaml.source import LARGEST_FILE, Source
from fastlanes_sim.studio import controls as hands
from fastlanes_sim.studio.changes import with_overrides
from fastlanes_sim.studio.control import Control
from fastlanes_sim.studio.history import History
from fastlanes_sim.studio.incidents import first_incident
from fastlanes_sim.studio.inquiry import ANSWERS, ASKED, Inquiry
from fastlanes_sim.studio.notebook import notebook
from fastlanes_sim.studio.page_link import Linked, fragment, read_fragment
from fastlanes_sim.studio.requests import Cancel, Kind, Question, Reply, Request

Message = Mapping[str, Any]
Show = Callable[[dict[str, Any]], None]
"""Sends a message to the page."""


class Asking(Protocol):
    """The processes, as far as a tab knows them."""

    @property
    def folder(self) -> Path: ...
    def ask(self, request: Request | Question) -> None: ...
    def cancel(self, question: Cancel) -> None: ...
    def forget(self, tab: str) -> None: ...


class Tab:
    """What a tab shows, and what becomes of what is done in it."""

    def __init__(self, text: str, file: Path | None, processes: Asking, show: Show) -> None:
        """
        Args:
            text: of the scenario.
            file: where it is from, and where it is saved; None: nowhere.
            show: sends a message to the page.
        """
        self.name = uuid4().hex
        self._file, self._processes, self._show = file, processes, show
        self._on_disk = text
        self._history = History.of(text)
        self._number = 0
        self._seq = 0
        """The page's count of what was done in it."""
        self._loaded: LoadedScenario | None = None
        self._problems: list[dict[str, Any]] = []
        self._anchors: dict[str, float] = {}
        self._controls: hands.Controls | None = None
        self._pinned: LoadedScenario | None = None
        """What the history has pinned; None where that is nothing, or has mistakes."""
        self._first = ""
        """The hash of what the page shows the first answer to."""
        self._curves = ""
        """The hash of the pinned scenario whose curves the page has, or gets."""
        self._inquiry = Inquiry(self.name, processes, lambda message: self._show(message))

    @property
    def text(self) -> str:
        return self._history.text

    def begin(self, text: str, words: str) -> None:
        """With another text than the file's, before anything is shown."""
        self._history = self._history.changed(text, words)

    def shows(self, show: Show) -> None:
        """From now on, messages go to another page."""
        self._show = show

    def gesture(self, message: object) -> None:
        """What was done in the browser."""
        try:
            if isinstance(message, Mapping) and isinstance(message.get("seq"), int):
                self._seq = int(message["seq"])
            if not isinstance(message, Mapping) or str(message.get("do")) not in _GESTURES:
                raise FastlanesError("the page sent what makes no sense", "load the page anew")
            _GESTURES[str(message["do"])](self, message)
        except ScenarioError as error:
            self._say(error.problems[0].message, error.problems[0].hint)
        except FastlanesError as error:
            self._say(error.message, error.hint)
        except OSError as error:
            self._say(of_the_system(error).message, of_the_system(error).hint)

    def answered(self, reply: Reply) -> None:
        """What a process computed. Answers to older questions are dropped: a newer one is under way."""
        if reply.data.get("about") == "pinned":  # failed or cancelled: nobody has these curves, and the next change asks again
            self._curves = ""
        if reply.what == "died":
            self._show({"kind": "failed", **reply.data})
            self._curves = ""
            if reply.data["alive"]:
                self._compute()
        elif reply.what in ANSWERS or reply.data.get("about") in ASKED:
            self._inquiry.answered(reply)
        elif reply.what == "report":
            self._show({"kind": "download", "type": "text/html", **reply.data})
        elif reply.what == "compared" and self._compared_with() is None:
            return  # it was unpinned in the meantime
        elif reply.number == self._number or reply.what in ("life", "pinned") or reply.data.get("about") == "report":
            if reply.what == "first":
                self._first = reply.data.get("hash", "")
                self._notice_curves()
            self._show({"kind": reply.what, **reply.data})

    def close(self) -> None:
        self._inquiry.close()
        self._processes.forget(self.name)

    def _hello(self, message: Message) -> None:
        """The page is there, and knows nothing. Its address may hold a state."""
        self._loaded, self._first, self._curves, linked = None, "", "", Linked(None)
        try:
            linked = read_fragment(_text(message, "link"))
        except FastlanesError as error:
            self._say(error.message, error.hint)
        history = self._history if linked.pinned is None else self._history.pin(linked.pinned)
        if linked.text is not None:
            history = history.changed(linked.text, "opened from the link")
        self._after(history)

    def _set(self, message: Message) -> None:
        """A control was moved."""
        path, value = _text(message, "path"), message.get("value")
        control = self._control(path)
        incident = None if self._loaded is None or control.kind != "switch" else first_incident(self._loaded.scenario, path)
        if incident is not None:
            spelled: Any = incident if value else None
            shown = "on" if value else "off"
        else:
            try:
                spelled = control.spelled(value)
            except (ValueError, OverflowError) as error:
                raise FastlanesError(str(error), "enter a number") from None
            shown = str(spelled)
        whose = "" if self._controls is None else self._controls.whose(path)
        words = f"{whose}: {control.label} {shown}" if whose else f"{control.label} {shown}"
        self._after(self._history.changed(with_overrides(self.text, {path: spelled}), words, path))

    def _layout(self, message: Message) -> None:
        """Tokens were moved. The layout takes the place of a capacity (W-18)."""
        index, layout = message.get("group"), _text(message, "layout")
        if self._controls is None or not isinstance(index, int) or not 0 <= index < len(self._controls.workers):
            raise FastlanesError("there is no such group of workers", "load the page anew")
        text = with_value(self.text, ("workers", index, "capacity"), None) if _has_capacity(self._loaded, index) else self.text
        text = with_value(text, ("workers", index, "workloops"), layout)
        whose = f"{self._controls.workers[index].name}: " if len(self._controls.workers) > 1 else ""
        self._after(self._history.changed(text, f"{whose}layout {layout}"))

    def _typed(self, message: Message) -> None:
        """The text was edited by hand."""
        text = _text(message, "text")
        if len(text) > LARGEST_FILE:
            raise FastlanesError("the text is too long", f"a scenario has at most {LARGEST_FILE:,} characters")
        self._after(self._history.changed(text, "edited the text", "the text"), typed=True)

    def _go(self, message: Message) -> None:
        """Back, forward, or to a step."""
        to = message.get("to")
        place = {"back": self._history.place - 1, "forward": self._history.place + 1}.get(str(to), to)
        if not isinstance(place, int):
            raise FastlanesError("there is no such step", "load the page anew")
        self._after(self._history.went(place))

    def _pin(self, message: Message) -> None:
        self._after(self._history.pin(self.text if message.get("on") else None))

    def _save(self, message: Message) -> None:
        """Into the file that was opened; not over what somebody else wrote there meanwhile."""
        if self._file is None:
            raise FastlanesError("this scenario has no file", "copy its text, or open a file: fastlanes-sim studio FILE")
        if self._loaded is None:
            raise FastlanesError("the text has mistakes: nothing is saved", "correct what is marked")
        now = self._file.read_text(encoding="utf-8-sig") if self._file.exists() else ""
        if now != self._on_disk:
            raise FastlanesError(f"{self._file.name} has changed on disk", "copy your text, and open the file anew")
        write_bytes(self._file, [self.text.encode()])
        self._on_disk = self.text
        self._say(f"saved {self._file.name}", "")
        self._after(self._history)

    def _life(self, message: Message) -> None:
        run = message.get("run")
        if not isinstance(run, int) or self._loaded is None:
            raise FastlanesError("there is no such run", "wait for the answer")
        self._request("life", run)

    def _report(self, message: Message) -> None:
        """As a page of its own: of the simulation, of the replications, or of the comparison with what is pinned."""
        of = _text(message, "of")
        if of not in ("simulation", "replications", "comparison") or self._loaded is None:
            raise FastlanesError("there is nothing to report", "correct what is marked" if self._loaded is None else "load the page anew")
        if of == "comparison" and self._history.pinned in (None, self.text):
            raise FastlanesError("nothing else is pinned", "press Pin, then change something")
        self._say("The report is being made …", "")
        self._request("report", of=of)

    def _notebook(self, message: Message) -> None:
        """What is on the page, to be repeated."""
        if self._loaded is None:
            raise FastlanesError("the text has mistakes: nothing would run", "correct what is marked")
        text = notebook(self._loaded, self._compared_with())
        name = f"{self._loaded.scenario.name}.ipynb"
        self._show({"kind": "download", "type": "application/x-ipynb+json", "name": name, "text": text})

    def _download(self, message: Message) -> None:
        """The text as it stands, with its mistakes."""
        name = self._file.name if self._file else "scenario.yaml"
        self._show({"kind": "download", "type": "application/yaml", "name": name, "text": self.text})

    def _use(self, message: Message) -> None:
        """What an answer recommends."""
        title, overrides = self._inquiry.use(message)
        self._after(self._history.changed(with_overrides(self.text, overrides), f"used {title}"))

    def _open(self, message: Message) -> None:
        """The scenario that an export makes."""
        name, text = self._inquiry.fitted()
        self._anchors, self._controls = {}, None
        self._after(self._history.changed(text, f"opened {name} as a scenario"))

    def _control(self, path: str) -> Control:
        found = None if self._controls is None else next((one for one in self._controls.all() if one.path == path), None)
        if found is None:
            raise FastlanesError(
                f"{path[:80]} cannot be changed here", "correct the text first" if self._loaded is None else "load the page anew"
            )
        return found

    def _after(self, history: History, typed: bool = False) -> None:
        """Read the text, show what it says, and compute what is valid."""
        changed = history.text != self.text or self._loaded is None
        if history.pinned != self._history.pinned:
            self._pinned, self._curves = self._load_pinned(history.pinned), ""
        self._history = history
        problems, warnings = [], []
        try:
            self._loaded = self._load(history.text)
            warnings = list(self._loaded.warnings)
            self._controls = hands.controls(self._loaded.scenario, self._anchors)
            for control in self._controls.all():
                if not isinstance(control.value, bool | str):
                    self._anchors.setdefault(control.path, float(control.value))
        except ScenarioError as error:
            self._loaded, problems = None, error.problems
        if changed or self._number == 0 or history.pinned is not None:
            self._compute()  # before the state is laid out: both take their time
        self._show({
            "kind": "state",
            "seq": self._seq,
            "text": None if typed else history.text,
            "controls": None if self._loaded is None else self._controls and self._controls.to_json(),
            "problems": [_problem(one, "error") for one in problems] + [_problem(one, "warning") for one in warnings],
            "history": {"steps": [one.words for one in history.steps], "place": history.place},
            "pinned": None if history.pinned is None else self._pinned_words(),
            "pinned_hash": "" if self._pinned is None else self._pinned.hash,
            "same": history.pinned == history.text,
            "link": fragment(Linked(history.text if history.text != self._on_disk else None, history.pinned)),
            "file": self._file.name if self._file else "",
            "dirty": history.text != self._on_disk,
            "can_save": self._file is not None,
            **self._setting(),
        })  # fmt: skip

    def _setting(self) -> dict[str, Any]:
        if self._loaded is None:
            return {}
        scenario = self._loaded.scenario
        return {
            "name": scenario.name,
            "question": question_of(self._loaded),
            "timezone": scenario.timezone,
            "setting": f"{format_duration(scenario.horizon)}, seed {scenario.seed}",
            "environment": [f'WORKER_WORKLOOPS="{group.layout}"' for group in scenario.workers],
            "command": f"fastlanes-sim run {self._file or 'scenario.yaml'}",
        }

    def _pinned_words(self) -> str:
        return "a text with mistakes" if self._pinned is None else deployment_of(self._pinned.scenario)

    def _load_pinned(self, text: str | None) -> LoadedScenario | None:
        try:
            return None if text is None else self._load(text)
        except ScenarioError:
            return None

    def _load(self, text: str) -> LoadedScenario:
        return load_scenario(Source.of_text(text, str(self._file or "scenario.yaml")))

    def _compute(self) -> None:
        self._number += 1
        if self._loaded is None:
            return
        self._show({"kind": "computing", "number": self._number})
        self._request("first")
        self._ask_for_curves()
        self._request("refine")

    def _notice_curves(self) -> None:
        """The page keeps the first answer to what is pinned."""
        if self._pinned is not None and self._pinned.hash == self._first:
            self._curves = self._first

    def _ask_for_curves(self) -> None:
        """Those of what is pinned, where no first answer has them: it was changed before that came, or the page is new."""
        self._notice_curves()
        if self._pinned is None or self._loaded is None or self._pinned.hash in (self._curves, self._loaded.hash):
            return
        self._curves = self._pinned.hash
        self._processes.ask(Request(self.name, self._number, "pinned", self._pinned))

    def _request(self, kind: Kind, run: int = 0, of: str = "") -> None:
        assert self._loaded is not None
        pinned = self._compared_with() if kind in ("refine", "report") else None
        self._processes.ask(Request(self.name, self._number, kind, self._loaded, pinned, run, of))

    def _compared_with(self) -> LoadedScenario | None:
        """What the current text is compared with; None where that is itself, or has mistakes."""
        return None if self._history.pinned == self.text else self._pinned

    def _say(self, message: str, hint: str) -> None:
        self._show({"kind": "said", "message": message, "hint": hint})


_GESTURES: dict[str, Callable[[Tab, Message], None]] = {
    "hello": Tab._hello,
    "set": Tab._set,
    "layout": Tab._layout,
    "text": Tab._typed,
    "go": Tab._go,
    "pin": Tab._pin,
    "save": Tab._save,
    "life": Tab._life,
    "report": Tab._report,
    "notebook": Tab._notebook,
    "download": Tab._download,
    "ask": lambda tab, message: tab._inquiry.ask(message, tab._loaded),
    "cancel": lambda tab, _: tab._inquiry.cancel(),
    "discard": lambda tab, _: tab._inquiry.discard(),
    "use": Tab._use,
    "file": lambda tab, message: tab._inquiry.file(message),
    "piece": lambda tab, message: tab._inquiry.piece(message),
    "calibrate": lambda tab, message: tab._inquiry.calibrate(message, tab._loaded),
    "open": Tab._open,
}


def _text(message: Message, name: str) -> str:
    value = message.get(name, "")
    if not isinstance(value, str):
        raise FastlanesError("the page sent what makes no sense", "load the page anew")
    return value


def _has_capacity(loaded: LoadedScenario | None, index: int) -> bool:
    return loaded is not None and loaded.scenario.workers[index].capacity is not None


def _problem(one: Any, kind: str) -> dict[str, Any]:
    return {"line": one.line, "column": one.column, "message": one.message, "hint": one.hint, "kind": kind}
