"""Services that grow with the number of runs at once: a sign that runs share something, the processors of a worker or a system outside.

What counts is how many runs are at it when a run starts, for that does not depend on its own service; what the hour and the load explain is
taken out first. How much they share is found by the work that is left: under equal sharing beyond a capacity (processor sharing) a run's
work is the integral of its share over its service, and with the right capacity that no longer depends on how many there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.ranks import ranks
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import HOUR, MINUTE
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FEWEST = 300
_CORRELATED, _LEVEL = 0.15, 1e-6
_MOST_WORKFLOWS, _MOST_CAPACITIES, _MOST_RUNS = 50, 40, 5_000
"""Of more runs of a workflow every k-th is looked at: none of the correlations that matter is missed among so many."""
_ENDED = (State.SUCCESS, State.FAILED, State.CRASHED, State.EXCEPTION)
_LEAST_GROWTH = 1.2
"""From the quietest to the busiest fifth of the runs: less is not worth a line."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """The services of one workflow grow with the runs at once."""

    workflow: int
    """Index into `Export.workflows`."""
    among: str
    """Whose runs count: `of its own`, `on its worker` or `of all workflows`."""
    correlation: float
    growth: float
    """How many times as long services are in the busiest fifth of the runs as in the quietest."""
    capacity: int
    """So many at once seem to go at full speed."""


def sharing(export: Export) -> list[Sharing]:
    """Of every workflow where it is beyond chance, those with most runs first."""
    known = np.flatnonzero((export.started_at != NEVER) & (export.finished_at > export.started_at) & np.isin(export.state, _ENDED))
    if len(known) < _FEWEST:
        return []
    everybody = _AtWork.of(export, np.flatnonzero((export.started_at != NEVER) & (export.finished_at != NEVER)))
    counts = np.bincount(export.workflow[known], minlength=len(export.workflows))
    found = []
    for workflow in np.argsort(-counts, kind="stable")[:_MOST_WORKFLOWS].tolist():
        if counts[workflow] < _FEWEST:
            break
        mine = known[export.workflow[known] == workflow]
        best = max(_looked(export, mine, workflow, everybody), key=lambda one: one.correlation, default=None)
        if best is not None:
            found.append(best)
    return found


def sharing_notes(export: Export, found: Sequence[Sharing]) -> Iterator[str]:
    """In words: how much longer, among whom, and what that may be."""
    for among in dict.fromkeys(one.among for one in found):
        alike = [one for one in found if one.among == among]
        first = alike[0]
        name = f"{export.workflows[first.workflow].project}/{export.workflows[first.workflow].name}"
        others = f" (and {len(alike) - 1:,} more workflow{'' if len(alike) == 2 else 's'})" if len(alike) > 1 else ""
        shared = "the processors of the worker" if among == "on its worker" else "a system outside that all of them call, or the processors"
        what = f"{shared}, or they wait for runs that they call"
        yield (
            f"Services of {name}{others} grow with the number of runs {among} that are at work: {first.growth:.2g} times as long in the "
            f"busiest fifth as in the quietest (rank correlation {first.correlation:.2f}; hours and load are taken out). It is as if "
            f"{first.capacity:,} at once went at full speed and more shared it: {what}. The services of this scenario are fitted as if "
            "runs did not slow each other down: with more slots real ones would be longer."
        )


@dataclass(frozen=True)
class _AtWork:
    """How many runs were at work over time."""

    begins: Times
    """Of each run, ascending."""
    ends: Times
    """The same, also ascending."""

    @classmethod
    def of(cls, export: Export, rows: Times) -> _AtWork:
        return cls(np.sort(export.started_at[rows]), np.sort(export.finished_at[rows]))

    def before(self, instants: Times) -> Floats:
        """Just before each of these."""
        return (np.searchsorted(self.begins, instants) - np.searchsorted(self.ends, instants)).astype(np.float64)

    @cached_property
    def _steps(self) -> tuple[Times, npt.NDArray[np.int64]]:
        """When the number changes, and what it is from then on."""
        times = np.unique(np.concatenate([self.begins, self.ends]))
        return times, np.searchsorted(self.begins, times, side="right") - np.searchsorted(self.ends, times, side="right")

    def work(self, begins: Times, ends: Times, capacity: int) -> Floats:
        """What one of these did from its begin to its end, in µs at full speed, if more than so many shared it equally (R-2)."""
        times, counts = self._steps
        rate = np.minimum(1.0, capacity / np.maximum(counts, 1))
        done = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(times))])
        return np.asarray(np.interp(ends, times, done) - np.interp(begins, times, done), np.float64)


def _looked(export: Export, mine: Times, workflow: int, everybody: _AtWork) -> Iterator[Sharing]:
    """Of one workflow, among each of those whose runs may count."""
    started, finished = export.started_at[mine], export.finished_at[mine]
    order = np.argsort(started, kind="stable")
    load = (np.arange(len(mine)) - np.searchsorted(started[order], started[order] - 10 * MINUTE)).astype(np.float64)
    some = slice(None, None, -(-len(mine) // _MOST_RUNS))
    mine, started, finished, load = mine[order][some], started[order][some], finished[order][some], load[some]
    logs = np.log((finished - started).astype(np.float64))
    if logs.std() < 1e-6:
        return
    lines: dict[str, list[tuple[npt.NDArray[np.bool_], _AtWork]]] = {"of all workflows": [(np.ones(len(mine), np.bool_), everybody)]}
    both = (export.started_at != NEVER) & (export.finished_at != NEVER)
    own = np.flatnonzero(both & (export.workflow == workflow))
    if len(own) < both.sum():
        lines["of its own"] = [(np.ones(len(mine), np.bool_), _AtWork.of(export, own))]
    if export.worker is not None and len(workers := np.unique(export.worker[mine])) > 1:
        lines["on its worker"] = [
            (export.worker[mine] == worker, _AtWork.of(export, np.flatnonzero(both & (export.worker == worker))))
            for worker in workers.tolist()
        ]
    hour = (started // HOUR) % 24
    for among, parts in lines.items():
        at_once = np.zeros(len(mine))
        for chosen, line in parts:
            at_once[chosen] = line.before(started[chosen])
        correlation = _partial(logs, at_once, load, hour)
        if correlation < _CORRELATED or _by_chance(correlation, logs) > _LEVEL:
            continue
        low, high = np.quantile(at_once, (0.2, 0.8))
        growth = math.exp(float(logs[at_once >= high].mean() - logs[at_once <= low].mean()))
        if growth < _LEAST_GROWTH or low == high:
            continue
        yield Sharing(workflow, among, correlation, growth, _capacity(parts, started, finished, at_once))


def _partial(a: Floats, b: Floats, given: Floats, group: Times) -> float:
    """Spearman's correlation of both, with what a third one and groups explain taken out of each."""
    if b.std() == 0:
        return 0.0
    first, second, third = (_within(ranks(values), group) for values in (a, b, given))
    if third.std() > 0:
        first, second = (one - third * float(one @ third) / float(third @ third) for one in (first, second))
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _within(values: Floats, group: Times) -> Floats:
    """Less the mean of its group."""
    means = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return np.asarray(values - means[group], np.float64)


def _by_chance(correlation: float, logs: Floats) -> float:
    """How probable so large a correlation is. Runs that are like the one before say less (effective size of an AR(1) process)."""
    from scipy.special import ndtr

    lasting = min(max(float(np.corrcoef(logs[1:], logs[:-1])[0, 1]), 0.0), 0.99)
    free = max(len(logs) * (1 - lasting) / (1 + lasting) - 27, 1.0)
    return float(2 * ndtr(-abs(math.atanh(min(correlation, 0.999999))) * math.sqrt(free)))


def _capacity(parts: list[tuple[npt.NDArray[np.bool_], _AtWork]], started: Times, finished: Times, at_once: Floats) -> int:
    """With which the work of a run depends least on how many there are when it starts."""
    most = max(int(at_once.max()), 1)
    tried = np.unique(np.rint(np.geomspace(1, most, _MOST_CAPACITIES)).astype(np.int64)).tolist()
    order = ranks(at_once)

    def dependence(capacity: int) -> float:
        work = np.zeros(len(started))
        for chosen, line in parts:
            work[chosen] = line.work(started[chosen], finished[chosen], capacity)
        return abs(float(np.corrcoef(ranks(work), order)[0, 1]))

    return int(min(tried, key=dependence))
