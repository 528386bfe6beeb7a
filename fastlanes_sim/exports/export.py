"""An export in memory: about 80 bytes a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.exports.problems import Reading

_SO_FINE = 0.9
Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ExportedWorkflow:
    """Names are legal in a scenario."""

    project: str
    name: str
    concurrency: int | None = None
    """The workflow's own limit (L-12), as the export's last row of it says."""
    project_concurrency: int | None = None


@dataclass(frozen=True)
class Export:
    """One entry a run, by `inserted_at`, at the same instant in the order of the file. Times are µs since 1970 (UTC), or NEVER."""

    inserted_at: Times
    claimed_at: Times
    started_at: Times
    finished_at: Times
    state: npt.NDArray[np.int8]
    """`rules.lifecycle.State`."""
    queue: npt.NDArray[np.int8]
    """`rules.creation.Queue`, by L-4 where the export does not say."""
    priority: npt.NDArray[np.int8]
    workflow: npt.NDArray[np.int32]
    """Index into `workflows`."""
    retry: npt.NDArray[np.bool_]
    """Not the first run of its work order; nowhere, if the export names no work orders."""
    workflows: tuple[ExportedWorkflow, ...]
    has_queue: bool
    """The export has a `queue` column: it comes from a Lightning with Fast Lanes."""
    reading: Reading
    run_timeout: Times | None = None
    """µs that each run was allowed, or NEVER; None if no row says."""
    worker: npt.NDArray[np.int32] | None = None
    """Number of the worker that claimed each run, or -1; None if no row says."""

    def __len__(self) -> int:
        return len(self.inserted_at)

    @cached_property
    def resolution(self) -> int:
        """µs from one possible `inserted_at` to the next: 1, a millisecond, a second or a minute, as 9 of 10 rows have it.

        Whole minutes may also be those of crons, which are created on the minute (L-21), unless no other time is finer either.
        """
        for step in (MINUTE, SECOND, MILLISECOND):
            if len(self) and float(np.mean(self.inserted_at % step == 0)) >= _SO_FINE:
                others = [column[column != NEVER] for column in (self.claimed_at, self.started_at, self.finished_at)]
                if step < MINUTE or all(float(np.mean(column % step == 0)) >= _SO_FINE for column in others if len(column)):
                    return step
        return 1

    @cached_property
    def last_seen(self) -> int:
        """The latest instant that the export mentions: what had not happened by then is not known to have happened."""
        columns = (self.inserted_at, self.claimed_at, self.started_at, self.finished_at)
        return max(int(column.max(initial=0)) for column in columns)

    @cached_property
    def longest_run(self) -> int:
        """µs that the longest run took that ended in some way, or the longest that one was allowed to take where an export says that."""
        both = (self.started_at != NEVER) & (self.finished_at != NEVER)
        lasted = int((self.finished_at - self.started_at).max(where=both, initial=0))
        return max(lasted, 0 if self.run_timeout is None else int(self.run_timeout.max(initial=0)))

    def anonymous(self) -> Export:
        """The same runs of `project-1/workflow-1` and so on, numbered by the first run of each."""
        first_seen = list(dict.fromkeys(self.workflow.tolist()))
        projects: dict[str, str] = {}
        names: dict[int, ExportedWorkflow] = {}
        for number, index in enumerate(first_seen, 1):
            here = self.workflows[index]
            project = projects.setdefault(here.project, f"project-{len(projects) + 1}")
            names[index] = replace(here, project=project, name=f"workflow-{number}")
        unused = (replace(w, project="project-0", name=f"unused-{i}") for i, w in enumerate(self.workflows))
        return replace(self, workflows=tuple(names.get(i, spare) for i, spare in enumerate(unused)))


def legal_names(names: Sequence[str]) -> list[str]:
    """Each name as a scenario may use it: 1 to 80 printable characters without `/` and `.`; distinct names stay distinct."""
    taken: set[str] = set()
    legal: list[str] = []
    for name in names:
        plain = "".join("-" if letter in "/." else letter if letter.isprintable() else " " for letter in name).strip()[:80] or "unnamed"
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain[: 79 - len(str(number))]}-{number}"
        taken.add(unique)
        legal.append(unique)
    return legal
