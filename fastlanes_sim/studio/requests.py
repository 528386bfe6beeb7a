"""What a tab asks of the processes that compute, and what comes back. All of it is pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastlanes_sim.scenario.load import LoadedScenario

Kind = Literal["first", "pinned", "refine", "life", "report"]
Asked = Literal["advise", "search", "traffic", "sensitivity", "calibrate"]


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
    of: str = ""
    """What `report` is of: `simulation`, `replications` or `comparison`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What takes longer than a look: it has progress, and can be cancelled. A tab has one at a time."""

    tab: str
    number: int
    """Counts up within a tab, apart from that of requests."""
    kind: Asked
    scenario: LoadedScenario | None
    """What is asked about; of `calibrate` the workers that served the export, None where nobody knows them."""
    folder: str
    """Where what was simulated is kept, so that the same question goes on from there."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """`slots` of a search, `most` of the traffic; `file`, `name` and `timezone` of an export."""


@dataclass(frozen=True, slots=True)
class Reply:
    tab: str
    number: int
    what: str
    """`first`, `pinned`, `refined`, `compared`, `life`, `report` or `failed`; of questions `progress`, `asked`, `calibrated`, `cancelled`
    or `failed`."""
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cancel:
    """A question is no longer asked. What is known of it is the answer."""

    tab: str
    number: int


@dataclass(frozen=True, slots=True)
class Forget:
    """The tab is closed."""

    tab: str


Message = Request | Question | Cancel | Forget
"""What a process is sent."""
FINAL = ("asked", "calibrated", "cancelled", "failed")
"""Replies that end a question."""
