"""python -m studies.live: the live runs of tests/live beside their simulations, number by number. Writes docs/live.md; takes some minutes.

Each live run is simulated once with what was measured of it, and then many times with the jitter that was measured: each run's start-up
gets what some run's slot was held longer or shorter than simulated. `validate` is asked about each export and each deployment.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.deployment_part import from_scenario
from fastlanes_sim.calibration.validate import Validation, validate
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND, format_duration
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import compile_kernel, run_engine
from fastlanes_sim.experiments.replicate import replicate
from fastlanes_sim.measures.stopped_workloops import STOPPED_FOR_GOOD, stopped_workloops
from fastlanes_sim.results.export_writer import as_exported
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.messages import with_lines
from fastlanes_sim.traffic.replay import begin_of
from studies.live_recordings import FOLDER, LINES_AT_END, NAMES, Recording, read

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NEAR = 250 * MILLISECOND
LANES = (Queue.DEFAULT, Queue.FAST_LANE, Queue.MANUAL)
STATISTICS = ("mean", "p50", "p95")
ALLOWED = 0.03
SPREAD = {
    ("ii_a", "default", "mean"): 0.02,
    ("ii_a", "default", "p95"): 0.0,
    ("ii_a", "fast_lane", "p95"): 0.01,
    ("iii", "default", "mean"): 0.02,
    ("iii", "default", "p95"): 0.01,
    ("iii", "fast_lane", "p95"): 0.09,
    ("iv", "default", "mean"): 0.01,
    ("iv", "default", "p95"): 0.0,
    ("iv", "fast_lane", "p95"): 2.77,
}
"""How far two live runs of the same thing were apart, where there were two (tests/live/README.md)."""
IN_COMMON = {"ii_a": 144}
"""Runs that two live runs of the same thing claimed within `NEAR` of each other."""
PAGE = Path("docs/live.md")


@dataclass(frozen=True)
class Outcome:
    """Of one live run, or of one simulation of it. A row a run; times in µs since the beginning of the simulation, NEVER if not reached."""

    inserted: Times
    queue: npt.NDArray[np.int8]
    claimed: Times
    """As exported: when the query of the claim began (L-10)."""
    started: Times
    claims: int
    """That reached the server."""
    stopped: bool
    """A workloop asks nobody any more, and has not for long (W-6)."""

    @cached_property
    def waits(self) -> Floats:
        """Seconds from insertion to start: a row a lane, a column a statistic. Of the runs that started."""
        rows = []
        for lane in LANES:
            mine = (self.queue == lane) & (self.started != NEVER)
            waits = (self.started - self.inserted)[mine] / SECOND
            rows.append([waits.mean(), *np.quantile(waits, [0.5, 0.95])])
        return np.array(rows)


def near(one: Outcome, other: Outcome) -> int:
    """How many runs both claimed at about the same instant."""
    both = (one.claimed != NEVER) & (other.claimed != NEVER)
    return int((both & (np.abs(one.claimed - other.claimed) <= NEAR)).sum())


# --- what happened, and what is simulated ---


def lived(recording: Recording, table: RunTable) -> Outcome:
    """What happened."""
    begin, export = begin_of(recording.scenario.scenario), recording.export

    def since(column: Times) -> Times:
        return np.where(column == NEVER, NEVER, column - begin)

    last = int(recording.received.max())
    silent = [last - int(recording.received[recording.workloop == name].max()) for name in np.unique(recording.workloop)]
    return Outcome(
        inserted=since(export.inserted_at),
        queue=table.queue,
        claimed=since(export.claimed_at),
        started=since(export.started_at),
        claims=len(recording.begun),
        stopped=any(pause >= STOPPED_FOR_GOOD for pause in silent),
    )


def exact_table(recording: Recording) -> RunTable:
    """The recording's runs, with the log lines that each of them wrote."""
    table = generate(recording.scenario.scenario)
    return with_lines(table, recording.log_lines, np.full(len(recording.log_lines), LINES_AT_END))


def simulated(recording: Recording, table: RunTable) -> tuple[Outcome, RunLog]:
    log = run_engine(deployment(recording.scenario.scenario), table, engine="kernel", record_changes=True)
    shown = as_exported(log)
    return Outcome(log.inserted_at, table.queue, shown.claimed_at, shown.started_at, log.claims_sent, bool(stopped_workloops(log))), log


def jitter(recording: Recording, log: RunLog) -> Times:
    """How much longer than simulated each run's slot was held: from the claim's decision until Lightning knew of the end."""
    known = (recording.run_complete_seen != NEVER) & (recording.run_decided != NEVER) & (log.freed_at != NEVER)
    held = (recording.run_complete_seen - recording.run_decided)[known]
    return held - (log.freed_at - log.received_at)[known]


