"""The live runs of tests/live: what was recorded of each, and the latencies that the recordings show.

Instants are µs since the recording's zero. `offset` puts the clock of the export beside that of the claims.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, MINUTE, SECOND
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario

FOLDER = Path("tests/live")
NAMES = ("i", "ii_a", "ii_far", "iii", "iv", "v")
LINES_AT_END = 0.5
"""Of a run's log lines: `Latencies.at_end`, which is known to a tenth or so."""
_SLOW = SECOND
"""A query that lasts longer was made slow on purpose."""
_NEAR = 100 * MILLISECOND
"""A claim that reaches Lightning so soon after a notification left it answers the notification."""
_JITTER = 2 * MILLISECOND
Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recording:
    """One live run. Times in µs, NEVER where it was not reached."""

    name: str
    scenario: LoadedScenario
    """What was measured of it, as a scenario that replays it."""
    export: Export
    workloop: npt.NDArray[np.str_]
    """Of each claim: its worker, and its queues."""
    received: Times
    """Of each claim, in the order of deciding: it reached the server."""
    begun: Times
    decided: Times
    won: npt.NDArray[np.bool_]
    run_decided: Times
    """Of each run of the export: the decision of the claim that won it."""
    run_joined: Times
    run_complete_seen: Times
    pushes: tuple[tuple[int, str], ...]
    """When a notification left the server, and to whom."""
    log_lines: Times
    """Of each run of the export."""

    @property
    def offset(self) -> int:
        """µs since 1970 of the recording's zero: `claimed_at` is stamped when the claim's query begins (L-10)."""
        begun = dict(zip(self.decided[self.won].tolist(), self.begun[self.won].tolist(), strict=True))
        mine = np.flatnonzero(self.run_decided != NEVER)
        return int(np.median([self.export.claimed_at[run] - begun[int(self.run_decided[run])] for run in mine]))


def read(name: str, folder: Path = FOLDER) -> Recording:
    """One of `NAMES`."""
    export = read_export(folder / f"{name}.csv.gz")
    ids = [row["id"] for row in _rows(folder, name)]
    claims = sorted(_rows(folder, f"{name}.claims"), key=lambda row: float(row["decided_s"] or "inf"))
    slots = {row["run"]: row for row in _rows(folder, f"{name}.slots")}
    events = _rows(folder, f"{name}.events")
    plan = json.loads(gzip.decompress((folder / "plan.json.gz").read_bytes()))["runs"]

    def of_claims(column: str) -> Times:
        return np.array([_us(row[column]) for row in claims], np.int64)

    def of_runs(column: str) -> Times:
        return np.array([_us(slots[run][column]) if run in slots else NEVER for run in ids], np.int64)

    return Recording(
        name=name,
        scenario=load_scenario(folder / f"{name}.yaml"),
        export=export,
        workloop=np.array([f"{row['worker']} {row['queues']}" for row in claims]),
        received=of_claims("received_s"),
        begun=of_claims("begun_s"),
        decided=of_claims("decided_s"),
        won=np.array([bool(row["run"]) for row in claims]),
        run_decided=of_runs("decided_s"),
        run_joined=of_runs("joined_s"),
        run_complete_seen=of_runs("complete_seen_s"),
        pushes=tuple((_us(row["at_s"]), row["worker"]) for row in events if row["event"] == "work-available"),
        log_lines=np.array([run["logs"] for run in plan], np.int64),
    )


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def _us(seconds: str) -> int:
    return round(float(seconds) * SECOND) if seconds else NEVER


@dataclass(frozen=True, slots=True)
class Latencies:
    """Medians, µs."""

    request: float
    """Of claims that had none before them on their connection (L-23)."""
    database: float
    slow: float | None
    """Of the queries that were made slow."""
    message: float
    """What an answer on a run's channel takes beyond the two ways (L-30): Lightning's work, and the worker's before it asks."""
    notification: float | None
    """From leaving the server until the first claim that answers it is sent."""
    debounce: float | None
    """L-17: from a run's insertion to the notification, of those that waited for no claim."""
    at_end: float
    """No time: the share of a run's log lines that are told after its end, a round trip each (W-13)."""


def measured(recording: Recording) -> Latencies:
    """From the recording alone, but for the way back, which nobody saw: 1 ms (a timer's) beyond what it was set to."""
    one = recording
    ended = (one.decided != NEVER) & (one.begun != NEVER)
    lasted = (one.decided - one.begun)[ended]
    request = float(np.median((one.begun - one.received)[_unhindered(one) & ended]))
    way_back = one.scenario.scenario.network.down
    told = (one.run_joined != NEVER) & (one.run_decided != NEVER)
    return Latencies(
        request=request,
        database=float(np.median(lasted[lasted < _SLOW])),
        slow=float(np.median(lasted[lasted >= _SLOW])) if (lasted >= _SLOW).any() else None,
        message=float(np.median((one.run_joined - one.run_decided)[told])) - request - way_back,
        notification=_median(_until_claims(one)),
        debounce=_median(_until_pushes(one)),
        at_end=_told_per_line(one) / float(np.median((one.run_joined - one.run_decided)[told])),
    )


def _told_per_line(one: Recording) -> float:
    """µs by which each log line delays the end's message: from the runs with the fewest lines and those with the most."""
    told = (one.run_complete_seen != NEVER) & (one.export.finished_at != NEVER)
    until = one.run_complete_seen - (one.export.finished_at - one.offset)
    fewest, most = int(one.log_lines.min()), int(one.log_lines.max())
    low, high = (float(np.median(until[told & (one.log_lines == lines)])) for lines in (fewest, most))
    return (high - low) / (most - fewest)


def _median(values: Iterator[int]) -> float | None:
    found = list(values)
    return float(np.median(found)) if found else None


def _unhindered(one: Recording) -> npt.NDArray[np.bool_]:
    """Claims that waited for none before them: what was decided on their connection before they began was decided some time before."""
    free = np.ones(len(one.begun), np.bool_)
    workers = np.array([name.split()[0] for name in one.workloop])
    for worker in np.unique(workers):
        mine = np.flatnonzero((workers == worker) & (one.begun != NEVER))
        mine = mine[np.argsort(one.begun[mine], kind="stable")]
        free[mine[1:]] = one.begun[mine[1:]] > one.decided[mine[:-1]] + _JITTER
    return free


def _until_claims(one: Recording) -> Iterator[int]:
    """From each notification's leaving to the first claim of its worker that arrives thereafter, less that claim's own way: none is counted
    of what arrives too soon to be an answer."""
    for at, worker in one.pushes:
        mine = np.array([name.startswith(f"{worker} ") for name in one.workloop])
        later = one.received[mine & (one.received - at > _NEAR // 20) & (one.received - at < _NEAR)]
        if len(later):
            yield int(later.min() - at)


def _until_pushes(one: Recording) -> Iterator[int]:
    """From the first insertion since the last notification to each notification, of one worker: L-17's timer."""
    inserted, before = one.export.inserted_at - one.offset, -MINUTE
    first = min((worker for _, worker in one.pushes), default="")
    for at in (at for at, worker in one.pushes if worker == first):
        since = inserted[(inserted > before) & (inserted < at)]
        if len(since) and at - since.min() < SECOND:
            yield int(at - since.min())
        before = at
