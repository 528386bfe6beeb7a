"""The run table: every future run of a simulation, drawn beforehand.

It is the only thing that an engine learns about the traffic. Because it is fixed before any layout is played, two layouts
under one seed meet exactly the same runs: common random numbers without further ado.

Runs that other runs cause (docs/chains.md) are rows too: what such a run is stands here, whether and when it comes the simulation decides.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER

IF_ASKED = 2**62
"""In `inserted_at`: a further attempt, or a run that another run calls. Whether and when it is made is decided as the simulation goes; the
log says it."""

_DEFAULTED: Any = None
"""A column that may be left out; `__post_init__` fills it in."""


@dataclass(frozen=True, slots=True, repr=False)
class RunTable:
    """One row a request for a run, in the order of creation: `inserted_at` never decreases (L-22). Behind them,
    with `inserted_at` IF_ASKED, one row for each further attempt that a caller might make after a 504, a 429 or a 503, and for each run
    that a run might call.

    Every array has one entry a run. Times and durations are microseconds.
    """

    inserted_at: npt.NDArray[np.int64]
    """When Lightning is asked for the run, since the start of the simulation."""
    workflow: npt.NDArray[np.int32]
    """Index into `Deployment.workflows`."""
    queue: npt.NDArray[np.int8]
    """`rules.creation.Queue`: the lane."""
    priority: npt.NDArray[np.int8]
    """0 immediate, 1 normal (L-1)."""
    service_time: npt.NDArray[np.int64]
    """From the engine's start of the run to its end, were there no timeout."""
    startup_time: npt.NDArray[np.int64]
    """From the launch to the engine's start: the fork, the compilation (lives.md). Where a worker's `run_channel` is simplified: from its
    receipt of the run to the start, all that is fetched and installed included."""
    timeout: npt.NDArray[np.int64]
    """The worker kills the run that long after its launch (L-19), or after its start where `run_channel` is simplified."""
    outcome: npt.NDArray[np.int8]
    """`rules.lifecycle.State` the run ends in if nothing kills or loses it."""
    sync: npt.NDArray[np.bool_]
    """A caller waits for the end of the run (L-20)."""
    join_fails: npt.NDArray[np.bool_]
    """The run's channel cannot be joined: it is claimed and never starts (W-15)."""
    source: npt.NDArray[np.int32]
    """Index into `sources`."""
    sources: tuple[str, ...]
    """Names of what made the runs, as `project/workflow/0:cron`."""
    next_attempt: npt.NDArray[np.int64] = _DEFAULTED
    """The row of the same caller's next attempt, or NEVER. No callers that try again unless given, as in the next three."""
    after_timeout: npt.NDArray[np.int64] = _DEFAULTED
    """From a 504 (L-20) to the next attempt, at least 1, or NEVER: none is made after a 504."""
    after_refusal: npt.NDArray[np.int64] = _DEFAULTED
    """From a 429 to the next attempt, at least 1, or NEVER: none is made after a 429."""
    after_outage: npt.NDArray[np.int64] = _DEFAULTED
    """From a 503, or a connection that breaks because Lightning goes down, to the next attempt, at least 1, or NEVER."""
    adaptor: npt.NDArray[np.int32] = _DEFAULTED
    """Index into `Deployment.adaptors` of what its worker loads for the run (I-10), or NEVER: nothing. Nothing unless given."""
    cold_start: npt.NDArray[np.int64] = _DEFAULTED
    """How long loading it takes if the run is the worker's first of this adaptor (I-10)."""
    reply_luck: npt.NDArray[np.int32] = _DEFAULTED
    """In millionths, at random: the reply that carries the run is lost where so many and more are (I-8). SAFE unless given."""
    install_time: npt.NDArray[np.int64] = _DEFAULTED
    """From the hand-over to the engine until the credentials are asked for (W-15); loading a cold adaptor comes on top. 0 unless given.
    This and what follows have no part where `run_channel` is simplified."""
    credentials: npt.NDArray[np.int8] = _DEFAULTED
    """How many credentials are fetched before the launch (W-15). 0 unless given."""
    has_input: npt.NDArray[np.bool_] = _DEFAULTED
    """The plan names an input, which is fetched before the hand-over (W-15). True unless given: real plans do."""
    plan_lost: npt.NDArray[np.bool_] = _DEFAULTED
    """Lightning never answers when the plan is asked for (W-15a). False unless given."""
    accepted: npt.NDArray[np.bool_] = _DEFAULTED
    """Lightning has accepted its bulk retry as a whole: no quota refuses the run any more (L-28). False unless given."""
    first_call: npt.NDArray[np.int64] = _DEFAULTED
    """The row of the first run that this run calls (K-1), or NEVER. No calls unless given, as in the next four."""
    next_call: npt.NDArray[np.int64] = _DEFAULTED
    """Of a run that is called: the row of its caller's next call, or NEVER."""
    call_at: npt.NDArray[np.int64] = _DEFAULTED
    """Of a run that is called: how far its caller's own work has come then (K-2). Along `next_call` it never decreases."""
    patience: npt.NDArray[np.int64] = _DEFAULTED
    """Of a run that is called: how long its caller waits for its end at most, and no longer than Lightning does (K-5), or NEVER: its caller
    does not wait."""
    fails_unanswered: npt.NDArray[np.bool_] = _DEFAULTED
    """Of a run that is called: its caller fails where it gets no answer (K-6)."""
    memory: npt.NDArray[np.int64] = _DEFAULTED
    """Bytes that the run takes on its worker, from its launch to its end (R-5). 0 unless given."""
    use_first: npt.NDArray[np.int64] = _DEFAULTED
    """One entry more than there are runs: a run uses resources as those entries of `use_of`, `use_from` and `use_until` say that stand from
    its own entry up to the next one's. No run uses any unless given."""
    use_of: npt.NDArray[np.int32] = _DEFAULTED
    """Of each use, the index into `Deployment.resources` (docs/resources.md)."""
    use_from: npt.NDArray[np.int64] = _DEFAULTED
    """Of each use, how far the run's own work has come when it begins. The uses of a run are in order and do not overlap."""
    use_until: npt.NDArray[np.int64] = _DEFAULTED
    """And when it ends: no less, and no more than its service."""
    log_first: npt.NDArray[np.int64] = _DEFAULTED
    """One entry more than there are runs: the log lines of a run are those in `log_at` from its own entry up to the next one's. No lines
    unless given."""
    log_at: npt.NDArray[np.int64] = _DEFAULTED
    """Of each log line, how long after the launch the engine emits it (W-22), in the order in which their timers are created."""

    def __post_init__(self) -> None:
        for name, default in _DEFAULTS.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.broadcast_to(default, len(self)))  # takes no memory
        for first, parts in _LISTS.items():
            if getattr(self, first) is None:
                object.__setattr__(self, first, np.broadcast_to(np.int64(0), len(self) + 1))
                for name, kind in parts.items():
                    object.__setattr__(self, name, np.zeros(0, kind))

    @property
    def left_out(self) -> frozenset[str]:
        """Columns that were not given: of every run, what they are by default."""
        return frozenset(name for name in _DEFAULTS if getattr(self, name).strides == (0,))

    @property
    def has_log_lines(self) -> bool:
        """Whether any run has a log line."""
        return len(self.log_at) > 0

    @property
    def has_uses(self) -> bool:
        """Whether any run uses a resource (docs/resources.md)."""
        return len(self.use_of) > 0

    @property
    def has_attempts(self) -> bool:
        """Whether any caller might try again: further attempts stand behind all first requests."""
        return self._is_linked_by("next_attempt")

    @property
    def has_calls(self) -> bool:
        """Whether any run might call another (K-1): those that are called stand behind all first requests."""
        return self._is_linked_by("first_call")

    def _is_linked_by(self, link: str) -> bool:
        is_asked = bool(len(self)) and bool(self.inserted_at[-1] == IF_ASKED)
        return is_asked and link not in self.left_out and bool((getattr(self, link) != NEVER).any())

    @property
    def first_requests(self) -> int:
        """How many rows are no further attempts and no calls; they come first."""
        return int(np.searchsorted(self.inserted_at, IF_ASKED))

    @property
    def is_webhook(self) -> npt.NDArray[np.bool_]:
        """Of each row, whether somebody outside asks for it and is told if there is no run."""
        kinds = np.array([name.endswith(":webhook") for name in self.sources], np.bool_)
        return self.sync | kinds[self.source]

    @property
    def attempt(self) -> npt.NDArray[np.int16]:
        """Of each row, the number of the caller's attempt, from 1."""
        number = np.ones(len(self), np.int16)
        before = np.flatnonzero(self.next_attempt[: self.first_requests] != NEVER)
        while len(before):
            following = self.next_attempt[before]
            number[following] = number[before] + 1
            before = following[self.next_attempt[following] != NEVER]
        return number

    @property
    def called_by(self) -> npt.NDArray[np.int64]:
        """Of each row, the row of the run that calls it, or NEVER."""
        found = np.full(len(self), NEVER, np.int64)
        callers = np.flatnonzero(self.first_call != NEVER) if self.has_calls else np.zeros(0, np.int64)
        called = self.first_call[callers]
        while len(called):
            found[called] = callers
            following = self.next_call[called]
            callers, called = callers[following != NEVER], following[following != NEVER]
        return found

    @classmethod
    def empty(cls) -> RunTable:
        """No runs at all."""
        times, small, flags = np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.bool_)
        places = np.zeros(0, np.int32)
        return cls(times, places, small, small, times, times, times, small, flags, flags, places, ())

    def rows(self, which: slice | npt.NDArray[np.int64]) -> RunTable:
        """These rows, in this order; of a slice, as views (a caller whose next attempt is not among them makes none, and a run whose first
        call is not among them makes no calls)."""
        left_out = self.left_out
        columns: dict[str, Any] = {name: large_arrays.taken(getattr(self, name), which) for name in _COLUMNS if name not in left_out}
        columns |= dict.fromkeys(left_out)
        columns |= self._lists(np.arange(len(self))[which]) if self.has_log_lines or self.has_uses else _LISTS_LEFT_OUT
        if links := self._links():
            place = np.full(len(self), NEVER, np.int64)
            place[which] = np.arange(len(columns["inserted_at"]))
            columns |= {name: _moved(columns[name], place) for name in links}
        return replace(self, **columns)

    def _links(self) -> list[str]:
        """Columns that name other rows, as far as any does."""
        return [name for name in LINKS if self._is_linked_by(name)]

    def followed_by(self, other: RunTable) -> RunTable:
        """These rows and then those, which have the same sources (an empty table may have none); further attempts behind both."""
        links = {*self._links(), *other._links()}
        left_out = {name for name in self.left_out & other.left_out if name not in OF_CALLERS}
        left_out |= set() if "next_attempt" in links else set(OF_CALLERS)
        names = [name for name in _COLUMNS if name not in left_out]
        columns: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        is_asked = columns["inserted_at"] == IF_ASKED
        behind = np.argsort(is_asked, kind="stable")
        if is_asked.any():
            place = np.empty(len(behind), np.int64)
            place[behind] = np.arange(len(behind))
            theirs = np.arange(len(self), len(self) + len(other))
            for name in links:
                both = np.concatenate([getattr(self, name), _moved(getattr(other, name), theirs)])
                columns[name] = _moved(both, place)
            columns = {name: column[behind] for name, column in columns.items()}
        columns |= dict.fromkeys(left_out)
        columns |= _LISTS_LEFT_OUT
        joined = replace(self, **columns, sources=self.sources or other.sources)
        if not any(table.has_log_lines or table.has_uses for table in (self, other)):
            return joined
        lists: dict[str, Any] = {}
        for first, parts in _LISTS.items():
            ours, theirs = getattr(self, first), getattr(other, first)
            lists[first] = np.concatenate([ours, theirs[1:] + ours[-1]])
            lists |= {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in parts}
        joined = replace(joined, **lists)
        return replace(joined, **joined._lists(behind)) if is_asked.any() else joined

    def _lists(self, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
        """The log lines and uses of these rows, as columns of a table of them."""
        found: dict[str, Any] = dict(_LISTS_LEFT_OUT)
        for first, parts in _LISTS.items():
            old = getattr(self, first)
            if old[-1]:
                counts = np.diff(old)[rows]
                found[first] = np.concatenate([[0], np.cumsum(counts)])
                place = np.repeat(old[rows] - found[first][:-1], counts) + np.arange(found[first][-1])
                found |= {name: getattr(self, name)[place] for name in parts}
        return found

    def moved(self) -> RunTable:
        """The same, in a file where it is large (`core.large_arrays`)."""
        columns: dict[str, Any] = dict.fromkeys(self.left_out)
        given = {name: getattr(self, name) for name in _COLUMNS if name not in self.left_out}
        block = large_arrays.empty(sum(column.nbytes for column in given.values()), np.byte)
        end = 0
        for name, column in sorted(given.items(), key=lambda one: -one[1].itemsize):  # each begins where its values may
            begin, end = end, end + column.nbytes
            columns[name] = block[begin:end].view(column.dtype)
            columns[name][:] = column
            large_arrays.release()
        return replace(self, **columns)

    def __len__(self) -> int:
        return len(self.inserted_at)

    def __repr__(self) -> str:
        return f"<RunTable of {len(self):,} runs from {len(self.sources):,} sources>"


LINKS = ("next_attempt", "first_call", "next_call")
"""Columns that name other rows."""
OF_CALLERS = ("next_attempt", "after_timeout", "after_refusal", "after_outage")
"""Columns that say who asks again."""
OF_CALLS = ("first_call", "next_call", "call_at", "patience", "fails_unanswered")
"""Columns that say who calls whom."""
SAFE = 1_000_000
"""In `reply_luck`: no reply is lost."""
_DEFAULTS: dict[str, np.generic] = dict.fromkeys(OF_CALLERS, np.int64(NEVER)) | {
    "accepted": np.False_,
    "first_call": np.int64(NEVER),
    "next_call": np.int64(NEVER),
    "call_at": np.int64(0),
    "patience": np.int64(NEVER),
    "fails_unanswered": np.False_,
    "adaptor": np.int32(NEVER),
    "cold_start": np.int64(0),
    "reply_luck": np.int32(SAFE),
    "install_time": np.int64(0),
    "credentials": np.int8(0),
    "has_input": np.True_,
    "plan_lost": np.False_,
    "memory": np.int64(0),
}
_LISTS: dict[str, dict[str, type]] = {
    "log_first": {"log_at": np.int64},
    "use_first": {"use_of": np.int32, "use_from": np.int64, "use_until": np.int64},
}
"""Of what a run has any number of: the column that says where those of a run begin, and the columns of all runs together."""
_LISTS_LEFT_OUT: dict[str, Any] = {name: None for first, parts in _LISTS.items() for name in (first, *parts)}
_COLUMNS = tuple(field.name for field in fields(RunTable) if field.name not in ("sources", *_LISTS_LEFT_OUT))


def _moved(rows: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where these rows, or NEVER, are now."""
    return np.where(rows == NEVER, NEVER, place[rows])
