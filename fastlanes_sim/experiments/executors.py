"""Where the jobs of an experiment run: here, in processes of this machine, or on a Dask cluster. The results are the same."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.experiments.jobs import Answer, Failure, Item, JobError, Jobs, NobodyLeftError, Progress, Task, Value, attempt

_TASTE = 1.0
"""Seconds of jobs run here before it is decided whether processes are worth their start."""
_WORTH_PROCESSES = 6.0
"""Seconds that the rest must be expected to take."""
_ADDRESS = re.compile(r"((tcp|tls)://)?([\w.-]+|\[[0-9a-fA-F:.]+(%\w+)?\]):(?P<port>[0-9]{1,5})/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Executor:
    """Where to run."""

    processes: int | None = None
    """1: in this process. None: in this process as long as that is the faster way, then one process a processor."""
    scheduler: str | None = None
    """The address of a Dask scheduler, `tcp://host:8786` or `tls://host:8786`, instead of processes of this machine."""

    def __post_init__(self) -> None:
        if self.processes is not None and self.processes < 1:
            raise FastlanesError(f"{self.processes} processes cannot run anything\n    hint: write 1 or more")
        if self.processes is not None and self.scheduler is not None:
            raise FastlanesError("a scheduler has its own workers\n    hint: give processes or a scheduler, not both")
        if self.scheduler is not None and not _is_address(self.scheduler):
            raise FastlanesError(
                f"{show(self.scheduler)} is not the address of a Dask scheduler\n    hint: write one such as tcp://host:8786"
            )


def _is_address(text: str) -> bool:
    """Whether Dask can connect there, if somebody is there. Others make it raise errors of many kinds, some when the process ends."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found["port"]) < 65_536


def run_jobs(
    function: Callable[[Item], Value],
    items: Iterable[Item],
    *,
    executor: Executor | None = None,
    ready: Callable[[], object] | None = None,
    keep: Callable[[int, Value], object] | None = None,
    progress: Progress | None = None,
) -> Jobs[Value]:
    """`function` of each item.

    Args:
        function: pure, and importable where the jobs run.
        ready: called before the first job, once a machine: to compile what all processes there then share.
        keep: called here with (place, value) as soon as a job is done, in the order in which they end.
        progress: called here after each job.
    """
    tasks = list(enumerate(items))
    done: Jobs[Value] = Jobs()
    if not tasks:
        return done
    try:
        for place, value in _answers(function, tasks, executor or Executor(), ready):
            if isinstance(value, Failure):
                done.failures[place] = value
            else:
                if keep is not None:
                    keep(place, value)
                done.values[place] = value
            if progress is not None:
                progress(len(done.values) + len(done.failures), len(tasks))
    except NobodyLeftError as error:
        print(f"interrupted: {error}", file=sys.stderr)
        done.interrupted = True
    except KeyboardInterrupt:
        done.interrupted = True
    return done


def map_jobs(
    function: Callable[[Item], Value],
    items: Iterable[Item],
    *,
    executor: Executor | None = None,
    ready: Callable[[], object] | None = None,
    progress: Progress | None = None,
) -> list[Value]:
    """`function` of each item, in the order of the items. Interrupted, what was done until then: a shorter list, also where only the end of
    the last job was interrupted.

    Raises:
        FastlanesError: a job raised one.
        JobError: a job raised anything else, or its process died.
    """
    wanted = list(items)
    done = run_jobs(function, wanted, executor=executor, ready=ready, progress=progress)
    for failure in done.failures.values():
        if failure.by_user:
            raise FastlanesError(failure.message)
        raise JobError(failure.traceback or failure.message)
    values: list[Value] = []
    while len(values) in done.values:
        values.append(done.values[len(values)])
    return values[:-1] if done.interrupted and len(values) == len(wanted) else values


def _answers(function: Callable[[Any], Any], tasks: list[Task], executor: Executor, ready: Callable[[], object] | None) -> Iterator[Answer]:
    if executor.scheduler is not None:
        from fastlanes_sim.experiments.dask_executor import on_cluster

        yield from on_cluster(function, tasks, executor.scheduler, ready)
        return
    if ready is not None:
        ready()
    processes, alone = executor.processes or _processors(), executor.processes == 1
    if executor.processes is None:
        begin = time.monotonic()
        tasted = 0
        while tasted < len(tasks) and time.monotonic() < begin + _TASTE:
            yield attempt(function, tasks[tasted])
            tasted += 1
        spent = time.monotonic() - begin
        tasks = tasks[tasted:]
        alone = processes == 1 or len(tasks) * spent / tasted < _WORTH_PROCESSES
    if alone or not tasks:
        yield from (attempt(function, task) for task in tasks)
        return
    from fastlanes_sim.experiments.joblib_executor import in_processes

    yield from in_processes(function, tasks, min(processes, len(tasks)))


def _processors() -> int:
    import joblib

    return int(joblib.cpu_count())
