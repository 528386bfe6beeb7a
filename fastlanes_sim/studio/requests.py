"""What a tab asks of the processes that compute, and what comes back. Both are pickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fastlanes_sim.scenario.load import LoadedScenario

Kind = Literal["first", "refine", "life", "advise", "search", "traffic", "sensitivity", "report"]


@dataclass(frozen=True, slots=True)
class Request:
    """A newer one of the same tab and kind takes its place, whether it has been begun or not."""

    tab: str
    number: int
    """Counts up within a tab: an answer with an older one is dropped."""
    kind: Kind
    scenario: LoadedScenario
    pinned: LoadedScenario | None = None
    """What `refine` compares with."""
    run: int = 0
    """Of which `life` is asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    tab: str
    number: int
    what: str
    """`first`, `refined`, `compared`, `life`, `progress`, `asked`, `report` or `failed`."""
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Forget:
    """The tab is closed."""

    tab: str
