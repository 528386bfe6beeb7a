"""The event loop: which event comes next, and who handles it (W-19, `rules.order`, `rules.events`)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from fastlanes_sim.engines.reference import wait_causes
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind, forgotten

OVER, GOING_ON = 0, 1
"""What `simulate` ends with: the horizon is reached, or its share of events is done."""

SHARE = 5_000
"""Events between two looks at the progress bar: about a twentieth of a second."""

Handler = Callable[[World, Any], None]


def simulate(world: World, share: int) -> int:
    """Handle `share` events."""
    events, horizon = world.events, world.deployment.horizon
    for _ in range(share):
        if world.changes is not None and events.next_time > events.now:
            wait_causes.look(world)
        if events.next_time > horizon:
            return OVER
        event = events.take_next()
        if event is not None:
            HANDLERS[event.kind](world, event.subject)
    return GOING_ON


def handler_of(kind: Kind) -> Handler:
    """The function that the table names.

    Raises:
        NotImplementedError: there is none of that name.
    """
    module, _, function = kind.handler.partition(".")
    try:
        handler: Handler = getattr(import_module(f"{__package__}.{module}"), function)
    except (ImportError, AttributeError) as error:
        raise forgotten(kind, "engines.reference") from error
    return handler


HANDLERS = {kind: handler_of(kind) for kind in Kind}
