"""What made the arrivals of one workflow's lane: crons, a fixed period, bursts, and a Poisson process for the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.bursts import find_bursts, spell_bursts
from fastlanes_sim.calibration.cron_search import find_crons
from fastlanes_sim.calibration.dependent_arrivals import (
    Batches,
    find_batches,
    quarters,
    renewal_gaps,
    slow_changes,
    spread_of_hours,
    spread_within_days,
)
from fastlanes_sim.calibration.local_time import local_hours
from fastlanes_sim.calibration.modulated_rates import STEP, modulated_rate
from fastlanes_sim.calibration.rates import Rates, fit_rates
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND, format_duration, spell_exact_duration

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_FEWEST_REGULAR = 5
_REGULAR = MILLISECOND
_STOPPED = 0.1
"""What comes at a fixed period has not stopped if no more than this part of all its runs are missing at the end."""
_CLUMPED = 0.005
_BY_CHANCE = 1e-5
_AS_WELL = 1.5
"""Variance to mean of daily counts that may be chance."""
_FEW_IN_BURSTS = 0.25
_ROUND = (SECOND, 100 * MILLISECOND, 10 * MILLISECOND, MILLISECOND)
"""A period is as round as the time stamps allow."""


@dataclass(frozen=True, slots=True)
class ArrivalProcess:
    """One arrival process and the arrivals that it stands for."""

    kind: str
    """cron, every, burst, poisson or piecewise, the latter two with what they have beyond a Poisson process."""
    members: Mask
    keys: dict[str, str]
    """Key -> value as a trigger of a scenario has them: `arrivals`, or `cron` with `runs_per_tick`."""
    notes: list[str] = field(default_factory=list)


def arrival_processes(times: Times, watched: Watched, *, crons: bool) -> list[ArrivalProcess]:
    """Take the arrivals apart; every arrival belongs to exactly one process.

    Args:
        times: µs since 1970, ascending.
        watched: when arrivals would have been seen.
        crons: whether crons can have made them (L-3: only runs of the default lane with normal priority).
    """
    begin, end = watched.begin, watched.end
    found: list[ArrivalProcess] = []
    left = np.ones(len(times), np.bool_)
    if crons:
        for cron in find_crons(times, begin, end, watched.timezone, gaps=watched.gaps, resolution=watched.resolution):
            keys = {"cron": f'"{cron.expression}"'}
            if cron.runs_per_tick > 1:
                keys["runs_per_tick"] = str(cron.runs_per_tick)
            notes = [] if cron.steady else [f"runs of a tick vary: {cron.runs_per_tick} is their mean"]
            if cron.missed:
                notes.append(f"{cron.missed} of {cron.ticks} ticks made no run")
            if not cron.certain_days:
                notes.append("the export is too short to be certain of the days")
            found.append(ArrivalProcess("cron", cron.members, keys, notes))
            left &= ~cron.members
    places = np.flatnonzero(left)
    regular = _regular(times[places], begin, end, watched.resolution)
    if regular is not None:
        found.append(ArrivalProcess("every", left.copy(), {"arrivals": regular}))
        return found
    batches = find_batches(times[places], watched)
    if batches is not None:
        found.append(_at_a_rate(batches.starts, left, watched, batches))
        return found
    bursts = find_bursts(times[places], begin, end, watched.resolution) if len(places) else []
    if bursts and sum(burst.after - burst.first for burst in bursts) < _FEW_IN_BURSTS * len(places):
        # A rate that changes at random times looks like a few bursts, too.
        whole = _at_a_rate(times[left], left, watched)
        if "modulated" in whole.kind:
            found.append(whole)
            return found
    for text, members in spell_bursts(times[places], bursts, begin):
        mine = np.zeros(len(times), np.bool_)
        mine[places[members]] = True
        found.append(ArrivalProcess("burst", mine, {"arrivals": text}))
        left &= ~mine
    if left.any():
        found.append(_at_a_rate(times[left], left, watched))
    return found


def _at_a_rate(times: Times, members: Mask, watched: Watched, batches: Batches | None = None) -> ArrivalProcess:
    """A rate, and what it has beyond a Poisson process; of batches, their starts."""
    rates = _profile(times, watched)
    more: dict[str, str] = {}
    starts, expected = _expected(rates, watched)
    spread = spread_of_hours(rates.scaled, float(rates.rate.mean()) * 3_600)
    gaps = renewal_gaps(np.diff(rates.scaled), spread) if rates.p_value < _CLUMPED else None
    modulated = None if gaps else _modulated(times, watched, expected, spread_within_days(times, watched, expected, starts))
    slow = None if gaps or modulated else slow_changes(times, watched, expected, starts)
    more |= {"gaps": gaps} if gaps else {}
    more |= {"modulated": modulated} if modulated else {}
    more |= {"batch": batches.text} if batches else {}
    more |= {"trend": slow.trend} if slow and slow.trend else {}
    more |= {"days": slow.days} if slow and slow.days else {}
    notes = [rates.range] if rates.range else []
    if batches and batches.lasts:
        notes.append(f"runs of one batch come within {format_duration(batches.lasts)} of one another; here they come at once")
    if rates.p_value < _CLUMPED and not more:
        notes.append(f"gaps are not those of a Poisson process (KS {rates.distance:.2f}, p {rates.p_value:.1g}): a replay is more accurate")
    text = rates.text[:-1] + "".join(f", {key}: {value}" for key, value in more.items()) + "}"
    kind = " ".join(["piecewise" if rates.pieces > 1 else "poisson", *(f"with {key}" for key in more)])
    return ArrivalProcess(kind, members, {"arrivals": text}, notes)


def _profile(times: Times, watched: Watched) -> Rates:
    """The rates by the time of the week; but where a trend makes one day busier than the one before, days are alike."""
    rates = fit_rates(times, watched.begin, watched.end, watched.timezone, watched.gaps, watched.resolution)
    if not rates.tells_days_apart:
        return rates
    alike = fit_rates(times, watched.begin, watched.end, watched.timezone, watched.gaps, watched.resolution, alike=True)
    (starts, expected), (_, flat) = _expected(rates, watched), _expected(alike, watched)
    apart, together = slow_changes(times, watched, expected, starts), slow_changes(times, watched, flat, starts)
    return alike if together.trend and together.left <= max(apart.left, _AS_WELL) else rates


def _expected(rates: Rates, watched: Watched) -> tuple[Times, npt.NDArray[np.float64]]:
    """(starts, arrivals that the rates expect) of the quarters of an hour of the window."""
    starts, seconds = quarters(watched)
    return starts, rates.rate[local_hours(starts, watched.timezone)] * seconds


def _modulated(times: Times, watched: Watched, expected: npt.NDArray[np.float64], spread: float) -> str | None:
    """From the arrivals of steps of five minutes, three to a quarter of an hour."""
    first = watched.begin - watched.begin % (15 * MINUTE)
    counts = np.bincount((times - first) // STEP, minlength=3 * len(expected))[: 3 * len(expected)]
    return modulated_rate(counts.astype(np.float64), np.repeat(expected / 3, 3), spread)


def _regular(times: Times, begin: int, end: int, resolution: int) -> str | None:
    """Arrivals at a fixed period, as exactly as the time stamps tell, and up to the end: a batch that was created in one go has a period
    too."""
    if len(times) < _FEWEST_REGULAR:
        return None
    gaps = np.diff(times)
    period, exact = float(np.median(gaps)), max(_REGULAR, resolution)
    if period <= 2 * exact or np.abs(gaps - period).max() > exact:
        return None
    # Gaps of a Poisson process lie so close to their mean with a probability of about (2 × exact / mean / e) each.
    if len(gaps) * math.log(2 * exact / period / math.e) > math.log(_BY_CHANCE):
        return None
    every = round(float(times[-1] - times[0]) / (len(times) - 1))
    if end - times[-1] > max(_STOPPED * len(times) * every + every, MINUTE):  # the end is a round minute at least
        return None
    within = exact / len(gaps) + (_REGULAR if exact == _REGULAR else 0)
    every = next((near for step in _ROUND if (near := round(every / step) * step) and abs(every - near) <= within), every)
    first = int(times[0]) - begin
    if first == 0:
        return f"{{every: {spell_exact_duration(every)}}}"
    return f"{{burst: {{size: 1, every: {spell_exact_duration(every)}, first: {spell_exact_duration(first)}}}}}"
