"""What measures are computed from: the runs that are measured, and what is known of them. `results.observed` has all of it."""

from __future__ import annotations

from typing import Any, Protocol

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.measures.intervals import Interval
from fastlanes_sim.measures.samples import Durations, Sample
from fastlanes_sim.measures.scopes import Mask, Scope


class Answers(Protocol):
    """What each request came to (L-20, docs/callers.md, docs/incidents.md): one entry a row."""

    @property
    def timed_out(self) -> Mask: ...
    @property
    def cut_off(self) -> Mask: ...
    @property
    def refused(self) -> Mask: ...
    @property
    def unavailable(self) -> Mask: ...
    @property
    def missed(self) -> Mask: ...


class Callers(Protocol):
    """What became of those who wait for a run's end, of the rows given (docs/callers.md)."""

    def durations(self, rows: Mask, /) -> Durations: ...
    def gave_up(self, rows: Mask, /) -> int: ...


class WorkOrders(Protocol):
    """A request from outside with its further attempts and all runs that these cause by calls (docs/chains.md), by its first request."""

    def durations(self, rows: Mask, /) -> Durations: ...
    def number(self, rows: Mask, /) -> int: ...


class SlotTime(Protocol):
    """Of all slots together, in µs."""

    @property
    def held(self) -> int:
        """That runs held one."""

    @property
    def there(self) -> int:
        """That there was one."""


class Load(Protocol):
    """Of the busiest set of slots, or the busiest limit."""

    @property
    def share(self) -> float: ...


class Backlog(Protocol):
    """What is left at the end of a simulation."""

    @property
    def load(self) -> Load: ...
    @property
    def worst(self) -> float:
        """The largest share of a lane's, project's or workflow's runs that starve."""


class Observations(Protocol):
    """The runs that are measured, such as those after the warm-up or those of one batch."""

    @property
    def table(self) -> RunTable: ...
    @property
    def log(self) -> RunLog: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def callers(self) -> Callers: ...
    @property
    def work_orders(self) -> WorkOrders: ...
    @property
    def whole(self) -> Observations:
        """The whole simulation, whatever part of its runs is measured: only its log has counts such as `claims_sent`."""

    @property
    def slot_time(self) -> SlotTime: ...
    @property
    def backlog(self) -> Backlog: ...
    def rows(self, scope: Scope, /) -> Mask:
        """Of the table: those that belong to the scope, created or not."""

    def members(self, scope: Scope, /) -> Mask:
        """Of these, the runs that were created."""

    def sample(self, time: str, scope: Scope, /) -> Sample[Any]:
        """A time of the scope's runs, see `times`; computed once."""

    def between(self, begin: str, end: str, /) -> Interval:
        """Between two columns of the log, of every run; computed once."""
