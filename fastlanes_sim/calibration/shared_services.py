"""Services that grow with the number of runs at once: runs share something, the processors of a worker or a system outside.

That they do is seen by how many others are at it when a run starts, for that does not depend on its own service. What they share, who and
how much, is the most likely of some systems (`shared_likelihood`).

Services that change with time (hours, a system that others load as well) grow with the number of runs, too, where runs come in the same
hours. So a system is fitted only if it is far likelier than that, and if the work that it leaves no longer depends on how many there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.ranks import rank_correlation, ranks
from fastlanes_sim.calibration.run_timeouts import ENDED
from fastlanes_sim.calibration.shared_likelihood import Judged, gain_of_time, likeliest
from fastlanes_sim.calibration.shared_runs import KindOfRuns, Usages, within
from fastlanes_sim.calibration.shared_systems import SharedSystem, alone
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FEWEST = 300
_CORRELATED, _LEVEL = 0.1, 1e-6
_MOST_KINDS = 50
_LEAST_GROWTH = 1.2
"""From the quietest to the busiest fifth of the runs: less is not worth a line."""
_LEFT, _LEFT_LEVEL = 0.05, 0.01
"""A correlation that may be left: so small a one, or one that chance exceeds so often."""
_SURE, _TIMES_AS_SURE = 30.0, 2.5
"""A system must raise the logarithm of the likelihood by so much, and so many times as much as time does. In samples without sharing it
was 2 times as much at most, in nearly all with it 3.4 times at least (`studies.together`)."""
_AS_LIKELY, _TIMES_AS_LIKELY = 200.0, 1.5
"""Where workers are full for long, sharing looks like time. By so much more than time it must raise it to be worth a word; or so many times
as much, where services grow among runs of one time."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The services of one kind of run grow with the runs at once."""

    kind: int
    workflow: int
    """Index into `Export.workflows`."""
    among: str
    """Whose runs count most: `of its own`, `on its worker` or `of all workflows`."""
    correlation: float
    """Of ranks."""
    times: float
    """How many times as long services are in the busiest fifth of the runs as in the quietest."""
    at_one_time: bool
    """It is beyond chance among runs that start about when they do, too."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is known of what the runs of an export share."""

    growths: tuple[Growth, ...]
    """Of every kind of run where it is beyond chance, those with most runs first."""
    likely: tuple[SharedSystem, ...]
    """The most likely systems of those that were tried; empty where none is more likely than no sharing."""
    left: float = 0.0
    """The largest rank correlation with the number of runs that these leave."""
    explains: bool = False
    """Whether what they leave may be chance."""
    is_sure: bool = False
    """Whether they are far likelier than services that change with time."""

    @property
    def fitted(self) -> tuple[SharedSystem, ...]:
        """What the scenario has."""
        return self.likely if self.explains and self.is_sure else ()


NOTHING = Sharing((), ())


def sharing(export: Export, kinds: npt.NDArray[np.int32] | None = None) -> Sharing:
    """Whether services grow with the runs at once, and what explains it.

    Args:
        export: the runs.
        kinds: number of the kind of each: its trigger, where that is known. Runs of different kinds have different services anyway, and may
            come together. Default: its workflow.
    """
    kinds = export.workflow if kinds is None else kinds
    known = np.flatnonzero((export.started_at != NEVER) & (export.finished_at > export.started_at) & np.isin(export.state, ENDED))
    counts = np.bincount(kinds[known])
    found = []
    seen = Usages(export)
    for kind in np.argsort(-counts, kind="stable")[:_MOST_KINDS].tolist():
        if counts[kind] < _FEWEST:
            break
        mine = KindOfRuns.of(export, known[kinds[known] == kind], kind)
        best = max(_grown(mine, seen), key=lambda one: one.correlation, default=None)
        if best is not None:
            found.append(best)
    return _explained(export, known, kinds, tuple(found), seen) if found else NOTHING


