"""Episodes of one simulation: when runs that are asked about had waited long, or were going to; read off its log.

The *importance* at an instant is how long the oldest run has been at it that has not come to its end yet (its age), and so much for each
run that is asked about and has not: what a run may expect to wait behind it. An age alone would not do: of two that have waited equally
long the one has more to expect with which more runs wait (Glasserman et al., Operations Research 47:585, 1999, on importance).

An *episode* begins where the importance reaches the first level, and ends where it has fallen to a *calm* level or below. A run that gets
older than the first level does so in exactly one episode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
OPEN = np.iinfo(np.int64).max
"""The end of a run that has not ended yet."""


@dataclass(frozen=True)
class Known:
    """What is known of a simulation at an instant; µs."""

    begins: Times
    """Of the runs that are asked about, in the order in which they began."""
    ends: Times
    """Of these; or OPEN."""
    instant: int

    @property
    def lengths(self) -> Times:
        """Of the runs that are asked about; of one that has not ended, its age."""
        return np.minimum(self.ends, self.instant) - self.begins

    def waiting(self, at: Times) -> Times:
        """How many have not come to their end at the end of these instants."""
        return np.searchsorted(self.begins, at, side="right") - np.searchsorted(np.sort(self.ends), at, side="right")

    def past(self, age: float, since: int, until: int) -> Times:
        """The lengths of those who got older than `age` from one instant to another."""
        at = self.begins + int(age)
        return self.lengths[(self.lengths > age) & (at >= since) & (at <= until)]


@dataclass(frozen=True)
class Course:
    """How the importance goes from an instant on."""

    known: Known
    each: float
    """µs that each waiting run counts."""
    since: int = 0

    @cached_property
    def _times(self) -> Times:
        """When it changes other than by the time that goes by."""
        known = self.known
        changes = np.concatenate([one[(one > self.since) & (one <= known.instant)] for one in (known.begins, known.ends)])
        return np.unique(np.append(changes, self.since))

    @cached_property
    def _heights(self) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """At the end of each of these instants, and whether it rises from there on."""
        known, at = self.known, self._times
        oldest = np.searchsorted(np.maximum.accumulate(known.ends), at, side="right")  # the first whose end is still to come
        begins = np.append(known.begins, OPEN)[oldest]
        is_open = begins <= at
        return np.where(is_open, at - np.minimum(begins, at), 0) + self.each * known.waiting(at), is_open

    @property
    def _until(self) -> Times:
        return np.append(self._times[1:], self.known.instant + 1)

    @property
    def highest(self) -> float:
        """That it ever was."""
        heights, rises = self._heights
        return float((heights + rises * (self._until - 1 - self._times)).max(initial=0.0))

    def reached(self, level: float) -> int | None:
        """When it was that high for the first time, if it was."""
        at = self._reaches(level)
        found = np.flatnonzero(at < OPEN)
        return int(at[found[0]]) if len(found) else None

    def _reaches(self, level: float) -> Times:
        """When it is that high for the first time from each change to the next, or OPEN."""
        heights, rises = self._heights
        at = self._times + np.ceil(np.maximum(level - heights, 0.0)).astype(np.int64)
        return np.where((heights >= level) | (rises & (at < self._until)), at, OPEN)

    def calm(self, level: float) -> int | None:
        """When it first was that low after the beginning, if it was."""
        found = np.flatnonzero((self._heights[0] <= level) & (self._times > self.since))
        return int(self._times[found[0]]) if len(found) else None

    def starts(self, level: float, calm: float) -> list[int]:
        """When the episodes begin."""
        at, found, place = self._reaches(level), list[int](), 0
        reaching, calming = np.flatnonzero(at < OPEN), np.flatnonzero(self._heights[0] <= calm)
        while (following := int(np.searchsorted(reaching, place))) < len(reaching):
            first = int(reaching[following])
            found.append(int(at[first]))
            ended = int(np.searchsorted(calming, first, side="right"))
            if ended == len(calming):
                break
            place = int(calming[ended])
        return found


def worth_of_a_run(knowns: list[Known]) -> float:
    """µs that a run waits for each one that waits as it comes, on average: by least squares, so that it is right where many wait."""
    products = squares = 0.0
    for one in knowns:
        ahead = np.maximum(one.waiting(one.begins) - 1, 0).astype(np.float64)
        products += float(ahead @ one.lengths)
        squares += float(ahead @ ahead)
    return products / squares if squares else 0.0
