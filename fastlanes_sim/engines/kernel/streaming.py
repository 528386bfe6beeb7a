"""More runs than memory: the table comes in chunks, and the log goes out in chunks as soon as nothing in it can change any more.

Held in memory are the runs from the oldest active one on: a run that nobody ever claims holds up all that come after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastlanes_sim.core.errors import EngineError
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel import event_loop
from fastlanes_sim.engines.kernel.initial_state import columns, grown, log_lines, loses_plans, most_messages, world_of
from fastlanes_sim.engines.kernel.world import World
from fastlanes_sim.rules.events import forgotten


def stream_kernel(deployment: Deployment, chunks: Iterable[RunTable]) -> Iterator[tuple[RunTable, RunLog]]:
    """Simulate the chunks as the one table that they make up, up to and including the horizon.

    Args:
        chunks: tables in the order of `inserted_at`, all with the same sources. The next one is asked for when all runs of the one before
            have been created.

    Yields:
        Runs with their logs, in the order of the table; together they are all runs, and the log is that of `simulate_kernel`. The lists
        and counts of `RunLog` stay empty.

    Raises:
        EngineError: a chunk begins before the end of the one before, or has callers that try again.
    """
    waiting = iter(chunks)
    table, log = RunTable.empty(), RunLog.empty(0)
    log.ended_on = deployment.horizon
    world = world_of(deployment, table, log)
    is_last = False
    while (status := event_loop.simulate(world, event_loop.SHARE, is_last)) != event_loop.OVER:
        if status == event_loop.NEEDS_ROOM:
            world = grown(world)
        elif status == event_loop.FORGOTTEN:
            raise forgotten(int(world.clock[0].kind), "kernel.event_loop.dispatch")
        elif status == event_loop.UNDECIDED:
            raise EngineError("runs in lockstep for too long to be streamed: hint: simulate the table as a whole")
        elif status == event_loop.NEEDS_RUNS:
            done = slice(_finished(world, len(table)))
            if done.stop:
                yield table.rows(done), log.rows(done)
            chunk = next(waiting, None)
            is_last = chunk is None
            chunk = RunTable.empty() if chunk is None else chunk
            _refuse_attempts(chunk)
            if len(chunk) and chunk.inserted_at[0] < world.clock[0].now:
                raise EngineError("a chunk of runs begins before the end of the one before: sort the runs by inserted_at")
            lightning = world.lightning[0]
            lightning.first_in_table = lightning.first_in_log + len(table)
            lightning.first_in_log += done.stop
            lightning.first_line += int(table.log_first[done.stop])
            # Copies: the kernel writes no more into what was yielded.
            rest = slice(done.stop, None)
            table, log = table.rows(rest).followed_by(chunk), log.rows(rest).followed_by(RunLog.empty(len(chunk)))
            world = world.replaced(**columns(chunk, log), **log_lines(table, first=len(table) - len(chunk)))
            world.lightning[0].most_messages = max(world.lightning[0].most_messages, most_messages(chunk))
            world.lightning[0].loses_plans |= loses_plans(chunk)
            world.clock[0].next_arrival = 0
    if len(table):
        yield table, log
    for chunk in waiting:  # inserted beyond the horizon: nothing ever happens to these, as in the whole table's log
        yield chunk, log.rows(slice(0)).followed_by(RunLog.empty(len(chunk)))


def _finished(world: World, rows: int) -> int:
    """How many rows of the log, from its first, can change no more."""
    is_known = world.runs["is_active"] | world.runs["is_held"] | (world.runs["messages"] > 0)
    known = world.runs["number"][is_known]
    return int(known.min() - world.lightning[0].first_in_log) if len(known) else rows


def in_chunks(table: RunTable, size: int) -> Iterator[RunTable]:
    """A table as chunks of `size` runs.

    Raises:
        EngineError: it has callers that try again.
    """
    _refuse_attempts(table)
    for begin in range(0, len(table), size):
        yield table.rows(slice(begin, begin + size))


def _refuse_attempts(table: RunTable) -> None:
    if table.has_attempts:
        raise EngineError("callers that try again cannot be streamed: an attempt may come at any later time; simulate the whole table")
