"""One session: serve, wait for the workers, play the scenario's traffic and what goes wrong in it, and note down what happens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.clock import Clock
from fastlanes_sim.rig.database import Database
from fastlanes_sim.rig.lightning import Lightning
from fastlanes_sim.rig.postgres_store import PostgresStore
from fastlanes_sim.rig.recording import Recording, SeenRun
from fastlanes_sim.rig.run_store import MemoryStore, Store, StoreLostError
from fastlanes_sim.rig.server import RigServer, is_loopback
from fastlanes_sim.rig.spawn import Spawner
from fastlanes_sim.rig.tokens import Keys

LEAD = 2.0
"""Seconds between the last worker's join and the scenario's time 0."""
_STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_BEAT = 0.02
"""Seconds between looks at how late the rig's own timers are."""


@dataclass(frozen=True, slots=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 4000
    """0: any that is free."""
    workers: int | None = None
    """So many must have joined before the scenario begins. None: all that are there at its time 0."""
    spawn: str | None = None
    """The command that starts a worker."""
    plays_network: bool = True
    """Every message is held as long as the scenario's network says. Otherwise the real network is all there is."""
    logs: Path = Path("results/rig")
    """Where spawned workers write theirs."""
    lead: float = LEAD


Told = Callable[[str], None]
MakeStore = Callable[[Deployment, RunTable], Awaitable[Store]]


async def in_memory(deployment: Deployment, table: RunTable) -> Store:
    return MemoryStore(deployment, table)


def store_in(dsn: str | None) -> MakeStore:
    """Where the runs are kept: in this PostgreSQL, or in memory."""
    if dsn is None:
        return in_memory

    async def made(deployment: Deployment, table: RunTable) -> Store:
        return await PostgresStore.open(dsn, deployment, table)

    return made


def check(deployment: Deployment) -> None:
    """What no real worker can be put to.

    Raises:
        FastlanesError: with what is in the way.
    """
    if deployment.autoscalers:
        raise FastlanesError("the rig does not play autoscaling: nobody starts its workers", "give the group `replicas`")
    if any(worker.dispatch == "ideal" for worker in deployment.workers):
        raise FastlanesError("an ideal worker is queueing theory's: no real one is like it", "remove `dispatch: ideal`")


async def session(
    deployment: Deployment,
    table: RunTable,
    settings: Settings,
    told: Told = lambda line: None,
    make_store: MakeStore = in_memory,
    started: Callable[[RigServer, Keys], None] = lambda server, keys: None,
) -> tuple[Recording, Clock]:
    """Play the scenario in wall-clock time, up to its horizon or Ctrl-C.

    Args:
        told: gets lines for whoever watches.
        make_store: where the runs are kept.
        started: called once when the server listens.

    Raises:
        FastlanesError: the address or the workers cannot be had.
    """
    check(deployment)
    there = len(deployment.workers)
    if settings.workers is not None and settings.workers > there:
        raise FastlanesError(
            f"--workers {settings.workers}: the scenario has {there}, and no more are let in",
            f"ask for {there} at most, or give the scenario more workers (`replicas`)",
        )
    if table.has_calls:
        raise FastlanesError("the rig does not play runs that call others: its runs cause nothing", "remove `calls` (K-1)")
    clock = Clock()
    recording = Recording([SeenRun() for _ in range(table.first_requests)])
    keys = Keys(len(deployment.workers) if settings.spawn else 0)
    latency, plays = deployment.latency, settings.plays_network
    spawner = None if settings.spawn is None else Spawner(settings.spawn, deployment.workers, keys, clock, recording, settings.logs)
    store = await make_store(deployment, table)
    stop, before = asyncio.Event(), {what: signal.getsignal(what) for what in _STOPS}
    try:
        lightning = Lightning(
            deployment,
            table,
            store,
            Database(deployment),
            keys,
            clock,
            recording,
            up=latency.up if plays else 0,
            down=latency.down if plays else 0,
            notification=deployment.notification if plays else 0,
            trusts_clocks=is_loopback(settings.host),
        )
        server = RigServer(lightning, settings.host, settings.port)
        _set_by_signals(stop)
        async with server.serving():
            started(server, keys)
            try:
                done = await _first_of(_play(lightning, server, spawner, settings, told), stop)
            except StoreLostError as error:
                told(f"{error.message}: the session ends here.")
                done = False
            finally:
                recording.zero = clock.now if clock.zero is None else clock.zero
                recording.ended_on = max(0, min(clock.elapsed, deployment.horizon))
                if spawner is not None:
                    await spawner.end()
    finally:
        await store.close()
        _restore(before)
    recording.interrupted = not done or stop.is_set()
    return recording, clock


async def _play(lightning: Lightning, server: RigServer, spawner: Spawner | None, settings: Settings, told: Told) -> None:
    workers = lightning.deployment.workers
    first = [number for number, worker in enumerate(workers) if worker.connect_at == min(one.connect_at for one in workers)]
    if spawner is not None:
        for number in first:
            await spawner.start(number, server.url)
    awaited = len(first) if settings.workers is None else settings.workers
    told(f"Waiting for {awaited} worker{'s' if awaited != 1 else ''} ...")
    await _until_they_have_come(server, spawner, awaited)
    await asyncio.sleep(settings.lead)
    lightning.clock.begin()
    told(f"The scenario begins: {lightning.table.first_requests:,} runs.")
    async with asyncio.TaskGroup() as tasks:
        players = [
            _feed(lightning),
            _janitor(lightning),
            _watch_the_machine(lightning),
            *_disturbances(lightning, server, spawner, first, told),
        ]
        running = [tasks.create_task(player) for player in players]
        await lightning.clock.until(lightning.deployment.horizon)
        for task in running:
            task.cancel()


async def _until_they_have_come(server: RigServer, spawner: Spawner | None, awaited: int) -> None:
    """
    Raises:
        FastlanesError: a worker that the rig started has ended before.
    """
    coming = asyncio.ensure_future(server.workers_have_come(awaited))
    ending = None if spawner is None else asyncio.ensure_future(spawner.one_has_ended())
    try:
        await asyncio.wait([one for one in (coming, ending) if one is not None], return_when=asyncio.FIRST_COMPLETED)
        if ending is not None and not coming.done():
            raise ending.result()
    finally:
        for one in (coming, ending):
            if one is not None:
                one.cancel()


async def _feed(lightning: Lightning) -> None:
    """Each run when its time comes. Further attempts of callers (docs/callers.md) are not made."""
    for row, at in enumerate(lightning.table.inserted_at[: lightning.table.first_requests].tolist()):
        await lightning.clock.until(at)
        await lightning.insert(row)


async def _janitor(lightning: Lightning) -> None:
    """L-18"""
    at, period = lightning.deployment.lightning.janitor_first, lightning.deployment.lightning.janitor_period
    while at is not None:
        await lightning.clock.until(at)
        await lightning.clean_up()
        at += period


async def _watch_the_machine(lightning: Lightning) -> None:
    while True:
        before = lightning.clock.now
        await asyncio.sleep(_BEAT)
        lightning.recording.lags.append(max(0, lightning.clock.now - before - round(_BEAT * 1_000_000)))


def _disturbances(
    lightning: Lightning, server: RigServer, spawner: Spawner | None, there: list[int], told: Told
) -> list[Coroutine[Any, Any, None]]:
    """What happens at set times of the scenario, one coroutine each."""
    clock, deployment = lightning.clock, lightning.deployment

    async def at(instant: int, what: Callable[[], object], line: str) -> None:
        await clock.until(instant)
        told(line)
        done = what()
        if isinstance(done, Awaitable):
            await done

    planned: list[Coroutine[Any, Any, None]] = []
    for begins, _ in deployment.incidents.down:
        planned.append(at(begins, partial(server.cut, None, down=True), "Lightning is down."))
    for number, worker in enumerate(deployment.workers):
        own = [span for span in worker.outages if span not in deployment.incidents.down]
        planned += [at(begins, partial(server.cut, number), f"{worker.name}: its socket closes.") for begins, _ in own]
        planned += [at(begins, partial(server.mute, number), f"{worker.name}: its connection goes mute.") for begins, _ in worker.mute]
        if spawner is None:
            continue
        if number not in there:
            begins = max(0, worker.connect_at - worker.start_up)
            planned.append(at(begins, partial(spawner.start, number, server.url), f"{worker.name}: started."))
        if worker.stops_at is not None:
            what = f"{worker.name}: {'SIGKILL' if worker.grace is None else 'SIGTERM'}."
            planned.append(at(worker.stops_at, partial(spawner.stop, number, worker.grace), what))
    return planned


def _set_by_signals(stop: asyncio.Event) -> None:
    """Signals that ask to end set the event; those that the process was started to ignore (nohup) stay ignored."""
    with suppress(NotImplementedError, RuntimeError, ValueError):  # not on this system, or not in the main thread
        for what in _STOPS:
            if signal.getsignal(what) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(what, stop.set)


def _restore(before: dict[signal.Signals, Any]) -> None:
    """Signals do what they did before the session: asyncio would leave SIGTERM and SIGHUP to end the process at once."""
    for what, handler in before.items():
        with suppress(NotImplementedError, RuntimeError, ValueError, TypeError):
            if asyncio.get_running_loop().remove_signal_handler(what):
                signal.signal(what, handler)


async def _first_of(playing: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Whether it was played to its end."""
    tasks = asyncio.create_task(playing), asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if tasks[0] not in done:
        return False
    try:
        tasks[0].result()
    except BaseExceptionGroup as group:  # of the task group: one is enough to tell
        raise group.exceptions[0] from None
    return True
