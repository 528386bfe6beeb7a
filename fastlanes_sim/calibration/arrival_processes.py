"""What made the arrivals of one workflow's lane: crons, a fixed period, bursts, and a Poisson process for the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.bursts import find_bursts, spell_bursts
from fastlanes_sim.calibration.cron_search import find_crons
from fastlanes_sim.calibration.rates import fit_rates
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND, spell_exact_duration

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_FEWEST_REGULAR = 5
_REGULAR = MILLISECOND
_STOPPED = 0.1
"""What comes at a fixed period has not stopped if no more than this part of all its runs are missing at the end."""
_CLUMPED = 0.005
_BY_CHANCE = 1e-5
_ROUND = (SECOND, 100 * MILLISECOND, 10 * MILLISECOND, MILLISECOND)
"""A period is as round as the time stamps allow."""


@dataclass(frozen=True, slots=True)
class ArrivalProcess:
    """One arrival process and the arrivals that it stands for."""

    kind: str
    """cron, every, burst, poisson or piecewise."""
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
    bursts = find_bursts(times[places], begin, end) if len(places) else []
    for text, members in spell_bursts(times[places], bursts, begin):
        mine = np.zeros(len(times), np.bool_)
        mine[places[members]] = True
        found.append(ArrivalProcess("burst", mine, {"arrivals": text}))
        left &= ~mine
    if left.any():
        rates = fit_rates(times[left], begin, end, watched.timezone, watched.gaps, watched.resolution)
        notes = [rates.range] if rates.range else []
        if rates.p_value < _CLUMPED:
            notes.append(
                f"gaps are not those of a Poisson process (KS {rates.distance:.2f}, p {rates.p_value:.1g}): a replay is more accurate"
            )
        found.append(ArrivalProcess("piecewise" if rates.pieces > 1 else "poisson", left, {"arrivals": rates.text}, notes))
    return found


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
