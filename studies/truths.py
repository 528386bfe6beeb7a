"""What intervals ought to hold: waits in queues that have formulas, and one simulation so long that its own error hardly counts."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from fastlanes_sim.engines.selection import make_ready
from fastlanes_sim.experiments.analytic import erlang_c
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.schema import Scenario

SEED = 2**40
"""Of the simulated truths: no experiment has it."""


@dataclass(frozen=True, slots=True)
class Truth:
    value: float
    """In the values of the measure: µs, or a share."""
    error: float = 0.0
    """Its standard error, as a share of it."""


def priority_waits(servers: int, urgent: float, other: float) -> tuple[float, float, float, float]:
    """M/M/c without preemption and two lanes, their loads in erlangs: mean and p99 of the wait of the urgent lane, then of the other one,
    in units of the mean service.

    Means: Cobham (Operations Research 2:70, 1954). Who waits at all (Erlang C) waits in the urgent lane as in M/M/1 with `servers` times
    the speed, so exponentially. In the other he waits as long as he would were all served in turn, and in that time each urgent arrival
    puts another busy period of urgent runs before him (Davis, Operations Research 14:133, 1966, derives the distribution).
    """
    load = urgent + other
    waits = erlang_c(servers, load)

    def longer(t: float) -> float:
        def transform(s: complex) -> complex:
            root = cmath.sqrt((urgent + servers + s) ** 2 - 4 * urgent * servers)
            busy_period = (urgent + servers + s - root) / (2 * urgent)
            in_turn = (servers - load) / (servers - load + s + urgent * (1 - busy_period))
            return (1 - in_turn) / s

        return waits * inverse_transform(transform, t)

    low, high = 0.0, 1.0
    while longer(high) > 0.01:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if longer(middle) > 0.01 else (low, middle)
    mean = waits / servers / (1 - urgent / servers)
    return mean, math.log(waits / 0.01) / (servers - urgent), mean / (1 - load / servers), high


def inverse_transform(transform, t: float) -> float:
    """Of a Laplace transform, at t > 0: Euler summation (Abate and Whitt, ORSA Journal on Computing 7:36, 1995)."""
    accuracy, terms, averaged = 18.4, 15, 11
    values = [transform(complex(accuracy, 2 * math.pi * k) / (2 * t)).real for k in range(terms + averaged + 1)]
    signed = np.array([values[0] / 2] + [(-1) ** k * value for k, value in enumerate(values) if k])
    sums = np.cumsum(signed)[terms:]
    weights = np.array([math.comb(averaged, k) for k in range(averaged + 1)]) / 2**averaged
    return float(math.exp(accuracy / 2) / t * (sums @ weights))


def simulated(scenario: Scenario, statistics: Sequence[str], replications: int, executor: Executor, warm_up: int = 0) -> list[Truth]:
    """What so many replications under a seed of their own come to. Where the steady state is meant, let a replication be long."""
    parsed = [parse_measure(text) for text in statistics]
    scenario = scenario.model_copy(update={"seed": SEED})
    job = partial(measure, scenario, measures=parsed, engine="kernel", warm_up=warm_up)
    values = map_jobs(job, range(replications), executor=executor, ready=partial(make_ready, "kernel"))
    truths = []
    for one in parsed:
        found = estimate_of(one, parsed, values, 0.6827)
        truths.append(Truth(found.mean, found.relative))
    return truths
