"""A progress bar on standard error, only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fastlanes_sim.core.escaping import terminal
from fastlanes_sim.core.units import format_duration

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
        task = bar.add_task(terminal(what), total=horizon, reached="")

        def report(done: int, created: int, total: int) -> None:
            bar.update(task, completed=done, reached=f"{format_duration(done)} simulated, {created:,} of {total:,} runs")

        yield report


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yields what wants to be called with (done, of how many); 0 where that is not known. None where nobody watches."""
    with _bar() as bar:
        if bar is None:
            yield None
            return
        task = bar.add_task(terminal(what), total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None, description=terminal(what if total else f"{what}: {done:,}"))

        yield report


@contextmanager
def _bar(text: str = "") -> Iterator[Progress | None]:
    """A bar with this text behind it, or with the share that is done."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from fastlanes_sim.reports.text.terminal import console

    far = TextColumn(text, markup=False) if text else TaskProgressColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), far, TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        yield bar
