"""The page of a session: the verdict, predicted beside observed, what was measured, and what likely made the difference."""

from __future__ import annotations

import math

from fastlanes_sim import __version__
from fastlanes_sim.calibration.validate import Validation
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.figures.validation import qq_plots
from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.report import Table
from fastlanes_sim.rig.session_result import RigResult


def page(found: RigResult) -> Page:
    """Of one session."""
    validation = found.validation
    sentences = [found.verdict.words]
    if validation is not None:
        sentences += [validation.words, *(lane.words for lane in validation.lanes), *validation.remarks]
    charts = []
    tables = [_claims(found), _measured(found)]
    if validation is not None and validation.lanes:
        says = "Each quantile of the predicted wait over that of the observed one, a picture a lane. On the line both agree."
        table = beside(validation)
        charts.append(Chart("Predicted over observed waits", says, inline(qq_plots(validation), "rig", says), [table]))
        tables.insert(0, table)
    return Page(
        title=f"{found.loaded.scenario.name}: a real worker on the rig",
        cases=[],
        why=[*sentences, *found.causes],
        charts=charts,
        tables=tables,
        scenarios=[Text(str(found.loaded.source), found.loaded.text, found.loaded.overrides)],
        metadata={"fastlanes_sim": __version__, "scenario_hash": found.loaded.hash, "start": found.start.isoformat()},
        warnings=[problem.message for problem in found.loaded.warnings],
        interrupted=found.log.interrupted,
        headline={"met": "As the model says", "missed": "Not as the model says", "undecided": "Undecided"}[found.verdict.outcome],
    )


def beside(validation: Validation) -> Table:
    """Predicted beside observed, by lane and percentile."""
    rows = [
        [lane_title(lane.lane), f"{time} p{100 * one.p:g}", *map(_show, (one.observed, one.predicted, one.low, one.high))]
        for lane in validation.lanes
        for time in ("wait", "response")
        for one in getattr(lane, time)
    ]
    head = ["lane", "time", "observed", "predicted", "least of all replications", "most"]
    return Table("Predicted beside observed", head, rows)


def _claims(found: RigResult) -> Table:
    rows = [
        [
            found.deployment.workers[one.worker].name,
            f"{one.expected:,}",
            f"{one.as_expected:,}",
            f"{len(one.missing):,}",
            f"{sum(claim.off is None for claim in one.claims):,}",
            f"{one.ties:,}",
        ]
        for one in found.conducts
    ]
    return Table("Claims beside those that were due", ["worker", "claims", "as due", "due, never came", "came, not due", "by a hair"], rows)


def _measured(found: RigResult) -> Table:
    latency, measured = found.deployment.latency, found.measured
    rows = [
        ["request", format_duration(latency.up), format_duration(measured.request)],
        ["database", format_duration(latency.database[0][1]), format_duration(measured.database)],
        ["reply", format_duration(latency.down), format_duration(measured.reply)],
        ["real round trip", "–", format_duration(measured.real_round_trip)],
        ["from the last acknowledgement to the freed slot", "–", format_duration(measured.telling)],
        ["timers late, p99", "–", format_duration(measured.lag)],
    ]
    return Table("Latencies", ["", "scenario", "measured (median)"], rows)


def _show(us: float) -> str:
    return format_duration(round(us)) if math.isfinite(us) else "never"
