"""Designed sources of traffic that independent draws do not describe: services and arrivals that depend on the hour, the load, the past.

Each is simulated on five slots, and exported as production would export it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import expon

from fastlanes_sim.core.units import DAY, HOUR, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.traffic.generate import generate
from tests.support.exports import MONDAY, exported
from tests.support.traffic_files import scenario, webhook

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Source = Callable[[np.random.Generator], tuple[Floats, Floats]]
"""(times of insertion in seconds, services in seconds), both in order of insertion."""
LENGTH = 14 * DAY / SECOND
RATE, SERVICE = 0.2, 10.0
"""Runs a second and seconds: two of five slots are busy on average."""


def _poisson(random: np.random.Generator, rate: float = RATE) -> Floats:
    return np.sort(random.uniform(0, LENGTH, random.poisson(rate * LENGTH)))


def _thinned(random: np.random.Generator, share: Callable[[Floats], Floats], most: float) -> Floats:
    """A Poisson process whose rate is RATE times `share` of the time, at most `most`."""
    times = _poisson(random, RATE * most)
    return times[random.random(len(times)) * most < share(times)]


def _services(random: np.random.Generator, size: int) -> Floats:
    return random.gamma(2.0, SERVICE / 2, size)


def independent(random: np.random.Generator) -> tuple[Floats, Floats]:
    times = _poisson(random)
    return times, _services(random, len(times))


def autocorrelated_services(random: np.random.Generator) -> tuple[Floats, Floats]:
    """AR(1) with 0.98 on the normal scale, exponential services."""
    times = _poisson(random)
    noise = random.standard_normal(len(times))
    state = np.empty(len(times))
    state[0] = noise[0]
    for place in range(1, len(times)):
        state[place] = 0.98 * state[place - 1] + np.sqrt(1 - 0.98**2) * noise[place]
    return times, expon.ppf(np.clip(ndtr(state), 1e-12, 1 - 1e-12), scale=SERVICE)


def slower_at_busy_hours(random: np.random.Generator) -> tuple[Floats, Floats]:
    busy = lambda times: np.where((times / 3_600) % 24 // 1 < 8, 0.5, np.where((times / 3_600) % 24 < 12, 2.0, 0.8))  # noqa: E731
    times = _thinned(random, busy, 2.0)
    return times, _services(random, len(times)) * np.where((times / 3_600) % 24 < 8, 0.7, np.where((times / 3_600) % 24 < 12, 1.6, 0.8))


def slow_at_the_top_of_the_hour(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Runs of the first minute of an hour take ten times as long."""
    times = _poisson(random)
    return times, _services(random, len(times)) * np.where(times % 3_600 < 60, 10.0, 1.0)


