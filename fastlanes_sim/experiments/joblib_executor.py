"""Jobs in processes of this machine: joblib's executor, which notices when one of its processes dies."""

from __future__ import annotations

import multiprocessing.resource_tracker
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import Any

from fastlanes_sim.core.once import say_once

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # where processes cannot share memory: we say it ourselves
    # `joblib.Parallel` itself would forget what is done but not yet fetched when a process dies, and which jobs were under way.
    from joblib.externals.loky import BrokenProcessPool, get_reusable_executor
    from joblib.externals.loky.backend import resource_tracker

from fastlanes_sim.experiments.child_process import depend_on, signals_wait
from fastlanes_sim.experiments.jobs import Answer, Failure, Task, attempt

DIED = "the process that ran it died, twice: killed, or out of memory"
_MANAGER = "ExecutorManagerThread"
_IDLE = 60
"""Seconds that processes wait for the next jobs: an experiment asks several times."""


def in_processes(function: Callable[[Any], Any], tasks: list[Task], processes: int) -> Iterator[Answer]:
    """Answers as they come.

    When a process dies nobody knows which job it ran, so those under way are each tried once more in a process that runs nothing
    else: a job that kills that one too is to blame.
    """
    try:
        _pool(processes)
    except OSError as error:  # as where /dev/shm is missing or full
        say_once(f"note: one process instead of {processes}: processes cannot share memory here ({error.strerror})")
        yield from (attempt(function, task) for task in tasks)
        return
    todo = deque(tasks)
    while todo:
        suspects: list[Task] = []
        yield from _spread(function, todo, processes, suspects)
        for task in suspects:
            again: list[Task] = []
            yield from _spread(function, deque([task]), 1, again)
            if again:
                yield task[0], Failure(DIED)


def _spread(function: Callable[[Any], Any], todo: deque[Task], processes: int, suspects: list[Task]) -> Iterator[Answer]:
    """Takes tasks from `todo` until there is none, or a process dies: then those that were under way are `suspects`."""
    executor = _pool(processes)
    under_way: dict[Future[Answer], Task] = {}
    finished = False
    try:
        while (todo and not suspects) or under_way:
            while todo and not suspects and len(under_way) < 2 * processes:
                task = todo.popleft()
                try:
                    with signals_wait():
                        under_way[executor.submit(attempt, function, task)] = task
                except BrokenProcessPool:
                    suspects.append(task)
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                task = under_way.pop(future)
                error = future.exception()
                if isinstance(error, BrokenProcessPool):
                    suspects.append(task)
                else:
                    yield future.result() if error is None else (task[0], Failure(f"{type(error).__name__}: {error}"))
        finished = not suspects
    finally:
        if not finished:
            with _manager_may_stumble():
                executor.shutdown(wait=True, kill_workers=True)


@contextmanager
def _manager_may_stumble() -> Iterator[None]:
    """The thread of loky's that hands jobs on may look for one that the shutdown has just taken away. Nobody needs its traceback."""
    before = threading.excepthook

    def hook(failed: threading.ExceptHookArgs) -> None:
        if failed.thread is None or not failed.thread.name.startswith(_MANAGER):
            before(failed)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _pool(processes: int) -> Any:
    """
    Raises:
        OSError: the system does not give what processes need to talk to each other.
    """
    stays = threading.current_thread() is threading.main_thread()
    if sys.platform != "win32":
        for tracker in (resource_tracker, multiprocessing.resource_tracker):
            tracker.ensure_running()  # whoever starts it unblocks signals
    with signals_wait():
        return get_reusable_executor(
            max_workers=processes, timeout=_IDLE, initializer=depend_on, initargs=(os.getpid(), stays), reuse="auto"
        )
