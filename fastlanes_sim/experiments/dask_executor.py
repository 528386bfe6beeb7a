"""Jobs on a Dask cluster.

Not through joblib's Dask backend: it waits for ever for a job whose workers died too often (joblib 1.6 `_dask.py`: after an error the
callback that ends the wait is not called), and leaves cancelled jobs running.
"""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.jobs import Answer, Failure, NobodyLeftError, Task, attempt
from fastlanes_sim.results.summary import versions

DIED = "every worker that ran it died: killed, or out of memory"
_PATIENCE = 30
"""Seconds to wait for the scheduler, for its first worker, and for a worker after the last one died: it may be started again."""
_LOOK = 1.0
"""Seconds without an answer after which it is asked whether there is any worker."""
_PAUSE = 0.05
_LOGGERS = ("distributed", "tornado", "asyncio")


def on_cluster(
    function: Callable[[Any], Any], tasks: list[Task], scheduler: str, ready: Callable[[], object] | None = None
) -> Iterator[Answer]:
    """Answers as they come. A worker that dies takes nothing with it: others get its jobs.

    Raises:
        FastlanesError: Dask is not installed, nobody is at this address, or the workers run other versions.
        NobodyLeftError: the last worker died, or the scheduler, and nobody took its place.
    """
    try:
        import distributed
    except ImportError:
        raise FastlanesError('a scheduler needs Dask, which is not installed\n    hint: pip install "fastlanes_sim[dask]"') from None
    dask: Any = distributed  # most of it has no types
    if scheduler.startswith("tls://") and dask.Security().get_connection_args("client").get("ssl_context") is None:
        raise FastlanesError(  # the client would not even end
            f"{scheduler} needs certificates, and none are configured\n    hint: name them in Dask's configuration, distributed.comm.tls"
        )
    with _silent_loggers(), _client(dask, scheduler) as client:
        _prepare(client, scheduler, ready)
        suspects: list[Task] = []
        yield from _spread(dask, client, function, tasks, suspects)
        for task in suspects:  # they may only have waited at the worker that another job killed
            again: list[Task] = []
            yield from _spread(dask, client, function, [task], again)
            if again:
                yield task[0], Failure(DIED)


def _client(dask: Any, scheduler: str) -> Any:
    try:
        return dask.Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FastlanesError(
            f"no Dask scheduler answers at {scheduler}: {error}\n    hint: check the address, such as tcp://host:8786"
        ) from None


@contextmanager
def _silent_loggers() -> Iterator[None]:
    """Dask logs tracebacks where a connection ends, also where an interruption ends it. What matters to people our own errors say."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in _LOGGERS]
    loggers = [one for one in map(logging.getLogger, names) if not one.disabled]
    for one in loggers:
        one.disabled = True
    try:
        yield
    finally:
        for one in loggers:
            one.disabled = False


def _spread(dask: Any, client: Any, function: Callable[[Any], Any], tasks: list[Task], suspects: list[Task]) -> Iterator[Answer]:
    """Of the tasks whose workers died too often, or with the answer, none comes: they are `suspects`."""
    futures = client.map(attempt, [function] * len(tasks), tasks, pure=False, batch_size=100)
    task_of = {future.key: task for future, task in zip(futures, tasks, strict=True)}
    try:
        for future, answer in _as_completed(dask, client, futures):
            task = task_of[future.key]
            if future.status == "finished":
                yield answer
            elif future.status == "lost" or (future.status == "error" and isinstance(answer[1], dask.KilledWorker)):
                suspects.append(task)  # lost: its worker died before anybody had the answer
            else:
                yield task[0], Failure(f"{type(answer[1]).__name__}: {answer[1]}" if future.status == "error" else f"Dask: {future.status}")
            future.release()
    finally:
        if client.status == "running":
            client.cancel([future for future in futures if not future.done()])


def _as_completed(dask: Any, client: Any, futures: list[Any]) -> Iterator[Any]:
    """Futures with what came of them. Dask would wait for ever for workers that are gone."""
    found = dask.as_completed(futures, loop=client.loop, with_results=True, raise_errors=False)
    alive = looked = time.monotonic()
    while not found.is_empty():
        batch = found.next_batch(block=False)
        now = time.monotonic()
        if batch:
            alive = looked = now
            yield from batch
            continue
        if now - looked > _LOOK:
            looked = now
            alive = now if _has_workers(client) else alive
            if now - alive > _PATIENCE:
                raise NobodyLeftError(
                    f"the cluster at {client.scheduler.address} has no worker any more: the last one died {_PATIENCE} s ago or earlier",
                    "start workers, then the same command: it continues where results are kept",
                )
        time.sleep(_PAUSE)


def _has_workers(client: Any) -> bool:
    try:
        return client.status == "running" and bool(client.sync(client.scheduler.ncores, callback_timeout=_PATIENCE / 10))
    except Exception:  # of many kinds; whoever does not answer is not there
        return False


def _prepare(client: Any, scheduler: str, ready: Callable[[], object] | None) -> None:
    """Workers are there, run what we run, and each machine has compiled what its workers share."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise FastlanesError(f"the scheduler at {scheduler} has no workers\n    hint: start one with: dask worker {scheduler}") from None
    ours = versions()
    try:
        found = client.run(versions)
    except OSError as error:
        raise FastlanesError(
            f"a worker of {scheduler} died before the first job ({error})\n    hint: start the same command again"
        ) from None
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