def jittered(recording: Recording, table: RunTable, deviations: Times, number: int) -> RunTable:
    random = np.random.default_rng([number, *recording.name.encode()])
    startup = np.maximum(table.startup_time + random.choice(deviations, len(table.startup_time)), 0)
    lines = recording.log_lines
    return with_lines(replace(table, startup_time=startup), lines, np.full(len(lines), LINES_AT_END))


@dataclass(frozen=True)
class Compared:
    """A live run and its simulations."""

    name: str
    live: Outcome
    once: Outcome
    many: tuple[Outcome, ...]

    @property
    def alike(self) -> list[Outcome]:
        """Those replications in which a workloop dies if one did live, and none if none did."""
        return [outcome for outcome in self.many if outcome.stopped == self.live.stopped]


def compared(name: str, replications: int) -> Compared:
    recording = read(name)
    table = exact_table(recording)
    once, log = simulated(recording, table)
    deviations = jitter(recording, log)
    many = tuple(simulated(recording, jittered(recording, table, deviations, number))[0] for number in range(replications))
    return Compared(name, lived(recording, table), once, many)


# --- tables ---


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of one lane of one live run, in seconds."""

    name: str
    lane: str
    statistic: str
    live: float
    once: float
    low: float
    """90 of 100 replications lie between."""
    middle: float
    high: float

    @property
    def ratio(self) -> float:
        """Simulated to live."""
        return self.middle / self.live

    @property
    def allowed(self) -> float:
        return max(ALLOWED, SPREAD.get((self.name, self.lane, self.statistic), 0.0))

    @property
    def is_near(self) -> bool:
        return abs(self.ratio - 1) <= self.allowed

    @property
    def is_within(self) -> bool:
        """Live as one of the replications might be."""
        return self.low <= self.live <= self.high

    @property
    def text(self) -> str:
        where = "within" if self.is_near else "**beyond**"
        inside = "inside" if self.is_within else "outside"
        return (
            f"| `{self.name}` | {self.lane} | {self.statistic} | {self.live:.3f} | {self.middle:.3f} | {self.ratio:.3f} "
            f"| {100 * self.allowed:.0f} % | {where} | {self.low:.3f} to {self.high:.3f} | {inside} | {self.once:.3f} |"
        )


def lines_of(one: Compared) -> Iterator[Line]:
    spread = np.quantile([outcome.waits for outcome in one.alike], [0.05, 0.5, 0.95], axis=0)
    for row, lane in enumerate(LANES):
        for column, statistic in enumerate(STATISTICS):
            low, middle, high = spread[:, row, column]
            yield Line(one.name, lane.label, statistic, one.live.waits[row, column], one.once.waits[row, column], low, middle, high)


def waits_table(lines: Sequence[Line]) -> str:
    head = "| run | lane | wait | live, s | simulated, s | ratio | allowed | | 90 of 100 replications | live is | simulated once |"
    return "\n".join([head, "|" + " --- |" * 11, *(line.text for line in lines)])


def claims_table(found: Sequence[Compared]) -> str:
    head = (
        "| run | claimed near: simulated once | replications | two live runs | two replications | claims: live | simulated once "
        "| replications | a workloop died: live | simulated once | replications |"
    )
    rows = [head, "|" + " --- |" * 11]
    for one in found:
        claims = sorted(outcome.claims for outcome in one.many)
        hits = sorted(near(outcome, one.live) for outcome in one.many)
        pairs = [near(*pair) for pair in combinations(one.many[:40], 2)]
        died = sum(outcome.stopped for outcome in one.many)
        cells = [
            f"`{one.name}`",
            f"{near(one.once, one.live)}",
            _middle(hits),
            f"{IN_COMMON.get(one.name, '–')}",
            f"{np.median(pairs):.0f}",
            f"{one.live.claims:,}",
            f"{one.once.claims:,}",
            _middle(claims),
            "yes" if one.live.stopped else "no",
            "yes" if one.once.stopped else "no",
            f"{died} of {len(one.many)}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _middle(values: Sequence[int]) -> str:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return f"{middle:,.0f} [{low:,.0f}, {high:,.0f}]"


def verdicts(replications: int) -> dict[tuple[str, str], Validation]:
    """Of each export (first) and each deployment."""
    exports = {name: read(name).export for name in NAMES}
    deployed = {name: from_scenario(FOLDER / f"{name}.yaml") for name in NAMES}
    return {
        (run, name): validate(exports[run], deployed[name], replications=replications, engine="kernel") for run in NAMES for name in NAMES
    }


def verdicts_table(found: dict[tuple[str, str], Validation]) -> str:
    rows = ["| export | " + " | ".join(f"as `{name}`" for name in NAMES) + " |", "|" + " --- |" * (len(NAMES) + 1)]
    for run in NAMES:
        cells = [", ".join(found[run, name].rejected) if found[run, name].rejected else "**agrees**" for name in NAMES]
        rows.append(f"| `{run}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def summary(lines: Sequence[Line], found: Sequence[Compared]) -> str:
    frequent = [line for line in lines if line.lane != "manual"]
    beyond = [line for line in lines if not line.is_near]
    iv = next(one for one in found if one.name == "iv")
    return "\n".join(
        [
            f"- Of the default lane and the fast lane {sum(line.is_near for line in frequent)} of {len(frequent)} statistics, of all "
            f"lanes {len(lines) - len(beyond)} of {len(lines)}, are within the spread of two live runs or {100 * ALLOWED:.0f} %.",
            f"- Of the {len(beyond)} that are not, {sum(line.is_within for line in beyond)} lie where 90 of 100 replications do, and of "
            f"all {len(lines)} {sum(line.is_within for line in lines)}.",
            f"- In `iv` a workloop dies in {sum(o.stopped for o in iv.many)} of {len(iv.many)} replications, and in one of two live runs.",
        ]
    )


TEXT = """\
# Live runs and their simulations

