"""A small scenario, processes that only remember what they were asked, and a tab that has said hello."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim import simulate
from fastlanes_sim.studio.requests import Cancel, Question, Request
from fastlanes_sim.studio.tab import Tab

TEXT = """\
# Is it enough?
horizon: 20m  # short

projects:
  clinic:
    workflows:
      register:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 6/min}, service: {lognormal: {median: 2s, p95: 8s}}}
          - {type: cron, cron: "*/5 * * * *", runs_per_tick: 5, service: 5s}

workers:
  - workloops: "fast_lane:1 manual>*:4"

slos:
  - p95(fast_lane.response) < 15s
"""


class Remembering:
    """Stands where the processes stand."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.questions: list[Question] = []
        self.cancelled: list[Cancel] = []
        self.forgotten: list[str] = []
        self._folder = tempfile.TemporaryDirectory()

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def ask(self, request: Request | Question) -> None:
        if isinstance(request, Question):
            self.questions.append(request)
        else:
            self.asked.append(request)

    def cancel(self, question: Cancel) -> None:
        self.cancelled.append(question)

    def forget(self, tab: str) -> None:
        self.forgotten.append(tab)


class Opened:
    """A tab, what it has shown, and what it has asked."""

    def __init__(self, file: Path | None) -> None:
        self.shown: list[dict[str, Any]] = []
        self.processes = Remembering()
        self.tab = Tab(TEXT, file, self.processes, self.shown.append)

    def do(self, what: str, /, **more: Any) -> None:
        self.tab.gesture({"do": what, **more})

    @property
    def state(self) -> dict[str, Any]:
        return next(one for one in reversed(self.shown) if one["kind"] == "state")

    def last(self, kind: str) -> dict[str, Any]:
        """The newest message of a kind that was sent to the page."""
        return next(one for one in reversed(self.shown) if one["kind"] == kind)

    @property
    def said(self) -> str:
        return next((one["message"] for one in reversed(self.shown) if one["kind"] == "said"), "")


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lightning would export of an hour of the small scenario, as CSV."""
    place = tmp_path_factory.mktemp("export") / "my runs.csv"
    simulate(TEXT, horizon="1h", engine="reference").export("export", place)
    return place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def opened(file: Path) -> Opened:
    one = Opened(file)
    one.do("hello")
    return one
