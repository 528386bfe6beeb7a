"""The page of one simulation: what was found, why runs waited, and how it went over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.reports.charts.axes import SPANS, spans_of
from fastlanes_sim.reports.charts.style import paper, styled
from fastlanes_sim.reports.content.simulation import SimulationReport
from fastlanes_sim.reports.figures import simulation as figures
from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.slowest_runs import bands, slots_meanwhile, span, tail
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.labels import lane_title, titled
from fastlanes_sim.reports.report import Table
from fastlanes_sim.reports.text.advice import paragraph
from fastlanes_sim.results.explanation import over_time
from fastlanes_sim.results.series import Steps, busy_slots, depth_of, highest_in_bins, mean_in_bins
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import by_token
from fastlanes_sim.results.worker_processes import on_duty, running
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import QUEUES

if TYPE_CHECKING:
    from fastlanes_sim.experiments.advice import Advice

_SHARES = ("1%", "10%", "25%", "50%", "75%", "90%", "95%", "99%", "99.9%", "100%")


def page(result: Simulated, advice: Sequence[Advice] = ()) -> Page:
    """Everything about a simulation that `run` knows."""
    report = SimulationReport(result)
    with styled():
        drawn = [
            *_attribution(result),
            _cdf(result, "wait"),
            tail(result),
            _cdf(result, "response"),
            _over_time(result),
            bands(result),
            _slots(result),
            *slots_meanwhile(result),
        ]
    loaded = result.scenario
    return Page(
        title=report.title,
        cases=report.cases,
        why=report.sentences,
        charts=drawn,
        tables=report.tables,
        scenarios=[Text(str(shown_path(loaded.source)), loaded.text, loaded.overrides)],
        metadata=report.metadata,
        warnings=[f"{problem.message} (line {problem.line})" if problem.line else problem.message for problem in loaded.warnings],
        advice=[paragraph(one) for one in advice],
        interrupted=result.log.interrupted,
        caution=result.worst_remark,
        headline=report.answer,
        question=report.question,
        facts=report.facts,
    )


def _attribution(result: Simulated) -> list[Chart]:
    if not result.waited:
        return []
    numbers = [SimulationReport(result).waits_table]
    edges = spans_of(result.log.ended_on, SPANS)
    for why in result.waited:
        split = over_time(result.log, result.attribution, np.flatnonzero(result.observed.members(why.scope)), edges)
        causes = [cause for cause in Cause if split.mean[:, cause].any()]
        rows = [
            [span(edges, i), f"{split.runs[i]:,}", *(_time(split.mean[i, cause]) for cause in causes)]
            for i in range(len(edges) - 1)
            if split.runs[i]
        ]
        heading = f"Mean wait of {lane_title(why.name)} runs by cause and by when they were inserted"
        numbers.append(Table(heading, ["inserted", "runs", *(cause.label for cause in causes)], rows))
    label = "Stacked bars: the share of each cause in the wait, for all runs of each lane{} and its slowest. Below, the same over time."
    label = label.format(_apart(result, "of "))
    figure = figures.attribution(result)
    return [Chart("What the waits were made of", label, inline(figure, "attribution", label), numbers)]


def _cdf(result: Simulated, time: IntervalName) -> Chart:
    figure = paper(8, 5)
    figures.latency(result, time, figure.subplots())
    lanes = [lane for lane in (*LANES[:-1], *map(str, result.told_apart)) if len(result.observed.durations(lane, time))]
    rows = []
    for share in _SHARES:
        level = float(share.rstrip("%")) / 100
        rows.append([share.replace("%", " %"), *(str(result.observed.durations(lane, time).quantile(round(level, 6))) for lane in lanes)])
    label = f"Distribution of the {time} of each lane's runs, a curve a lane{_apart(result, 'one of ')}, with a mark for each objective: "
    label += "a dot where it is met, a cross where it is missed."
    heading = f"How long runs took: {time}"
    table = Table(f"That share of runs had a {time} of at most", ["runs", *map(lane_title, lanes)], rows)
    return Chart(heading, label, inline(figure, time, label), [table])


def _over_time(result: Simulated) -> Chart:
    figure = figures.wait(result).figure
    edges = spans_of(result.log.ended_on, SPANS)
    numbers = []
    for lane in (*QUEUES, *map(str, result.told_apart)):
        if not result.observed.counts(lane).runs:
            continue
        depth = depth_of(result.log, result.observed.members(lane))
        highest, mean = _in_spans(depth, edges)
        rows = [[span(edges, i), f"{mean[i]:.1f}", f"{highest[i]:,}"] for i in range(len(edges) - 1)]
        numbers.append(Table(f"{titled(lane)} runs that waited to be claimed", ["time", "mean", "most"], rows))
    label = (
        f"The wait of each run by when it was inserted, a colour a lane{_apart(result, 'one for ')}; below, how many runs of each were "
        "waiting to be claimed."
    )
    if result.replicas is not None:
        label += " At the bottom, how many worker processes there were, and how many of them accepted runs."
        there, serving = (_in_spans(series, edges)[1] for series in (running(result.log), on_duty(result.log)))
        rows = [[span(edges, i), f"{there[i]:.2f}", f"{serving[i]:.2f}"] for i in range(len(edges) - 1)]
        numbers.append(Table("Replicas over time (mean)", ["time", "there", "accepting runs"], rows))
    return Chart("Waits and queues over time", label, inline(figure, "time", label), numbers)


def _apart(result: Simulated, word: str) -> str:
    """`, and of workflow.clinic.import`: what is shown beside the lanes."""
    return "".join(f", and {word}{scope}" for scope in result.told_apart)


def _slots(result: Simulated) -> Chart:
    places = by_token(result.deployment)
    figure = figures.slots(result)
    edges = spans_of(result.log.ended_on, SPANS)
    means = [_in_spans(busy_slots(result.log, place), edges)[1] for place in places.values()]
    rows = [[span(edges, i), *(f"{mean[i]:.2f}" for mean in means)] for i in range(len(edges) - 1)]
    label = "Slots busy in each workloop over time; the line on top of each row is its capacity."
    table = Table("Slots busy on average", ["time", *places], rows)
    return Chart("Busy slots", label, inline(figure, "slots", label), [table])


def _in_spans(series: Steps, edges: Any) -> tuple[Any, Any]:
    if series.times[-1] < edges[-1]:  # nothing was simulated
        return np.zeros(len(edges) - 1, np.int64), np.zeros(len(edges) - 1)
    return highest_in_bins(series, edges), mean_in_bins(series, edges)


def _time(us: float) -> str:
    return format_duration(us) if us else "–"
