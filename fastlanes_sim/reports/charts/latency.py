"""How long runs took: distributions, a curve a lane, with the objectives that they must pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.escaping import mathtext
from fastlanes_sim.core.units import SECOND, format_duration, format_share
from fastlanes_sim.measures.judge import judge
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome
from fastlanes_sim.measures.scopes import LANES, Scope
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis, nines_axis
from fastlanes_sim.reports.charts.marks import curve, handle, lowest, or_nothing
from fastlanes_sim.reports.charts.style import REFERENCE, SERIES_DASHES, scope_colours
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.results.observed import Observed

_MEANING: dict[str, str] = {
    "wait": "from insertion to start",
    "queue": "from insertion to claim",
    "startup": "from claim to start",
    "service": "from start to end",
    "response": "from insertion to end",
}


_OUTCOMES: dict[Outcome, dict[str, Any]] = {
    "met": {"marker": "o", "markersize": 10},
    "missed": {"marker": "X", "markersize": 11},
    "undecided": {"marker": "^", "markersize": 11},
}
_WIDEST = 0.8
"""Where on its axis an objective's mark stands at most, so that its name finds room."""


def latency_cdf(
    ax: Any, observed: Observed, time: IntervalName = "wait", slos: Iterable[Objective] = (), scopes: Sequence[Scope] = ()
) -> Any:
    """Which share of each lane's runs took at most so long; a curve a lane, and a mark for each objective it must pass on the left: a dot
    where it does, a cross where it does not, a triangle where that is undecided. The same of other scopes, with dashes: their runs are
    among those of the lanes.

    Runs that had not come to the end of the interval count in the whole and never in the part, so that a curve with such runs
    ends below 100 %.
    """
    colours = scope_colours(scopes)
    lanes = [lane for lane in (*LANES[:-1], *map(str, scopes)) if len(observed.durations(lane, time))]
    low, high = float("inf"), 0.0
    for lane in lanes:
        spans = observed.durations(lane, time)
        label = f"{lane_title(lane)} ({counted(len(spans), 'run')})"
        if len(spans.censored):
            label += f", {len(spans.censored):,} not there yet"
        curve(ax, spans, color=colours[lane], label=label, linestyle="-" if lane in LANES else SERIES_DASHES[1])
        low, high = min(low, lowest(spans)), max(high, float(spans.ages[-1]))
    marks = [
        (*mark, judge(slo, observed).verdict)
        for slo in slos
        if slo.measure.name == time and (mark := mark_of(slo)) is not None and mark[0] in colours
    ]
    for lane, x, y, text, outcome in marks:
        colour, x, said = colours[lane], max(x, SHORTEST), f"{lane_title(lane)}: {text} is {outcome}"
        ax.plot(x, y, **_OUTCOMES[outcome], color=colour, markeredgecolor="white", linestyle="none", zorder=5, gid=said)
        low, high = min(low, x), max(high, x)
    for _, x, _, _, _ in marks:  # room for its name on the right, where a curve that meets it is not
        high = max(high, low * (max(x, SHORTEST) / low) ** (1 / _WIDEST))
    ax.set_title(f"{time.capitalize()}: how long it took, {_MEANING[time]}")
    ax.set_xlabel(f"{time.capitalize()} (log scale)")
    ax.set_ylabel("Runs that took at most this long")
    most = max([len(observed.durations(lane, time)) for lane in lanes], default=1)
    nines_axis(ax, most)
    duration_axis(ax.xaxis, low if lanes or marks else SECOND, high if lanes or marks else 100 * SECOND)
    for lane, x, y, text, _ in marks:
        _name_mark(ax, x, y, text, colours[lane])
    if lanes:
        handles, labels = ax.get_legend_handles_labels()
        for outcome in dict.fromkeys(mark[-1] for mark in marks):
            handles.append(handle(**_OUTCOMES[outcome], color=REFERENCE, markeredgecolor="white", linestyle="none"))
            labels.append(f"objective, {outcome}: pass left of it")
        ax.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, columnspacing=1.2, fontsize=11)
    return or_nothing(ax, bool(lanes))


def latency_ccdf(ax: Any, observed: Observed, time: IntervalName = "wait", scopes: Sequence[Scope] = ()) -> Any:
    """Which share of each lane's runs took longer than so long, both axes logarithmic: a straight line is a heavy tail. The same of other
    scopes, with dashes.

    Runs that had not come to the end of the interval took longer than their age: the curve ends at their share, with an arrow.
    """
    colours = scope_colours(scopes)
    lanes = [lane for lane in (*LANES[:-1], *map(str, scopes)) if len(observed.durations(lane, time))]
    low, high, least = float("inf"), 0.0, 1.0
    for lane in lanes:
        spans = observed.durations(lane, time)
        label = f"{lane_title(lane)} ({counted(len(spans), 'run')})"
        label += f", {len(spans.censored):,} not there yet" if len(spans.censored) else ""
        dashes = "-" if lane in LANES else SERIES_DASHES[1]
        x, share = curve(ax, spans, longer=True, color=colours[lane], label=label, linestyle=dashes)
        if len(spans.censored):
            ax.plot(x[-1], share[-1], marker=">", markersize=8, color=colours[lane], linestyle="none", clip_on=False)
        low, high, least = min(low, lowest(spans)), max(high, float(spans.ages[-1])), min(least, 1 / len(spans))
    ax.set_title(f"{time.capitalize()}: how often it took longer, {_MEANING[time]}")
    ax.set_xlabel(f"{time.capitalize()} (log scale)")
    ax.set_ylabel("Runs that took longer (log scale)")
    duration_axis(ax.xaxis, low if lanes else SECOND, high if lanes else 100 * SECOND)
    ax.set_yscale("log")
    ax.set_ylim(least / 1.3, 1.15)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    ax.fmt_ydata = format_share
    if lanes:
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, columnspacing=1.2, fontsize=11)
    return or_nothing(ax, bool(lanes))


def mark_of(slo: Objective) -> tuple[str, float, float, str] | None:
    """(scope, duration, share, text) of an objective that is a point of the chart, None for another."""
    measure = slo.measure
    if not slo.is_upper_bound or not measure.row.has_scope:
        return None
    scope = str(measure.scope)
    if measure.statistic == "share" and measure.threshold is not None:
        text = f"{100 * slo.bound:g} % over {format_duration(measure.threshold)}"
        return scope, float(measure.threshold), min(1 - float(slo.bound), 0.99999), text
    if measure.percentile is not None:
        return scope, float(slo.bound), measure.percentile / 100, f"{measure.statistic} {slo.operator} {slo.bound_text}"
    return None


def _name_mark(ax: Any, x: float, y: float, text: str, colour: str) -> None:
    """On the right of its mark, where a curve that meets the objective is not."""
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    look = {"xytext": (10, -4), "textcoords": "offset points", "fontsize": 11, "bbox": box, "zorder": 4}
    ax.annotate(mathtext(text), (max(x, SHORTEST), y), color=colour, **look)
