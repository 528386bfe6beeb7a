"""What a formula says of the same load: a sanity line beside the simulation, never an answer.

The formulas know neither lanes nor polls, limits, bursts or time of day: one pool of all slots, Poisson arrivals, independent services.
They take services as they were drawn, whatever those depend on (`service_factors`); that long ones follow one another they do not know.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.offered_load import arriving, held_time, lasting_workers
from fastlanes_sim.results.series import steps


@dataclass(frozen=True, slots=True)
class Sanity:
    """Times in µs; infinite where the load is 1 or more."""

    slots: int
    load: float
    """Slots busy on average were there enough of them (erlangs)."""
    mean_wait_erlang: float
    """M/M/c (Erlang 1917)."""
    p99_wait_erlang: float
    mean_wait_general: float
    """M/G/c by Allen and Cunneen: Erlang's mean times (1 + the squared coefficient of variation) / 2."""
    slots_per_worker: float
    keda_mean: int
    """Workers that a KEDA-style rule asks for on average: ceil(runs in the system / slots of a worker), were none of them to wait."""
    keda_peak: int

    @property
    def utilisation(self) -> float:
        return self.load / self.slots if self.slots else math.inf

    def lines(self) -> list[str]:
        if self.utilisation >= 1:
            erlang = f"offered load {self.utilisation:.2f}: no steady state, no formula applies"
        else:
            busy = f"M/M/{self.slots}, {100 * self.utilisation:.0f} % busy"
            waits = f"mean wait {format_duration(self.mean_wait_erlang)}, p99 {format_duration(self.p99_wait_erlang)}"
            general = f"M/G/{self.slots} (Allen-Cunneen): mean {format_duration(self.mean_wait_general)}"
            erlang = f"Erlang C ({busy}): {waits}; {general}"
        keda = (
            f"KEDA-style sizing (runs in the system / {self.slots_per_worker:g} slots a worker): {self.keda_mean} on average, "
            f"{self.keda_peak} at the peak"
        )
        return [erlang, keda]


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival waits in M/M/c with `load` < `servers` erlangs (Kleinrock, Queueing Systems I, eq. 3.40)."""
    blocked = 1.0
    for k in range(1, servers + 1):  # Erlang B's recursion does not overflow
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def erlang_waits(servers: int, load: float, service: float) -> tuple[float, float]:
    """Mean and p99 of the wait in M/M/c, in the unit of the mean `service`; `load` < `servers` erlangs."""
    waits = erlang_c(servers, load)
    rate = (servers - load) / service  # the wait of those who wait is exponential
    return waits / rate, max(0.0, math.log(waits / 0.01) / rate)


def sanity(deployment: Deployment, table: RunTable) -> Sanity:
    """Of the runs of one replication, whose time in a slot is its startup, its service up to the timeout, and what is said on its channel
    before and after (W-13, W-15), and waiting for runs that it calls; as if nobody asked again."""
    table, waits = arriving(deployment, table)
    workers = lasting_workers(deployment)
    slots = sum(loop.capacity for worker in workers for loop in worker.workloops)
    held = held_time(deployment, table) + waits
    load = float(held.sum()) / deployment.horizon
    alone = steps(table.inserted_at, table.inserted_at + held.astype(np.int64), deployment.horizon)
    per_worker = slots / max(1, len(workers))
    mean, tail, general = math.inf, math.inf, math.inf
    if not load:
        mean = tail = general = 0.0
    elif load < slots:
        service = float(held.mean())
        mean, tail = erlang_waits(slots, load, service)
        general = mean * (1 + float(held.var()) / service**2) / 2
    return Sanity(
        slots=slots,
        load=load,
        mean_wait_erlang=mean,
        p99_wait_erlang=tail,
        mean_wait_general=general,
        slots_per_worker=per_worker,
        keda_mean=math.ceil(round(load / per_worker, 9)) if slots else 0,
        keda_peak=math.ceil(int(alone.counts.max(initial=0)) / per_worker) if slots else 0,
    )


def to_json(of: Sanity) -> dict[str, object]:
    """Seconds; null where infinite."""
    times = {name: getattr(of, name) for name in ("mean_wait_erlang", "p99_wait_erlang", "mean_wait_general")}
    seconds = {f"{name}_s": value / SECOND if math.isfinite(value) else None for name, value in times.items()}
    sizing = {"workers_keda_mean": of.keda_mean, "workers_keda_peak": of.keda_peak}
    return {"what": "formulas for one pool of all slots, no simulation", "offered_load": of.utilisation, **seconds, **sizing}
