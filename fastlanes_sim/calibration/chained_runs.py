"""Runs that seem to call others (docs/chains.md): runs of one workflow are inserted within milliseconds of the ends of another's.

How often chance does that is seen in the same export: at other lags, some seconds before and after the ends (a cross-correlogram). So
neither busy hours nor bursts look like calls. What is found is proposed, not fitted: an export does not say who asked for a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, format_duration, format_number, spell_number
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.creation import NORMAL, Queue

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

WITHIN = 100 * MILLISECOND
"""From an end to an insertion, before or after: Lightning stamps the end of a run some round trips after its last request."""
_LAGS = tuple(sign * number * 2 * WITHIN for number in range(3, 23) for sign in (-1, 1))
"""Where chance is measured: 0.6 to 4.4 s before and after the ends."""
_COARSEST = 10 * MILLISECOND
"""Of the export's time stamps: in whole seconds nothing is to be seen."""
_FEWEST = 20
_OF_ENDS, _OF_RUNS = 0.05, 0.2
"""Share of the ends that must be followed beyond chance, or of the runs that must follow: less is not worth a line."""
_SURE = 6.0
"""How many standard deviations beyond chance, as it is at the other lags."""
_WORTH_A_LOOK = 3.0
"""The same of pairs that are looked at closely."""
_MOST_ENDS, _MOST_PAIRS = 100_000, 100
"""Of more ends every k-th is looked at; pairs that are looked at closely, those that are furthest off first."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Runs of `called` follow the ends of runs of `caller`."""

    caller: int
    """Index into `Export.workflows`."""
    called: int
    ends: int
    """Of the caller, that were looked at."""
    followed: int
    by_chance: float
    """How many of them would be."""
    each: float
    """Runs that follow an end which is followed."""
    lag: int
    """From the end to the first of them, µs, half are shorter: negative where Lightning learns of the end later."""
    of_called: float
    """Share of the called workflow's runs that follow an end, beyond chance."""

    @property
    def probability(self) -> float:
        """Of an end to be followed, chance taken out."""
        left = self.ends - self.by_chance
        return min(1.0, max(self.followed - self.by_chance, 0.0) / left) if left > 0 else 0.0


def chains(export: Export, is_timed: Mask) -> list[Chain]:
    """Those that are beyond doubt, the one with most runs first.

    Args:
        is_timed: runs that a cron has made, which nobody calls.
    """
    if not len(export) or export.resolution > _COARSEST:
        return []
    webhook = np.isin(export.queue, (Queue.FAST_LANE, Queue.DEFAULT)) & (export.priority == NORMAL) & ~export.retry & ~is_timed
    ended = np.flatnonzero((export.finished_at != NEVER) & (export.started_at != NEVER))
    inserted = np.flatnonzero(webhook)
    if not len(ended) or not len(inserted):
        return []
    found = (_chain(export, ended, inserted, *pair) for pair in _candidates(export, ended, inserted))
    return sorted((one for one in found if one is not None), key=lambda one: one.by_chance - one.followed)


def chain_notes(export: Export, found: Sequence[Chain]) -> Iterator[str]:
    """In words, with the lines to add."""
    for one in found:
        caller, called = export.workflows[one.caller], export.workflows[one.called]
        to = called.name if called.project == caller.project else f"{called.project}.{called.name}"
        parts = [f"to: {to}"]
        if one.each >= 1.2:
            is_whole = abs(one.each - round(one.each)) < 0.05
            parts.append(f"count: {round(one.each)}" if is_whole else f"count: {{geometric: {spell_number(one.each, 3)}}}")
        if one.probability < 0.99:
            parts.append(f"probability: {spell_number(one.probability, 2)}")
        when = "about when" if abs(one.lag) < MILLISECOND else f"{format_duration(abs(one.lag))} {'after' if one.lag > 0 else 'before'}"
        yield (
            f"Runs of {called.project}/{called.name} come {when} runs of {caller.project}/{caller.name} end: {one.followed:,} of "
            f"{one.ends:,} ends are followed within {format_duration(WITHIN)}, and by chance {format_number(one.by_chance, 2)} would be. "
            f"If these runs call them, and not somebody outside who waits for the end, add to {caller.name} "
            f"`calls: [{{{', '.join(parts)}}}]` (docs/chains.md) and take {100 * one.of_called:.0f} % of its arrivals from "
            f"{called.name}, which is fitted as if all its runs came from outside."
        )


