"""How far a command is, on standard error: a bar where somebody watches, elsewhere a line every half minute."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastlanes_sim.core.escaping import terminal
from fastlanes_sim.core.units import SECOND, format_duration

Report = Callable[[int, int, int], None]
EVERY = 30.0
"""Seconds between two lines."""


@contextmanager
def shown(what: str, horizon: int) -> Iterator[Report]:
    """Yields what `simulate(progress=…)` wants."""
    with _shown(what, horizon, "{task.fields[reached]}") as tell:

        def report(done: int, created: int, total: int) -> None:
            tell(done, horizon, f"{format_duration(done)} simulated, {created:,} of {total:,} runs")

        yield report


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what wants to be called with (done, of how many); 0 where that is not known."""
    with _shown(what, None) as tell:
        yield lambda done, total: tell(done, total, f"{done:,} of {total:,}" if total else f"{done:,}")


Tell = Callable[[int, int, str], None]
"""Called with (done, of how many or 0, how far in words)."""


@contextmanager
def _shown(what: str, total: int | None, text: str = "") -> Iterator[Tell]:
    with _bar(what, total, text) if sys.stderr.isatty() else _lines(what) as tell:
        yield tell


@contextmanager
def _bar(what: str, total: int | None, text: str) -> Iterator[Tell]:
    """A bar with this text behind it, or with the share that is done."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from fastlanes_sim.reports.text.terminal import console

    named = terminal(what)
    far = TextColumn(text, markup=False) if text else TaskProgressColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), far, TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(named, total=total, reached="")

        def tell(done: int, total: int, words: str) -> None:
            bar.update(task, completed=done, total=total or None, reached=words, description=named if total else f"{named}: {words}")

        yield tell


@contextmanager
def _lines(what: str) -> Iterator[Tell]:
    """Beside the work: of a job that takes minutes there is a line too, and none of what is over in half a minute."""
    lines = _Lines(what)
    thread = threading.Thread(target=lines.print, name="progress", daemon=True)
    thread.start()
    try:
        yield lines.tell
    finally:
        lines.over.set()


class _Lines:
    def __init__(self, what: str) -> None:
        self.over = threading.Event()
        self._what, self._begun, self._far = what, time.monotonic(), (0, 0, "")

    def tell(self, done: int, total: int, words: str) -> None:
        self._far = (done, total, words)

    def print(self) -> None:
        while not self.over.wait(EVERY):
            with contextlib.suppress(OSError, ValueError):  # nobody reads any more
                print(self.line(time.monotonic() - self._begun), file=sys.stderr, flush=True)

    def line(self, passed: float) -> str:
        """`replications: 120 of 1,000 after 30 s, about 4 m left`"""
        done, total, words = self._far
        far = f" {words}" if words else ""
        left = f", about {_words(passed * (total - done) / done)} left" if 0 < done < total else ""
        return f"{self._what}:{far} after {_words(passed)}{left}"


def _words(seconds: float) -> str:
    return format_duration(max(round(seconds), 1) * SECOND)
