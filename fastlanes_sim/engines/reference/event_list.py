"""Simulated time: SimPy's event queue, spoken to in the terms of `rules.order`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy

from fastlanes_sim.rules.order import Rank

Action = Callable[..., None]


class Timer(simpy.Event):
    """An action that SimPy will take at its time, unless it is cancelled before."""

    def __init__(self, env: simpy.Environment, clock: Clock, action: Action, args: tuple[Any, ...]) -> None:
        self.env = env
        self.callbacks = [self._fire]
        self._value = None
        self._ok = True
        self._clock = clock
        self._action = action
        self._args = args

    def _fire(self, _: simpy.Event) -> None:
        if not self._clock.has_stopped:
            self._action(*self._args)

    def cancel(self) -> None:
        """Make it do nothing. Cancelling twice, or after it fired, is harmless."""
        if self.callbacks:
            self.callbacks.clear()


class Clock:
    """Schedules actions in the total order (time, rank, creation) and plays them."""

    def __init__(self, env: simpy.Environment | None = None) -> None:
        self._env = env or simpy.Environment()
        self.events = 0
        self.has_stopped = False

    def of_a_life(self) -> Clock:
        """The same time and the same order of events, for whoever may die before what it has planned: see `stop`."""
        return Clock(self._env)

    def stop(self) -> None:
        """Whatever was planned with this clock comes to nothing."""
        self.has_stopped = True

    @property
    def now(self) -> int:
        """Microseconds since the start."""
        return int(self._env.now)

    def after(self, delay: int, action: Action, *args: Any, rank: Rank = Rank.TIMER) -> Timer:
        """Take `action` in `delay` microseconds."""
        timer = Timer(self._env, self, action, args)
        self._env.schedule(timer, rank, delay)  # type: ignore[arg-type]  # its own priorities are integers too
        return timer

    def at(self, time: int, action: Action, *args: Any, rank: Rank = Rank.TIMER) -> Timer:
        """Take `action` at the instant `time`, which must not have passed."""
        return self.after(time - self.now, action, *args, rank=rank)

    def follow_up(self, action: Action, *args: Any) -> None:
        """Take `action` right after the current event and the follow-ups already waiting (W-19)."""
        self.after(0, action, *args, rank=Rank.FOLLOW_UP)

    @property
    def is_instant_over(self) -> bool:
        """Whether nothing more will happen at this instant."""
        return bool(self._env.peek() > self._env.now)

    def play(self, until: int) -> bool:
        """Play the next event, if there is one up to and including `until`."""
        if self._env.peek() > until:
            return False
        self._env.step()
        self.events += 1
        return True
