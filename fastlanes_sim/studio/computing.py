"""What a warm process does for each kind of request: it asks the verbs, and lays their answers out for the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastlanes_sim.api import verbs
from fastlanes_sim.api.comparison import ComparisonResult
from fastlanes_sim.api.facade import Facade
from fastlanes_sim.api.replicated import ReplicatedResult
from fastlanes_sim.api.result import Result
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.temporary_folder import TemporaryFolder
from fastlanes_sim.engines.selection import make_ready
from fastlanes_sim.experiments import compare as comparing
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.studio import page_data
from fastlanes_sim.studio.requests import Request

Check = Callable[[], None]
"""Raises where the request is no longer asked for."""
Send = Callable[[str, dict[str, Any]], None]
LOOKS = (5, 10, 20)
"""After how many replications the page shows what is known."""
PINNED, CURRENT = "pinned", "current"
_HERE = Executor(processes=1)


class Computing:
    """Keeps the last simulation of some tabs."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._simulated: dict[str, Result] = {}

    def warm_up(self, compiles: bool) -> None:
        """Load what an answer needs.

        Args:
            compiles: compile the kernel where it is not yet. One process does; the other answers small scenarios with the reference engine
                meanwhile, and compiles as well where that would take longer (`run_engine`).
        """
        if compiles:
            make_ready("auto")
        verbs.simulate(_SMALLEST)

    def answer(self, request: Request, check: Check, send: Send) -> None:
        """
        Raises:
            FastlanesError: what was asked for makes no sense, or the machine cannot do it.
        """
        answers = {"first": self._first, "pinned": self._pinned, "refine": self._refine, "life": self._life, "report": self._report}
        answers[request.kind](request, check, send)

    def _first(self, request: Request, check: Check, send: Send) -> None:
        found = self._simulate(request, check)
        send("first", page_data.of_simulation(found))

    def _pinned(self, request: Request, check: Check, send: Send) -> None:
        send("pinned", page_data.of_pinned(verbs.simulate(request.scenario, progress=lambda *_: check())))

    def _simulate(self, request: Request, check: Check) -> Result:
        found = verbs.simulate(request.scenario, progress=lambda *_: check())
        self._simulated.pop(request.tab, None)
        self._simulated[request.tab] = found
        while len(self._simulated) > self._kept:
            del self._simulated[next(iter(self._simulated))]
        return found

    def _refine(self, request: Request, check: Check, send: Send) -> None:
        total = 0

        def counted(_: int, of: int) -> None:
            nonlocal total
            total = of
            check()

        def seen(found: Replicated) -> None:
            send("refined", page_data.of_replications(ReplicatedResult.from_plain(found), total))

        check()
        found = replicating.replicate(request.scenario, executor=_HERE, progress=counted, looks=LOOKS, seen=seen)
        seen(found)
        if request.pinned is not None:
            check()
            replications = max(2, len(found.values) // 2)
            send("compared", page_data.of_comparison(_compared(request, replications, check), replications))

    def _life(self, request: Request, check: Check, send: Send) -> None:
        found = self._simulated.get(request.tab)
        if found is None or found.scenario.hash != request.scenario.hash:
            found = self._simulate(request, check)
        send("life", page_data.of_life(found, request.run))

    def _report(self, request: Request, check: Check, send: Send) -> None:
        """The page that the command line writes, with the evidence that the studio shows."""
        check()
        found: Facade
        if request.of == "simulation":
            found = verbs.simulate(request.scenario, progress=lambda *_: check())
        else:
            plain = replicating.replicate(request.scenario, executor=_HERE, progress=lambda *_: check())
            found = ReplicatedResult.from_plain(plain)
            if request.of == "comparison":
                found = _compared(request, max(2, len(plain.values) // 2), check)
        with TemporaryFolder() as folder:
            (file,) = found.export("html", folder / "report.html")
            send("report", {"name": f"{request.scenario.scenario.name}-{request.of}.html", "text": file.read_text(encoding="utf-8")})


def _compared(request: Request, replications: int, check: Check) -> ComparisonResult:
    if request.pinned is None:
        raise FastlanesError("nothing is pinned that could be compared", "press Pin, change something, and ask again")
    both = {PINNED: request.pinned, CURRENT: request.scenario}
    found = comparing.compare(both, replications, executor=_HERE, progress=lambda *_: check())
    return ComparisonResult.from_plain(found)


_SMALLEST = """\
horizon: 1m
projects: {p: {workflows: {w: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 1/s}, service: 1s}]}}}}
workers: [{workloops: "*:1"}]
slos: [p99(fast_lane.wait) < 1s]
"""
