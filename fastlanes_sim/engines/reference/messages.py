"""What a worker says on the channel of a run: joined, sent, or buffered while it cannot be sent (W-11, W-23)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, recorder
from fastlanes_sim.engines.reference.records import Hold, Message, Telling
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.polling import whole_timer
from fastlanes_sim.rules.run_messages import Message as MessageKind

# --- the channel ---


def join(world: World, hold: Hold) -> None:
    """W-8, W-11: over a living socket, and again over each new one."""
    hold.joining = Message(hold, MessageKind.JOIN)
    set_timeout(world, hold.joining)
    send(world, hold.joining)


def joined(hold: Hold, is_ok: bool) -> None:
    """The join is answered, or has failed; where it has, the channel is gone."""
    hold.joining = None
    hold.is_joined, hold.is_gone = is_ok, not is_ok
    hold.has_joined |= is_ok


def disconnect(hold: Hold) -> None:
    """W-15: the socket has died. A join under way is neither answered nor timed out."""
    hold.is_joined = False
    if hold.joining is not None:
        stop(hold.joining)
        hold.joining = None


def leave(hold: Hold) -> None:
    """W-13: the run is held no longer. Messages that are pushed later are buffered, and fail."""
    disconnect(hold)
    hold.is_gone = True


# --- its messages ---


def push(world: World, hold: Hold, kind: MessageKind, telling: Telling | None = None) -> None:
    """W-23: its timer, then it is sent, or buffered until the channel has joined."""
    message = Message(hold, kind, telling)
    set_timeout(world, message)
    if hold.is_joined:
        send(world, message)
    else:
        hold.buffered.append(message)


def set_timeout(world: World, message: Message) -> None:
    if message.timeout is not None:
        message.timeout.cancel()
    message_timeout = message.hold.loop.worker.spec.message_timeout
    message.timeout = event_list.after(world, whole_timer(message_timeout), Kind.MESSAGE_LATE, message)


def send_buffered(world: World, hold: Hold) -> None:
    """W-23: once the channel has joined again, those that have not failed meanwhile, in order, each with a new timer."""
    if not hold.is_joined:
        return
    buffered, hold.buffered = hold.buffered, []
    for message in buffered:
        if not message.is_over:
            set_timeout(world, message)
            send(world, message)


def send(world: World, message: Message) -> None:
    message.connection = message.hold.loop.worker.connection
    event_list.after(world, world.deployment.latency.up, Kind.MESSAGE_IN, message)


def end(world: World, message: Message, is_ok: bool) -> bool:
    """W-23: a message ends once, acknowledged or failed; whether it had not ended before."""
    if message.is_over:
        return False
    stop(message)
    recorder.message_ended(world, message, is_ok)
    return True


def stop(message: Message) -> None:
    message.is_over = True
    if message.timeout is not None:
        message.timeout.cancel()
