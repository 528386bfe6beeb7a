"""A progress bar on standard error, only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastlanes_sim.units import format_duration

Report = Callable[[int, int, int], None]


@contextmanager
def shown(what: str, horizon: int) -> Iterator[Report | None]:
    """Yields what `simulate(progress=…)` wants, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[reached]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=horizon, reached="")

        def report(played: int, created: int, total: int) -> None:
            bar.update(task, completed=played, reached=f"{format_duration(played)} simulated, {created:,} of {total:,} runs")

        yield report


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yields what wants to be called with (done, of how many); 0 where that is not known. None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None, description=what if total else f"{what}: {done:,}")

        yield report
