"""A session and what it comes to: what happened, what was predicted, and why they differ where they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from fastlanes_sim.api.result import Result
from fastlanes_sim.calibration.validate import REPLICATIONS, Validation
from fastlanes_sim.core.run_log import RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.rig.conduct_verdict import Verdict, judge
from fastlanes_sim.rig.follower import Conduct, follow
from fastlanes_sim.rig.latencies import Latencies, latencies
from fastlanes_sim.rig.likely_causes import causes
from fastlanes_sim.rig.prediction import predicted, startup_of
from fastlanes_sim.rig.recording import Recording
from fastlanes_sim.rig.seen_log import log_of, table_of
from fastlanes_sim.scenario.load import LoadedScenario

EXPORT = "export.csv"


@dataclass(frozen=True, eq=False)
class RigResult:
    """Everything of one session."""

    loaded: LoadedScenario
    deployment: Deployment
    table: RunTable
    recording: Recording
    log: RunLog
    measured: Latencies
    conducts: Sequence[Conduct]
    """One a worker that came."""
    start: datetime
    """The instant of scenario time 0, in UTC."""
    validation: Validation | None = None
    """Predicted beside observed; None where no run came, or nobody asked."""

    @cached_property
    def observed(self) -> Result:
        """What happened, as if it had been simulated: every table, chart and export there is of a simulation."""
        return Result(self.loaded, self.deployment, self.table, self.log, self.loaded.scenario.seed)

    @cached_property
    def verdict(self) -> Verdict:
        return judge(self.recording, self.measured, self.conducts, self.validation)

    @cached_property
    def causes(self) -> list[str]:
        """Why predicted and observed may differ, as sentences."""
        planned = self.table.startup_time
        mean = float(planned.mean()) if len(planned) else 0.0
        return causes(self.recording, self.deployment, self.measured, self.conducts, startup_of(self.log), mean)

    def summary(self) -> dict[str, Any]:
        """Plain values for JSON; times in seconds."""
        verdict, measured = self.verdict, self.measured
        return {
            "scenario": self.loaded.scenario.name,
            "scenario_hash": self.loaded.hash,
            "start": self.start.isoformat(),
            "lasted_s": self.log.ended_on / SECOND,
            "interrupted": self.log.interrupted,
            "runs": int(arrived(self.log).sum()),
            "verdict": verdict.outcome,
            "claims": {"as_expected": verdict.as_expected, "all": verdict.claims, "missing": verdict.missing, "ties": verdict.ties},
            "tolerance_s": verdict.tolerance / SECOND,
            "slots_freed": {"in_time": verdict.freed.in_time, "all": verdict.freed.runs, "p95_s": verdict.freed.within / SECOND},
            "measured_s": {
                name: getattr(measured, name) / SECOND for name in ("request", "database", "reply", "real_round_trip", "telling", "lag")
            },
            "refused_frames_and_requests": self.recording.hostile,
            "workers": {self.deployment.workers[worker].name: layout for worker, layout in sorted(self.recording.layouts.items())},
            "causes": self.causes,
            "validation": None if self.validation is None else self.validation.to_json(),
        }

    def text(self) -> str:
        """The verdict, predicted beside observed, and likely causes."""
        lines = [self.verdict.words]
        if self.validation is not None:
            lines += [self.validation.words, *(f"  {lane.words}" for lane in self.validation.lanes), *self.validation.remarks]
        if self.causes:
            lines += ["Likely causes of what differs:", *(f"  {cause}" for cause in self.causes)]
        return "\n".join(lines)


def outcome_of(loaded: LoadedScenario, deployment: Deployment, table: RunTable, recording: Recording, start: datetime) -> RigResult:
    """What a session comes to, before anything is predicted."""
    measured = latencies(recording, deployment)
    came = sorted({event.worker for event in recording.events if event.kind == "open"})
    conducts = [follow(recording, number, deployment.workers[number], measured.tolerance) for number in came]
    return RigResult(loaded, deployment, table_of(table, recording), recording, log_of(recording, deployment), measured, conducts, start)


def with_prediction(
    found: RigResult, folder: Path, replications: int = REPLICATIONS, progress: Callable[[int, int], None] | None = None
) -> RigResult:
    """The same with what was predicted for the runs that came. Writes the export into `folder`, from where it is read as any other."""
    if not arrived(found.log).any():
        return found
    write_export(folder / EXPORT, found.table, found.log, found.deployment, found.start)
    export = read_export(folder / EXPORT)
    validation = predicted(export, found.loaded, found.measured, found.start, replications=replications, progress=progress)
    return replace(found, validation=validation)
