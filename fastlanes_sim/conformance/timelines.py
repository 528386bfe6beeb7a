"""What the recorded timelines of the worker have in common, of claims alone (`worker`) and of whole lives (`lives`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.selection import Engine, reference_seconds, run_engine
from fastlanes_sim.experiments.work_estimate import MOST_SECONDS, in_words
from fastlanes_sim.rules.layout_parser import ParsedWorkloop, parse_workloops
from fastlanes_sim.scenario.workers import MOST_SLOTS, MOST_WORKLOOPS

UNLIMITED = 2**31
"""The recording's Lightning has no concurrency limits."""


def workloops_of(layout: str) -> tuple[ParsedWorkloop, ...]:
    """The workloops of a recorded layout.

    Raises:
        WorkloopError: the worker refuses the layout.
        ValueError: it has more slots than a simulated worker can have.
    """
    workloops = parse_workloops(layout).workloops
    if sum(workloop.capacity for workloop in workloops) > MOST_SLOTS:
        raise ValueError(f"more than {MOST_SLOTS:,} slots in one worker")
    if len(workloops) > MOST_WORKLOOPS:
        raise ValueError(f"more than {MOST_WORKLOOPS:,} workloops in one worker")
    return workloops


def log_of(deployment: Deployment, table: RunTable, engine: Engine) -> RunLog:
    """What an engine makes of a recording, claim by claim.

    Raises:
        ValueError: it would take far longer than any recording does.
    """
    if (seconds := reference_seconds(deployment, table)) > MOST_SECONDS:
        raise ValueError(f"simulating it would take about {in_words(seconds)}: its horizon is too long, or its backoff too short")
    return run_engine(deployment, table, engine=engine, record_claims=True)


def rows_of(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The recorded runs."""
    return [dict(zip(params["runs_cols"], row, strict=True)) for row in params["runs"]]


def rows_by_arrival(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The same, in the order in which Lightning creates them (L-22)."""
    return sorted(rows_of(params), key=lambda row: row["arrival_ms"])


def milliseconds(time: int | None) -> int | None:
    """A time of the log (µs) in the recording's terms; None where it was never reached."""
    return None if time is None or time == NEVER else time // MILLISECOND


def whole_milliseconds(seconds: float) -> int:
    """How long (µs) a timer of the worker lasts that is to last so many seconds: it counts whole milliseconds (W-3, W-19)."""
    return int(seconds * 1_000) * MILLISECOND


def in_columns(rows: list[list[Any]], columns: list[str], wanted: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Recorded rows with the wanted columns in that order, whatever the file's own order is."""
    places = [columns.index(name) for name in wanted]
    return [tuple(row[place] for place in places) for row in rows]


def first_difference(part: str, recorded: Sequence[Any], simulated: Sequence[Any]) -> str | None:
    """Where two lists of rows part first, or None."""
    for index, (theirs, ours) in enumerate(zip(recorded, simulated, strict=False)):
        if theirs != ours:
            return f"{part}[{index}]: recorded {theirs}, simulated {ours}"
    if len(recorded) != len(simulated):
        longer, who = (recorded, "recorded") if len(recorded) > len(simulated) else (simulated, "simulated")
        first = min(len(recorded), len(simulated))
        return f"{part}: {len(recorded)} recorded, {len(simulated)} simulated; only {who}: {longer[first]}"
    return None
