"""How a worker tells Lightning what the engine emits of a run: one event after another, unless one takes too long (W-22, W-22a)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, messages
from fastlanes_sim.engines.reference.records import Hold, Telling
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.run_messages import EngineEvent, Failure, Handler, Step, guard, handler_of

# --- the queue (W-22) ---


def enter(world: World, hold: Hold, event: EngineEvent) -> None:
    """W-22, *enter*."""
    hold.events.append(event)
    if len(hold.events) == 1:
        event_list.follow_up(world, Kind.NEXT, hold)


def next_event(world: World, hold: Hold) -> None:
    """W-22, *next*: the guard named before is not stopped."""
    if not hold.events:
        return
    hold.is_settled = False
    hold.guard = event_list.after(world, guard(hold.loop.worker.spec.message_timeout), Kind.GUARDED, hold)
    tell(world, hold, handler_of(hold.events[0], hold.has_open_step, hold.outcome is State.FAILED), is_queued=True)


def finish(world: World, hold: Hold) -> None:
    """W-22, *finish*: a handler is over, or a guard fires. It stops the guard named now and drops the first event, whosever they are."""
    assert hold.guard is not None
    hold.guard.cancel()
    if not hold.is_settled:
        hold.is_settled = True
        hold.events.popleft()
        event_list.follow_up(world, Kind.NEXT, hold)


# --- handlers (W-22a) ---


def tell(world: World, hold: Hold, handler: Handler, *, is_queued: bool) -> None:
    """A handler begins."""
    if handler.step is not Step.UNTOUCHED:
        hold.has_open_step = handler.step is Step.OPENS
    messages.push(world, hold, handler.messages[0], Telling(hold, handler, is_queued))


def goes_on(world: World, telling: Telling, is_ok: bool) -> bool:
    """The message that the handler waits for is acknowledged, and the next one is pushed; or it was the last, or has failed, and the rest
    is not sent."""
    if not is_ok or telling.place + 1 == len(telling.handler.messages):
        return False
    telling.place += 1
    messages.push(world, telling.hold, telling.handler.messages[telling.place], telling)
    return True


def frees(telling: Telling, is_ok: bool) -> bool:
    """Whether the slot is free now that the handler is over, its last message acknowledged or one failed."""
    return telling.handler.frees if is_ok else telling.handler.failure_of(telling.place) is Failure.FREES


def never_frees(telling: Telling, is_ok: bool) -> bool:
    """W-13a: whether a message has failed without which nobody frees the slot."""
    return not is_ok and telling.handler.failure_of(telling.place) is Failure.NEVER_FREES
