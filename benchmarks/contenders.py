"""Other ways to simulate system (a), fed the very same runs: each returns every run's start in µs, so that they can be held equal.

Queues are ranked fast_lane, manual, default; of one queue the earlier run goes first. Ciw draws its own numbers and returns nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import deque
from heapq import heappop, heappush
from pathlib import Path

import numpy as np

from fastlanes_sim.core.run_table import RunTable

SERVERS = 5
RANK = (2, 0, 1)
"""By queue: default, fast_lane, manual."""


def simpy_natural(table: RunTable) -> list[int]:
    """As SimPy's documentation would write it: a process a run, a PriorityResource."""
    import simpy

    env = simpy.Environment()
    servers = simpy.PriorityResource(env, SERVERS)
    starts = [0] * len(table)

    def run(number: int, rank: int, service: int):
        with servers.request(rank) as request:
            yield request
            starts[number] = env.now
            yield env.timeout(service)

    def source():
        rows = zip(table.inserted_at.tolist(), table.queue.tolist(), table.service_time.tolist(), strict=True)
        for number, (at, queue, service) in enumerate(rows):
            yield env.timeout(at - env.now)
            env.process(run(number, RANK[queue], service))

    env.process(source())
    env.run()
    return starts


def simpy_lean(table: RunTable) -> list[int]:
    """The least that still is SimPy: no processes, one event for all arrivals and one a server, scheduled by hand."""
    import simpy

    env = simpy.Environment()
    at, services = table.inserted_at.tolist(), table.service_time.tolist()
    ranks = [RANK[queue] for queue in table.queue.tolist()]
    waiting: tuple[deque[int], ...] = (deque(), deque(), deque())
    starts = [0] * len(at)
    idle: list[simpy.Event] = []
    schedule = env.schedule
    created = 0

    def event(callback) -> simpy.Event:
        made = simpy.Event(env)
        made._ok, made._value = True, None
        made.again = [callback]
        return made

    def arrive(this) -> None:
        nonlocal created
        number = created
        created += 1
        if idle:
            server = idle.pop()
            starts[number] = at[number]
            server.callbacks = server.again
            schedule(server, 1, services[number])
        else:
            waiting[ranks[number]].append(number)
        if created < len(at):
            this.callbacks = this.again
            schedule(this, 1, at[created] - at[number])

    def finish(server) -> None:
        for queue in waiting:
            if queue:
                number = queue.popleft()
                starts[number] = env._now
                server.callbacks = server.again
                schedule(server, 1, services[number])
                return
        idle.append(server)

    idle += [event(finish) for _ in range(SERVERS)]
    first = event(arrive)
    first.callbacks = first.again
    schedule(first, 1, at[0])
    env.run()
    return starts


def heap(table: RunTable) -> list[int]:
    """Python's heapq and no framework."""
    at, services = table.inserted_at.tolist(), table.service_time.tolist()
    ranks = [RANK[queue] for queue in table.queue.tolist()]
    waiting: tuple[deque[int], ...] = (deque(), deque(), deque())
    starts = [0] * len(at)
    ends: list[int] = []

    def finish() -> None:
        now = heappop(ends)
        for queue in waiting:
            if queue:
                number = queue.popleft()
                starts[number] = now
                heappush(ends, now + services[number])
                return

    for number, now in enumerate(at):
        while ends and ends[0] < now:
            finish()
        if len(ends) < SERVERS:
            starts[number] = now
            heappush(ends, now + services[number])
        else:
            waiting[ranks[number]].append(number)
    while ends:
        finish()
    return starts


def ciw_network(table: RunTable) -> None:
    """Ciw, three classes with priorities; as many arrivals as the table has, give or take."""
    import ciw

    names = ("default", "fast_lane", "manual")
    network = ciw.create_network(
        arrival_distributions={name: [ciw.dists.Exponential(0.85 * SERVERS / 3)] for name in names},
        service_distributions={name: [ciw.dists.Exponential(1.0)] for name in names},
        priority_classes=dict(zip(names, RANK, strict=True)),
        number_of_servers=[SERVERS],
    )
    ciw.seed(1)
    ciw.Simulation(network).simulate_until_max_time(len(table) / (0.85 * SERVERS))


def salabim_components(table: RunTable) -> list[int]:
    """salabim, a component a run, its generators instead of greenlets, its monitors off."""
    import salabim

    salabim.yieldless(False)
    env = salabim.Environment(trace=False)
    servers = salabim.Resource("servers", capacity=SERVERS, monitor=False)
    starts = [0] * len(table)

    class Run(salabim.Component):
        def process(self, number: int, rank: int, service: int):
            yield self.request((servers, 1, rank))
            starts[number] = round(env.now())
            yield self.hold(service)
            self.release()

    class Source(salabim.Component):
        def process(self):
            rows = zip(table.inserted_at.tolist(), table.queue.tolist(), table.service_time.tolist(), strict=True)
            for number, (at, queue, service) in enumerate(rows):
                yield self.hold(till=at)
                Run(number=number, rank=RANK[queue], service=service)

    Source()
    env.run()
    return starts


def compile_tight() -> Path | None:
    """The C++ program, or None where no compiler is."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    program = Path(tempfile.mkdtemp()) / "tight"
    subprocess.run([compiler, "-O3", "-march=native", "-std=c++17", "-o", program, Path(__file__).with_name("tight.cpp")], check=True)
    return program


def tight(program: Path, table: RunTable) -> tuple[list[int], float]:
    """Start times, and the seconds that the program's own clock gives for the simulation alone: without drawing, reading and writing."""
    with tempfile.TemporaryDirectory() as folder:
        rows, starts = Path(folder) / "rows", Path(folder) / "starts"
        ranks = np.asarray(RANK, np.int64)[table.queue]
        np.stack([table.inserted_at, table.service_time, ranks], axis=1).tofile(rows)
        seconds = float(subprocess.run([program, rows, starts], check=True, capture_output=True, text=True).stdout)
        return np.fromfile(starts, np.int64).tolist(), seconds
