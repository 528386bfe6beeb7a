"""The run timeout that a workflow had, as its runs show it: from their options, from those that were killed, from those that were not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, format_duration
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import FAILURES, State
from fastlanes_sim.scenario.schema import Lightning

ENDED = (State.SUCCESS, *FAILURES)
"""By itself."""
_SAME = 0.01
_STRAY = 0.01
"""Of the runs that ended by themselves, so many may have lasted longer than the timeout: clocks differ."""
_ROUND = (
    *(minutes * MINUTE for minutes in (1, 2, 5, 10, 15, 20, 30, 45)),
    *(hours * HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    DAY,
)


def longest_life(export: Export) -> int:
    """µs after which nobody runs a run any more, whatever its state says: no run of the export took as long, no timeout that it names
    and not Lightning's own allows it, and the janitor (L-18) has been there."""
    lightning = Lightning()
    return 2 * max(export.longest_run, lightning.run_timeout) + lightning.janitor_every


def forgotten_runs(export: Export) -> int:
    """How many runs have been started and not ended for longer than that, and are not called lost."""
    running = (export.started_at != NEVER) & (export.finished_at == NEVER) & (export.state == State.STARTED)
    return int((running & (export.last_seen - export.started_at > longest_life(export))).sum())


def run_timeout(export: Export, runs: npt.NDArray[np.int64], startup: npt.NDArray[np.int64], usual: int) -> tuple[int | None, str]:
    """(a workflow's own timeout in µs, or None where it is the usual one; why, in words, or nothing).

    Where sources disagree, what happened wins: no timeout is written that would have killed runs which ended by themselves.

    Args:
        runs: the workflow's rows in the export.
        startup: µs from the launch of each run of the export to its start; a timeout counts from the launch (L-19). Negative: unknown.
        usual: the deployment's timeout, µs.
    """
    ran = export.finished_at[runs] - export.started_at[runs]
    timed = (export.started_at[runs] != NEVER) & (export.finished_at[runs] != NEVER) & (ran >= 0)
    lasted = ran + np.maximum(startup[runs], 0)
    ended = np.sort(lasted[timed & np.isin(export.state[runs], ENDED)])
    killed = lasted[timed & (export.state[runs] == State.KILLED)]
    found, why = usual, ""
    told = None if export.run_timeout is None else export.run_timeout[runs]
    if told is not None and (told > 0).any():
        values, counts = np.unique(told[told > 0], return_counts=True)
        found, why = int(values[np.argmax(counts)]), "as its runs' options say"
    elif len(killed):
        found, why = round(float(np.median(killed)) / SECOND) * SECOND, "as long as its killed runs ran"
    over = int((ended > found * (1 + _SAME)).sum())
    if over > max(_STRAY * len(ended), 0 if why == "" else 1):
        longest = int(ended[-1])
        said = format_duration(found)
        found = next((at for at in _ROUND if at >= longest), -(-longest // DAY) * DAY)
        why = f"at least: {over:,} of {len(ended):,} runs ended by themselves after more than {said}"
        why += f", the longest after {format_duration(longest)}"
    if not found or abs(found - usual) <= _SAME * usual:
        return None, ""
    return found, why