def _grown(runs: KindOfRuns, seen: Usages) -> Iterator[Growth]:
    """Of one workflow, among each of those whose runs may count."""
    logs = np.log(runs.lasts)
    if logs.std() < 1e-6:
        return
    for name, users in seen.among(runs.workflow).items():
        at_once = seen.at_start(*users, runs.rows)
        low, high = np.quantile(at_once, (0.2, 0.8))
        times = math.exp(float(logs[at_once >= high].mean() - logs[at_once <= low].mean()))
        if times < _LEAST_GROWTH or low == high:
            continue
        correlation, at_one_time = _correlation(logs, at_once), _at_one_time(logs, at_once, runs)
        if _is_sure(correlation, logs):
            yield Growth(runs.kind, runs.workflow, name, correlation, times, _is_sure(at_one_time, logs))


def _is_sure(correlation: float, logs: Floats) -> bool:
    return correlation >= _CORRELATED and _by_chance(correlation, logs) <= _LEVEL


def _correlation(logs: Floats, at_once: Floats) -> float:
    """Spearman's."""
    if logs.std() == 0 or at_once.std() == 0:
        return 0.0
    return rank_correlation(logs, at_once)[0]


def _at_one_time(logs: Floats, at_once: Floats, runs: KindOfRuns) -> float:
    """The same among runs that start about when each does."""
    first, second = (within(ranks(values), runs.block) for values in (logs, at_once))
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _by_chance(correlation: float, logs: Floats) -> float:
    """How probable so large a correlation is. Runs that are like the one before say less (effective size of an AR(1) process)."""
    from scipy.special import ndtr

    lasting = min(max(float(np.corrcoef(logs[1:], logs[:-1])[0, 1]), 0.0), 0.99)
    free = max(len(logs) * (1 - lasting) / (1 + lasting) - 27, 1.0)
    return float(2 * ndtr(-abs(math.atanh(min(correlation, 0.999999))) * math.sqrt(free)))


def _explained(export: Export, known: Times, kinds: npt.NDArray[np.int32], growths: tuple[Growth, ...], seen: Usages) -> Sharing:
    """The most likely of the systems that may be shared, and whether it explains the growth; nothing, where time may."""
    grown = tuple(sorted({one.workflow for one in growths}))
    judged = Judged.of(export, known[np.isin(export.workflow[known], grown)], kinds)
    best = likeliest(seen, judged, grown)
    of_time = sum(gain_of_time(export, judged, kind) for kind in np.unique(kinds[judged.is_judged]).tolist())
    is_sure = best.gain > _TIMES_AS_SURE * of_time + _SURE
    is_likely = best.gain > of_time + _AS_LIKELY
    is_seen = best.gain > _TIMES_AS_LIKELY * of_time + _SURE and any(one.at_one_time for one in growths)
    if not (is_sure or is_likely or is_seen):
        return NOTHING
    left = list(_left(export, known, kinds, best.systems, growths, seen))
    explains = all(abs(correlation) <= _LEFT or chance > _LEFT_LEVEL for correlation, chance in left)
    if not explains and not (is_sure or is_seen):
        return NOTHING
    return Sharing(growths, best.systems, max((correlation for correlation, _ in left), key=abs), explains, is_sure)


def _left(
    export: Export,
    known: Times,
    kinds: npt.NDArray[np.int32],
    systems: Sequence[SharedSystem],
    growths: Sequence[Growth],
    seen: Usages,
) -> Iterator[tuple[float, float]]:
    """(rank correlation of the works with the number of runs, how probable it is by chance) of each kind that grew."""
    own = alone(export, systems)
    for one in growths:
        runs = KindOfRuns.of(export, known[kinds[known] == one.kind], one.kind)
        logs = np.log(np.maximum(own.finished_at[runs.rows] - own.started_at[runs.rows], 1).astype(np.float64))
        users = [(system.kind, system.workflows) for system in systems if one.workflow in system.workflows]
        at_once = seen.at_start(*(users or [seen.among(one.workflow)[one.among]])[0], runs.rows)
        # Works that change with time correlate without regard to it; among few at one time, a work is in the mean that it is compared with.
        correlation = min(_at_one_time(logs, at_once, runs), _correlation(logs, at_once), key=abs)
        yield correlation, _by_chance(abs(correlation), logs) if logs.std() > 0 else 1.0
