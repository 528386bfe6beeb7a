"""Where the jobs of an experiment run: here, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")
Progress = Callable[[int, int], None]
"""Called with (jobs done, jobs in all)."""


def map_jobs(function: Callable[[Item], Value], items: Iterable[Item], *, progress: Progress | None = None) -> list[Value]:
    """`function` of each item, in the order of the items. Interrupted from the keyboard, what was done until then: a shorter list."""
    todo = list(items)
    done: list[Value] = []
    try:
        for item in todo:
            done.append(function(item))
            if progress is not None:
                progress(len(done), len(todo))
    except KeyboardInterrupt:
        pass
    return done
