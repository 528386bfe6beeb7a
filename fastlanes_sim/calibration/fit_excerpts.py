"""Which parts of a long span are simulated for their waits, where simulating all of it would take too long.

Excerpts are laid over the span by a sequence that fills it evenly (x ↦ frac(x + 1/φ), Weyl's), from a start that the seed draws. So they
are spread over the days and over the hours of the day, and nobody has chosen them by what they show. They are taken in that order until
the work is used up.

An excerpt is simulated from an instant at which no run of the export waited, some time before it is counted: workers and fit begin alike
with an empty queue. It is simulated for some time beyond its end, so that its last runs can be claimed; who is not claimed by then counts
as waiting without end, in the export as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.fit_sample import RunSample
from fastlanes_sim.core.run_table import IF_ASKED, RunTable
from fastlanes_sim.core.units import HOUR, MINUTE
from fastlanes_sim.deployment.deployment import Deployment, Worker

_LONGEST, _SHORTEST = 6 * HOUR, 10 * MINUTE
_RUNS = 5_000
"""Of the export, about as many in an excerpt."""
_MOST_AT_ONCE = 125_000
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Excerpt:
    """µs since the scenario's start. The runs inserted from `begin` up to `end` count."""

    since: int
    """Simulated from here."""
    begin: int
    end: int
    until: int
    """Simulated up to here."""

    @property
    def lasts(self) -> int:
        """The simulated time."""
        return self.until - self.since

    def shortened(self, most: int) -> Excerpt:
        """Its beginning, of at most so many simulated µs."""
        until = min(self.until, self.since + most)
        return Excerpt(self.since, min(self.begin, until), min(self.end, until), until)

    def runs(self, table: RunTable) -> int:
        """How many are simulated."""
        first, after = np.searchsorted(table.inserted_at, (self.since, self.until))
        return int(after - first)

    def table(self, table: RunTable) -> RunTable:
        """The runs that are simulated, on the excerpt's own clock, and what their callers might ask for again. A copy."""
        inserted = table.inserted_at
        part = table.rows(np.flatnonzero((inserted >= self.since) & ((inserted < self.until) | (inserted == IF_ASKED))))
        return replace(part, inserted_at=np.where(part.inserted_at == IF_ASKED, IF_ASKED, part.inserted_at - self.since))

    def deployment(self, plain: Deployment) -> Deployment:
        """What serves them. Nothing happens to it at a set time (`has_set_times`), unless the excerpt begins with the span."""
        return replace(plain, horizon=self.lasts)

    def counted(self, sample: RunSample) -> RunSample:
        """Of a simulation of the excerpt, the runs that count, on the scenario's clock."""
        mine = (sample.inserted >= self.begin - self.since) & (sample.inserted < self.end - self.since)
        part = sample.part(np.flatnonzero(mine))
        return replace(part, inserted=part.inserted + self.since)

    def of_span(self, sample: RunSample) -> RunSample:
        """The runs that count of the export. Who was claimed behind the excerpt waits without end."""
        first, after = np.searchsorted(sample.inserted, (self.begin, self.end))
        part = sample.part(slice(int(first), int(after)))
        return replace(part, wait=np.where(part.inserted + part.wait > self.until, np.inf, part.wait))


def whole(horizon: int) -> Excerpt:
    """The complete span."""
    return Excerpt(0, 0, horizon, horizon)


def excerpts(seen: RunSample, horizon: int, chance: float) -> Iterator[Excerpt]:
    """In the order in which they are taken; none overlaps with another in what it counts.

    Args:
        seen: the export's runs, in order of insertion.
        horizon: of the scenario, µs.
        chance: between 0 and 1; where the sequence begins.
    """
    length = _length(seen, horizon)
    idle = _idle(seen)
    for place in _spread(-(-horizon // length), chance):
        begin = place * length
        before = int(np.searchsorted(idle, begin - _lead(length), side="right")) - 1
        since = 0 if before < 0 else int(idle[before])
        yield _until(Excerpt(since, begin, begin + length, 0), horizon)


def parts(seen: RunSample, horizon: int) -> tuple[Excerpt, ...]:
    """All of the span, in as many parts as it takes to have about `_MOST_AT_ONCE` runs in each.

    They meet at instants at which no run of the export waited, and overlap in what is simulated but not counted.
    """
    idle = _idle(seen)
    count = -(-len(seen.inserted) // _MOST_AT_ONCE)
    wanted = seen.inserted[[len(seen.inserted) * place // count for place in range(1, count)]]
    edges = [0, *np.unique(idle[np.searchsorted(idle, wanted, side="right") - 1]).tolist(), horizon] if count > 1 else [0, horizon]
    lead = _lead(horizon // max(count, 1))
    return tuple(
        Excerpt(
            int(idle[max(int(np.searchsorted(idle, begin - lead, side="right")) - 1, 0)]) if begin else 0,
            begin,
            end,
            min(end + lead, horizon),
        )
        for begin, end in pairwise(edges)
        if begin < end
    )


def beginning(seen: RunSample, horizon: int, times: int = 1) -> Excerpt:
    """The first part of the span, so many times as long as other excerpts: of a deployment to which something happens at set times."""
    return _until(Excerpt(0, 0, times * _length(seen, horizon), 0), horizon)


def _length(seen: RunSample, horizon: int) -> int:
    return min(max(int(horizon * _RUNS / max(len(seen.inserted), 1)), _SHORTEST), _LONGEST, horizon)


def _lead(length: int) -> int:
    return max(length // 6, _SHORTEST)


def _until(excerpt: Excerpt, horizon: int) -> Excerpt:
    end = min(excerpt.end, horizon)
    return replace(excerpt, end=end, until=min(end + _lead(excerpt.end - excerpt.begin), horizon))


def has_set_times(plain: Deployment) -> bool:
    """Whether anything happens to the deployment at a set time, or goes on from the start: an excerpt cannot begin in the middle."""
    incidents = plain.incidents
    at_lightning = (incidents.down, incidents.slow, incidents.dropped, incidents.over_quota, incidents.claim_errors, incidents.silent)
    return bool(plain.autoscalers) or any(at_lightning) or any(map(_has_set_times, plain.workers))


def _has_set_times(worker: Worker) -> bool:
    events = (worker.outages, worker.mute, worker.channel_crashes)
    return any(events) or worker.stops_at is not None or worker.connect_at > MINUTE


def _spread(count: int, chance: float) -> Iterator[int]:
    """Every place from 0 to `count`, once."""
    left, at = set(range(count)), chance
    while left:
        place = int(at * count) % count
        if place not in left and len(left) < count / 4:
            place = min(left)
        if place in left:
            left.remove(place)
            yield place
        at = (at + _GOLDEN) % 1


def _idle(seen: RunSample) -> npt.NDArray[np.int64]:
    """Instants at which a run came and no earlier one waited; rising."""
    claimed = np.maximum.accumulate(seen.inserted + np.nan_to_num(seen.wait, posinf=2.0**62))
    free = np.ones(len(seen.inserted), np.bool_)
    free[1:] = claimed[:-1] <= seen.inserted[1:]
    return np.asarray(seen.inserted[free], np.int64)
