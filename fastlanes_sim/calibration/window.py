"""From when to when an export watched arrivals."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastlanes_sim.core.units import DAY, HOUR, MINUTE
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.scenario.schedule import at_epoch, since_epoch

_LENGTHENED = 0.02
"""Rounding the window to whole hours or days may lengthen it by this share."""


def window(export: Export) -> tuple[int, int]:
    """(begin, end), µs since 1970: the first and the last insertion, rounded outwards.

    To whole days, hours, ten minutes or minutes, whichever is the coarsest that lengthens the window by less than 2 %: who exports asks
    for round times, and a rate must not profit from beginning with an arrival.

    Raises:
        ExportError: there is no run.
    """
    if not len(export):
        raise ExportError(f"{export.reading.source}: there is no run to calibrate from", "check the export; see what was dropped")
    first, last = int(export.inserted_at[0]), int(export.inserted_at[-1])
    for step in (DAY, HOUR, 10 * MINUTE, MINUTE):
        begin, end = first - first % step, last - last % step + step
        if end - begin <= (1 + _LENGTHENED) * (last - first):
            return begin, end
    return first - first % MINUTE, last - last % MINUTE + MINUTE


def sayable(begin: int, timezone: str) -> int:
    """The instant that a scenario means by the local time of `begin`: of a time that the clocks show twice the first, an hour earlier."""
    local = at_epoch(begin).astimezone(ZoneInfo(timezone)).replace(tzinfo=None, fold=0)
    return since_epoch(local, timezone)
