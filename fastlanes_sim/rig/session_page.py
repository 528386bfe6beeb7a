"""The page of one session or more: the verdict, likely causes, predicted beside observed, and what was measured."""

from __future__ import annotations

import math
from statistics import median

from fastlanes_sim import __version__
from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.core.run_log import arrived
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.content.setting import deployment_of, question_of
from fastlanes_sim.reports.figures.validation import qq_plots
from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.report import Table
from fastlanes_sim.rig.conduct_verdict import FREED_SHARE, LEAST_SHARE
from fastlanes_sim.rig.repeats import Beside, Repeats
from fastlanes_sim.rig.session_result import RigResult
from fastlanes_sim.rig.spread_figure import predicted_beside_observed

_MOST_PLOTS = 3
"""Sessions whose waits are drawn one by one."""
_BEYOND = "This test lets workers poll at other instants, and no more: live sessions also differ by their timers and round trips."


def page(found: Repeats) -> Page:
    """Of all sessions, the earliest first."""
    first = found.sessions[0]
    return Page(
        title=f"{first.loaded.scenario.name}: real workers on the rig",
        cases=[case for number, one in enumerate(found.sessions, 1) for case in _cases(number, one)],
        why=found.causes or ["Nothing differs that was looked at: layouts, backoff, latencies, start-up, versions."],
        why_heading="Likely causes of what differs" if found.causes else "What differs",
        charts=[*_beside_chart(found), *_qq_charts(found)],
        tables=[*([_beside_table(found)] if found.beside else []), _claims(found), _measured(found)],
        scenarios=[Text(str(shown_path(first.loaded.source)), first.loaded.text, first.loaded.overrides)],
        metadata={
            "fastlanes_sim": __version__,
            "scenario_hash": first.loaded.hash,
            "started": ", ".join(one.start.isoformat(timespec="seconds") for one in found.sessions),
        },
        warnings=[problem.message for problem in first.loaded.warnings],
        interrupted=any(one.log.interrupted for one in found.sessions),
        headline=" ".join([found.words, *([found.spread_words] if found.spread_words else [])]),
        question=question_of(first.loaded),
        facts=_facts(found),
    )


def _facts(found: Repeats) -> list[tuple[str, str]]:
    first = found.sessions[0]
    runs = sum(int(arrived(one.log).sum()) for one in found.sessions)
    lasted, several = format_duration(first.log.ended_on), len(found.sessions) > 1
    versions = sorted({version for one in found.sessions for version in one.recording.versions.values() if version})
    return [
        ("deployment", deployment_of(first.loaded.scenario)),
        ("workers", f"ws-worker {', '.join(versions)}" if versions else "of a version that they did not say"),
        ("observed", f"{len(found.sessions)} sessions of {lasted}, {runs:,} runs" if several else f"{lasted}, {runs:,} runs"),
        ("predicted", _evidence(first)),
    ]


def _evidence(one: RigResult) -> str:
    if one.validation is None:
        return "nothing"
    return f"{one.validation.replications} replications of the same runs, with the latencies that were measured"


def _cases(number: int, one: RigResult) -> list[Case]:
    """What decides, a row each; waits beside them."""
    verdict, name = one.verdict, f"session {number}"
    file = shown_path(one.loaded.source)
    share = f"{verdict.as_expected:,} of {verdict.claims:,} within {format_duration(verdict.tolerance)}"
    freed = f"{verdict.freed.in_time:,} of {verdict.freed.runs:,}"
    return [
        Case(name, f"{LEAST_SHARE:.0%} of the claims come when they are due", verdict.of_claims, share, file, 0),
        Case(name, f"{FREED_SHARE:.0%} of the slots are freed as W-13 says", verdict.of_slots, freed, file, 0),
    ]


def _beside_chart(found: Repeats) -> list[Chart]:
    if not found.beside:
        return []
    says = "A row for each percentile of a lane: what was predicted, over all replications and in their median, and a circle a session."
    figure = predicted_beside_observed(found.beside)
    return [Chart("Predicted beside observed", says, inline(figure, "beside", says), [_beside_table(found)])]


def _qq_charts(found: Repeats) -> list[Chart]:
    charts = []
    for number, one in enumerate(found.sessions[:_MOST_PLOTS], 1):
        if one.validation is None or not one.validation.lanes:
            continue
        says = "Each quantile of the predicted wait over that of the observed one, a picture a lane. On the line both agree."
        lines = [[lane.lane, lane.words.removeprefix(f"{lane.lane}: ")] for lane in one.validation.lanes]
        table = Table("The waits of each lane", ["lane", "verdict"], [[lane_title(lane), words] for lane, words in lines])
        of = f", session {number}" if len(found.sessions) > 1 else ""
        picture = inline(qq_plots(one.validation), f"rig{number}", says)
        beyond = [_BEYOND] if one.validation.rejected else []
        legend = " ".join([one.validation.words, *one.validation.remarks, *beyond])
        charts.append(Chart(f"Predicted over observed waits{of}", says, picture, [table], legend))
    return charts


def _beside_table(found: Repeats) -> Table:
    """Predicted beside observed, by lane and percentile."""
    several = len(found.sessions) > 1
    seen = ["observed: least", "median", "most"] if several else ["observed"]
    head = ["lane", "time", *seen, "predicted", "replications: least", "most", *(["within the sessions"] if several else [])]
    return Table("Predicted beside observed", head, [_beside_row(row, several) for row in found.beside])


def _beside_row(row: Beside, several: bool) -> list[str]:
    seen = (row.observed[0], median(row.observed), row.observed[-1]) if several else row.observed
    cells = [lane_title(row.lane), f"{row.interval} p{100 * row.p:g}", *map(_show, (*seen, row.predicted, row.low, row.high))]
    return [*cells, "yes" if row.is_within else "no"] if several else cells


def _claims(found: Repeats) -> Table:
    rows = [
        [
            str(number),
            one.deployment.workers[conduct.worker].name,
            f"{conduct.expected:,}",
            f"{conduct.as_expected:,}",
            f"{len(conduct.missing):,}",
            f"{sum(claim.off is None for claim in conduct.claims):,}",
            f"{conduct.ties:,}",
        ]
        for number, one in enumerate(found.sessions, 1)
        for conduct in one.conducts
    ]
    head = ["session", "worker", "claims", "as due", "due, never came", "came, not due", "close to another event"]
    return Table("Claims beside those that were due", head, rows)


def _measured(found: Repeats) -> Table:
    latency = found.sessions[0].deployment.latency
    rows = [
        ("request", format_duration(latency.up), "request"),
        ("database", format_duration(latency.database[0][1]), "database"),
        ("reply", format_duration(latency.down), "reply"),
        ("real round trip", "–", "real_round_trip"),
        ("from the last acknowledgement to the freed slot", "–", "telling"),
        ("timers late, p99", "–", "lag"),
    ]
    sessions = [f"session {number}" for number in range(1, len(found.sessions) + 1)] if len(found.sessions) > 1 else ["measured"]
    cells = [[name, planned, *(format_duration(getattr(one.measured, field)) for one in found.sessions)] for name, planned, field in rows]
    return Table("Latencies (medians)", ["", "scenario", *sessions], cells)


def _show(us: float) -> str:
    return format_duration(round(us)) if math.isfinite(us) else "open at the end"
