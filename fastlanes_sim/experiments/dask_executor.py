"""Jobs on a Dask cluster.

Not through joblib's Dask backend: it waits for ever for a job whose workers died too often (joblib 1.6 `_dask.py`: after an error the
callback that ends the wait is not called), and leaves cancelled jobs running.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.jobs import Answer, Failure, Task, attempt
from fastlanes_sim.results.summary import versions

DIED = "every worker that ran it died: killed, or out of memory"
_PATIENCE = 30
"""Seconds to wait for the scheduler, and for its first worker."""


def on_cluster(
    function: Callable[[Any], Any], tasks: list[Task], scheduler: str, ready: Callable[[], object] | None = None
) -> Iterator[Answer]:
    """Answers as they come. A worker that dies takes nothing with it: others get its jobs.

    Raises:
        FastlanesError: Dask is not installed, nobody is at this address, or the workers run other versions.
    """
    try:
        import distributed
    except ImportError:
        raise FastlanesError('a scheduler needs Dask, which is not installed\n    hint: pip install "fastlanes_sim[dask]"') from None
    dask: Any = distributed  # most of it has no types
    try:
        client = dask.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FastlanesError(
            f"no Dask scheduler answers at {scheduler}: {error}\n    hint: check the address, such as tcp://host:8786"
        ) from None
    with client:
        _prepare(client, scheduler, ready)
        suspects: list[Task] = []
        yield from _spread(dask, client, function, tasks, suspects)
        for task in suspects:  # they may only have waited at the worker that another job killed
            again: list[Task] = []
            yield from _spread(dask, client, function, [task], again)
            if again:
                yield task[0], Failure(DIED)


def _spread(dask: Any, client: Any, function: Callable[[Any], Any], tasks: list[Task], suspects: list[Task]) -> Iterator[Answer]:
    """Of the tasks whose workers died too often no answer comes: they are `suspects`."""
    futures = client.map(attempt, [function] * len(tasks), tasks, pure=False, batch_size=100)
    task_of = {future.key: task for future, task in zip(futures, tasks, strict=True)}
    try:
        for future, answer in dask.as_completed(futures, loop=client.loop, with_results=True, raise_errors=False):
            task = task_of[future.key]
            if future.status == "finished":
                yield answer
            elif future.status == "error" and isinstance(answer[1], dask.KilledWorker):
                suspects.append(task)
            else:
                yield task[0], Failure(f"{type(answer[1]).__name__}: {answer[1]}" if future.status == "error" else f"Dask: {future.status}")
            future.release()
    finally:
        client.cancel([future for future in futures if not future.done()])


def _prepare(client: Any, scheduler: str, ready: Callable[[], object] | None) -> None:
    """Workers are there, run what we run, and each machine has compiled what its workers share."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise FastlanesError(f"the scheduler at {scheduler} has no workers\n    hint: start one with: dask worker {scheduler}") from None
    ours = versions()
    try:
        found = client.run(versions)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise FastlanesError(f"the workers of {scheduler} cannot run fastlanes_sim ({why})\n    hint: install it there") from None
    for worker, theirs in found.items():
        if theirs != ours:
            differing = ", ".join(f"{name} {theirs.get(name)} instead of {ours[name]}" for name in ours if theirs.get(name) != ours[name])
            raise FastlanesError(f"the worker {worker} runs {differing}: results would differ\n    hint: install the same versions there")
    if ready is not None:
        one_a_machine = {machine: worker for worker, machine in client.run(platform.node).items()}
        client.run(ready, workers=list(one_a_machine.values()))
