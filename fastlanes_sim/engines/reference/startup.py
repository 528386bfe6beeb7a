"""What takes time before a run starts: loading its adaptor (I-10 to I-12), and all of it where its life is simplified (W-15)."""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list
from fastlanes_sim.engines.reference.records import RunRow, loop_of
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.incidents import until_loaded


def expect_start(world: World, run: RunRow) -> None:
    """W-19 of the first recordings: the start after a join is a follow-up: of the join's timer, or of this event where joining takes no
    time."""
    startup = load(world, run) + int(world.table.startup_time[run.row])
    if startup:
        event_list.after(world, startup, Kind.JOINED, run)
    else:
        event_list.follow_up(world, Kind.START, run)


def load(world: World, run: RunRow) -> int:
    """I-10, I-11: how long the run waits for its adaptor on the worker that has claimed it."""
    adaptor = int(world.table.adaptor[run.row])
    if adaptor == NEVER or world.table.join_fails[run.row]:  # I-12
        return 0
    loaded_at = loop_of(run).worker.loaded_at
    wait = until_loaded(world.now, loaded_at.get(adaptor, NEVER), int(world.table.cold_start[run.row]))
    loaded_at.setdefault(adaptor, world.now + wait)
    return wait