def _candidates(export: Export, ended: Times, inserted: Times) -> list[tuple[int, int]]:
    """Pairs of workflows whose runs meet more often than at a few other lags, by far."""
    some = _some(ended)
    near = _meetings(export, some, inserted, 0)
    elsewhere = [_meetings(export, some, inserted, lag) for lag in _LAGS[:: len(_LAGS) // 4]]
    found = []
    for pair, many in near.items():
        chance = sum(one.get(pair, 0) for one in elsewhere) / len(elsewhere)
        if many >= _FEWEST and many - chance >= _WORTH_A_LOOK * math.sqrt(chance):
            found.append((chance - many, divmod(pair, len(export.workflows))))
    return [pair for _, pair in sorted(found)[:_MOST_PAIRS]]


def _meetings(export: Export, ended: Times, inserted: Times, lag: int) -> dict[int, int]:
    """How often an insertion lies around an end, so much later, by pair of workflows: the place of the caller times how many there are, and
    that of the called one."""
    ends, begins = export.finished_at[ended] + lag, export.inserted_at[inserted]
    first, last = np.searchsorted(begins, ends - WITHIN, side="left"), np.searchsorted(begins, ends + WITHIN, side="right")
    counts = last - first
    caller = np.repeat(export.workflow[ended].astype(np.int64), counts)
    place = np.repeat(first, counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs, many = np.unique(caller * len(export.workflows) + export.workflow[inserted[place]], return_counts=True)
    return dict(zip(pairs.tolist(), many.tolist(), strict=True))


def _some(rows: Times) -> Times:
    return rows[:: -(-len(rows) // _MOST_ENDS)]


def _chain(export: Export, ended: Times, inserted: Times, caller: int, called: int) -> Chain | None:
    ends = np.sort(export.finished_at[_some(ended[export.workflow[ended] == caller])])
    begins = export.inserted_at[inserted[export.workflow[inserted] == called]]
    if len(ends) < _FEWEST:
        return None
    near = _followers(ends, begins, 0)
    others = np.array([_followers(ends, begins, lag) for lag in _LAGS])
    followed, elsewhere = int(np.count_nonzero(near)), np.count_nonzero(others, axis=1)
    chance, spread = float(elsewhere.mean()), math.sqrt(float(elsewhere.var()) + float(elsewhere.mean()) + 1)
    if followed < _FEWEST or followed <= elsewhere.max() or followed - chance < _SURE * spread:
        return None
    runs = float(near.sum() - others.sum(axis=1).mean())
    of_called = runs / len(begins) * (np.count_nonzero(export.workflow[ended] == caller) / len(ends))
    found = Chain(
        caller=caller,
        called=called,
        ends=len(ends),
        followed=followed,
        by_chance=chance,
        each=max(runs / (followed - chance), 1.0),
        lag=_lag(ends[near > 0], begins),
        of_called=min(of_called, 1.0),
    )
    return found if found.probability >= _OF_ENDS or of_called >= _OF_RUNS else None


def _followers(ends: Times, begins: Times, lag: int) -> npt.NDArray[np.int64]:
    """How many insertions lie around each end, so much later."""
    first = np.searchsorted(begins, ends + lag - WITHIN, side="left")
    return np.searchsorted(begins, ends + lag + WITHIN, side="right") - first


def _lag(ends: Times, begins: Times) -> int:
    first = begins[np.searchsorted(begins, ends - WITHIN, side="left")]
    return int(np.median(first - ends))
