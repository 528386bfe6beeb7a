"""The future event list: SimPy's event queue in the terms of `rules.events` (W-19, `rules.order`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

import simpy

from fastlanes_sim.rules.events import Kind


class Event(simpy.Event):
    """An event of this kind about this subject, unless it is cancelled."""

    def __init__(self, events: FutureEventList, kind: Kind, subject: Any, time: int, created: int) -> None:
        self.env = events.env
        self.time = time
        self.callbacks = [events.take]
        self._value = None
        self._ok = True
        self.kind = kind
        self.subject = subject
        self.created = created
        """Its place in the order of creation."""

    @property
    def is_waiting(self) -> bool:
        """It is still to come."""
        return bool(self.callbacks)

    def cancel(self) -> None:
        """Make it do nothing. Cancelling twice, or after it was taken, is harmless."""
        if self.callbacks:
            self.callbacks.clear()


class FutureEventList:
    """Events in the total order (time, rank, creation)."""

    def __init__(self) -> None:
        self.env = simpy.Environment()
        self.now = 0
        """Microseconds since the start."""
        self.handled = 0
        """Events so far, cancelled ones included."""
        self.created = 0
        self.current = 0
        """Place in the order of creation of the event being handled."""
        self._taken: Event | None = None

    @property
    def next_time(self) -> float:
        """Of the next event; infinite, where none waits."""
        return self.env.peek()

    def schedule(self, delay: int, kind: Kind, subject: Any) -> Event:
        self.created += 1
        event = Event(self, kind, subject, self.now + delay, self.created)
        self.env.schedule(event, kind.rank, delay)  # type: ignore[arg-type]  # its own priorities are integers too
        return event

    def take_next(self) -> Event | None:
        """The next event, whose instant is now; None, where it was cancelled. There must be one."""
        self._taken = None
        self.env.step()
        self.now = int(self.env.now)
        self.handled += 1
        return self._taken

    def take(self, event: simpy.Event) -> None:
        """Called by SimPy, whose queue has come to this event."""
        self._taken = cast(Event, event)
        self.current = self._taken.created

    def waiting(self) -> Iterator[Event]:
        """All that are still to come, in no order. SimPy has no public way to ask for them."""
        return (cast(Event, entry[-1]) for entry in self.env._queue if entry[-1].callbacks)


class HasEvents(Protocol):
    """A world."""

    @property
    def events(self) -> FutureEventList: ...


def after(world: HasEvents, delay: int, kind: Kind, subject: Any) -> Event:
    """An event of this kind in `delay` µs."""
    return world.events.schedule(delay, kind, subject)


def at(world: HasEvents, time: int, kind: Kind, subject: Any) -> Event:
    """An event of this kind at the instant `time`, which must not have passed."""
    return world.events.schedule(time - world.events.now, kind, subject)


def follow_up(world: HasEvents, kind: Kind, subject: Any) -> None:
    """Right after the current event and the follow-ups already waiting."""
    world.events.schedule(0, kind, subject)
