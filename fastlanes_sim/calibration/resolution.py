"""How finely an export tells time, and what follows: which durations cannot be told from it, and how a simulation would look in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.durations import services
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.units import MINUTE, SECOND
from fastlanes_sim.exports.export import Export

Times = npt.NDArray[np.int64]
_SO_MANY = 0.9
"""Of the times of each column."""
_COARSE = 0.5
"""A step of the times is coarse for durations of which this part of the median is shorter."""
_COLUMNS = ("inserted_at", "claimed_at", "started_at", "finished_at", "ended_at")


def common_resolution(export: Export) -> int:
    """µs from one possible time to the next, in every column: a minute, a second, or 1, which stands for all that is finer.

    `Export.resolution` is that of the insertions alone: those of crons are whole minutes, however finely the rest is told.
    """
    columns = (export.inserted_at, export.claimed_at, export.started_at, export.finished_at)
    known = [times for column in columns if len(times := column[column != NEVER])]
    for step in (MINUTE, SECOND):
        if known and all(float(np.mean(times % step == 0)) >= _SO_MANY for times in known):
            return step
    return 1


def resolution_notes(export: Export, startups: Times) -> Iterator[str]:
    """What a planner must know where times are too coarse for what was measured; `startups`: µs, or NEVER."""
    step = common_resolution(export)
    lengths = {"services": services(export, np.arange(len(export))).parts[0], "startups": startups[startups != NEVER]}
    coarse = [name for name, of in lengths.items() if step > 1 and len(of) and step > _COARSE * float(np.median(of))]
    if coarse:
        unit = {MINUTE: "minute", SECOND: "second"}[step]
        yield (
            f"Times are whole {unit}s: {' and '.join(coarse)} below a {unit} cannot be told: they count as nothing or as a whole {unit}. "
            f"Export {'seconds' if step == MINUTE else 'milliseconds'} or finer: Lightning has microseconds."
        )


def spread_out(inserted: Times, step: int, random: np.random.Generator) -> Times:
    """Insertions (ascending) anywhere in the steps in which the export has them, in the same order."""
    return inserted if step == 1 else np.sort(inserted - inserted % step + random.integers(0, step, len(inserted)))


def as_told(log: RunLog, step: int) -> RunLog:
    """The log as an export of this resolution has it. Its time 0 is a whole minute."""
    if step == 1:
        return log
    columns = {name: getattr(log, name) for name in _COLUMNS}
    cut: dict[str, Any] = {name: np.where(times == NEVER, NEVER, times - times % step) for name, times in columns.items()}
    return replace(log, **cut)