Made by `make live-study`, with {replications} replications of each run. A real worker (ws-worker 1.25.0) served the same list of 331
runs in 510 s, six times, on a real PostgreSQL in wall-clock time; [tests/live](../tests/live/README.md) holds what was recorded. Here each
of these live runs is simulated, with the latencies that its recording shows and the log lines that its runs wrote.

{summary}

A live run jitters by some tens of milliseconds, and which claim comes first may hang on less. So each live run is simulated many times,
with the jitter that was measured: each run's start-up gets what the slot of some run was held longer or shorter than simulated.
*Simulated* is the median of these replications. *Simulated once* has no jitter: the medians of the latencies alone.

## Waits

From insertion to start. *Allowed* is how far two live runs of the same thing were apart, or {allowed:.0f} %, whichever is more. There is
a second live run of `ii_a`, `iii` and `iv` only, and three ratios are known of it. The manual lane has 26 runs. In `iv` only those
replications count in which no workloop died, as live ({alike} of {replications}).

{waits}

## Claims

*Claimed near*: of the 331 runs those that are claimed within {near} of the live instant. *Two live runs*: what two live runs of the same
thing have in common in this way. *Two replications*: what two simulations with jitter have in common (median of their pairs). Of
replications you see the median and the range that holds 90 of 100.

{claims}

## What `validate` says

Each export was replayed through each deployment by `fastlanes-sim validate` ({validations} replications). Named are the lanes in which it
does not look like that deployment. How many log lines each run wrote is not in an export: each replication draws them anew.

{verdicts}

## When a workloop dies

A workloop with one slot dies if its only slot is taken by a claim that comes back empty (W-6). Without notifications nothing wakes it
again. In `iv` that hangs on one run, which held its slot for 1.001 s: a backoff of 1 s, give or take what a machine under load does to
it. One of two live runs survived it. The fast lane's p95 is {alive} s if the workloop survives and {dead} s if it dies (medians of the
replications above, in which each run writes the log lines that it wrote live).

`validate` counts the replications in which that happens, and so does `run --replications` where notifications are off. They draw the
number of log lines anew, so another run may be the one that matters. Of `iv` `validate` says:

> {remarks}

And `fastlanes-sim run tests/live/iv.yaml --replications {replications}`:

> {notes}
"""


def page(found: Sequence[Compared], judged: dict[tuple[str, str], Validation]) -> str:
    lines = [line for one in found for line in lines_of(one)]
    died = next(one for one in found if one.name == "iv")
    fast = LANES.index(Queue.FAST_LANE), STATISTICS.index("p95")
    dead, alive = (np.median([o.waits[fast] for o in died.many if o.stopped == which]) for which in (True, False))
    return TEXT.format(
        alike=len(died.alike),
        replications=len(found[0].many),
        allowed=100 * ALLOWED,
        near=format_duration(NEAR),
        validations=judged["iv", "iv"].replications,
        summary=summary(lines, found),
        waits=waits_table(lines),
        claims=claims_table(found),
        verdicts=verdicts_table(judged),
        remarks=" ".join(judged["iv", "iv"].remarks),
        notes=" ".join(replicate(read("iv").scenario, len(found[0].many), engine="kernel").notes),
        dead=f"{dead:.1f}",
        alive=f"{alive:.1f}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200, help="of each live run, with jitter")
    parser.add_argument("--validations", type=int, default=99, help="replications of each `validate`")
    arguments = parser.parse_args()
    compile_kernel()
    found = []
    for name in NAMES:
        found.append(compared(name, arguments.replications))
        print(waits_table(list(lines_of(found[-1]))), flush=True)
    print(claims_table(found), flush=True)
    judged = verdicts(arguments.validations)
    PAGE.write_text(page(found, judged))
    print(verdicts_table(judged))


if __name__ == "__main__":
    main()
