"""The life of a run on a worker: join, start, and end by finish or kill (W-13, W-15, L-19)."""

from __future__ import annotations

from collections.abc import Callable

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.engines.reference.server import Lightning
from fastlanes_sim.rules.deadlines import run_end
from fastlanes_sim.rules.incidents import until_loaded
from fastlanes_sim.rules.lifecycle import State

Release = Callable[[RunRow], None]


class RunEngine:
    """Knows how long each run will take: the only reader of the run table's durations."""

    def __init__(self, clock: Clock, lightning: Lightning, recorder: Recorder, table: RunTable) -> None:
        self._clock = clock
        self._lightning = lightning
        self._recorder = recorder
        self._table = table
        self._loaded_at: dict[tuple[int, int], int] = {}
        """By worker and adaptor. A process that is started anew has loaded nothing: it has an engine of its own (F-1)."""

    def join(self, run: RunRow, release: Release) -> None:
        """Join the run's channel; `release` is called when the slot is free again."""
        # W-19: the start after a join is a follow-up: of the join's timer, or of this event where joining takes no time.
        startup = self._load(run) + int(self._table.startup_time[run.row])
        if startup:
            self._clock.after(startup, self._clock.follow_up, self._joined, run, release)
        else:
            self._clock.follow_up(self._joined, run, release)

    def _load(self, run: RunRow) -> int:
        """I-10 to I-12: how long the run waits for its adaptor before it can be started."""
        row, now = run.row, self._clock.now
        adaptor = int(self._table.adaptor[row])
        if adaptor == NEVER or self._table.join_fails[row]:
            return 0
        where = int(self._recorder.log.worker[row]), adaptor
        wait = until_loaded(now, self._loaded_at.get(where, NEVER), int(self._table.cold_start[row]))
        self._loaded_at.setdefault(where, now + wait)
        return wait

    def _joined(self, run: RunRow, release: Release) -> None:
        if self._table.join_fails[run.row]:
            self._recorder.run_not_joined(run.row, self._clock.now)
            release(run)
        else:
            self.start(run, release)

    def start(self, run: RunRow, release: Release) -> None:
        """The run starts now, and will end by itself or be killed at its timeout."""
        self._lightning.start(run)
        lasts, killed = run_end(int(self._table.service_time[run.row]), run.timeout)
        state = State.KILLED if killed else State(self._table.outcome[run.row])
        self._clock.after(lasts, self._end, run, state, release)

    def _end(self, run: RunRow, state: State, release: Release) -> None:
        self._lightning.end(run, state)
        release(run)
