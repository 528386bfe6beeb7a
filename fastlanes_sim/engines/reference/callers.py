"""Who asks Lightning for runs: the requests of the run table, and callers who ask again if they got no reply (L-20, docs/callers.md)."""

from __future__ import annotations

from itertools import count

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.engines.reference.server import Lightning
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.incidents import NEVER_AGAIN, answer_at, is_reply
from fastlanes_sim.rules.lifecycle import State

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
            reply_luck=int(table.reply_luck[row]),
        )
        inserted = self._lightning.insert(run)
        following = int(table.next_attempt[row])
        if following == NEVER:
            return
        if inserted:
            now, timeout = self._clock.now, self._webhook_timeout
            cut_off = self._cut_off(row, now)
            delay = int((table.after_outage if cut_off <= now + timeout else table.after_timeout)[row])
            if delay != NEVER:
                self._clock.at(answer_at(now, timeout, cut_off) + delay, self._after_no_reply, row, following)
        else:
            delay = int((table.after_outage if self._lightning.is_down else table.after_refusal)[row])
            if delay != NEVER:
                self._clock.after(delay, self.request, following)

    def _cut_off(self, row: int, inserted_at: int) -> int:
        """I-5: when the connection of the caller who waits for this run breaks."""
        return self._lightning.goes_down(inserted_at) if self._table.sync[row] else NEVER_AGAIN

    def _after_no_reply(self, row: int, following: int) -> None:
        """L-20, I-5: the caller tries again if there was none; a reply in time makes the attempt unnecessary."""
        ended, inserted_at = int(self._log.ended_at[row]), int(self._log.inserted_at[row])
        until = self._clock.now if ended == NEVER else ended
        if not is_reply(until, inserted_at, self._webhook_timeout, self._cut_off(row, inserted_at)):
            self.request(following)
