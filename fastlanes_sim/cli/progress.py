"""Progress on standard error: a bar where somebody watches, else a line now and then of what takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastlanes_sim.core.units import SECOND, format_duration

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[int, int, int], None]


@contextmanager
def shown(what: str, horizon: int) -> Iterator[Report | None]:
    """Yields what `simulate(progress=…)` wants, or None where nobody watches."""
    with _bar("{task.fields[reached]}") as bar:
        if bar is None:
            yield None
            return
        task = bar.add_task(what, total=horizon, reached="")

        def report(done: int, created: int, total: int) -> None:
            bar.update(task, completed=done, reached=f"{format_duration(done)} simulated, {created:,} of {total:,} runs")

        yield report


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what wants to be called with (done, of how many); 0 where that is not known."""
    with _bar() as bar:
        if bar is None:
            yield _Lines(what)
            return
        task = bar.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None, description=what if total else f"{what}: {done:,}")

        yield report


class _Lines:
    """Lines for a log: the first after some seconds, the next after twice as long, at most one in ten minutes."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.monotonic()
        self._next = _QUIET

    def __call__(self, done: int, total: int) -> None:
        passed = time.monotonic() - self._began
        if passed < self._next or done >= total > 0 or sys.stderr is not sys.__stderr__:  # inside another program it is silent
            return
        self._next = passed + min(max(passed, _QUIET), _LONGEST_SILENCE)
        left = f" of {total:,}, about {format_duration(_rounded(passed * (total - done) / done))} left" if total and done else ""
        print(f"{self._what}: {done:,}{left}", file=sys.stderr, flush=True)


_QUIET, _LONGEST_SILENCE = 10.0, 600.0
"""Seconds."""


def _rounded(seconds: float) -> int:
    """To whole seconds, in µs; of minutes to ten."""
    return (max(round(seconds), 1) if seconds < 60 else round(seconds / 10) * 10) * SECOND


@contextmanager
def _bar(text: str = "") -> Iterator[Progress | None]:
    """A bar with this text behind it, or with the share that is done."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    far = TextColumn(text) if text else TaskProgressColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), far, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar
