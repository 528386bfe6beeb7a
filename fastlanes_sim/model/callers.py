"""Who asks Lightning for runs: the requests of the run table, and callers who ask again after a 504 or a 429 (L-20, docs/callers.md)."""

from __future__ import annotations

from itertools import count

from fastlanes_sim.log import NEVER
from fastlanes_sim.model.clock import Clock
from fastlanes_sim.model.lightning import Lightning
from fastlanes_sim.model.recorder import Recorder
from fastlanes_sim.model.table import RunRow
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.timing import is_gateway_timeout
from fastlanes_sim.traffic.table import RunTable

_QUEUES = [queue.label for queue in Queue]


class Callers:
    """Makes each request when its time has come. A further attempt is a timer like any other (`rules.order`)."""

    def __init__(self, clock: Clock, lightning: Lightning, recorder: Recorder, table: RunTable, webhook_timeout: int) -> None:
        self._clock = clock
        self._lightning = lightning
        self._log = recorder.log
        self._table = table
        self._webhook_timeout = webhook_timeout
        self._ids = count()

    def request(self, row: int) -> None:
        """L-1, L-22: the run in this row of the table is created, unless it is refused."""
        table = self._table
        run = RunRow(
            id=next(self._ids),
            row=row,
            workflow=int(table.workflow[row]),
            state=State.AVAILABLE,
            queue=_QUEUES[table.queue[row]],
            priority=int(table.priority[row]),
            inserted_at=self._clock.now,
            timeout=int(table.timeout[row]),
        )
        inserted = self._lightning.insert(run)
        following = int(table.next_attempt[row])
        delay = int((table.after_timeout if inserted else table.after_refusal)[row])
        if following == NEVER or delay == NEVER:
            return
        if inserted:
            self._clock.after(self._webhook_timeout + delay, self._after_timeout, row, following)
        else:
            self._clock.after(delay, self.request, following)

    def _after_timeout(self, row: int, following: int) -> None:
        """L-20: the caller tries again if there was a 504; a reply in time makes the attempt unnecessary."""
        ended = int(self._log.ended_at[row])
        waited = (self._clock.now if ended == NEVER else ended) - int(self._log.inserted_at[row])
        if is_gateway_timeout(waited, self._webhook_timeout):
            self.request(following)
