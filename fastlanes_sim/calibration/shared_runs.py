"""Runs that may share something: who was at it with whom, and the runs of one kind one after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.shared_systems import Kind, Usage, usages
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.exports.export import Export

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MOST_RUNS = 5_000
"""Of more runs of a kind some blocks are looked at: none of the correlations that matter is missed among so many."""
_BLOCK = 40
"""Runs that start one after another: about at one time."""


class Usages:
    """The runs of an export that may share something. Those of all workflows are put together once."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self._known: dict[str, list[Usage]] = {}
        self.everybody = tuple(range(len(export.workflows)))
        self.has_workers = export.worker is not None and len(np.unique(export.worker[export.worker >= 0])) > 1

    def of(self, kind: Kind, workflows: tuple[int, ...]) -> list[Usage]:
        if workflows != self.everybody:
            return list(usages(self.export, kind, workflows))
        key = "on its worker" if kind == "cores" else "everybody"
        if key not in self._known:
            self._known[key] = list(usages(self.export, kind, workflows))
        return self._known[key]

    def among(self, workflow: int) -> dict[str, tuple[Kind, tuple[int, ...]]]:
        """Those whose runs may count for the services of a workflow, by what they are called."""
        found: dict[str, tuple[Kind, tuple[int, ...]]] = {"of all workflows": ("processors", self.everybody)}
        if len(self.everybody) > 1:
            found["of its own"] = ("processors", (workflow,))
        if self.has_workers:
            found["on its worker"] = ("cores", self.everybody)
        return found

    def at_start(self, kind: Kind, workflows: tuple[int, ...], rows: Times) -> Floats:
        """How many others were at it when these started; 0 where that is not known."""
        started = self.export.started_at[rows]
        if kind != "cores":
            return next(iter(self.of(kind, workflows))).before(started)
        assert self.export.worker is not None, "cores belong to workers, which have names"
        found = np.zeros(len(rows))
        for usage in self.of(kind, workflows):
            mine = self.export.worker[rows] == self.export.worker[usage.rows[0]]
            found[mine] = usage.before(started[mine])
        return found


@dataclass(frozen=True, slots=True)
class KindOfRuns:
    """Some runs of one kind, by their start."""

    kind: int
    workflow: int
    rows: Times
    lasts: Floats
    load: Floats
    """Runs of this kind that started in the ten minutes before."""
    block: Times
    """Numbers of those that start one after another."""

    @classmethod
    def of(cls, export: Export, rows: Times, kind: int, most: float = _MOST_RUNS) -> KindOfRuns:
        """At least one."""
        rows = rows[np.argsort(export.started_at[rows], kind="stable")]
        started = export.started_at[rows]
        load = (np.arange(len(rows)) - np.searchsorted(started, started - 10 * MINUTE)).astype(np.float64)
        block = np.arange(len(rows)) // _BLOCK
        if len(rows) > most:
            chosen = np.rint(np.linspace(0, len(rows) // _BLOCK - 1, int(most) // _BLOCK)).astype(np.int64)
            some = np.flatnonzero(np.isin(block, chosen))
            rows, started, load, block = rows[some], started[some], load[some], np.unique(block[some], return_inverse=True)[1]
        return cls(kind, int(export.workflow[rows[0]]), rows, (export.finished_at[rows] - started).astype(np.float64), load, block)


def within(values: Floats, group: Times) -> Floats:
    """Less the mean of its group."""
    means = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return np.asarray(values - means[group], np.float64)
