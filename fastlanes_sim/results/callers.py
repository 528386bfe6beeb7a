"""What the callers of sync webhooks saw: from the first request to the reply, over all attempts, or giving up (L-20, docs/callers.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import IF_ASKED, RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.results.replies import Answers
from fastlanes_sim.results.slot_occupancy import holds

Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CallerCounts:
    """Callers of sync webhooks of a lane, as they stand at the end of the log."""

    callers: int
    """People or programs with a first request."""
    requests: int
    """Theirs, further attempts among them, refused or not."""
    answered: int
    """Had their reply in time, to whichever attempt."""
    gave_up: int
    """Got a 504, a 429 or a 503 or were cut off, and did not ask again."""
    waiting: int
    """Neither yet."""
    abandoned_s: float
    """Slot seconds spent on runs after their caller had got a 504, or was cut off."""


class CallerStories:
    """How the story of each caller went on."""

    def __init__(self, table: RunTable, log: RunLog, answers: Answers) -> None:
        self._table = table
        self._log = log
        self._answers = answers
        are_refused = bool((log.refused_at != NEVER).any())
        self._asked = np.where(arrived(log), log.inserted_at, log.refused_at) if are_refused else log.inserted_at
        self._replied = answers.replied
        self._turned_away_at = answers.turned_away_at

    @property
    def try_again_or_are_refused(self) -> bool:
        """Whether callers are more than the runs of their first requests."""
        turned_away = self._answers.refused | self._answers.unavailable | (self._answers.cut_off & self._table.sync)
        return self._table.has_attempts or bool(turned_away.any())

    def _last(self, first: Rows) -> Rows:
        """Of each caller whose first request it is, the last attempt made."""
        last = first
        while len(last):
            following = self._table.next_attempt[last]
            goes_on = (following != NEVER) & (self._asked[following] != NEVER)
            if not goes_on.any():
                break
            last = np.where(goes_on, following, last)
        return last

    @cached_property
    def _first(self) -> Mask:
        """First requests of callers who wait."""
        first: Mask = self._table.sync & (self._table.inserted_at != IF_ASKED) & (self._asked != NEVER)
        return first

    @cached_property
    def _gave_up(self) -> Mask:
        """Of each row that is a caller's last attempt: turned away, and not about to ask again."""
        table = self._table
        gave_up = np.zeros(len(table), np.bool_)
        rows = np.flatnonzero(self._turned_away_at != NEVER)
        gave_up[rows] = (table.next_attempt[rows] == NEVER) | (self._delay(rows) == NEVER)
        return gave_up

    def _delay(self, rows: Rows) -> Times:
        """How long the callers who were turned away with these would wait before they ask again, or NEVER."""
        table, answers = self._table, self._answers
        delay = np.where(answers.refused[rows], table.after_refusal[rows], table.after_timeout[rows])
        return np.where(answers.unavailable[rows] | answers.cut_off[rows], table.after_outage[rows], delay)

    @property
    def asks_again(self) -> Mask:
        """Of each row, whether its caller was turned away and is going to ask again, which has not happened by the end."""
        table, answers = self._table, self._answers
        asks = np.zeros(len(table), np.bool_)
        turned_away = answers.refused | answers.unavailable | (table.sync & (self._turned_away_at != NEVER))
        rows = np.flatnonzero(turned_away & (table.next_attempt != NEVER)) if table.has_attempts else np.zeros(0, np.int64)
        asks[rows] = (self._delay(rows) != NEVER) & (self._asked[table.next_attempt[rows]] == NEVER)
        return asks

    def durations(self, lane: Mask) -> Durations:
        """From the first request to the reply or to giving up; censored for those who do neither by the end."""
        first = np.flatnonzero(self._first & lane)
        last = self._last(first)
        replied, gave_up = self._replied[last], self._gave_up[last]
        done = replied | gave_up
        until = np.where(replied, self._log.ended_at[last], np.where(gave_up, self._turned_away_at[last], self._log.ended_on))
        length = until - self._asked[first]
        return Durations.of(length[done], length[~done])

    def gave_up(self, lane: Mask) -> int:
        """How many callers did; see `CallerCounts`."""
        return int(np.count_nonzero(self._gave_up[self._last(np.flatnonzero(self._first & lane))]))

    def counts(self, lane: Mask) -> CallerCounts:
        first = np.flatnonzero(self._first & lane)
        answered, gave_up = int(np.count_nonzero(self._replied[self._last(first)])), self.gave_up(lane)
        return CallerCounts(
            callers=len(first),
            requests=int(np.count_nonzero(self._table.sync & lane & (self._asked != NEVER))),
            answered=answered,
            gave_up=gave_up,
            waiting=len(first) - answered - gave_up,
            abandoned_s=int(self._abandoned[1][lane[self._abandoned[0]]].sum()) / SECOND,
        )

    @cached_property
    def _abandoned(self) -> tuple[Rows, Times]:
        """Rows that held a slot after their caller's 504, or after the connection broke, and for how many µs."""
        held = holds(self._log)
        after = np.flatnonzero((self._table.sync & (self._turned_away_at != NEVER))[held.run])
        rows = held.run[after]
        return rows, np.maximum(held.ends[after] - np.maximum(held.begins[after], self._turned_away_at[rows]), 0)

    def to_json(self, lane: Mask) -> dict[str, object]:
        spans = self.durations(lane)
        response = {f"p{p}": spans.quantile(p / 100) for p in (50, 95, 99)}
        return asdict(self.counts(lane)) | {"response": {name: value and value.to_json() for name, value in response.items()}}
