"""Jobs on a Dask cluster.

Not through joblib's Dask backend: it waits for ever for a job whose workers died too often (joblib 1.6 `_dask.py`: after an error the
callback that ends the wait is not called), and leaves cancelled jobs running.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from typing import Any

from fastlanes_sim.errors import FastlanesError
from fastlanes_sim.experiments.pool import Answer, Failure, Task, attempt
from fastlanes_sim.results.summary import versions

_PATIENCE = 30
"""Seconds to wait for the scheduler, and for its first worker."""


def on_cluster(
    function: Callable[[Any], Any], tasks: list[Task], scheduler: str, ready: Callable[[], object] | None = None
) -> Iterator[Answer]:
    """Answers as they come. A worker that dies takes nothing with it: the scheduler gives its jobs to others, up to three times.

    Raises:
        FastlanesError: Dask is not installed, nobody is at this address, or the workers run other versions.
    """
    try:
        import distributed
    except ImportError:
        raise FastlanesError('a scheduler needs Dask, which is not installed\n    cure: pip install "fastlanes_sim[dask]"') from None
    dask: Any = distributed  # most of it has no types
    try:
        client = dask.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FastlanesError(
            f"no Dask scheduler answers at {scheduler}: {error}\n    cure: check the address, such as tcp://host:8786"
        ) from None
    with client:
        _prepare(client, scheduler, ready)
        futures = client.map(attempt, [function] * len(tasks), tasks, pure=False, batch_size=100)
        place_of = {future.key: place for future, (place, _) in zip(futures, tasks, strict=True)}
        try:
            for future, answer in dask.as_completed(futures, loop=client.loop, with_results=True, raise_errors=False):
                yield answer if future.status == "finished" else (place_of[future.key], _failure(future, answer))
                future.release()
        finally:
            client.cancel([future for future in futures if not future.done()])


def _failure(future: Any, answer: Any) -> Failure:
    error = answer[1] if future.status == "error" else answer
    return Failure(f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else f"Dask says: {future.status}")


def _prepare(client: Any, scheduler: str, ready: Callable[[], object] | None) -> None:
    """Workers are there, run what we run, and each machine has compiled what its workers share."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise FastlanesError(f"the scheduler at {scheduler} has no workers\n    cure: start one with: dask worker {scheduler}") from None
    ours = versions()
    try:
        found = client.run(versions)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise FastlanesError(f"the workers of {scheduler} cannot run fastlanes_sim ({why})\n    cure: install it there") from None
    for worker, theirs in found.items():
        if theirs != ours:
            differing = ", ".join(f"{name} {theirs.get(name)} instead of {ours[name]}" for name in ours if theirs.get(name) != ours[name])
            raise FastlanesError(f"the worker {worker} runs {differing}: results would differ\n    cure: install the same versions there")
    if ready is not None:
        one_a_machine = {machine: worker for worker, machine in client.run(platform.node).items()}
        client.run(ready, workers=list(one_a_machine.values()))
