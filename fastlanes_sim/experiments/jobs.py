"""What a job of an experiment is, and what may come of it. Where jobs run is said in `executors`.

A job is a pure function of one item, so neither the number of processes nor the order in which jobs end can change what comes out.
What can go wrong takes only what was running with it: a job that raises, a process that dies, Ctrl-C.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fastlanes_sim.core.errors import FastlanesError, out_of_memory
from fastlanes_sim.core.interruption import is_interruption

Item = TypeVar("Item")
Value = TypeVar("Value")
Progress = Callable[[int, int], None]
"""Called with (jobs done, jobs in all)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no value."""

    message: str
    traceback: str = ""
    by_user: bool = False
    """Something the user can put right."""


class JobError(RuntimeError):
    """A job that raised what is our bug."""


class NobodyLeftError(FastlanesError):
    """Whoever ran the jobs is gone, and they are not done. What is done stays."""


@dataclass
class Jobs(Generic[Value]):
    """What came of jobs, by their place among the items."""

    values: dict[int, Value] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    interrupted: bool = False
    """From the keyboard, by a signal, or because nobody was left to run them."""


Task = tuple[int, Any]
"""A job's place and item."""
Answer = tuple[int, Any]
"""A job's place, and its value or Failure."""


def attempt(function: Callable[[Any], Any], task: Task) -> Answer:
    """One job, wherever it runs. What it raises is returned and not raised: other jobs have no part in it.

    Raises:
        KeyboardInterrupt: interrupted, also where C code has made another error of that.
    """
    place, item = task
    try:
        return place, function(item)
    except MemoryError as error:
        return place, Failure(str(out_of_memory(error)), traceback.format_exc(), by_user=True)
    except Exception as error:
        if is_interruption(error):
            raise KeyboardInterrupt from error
        kind = "" if isinstance(error, FastlanesError) else f"{type(error).__name__}: "
        return place, Failure(f"{kind}{error}", traceback.format_exc(), isinstance(error, FastlanesError))