def slower_under_load(random: np.random.Generator) -> tuple[Floats, Floats]:
    """The rate wanders from day to day and hour to hour; services take longer the more runs came in the last ten minutes."""
    levels = random.gamma(4.0, 0.25, int(LENGTH // 3_600) + 1)
    times = _thinned(random, lambda at: np.minimum(levels[(at // 3_600).astype(int)], 3.0), 3.0)
    load = np.searchsorted(times, times) - np.searchsorted(times, times - 600)
    return times, _services(random, len(times)) * (0.5 + 0.5 * load / (RATE * 600))


def batches(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Batches of a geometric size with mean 8."""
    starts = _poisson(random, RATE / 8)
    times = np.repeat(starts, random.geometric(1 / 8, len(starts)))
    return times, _services(random, len(times))


def batches_of_ten(random: np.random.Generator) -> tuple[Floats, Floats]:
    times = np.repeat(_poisson(random, RATE / 10), 10)
    return times, _services(random, len(times))


def gamma_renewal(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Gaps of shape 0.2: clumped."""
    gaps = random.gamma(0.2, 1 / RATE / 0.2, int(1.2 * RATE * LENGTH))
    times = np.cumsum(gaps)
    times = times[times < LENGTH]
    return times, _services(random, len(times))


def regular_renewal(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Weibull gaps of shape 4: nearly a fixed period."""
    gaps = random.weibull(4.0, int(1.2 * 2 * RATE * LENGTH)) / 0.9064 / (2 * RATE)
    times = np.cumsum(gaps)
    times = times[times < LENGTH]
    return times, _services(random, len(times))


def modulated(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A quiet rate, and six times as much for 20 minutes now and then (a Markov-modulated Poisson process)."""
    edges, state, at = [0.0], [0], 0.0
    while at < LENGTH:
        at += random.exponential(7_200 if state[-1] == 0 else 1_200)
        edges.append(at)
        state.append(1 - state[-1])
    rates = np.array([0.5, 3.0])
    times = _thinned(random, lambda t: rates[np.asarray(state)[np.searchsorted(edges, t, side="right") - 1]], 3.0)
    return times, _services(random, len(times))


def trend(random: np.random.Generator) -> tuple[Floats, Floats]:
    """From 0.4 to 1.9 times the rate."""
    times = _thinned(random, lambda t: 0.4 + 1.5 * t / LENGTH, 1.9)
    return times, _services(random, len(times))


def random_days(random: np.random.Generator) -> tuple[Floats, Floats]:
    """The rate of each day is drawn anew (gamma, shape 4)."""
    levels = random.gamma(4.0, 0.25, 15)
    times = _thinned(random, lambda t: np.minimum(levels[(t // 86_400).astype(int)], 2.2), 2.2)
    return times, _services(random, len(times))


def a_day_without_arrivals(random: np.random.Generator) -> tuple[Floats, Floats]:
    times = _poisson(random, 1.9 * RATE)
    times = times[(times < 4 * 86_400) | (times >= 5 * 86_400)]
    return times, _services(random, len(times))


def whole_seconds(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Independent runs whose times are stamped in whole seconds."""
    times, services = independent(random)
    return np.floor(times), np.maximum(np.rint(services), 1.0)


def ends_in_the_middle_of_an_hour(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A constant rate until 18:20 of the second day: somebody exported "now"."""
    times, services = independent(random)
    here = times < 1.7639 * 86_400
    return times[here], services[here]


def heavy_tailed_services(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Lognormal with σ = 2: the mean is seven times the median."""
    times = _poisson(random)
    return times, np.minimum(random.lognormal(np.log(SERVICE) - 2.0, 2.0, len(times)), 1_800)


def pareto_services(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A tail with exponent 1.5: its variance is infinite."""
    times = _poisson(random)
    return times, np.minimum(SERVICE / 3 * (1 + random.pareto(1.5, len(times))), 1_800)


def two_kinds_of_services(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Nine of ten take two seconds, the tenth 80."""
    times = _poisson(random)
    return times, np.where(random.random(len(times)) < 0.9, 2.0, 80.0) * random.uniform(0.8, 1.2, len(times))


def longer_than_the_timeout(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A third of the successes take longer than the default run timeout of five minutes."""
    times = _poisson(random, RATE / 20)
    return times, _services(random, len(times)) * 24


def working_hours(random: np.random.Generator) -> tuple[Floats, Floats]:
    times = _thinned(random, lambda at: np.where(((at / 3_600) % 24 >= 8) & ((at / 3_600) % 24 < 18), 2.0, 0.3), 2.0)
    return times, _services(random, len(times))


def hourly_floods(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A cron of 60 runs at every full hour among independent runs."""
    ticks = np.repeat(np.arange(0, LENGTH, 3_600), 60) + np.tile(np.arange(60) * 0.01, int(LENGTH / 3_600))
    times = np.sort(np.concatenate([_poisson(random, RATE / 2), ticks]))
    return times, _services(random, len(times))


def batches_of_two_sizes(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Single runs, and now and then 40 at once."""
    starts = _poisson(random, RATE / 5)
    times = np.repeat(starts, np.where(random.random(len(starts)) < 0.1, 40, 1))
    return times, _services(random, len(times))


def batches_that_take_alike(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Batches of a geometric size with mean 8, all runs of a batch equally long."""
    starts = _poisson(random, RATE / 8)
    sizes = random.geometric(1 / 8, len(starts))
    return np.repeat(starts, sizes), np.repeat(_services(random, len(starts)), sizes)


def services_that_grow(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Over three days they become four times as long."""
    times = _poisson(random)
    return times, _services(random, len(times)) * np.interp(times, [0, 3 * 86_400], [0.4, 1.6])


def slow_phases(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Something else is slow now and then, for half an hour: services take five times as long."""
    edges = np.cumsum(random.exponential(np.tile([14_400.0, 1_800.0], 400)))
    times = _poisson(random)
    return times, _services(random, len(times)) * np.where(np.searchsorted(edges, times) % 2 == 1, 5.0, 0.8)


def slow_at_night(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Services take three times as long from one to four, when the backup runs."""
    times = _poisson(random)
    hour = (times / 3_600) % 24
    return times, _services(random, len(times)) * np.where((hour >= 1) & (hour < 4), 3.0, 0.8)


CASES: dict[str, Source] = {
    function.__name__: function
    for function in (
        independent, autocorrelated_services, slower_at_busy_hours, slow_at_the_top_of_the_hour, slower_under_load, batches, batches_of_ten,
        gamma_renewal, regular_renewal, modulated, trend, random_days, a_day_without_arrivals, whole_seconds, ends_in_the_middle_of_an_hour,
        heavy_tailed_services, pareto_services, two_kinds_of_services, longer_than_the_timeout, working_hours, hourly_floods,
        batches_of_two_sizes, batches_that_take_alike, services_that_grow, slow_phases, slow_at_night,
    )
}  # fmt: skip


STARTUP = 500_000
"""µs."""


def bare(source: Source, seed: int = 1, days: float = 14, startup: int = 0) -> Export:
    """The source's runs of the first days, served at once; started so many µs after that."""
    arrivals, services = source(np.random.default_rng(seed))
    here = arrivals < days * DAY / SECOND
    inserted = np.rint(arrivals[here] * SECOND).astype(np.int64) + MONDAY
    export = exported(inserted, service=np.maximum(np.rint(services[here] * SECOND).astype(np.int64), 1))
    return replace(export, started_at=export.started_at + startup, finished_at=export.finished_at + startup)


def export_of(source: Source, seed: int = 1, layout: str = "*:5", days: int = 14) -> Export:
    """The source's runs of the first days, served by this layout."""
    arrivals, services = source(np.random.default_rng(seed))
    horizon = days * DAY
    services = services[arrivals < horizon / SECOND]
    arrivals = arrivals[arrivals < horizon / SECOND]
    shell = scenario(webhook({"at": ["0s"]}), horizon=f"{horizon}us", workers=[{"workloops": layout}], startup=f"{STARTUP}us")
    one = generate(shell)
    table = one.rows(np.zeros(len(arrivals), np.int64))
    inserted = np.rint(arrivals * SECOND).astype(np.int64)
    service = np.rint(services * SECOND).astype(np.int64)
    table = replace(table, inserted_at=inserted, service_time=service, timeout=np.full(len(inserted), HOUR))
    log = run_engine(deployment(shell), table, engine="kernel")
    done = np.flatnonzero((log.claimed_at >= 0) & (log.ended_at >= 0))
    inserted, claimed, ended = inserted[done], log.claimed_at[done], log.ended_at[done]
    export = exported(inserted + MONDAY, wait=claimed - inserted, service=ended - claimed)
    return replace(export, started_at=MONDAY + log.started_at[done])
