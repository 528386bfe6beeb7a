"""The charts of one simulation, and of several side by side. Axes in, Axes out; no statistic is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastlanes_sim.log import RunLog
from fastlanes_sim.reports.axes import SHORTEST, duration_axis, nines_axis, spans_of, time_axis
from fastlanes_sim.reports.style import LANE_COLOURS, LANE_MARKERS, REFERENCE, SERIES_COLOURS, SERIES_DASHES, lane_title
from fastlanes_sim.results.durations import Durations
from fastlanes_sim.results.intervals import Metric
from fastlanes_sim.results.metrics import LANES, Metrics
from fastlanes_sim.results.series import busy_slots as busy_steps
from fastlanes_sim.results.series import highest_in_bins, mean_in_bins
from fastlanes_sim.results.series import queue_depth as depth_steps
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.scenario.slo import Slo
from fastlanes_sim.traffic.table import RunTable
from fastlanes_sim.units import SECOND, format_duration

_MEANING: dict[str, str] = {
    "wait": "from insertion to start",
    "queue": "from insertion to claim",
    "startup": "from claim to start",
    "service": "from start to end",
    "response": "from insertion to end",
}
_MOST_DOTS = 4_000
"""Runs of one lane that are drawn one by one; more are drawn as a band."""
_MOST_STEPS = 4_000
"""Of a curve; more are thinned out, far below what pixels can show."""
_BINS = 300
"""Bins of time a chart is wide: about what 600 pixels can show."""


def latency_cdf(ax: Any, metrics: Metrics, metric: Metric = "wait", slos: Iterable[Slo] = ()) -> Any:
    """Which share of each lane's runs took at most so long; a curve a lane, and a cross for each objective it must pass on the left.

    Runs that had not come to the end of the interval count in the whole and never in the part, so that a curve with such runs
    ends below 100 %.
    """
    lanes = [lane for lane in LANES[:-1] if len(metrics.durations(lane, metric))]
    low, high = float("inf"), 0.0
    for lane in lanes:
        spans = metrics.durations(lane, metric)
        label = f"{lane_title(lane)} ({len(spans):,} runs)"
        if len(spans.censored):
            label += f", {len(spans.censored):,} not there yet"
        _curve(ax, spans, color=LANE_COLOURS[lane], label=label)
        low, high = min(low, _lowest(spans)), max(high, float(spans.ages[-1]))
    marks = [mark for slo in slos if slo.metric == metric and (mark := _mark(slo)) is not None]
    for lane, x, y, _ in marks:
        colour, x = LANE_COLOURS[lane], max(x, SHORTEST)
        ax.plot(x, y, marker="X", markersize=11, color=colour, markeredgecolor="white", linestyle="none", zorder=5)
        low, high = min(low, x), max(high, x)
    ax.set_title(f"{metric.capitalize()}: how long it took, {_MEANING[metric]}")
    ax.set_xlabel(f"{metric.capitalize()} (log scale)")
    ax.set_ylabel("Runs that took at most this long")
    most = max([len(metrics.durations(lane, metric)) for lane in lanes], default=1)
    nines_axis(ax, most)
    duration_axis(ax.xaxis, low if lanes or marks else SECOND, high if lanes or marks else 100 * SECOND)
    for lane, x, y, text in marks:
        _name_mark(ax, x, y, text, LANE_COLOURS[lane])
    if lanes:
        handles, labels = ax.get_legend_handles_labels()
        if marks:
            handles.append(_handle(marker="X", markersize=10, color=REFERENCE, markeredgecolor="white", linestyle="none"))
            labels.append("objective: pass left of it")
        ax.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, columnspacing=1.2, fontsize=11)
    return _or_nothing(ax, bool(lanes))


def wait_over_time(ax: Any, table: RunTable, log: RunLog, metrics: Metrics) -> Any:
    """How long each run waited, by when it was inserted. Runs that never started are triangles at the age that they reached.

    A lane of many runs is a band from its shortest to its longest wait, with the median.
    """
    unit = time_axis(ax, log.ended_on)
    waits = metrics.interval("wait")
    low, high, any_open = float("inf"), 0.0, False
    for lane in LANES[:-1]:
        runs = np.flatnonzero(metrics.members(lane))
        if not len(runs):
            continue
        colour = LANE_COLOURS[lane]
        when, length = log.inserted_at[runs] / unit, np.maximum(waits.length[runs], SHORTEST)
        late = ~waits.complete[runs]
        shortest = float(length.max() if late.all() else length[~late].min())
        length = np.where(late, np.maximum(length, shortest), length)  # the youngest triangles stay on the chart
        low, high = min(low, shortest), max(high, float(length.max()))
        any_open |= bool(late.any())
        if len(runs) > _MOST_DOTS:
            _band(ax, when, length, late, colour, lane_title(lane))
        else:
            size = 14 if lane == "fast_lane" else 7
            ax.scatter(
                when[~late], length[~late], s=size, marker=LANE_MARKERS[lane], color=colour, alpha=0.65, linewidths=0,
                label=lane_title(lane), zorder=3 if lane == "fast_lane" else 2, rasterized=True,
            )  # fmt: skip
            _triangles(ax, when[late], length[late], colour)
    ax.set_title("Wait of each run, from insertion to start", pad=32 if high else 10)  # the legend lies in between
    ax.set_ylabel("Wait (log scale)")
    duration_axis(ax.yaxis, low if high else SECOND, high or 100 * SECOND)
    if high:
        handles, labels = ax.get_legend_handles_labels()
        handles = [_handle(marker="o", markersize=8, color=_colour_of(h), linestyle="none") for h in handles]
        if any_open:
            handles.append(_handle(marker="^", markersize=8, color=REFERENCE, markerfacecolor="none", linestyle="none"))
            labels.append("never started (so far)")
        ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=4, columnspacing=1, handletextpad=0.2, fontsize=11)
    return _or_nothing(ax, bool(high))


def queue_depth(ax: Any, table: RunTable, log: RunLog, metrics: Metrics) -> Any:
    """How many runs of each lane were waiting for a claim, over time; in long simulations the highest number of each moment."""
    unit = time_axis(ax, log.ended_on)
    highest = 0
    for queue in Queue:
        lane = queue.label
        if not metrics.counts(lane).runs:
            continue
        series = depth_steps(table, log, queue)
        times, counts = series
        if len(times) > 4 * _BINS and log.ended_on >= _BINS:
            edges = spans_of(log.ended_on, _BINS)
            times, counts = edges, np.append(highest_in_bins(series, edges), series.counts[-1])
        ax.fill_between(times / unit, counts, step="post", color=LANE_COLOURS[lane], alpha=0.2, linewidth=0)
        ax.step(times / unit, counts, where="post", color=LANE_COLOURS[lane], linewidth=1.6, zorder=3 if lane == "fast_lane" else 2)
        highest = max(highest, max(counts.tolist(), default=0))
    ax.set_title("Runs waiting to be claimed")
    ax.set_ylabel("Runs")
    ax.set_ylim(0, max(1, highest) * 1.08)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    return ax


def busy_slots(ax: Any, deployment: Deployment, table: RunTable, log: RunLog) -> Any:
    """How full each workloop was over time: one row a token of the layout (workers that have the same one together).

    A row is as high as its slots; the line on top of it is its capacity. In long simulations a row shows the mean of each moment.
    """
    unit = time_axis(ax, log.ended_on)
    places: dict[str, list[tuple[int, int]]] = {}
    for w, worker in enumerate(deployment.workers):
        for i, loop in enumerate(worker.workloops):
            places.setdefault(loop.id, []).append((w, i))
    entries = utilisation(deployment, table, log)
    names = list(places)
    rows = {name: busy_steps(table, log, places[name]) for name in names}
    # All rows alike: means beside exact steps would not compare.
    coarse = log.ended_on >= _BINS and max(len(series.times) for series in rows.values()) > 2 * _BINS
    for row, name in enumerate(reversed(names)):
        mine = [entry for entry in entries if entry.workloop == name]
        slots = sum(entry.slots for entry in mine)
        busy = sum(entry.busy * entry.slots for entry in mine) / slots
        base = row * 1.45
        series = rows[name]
        times, counts = series.times, series.counts.astype(np.float64)
        if coarse:
            edges = spans_of(log.ended_on, _BINS)
            means = mean_in_bins(series, edges)
            times, counts = edges, np.append(means, means[-1])
        colour = _workloop_colour(name)
        ax.fill_between(times / unit, base, base + counts / slots, step="post", color=colour, alpha=0.75, linewidth=0)
        ax.axhline(base, color="black", linewidth=0.8)
        ax.axhline(base + 1, color=REFERENCE, linewidth=1.4, linestyle=(0, (5, 2)))
        workers = len({w for w, _ in places[name]})
        beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        many = f" on {workers} workers" if workers > 1 else ""
        ax.annotate(name + many, (0, base + 1), xytext=(2, 4), weight="bold", **beside)
        figures = f"{slots} slot{'s' if slots > 1 else ''}, {100 * busy:.0f} % busy"
        ax.annotate(figures, (1, base + 1), xytext=(-2, 4), ha="right", **beside)
    ax.set_ylim(0, max(1.45 * len(names), 1.45))
    ticks = [row * 1.45 + part for row in range(len(names)) for part in (0, 1)]
    ax.set_yticks(ticks, ["0", "all"] * len(names))
    ax.grid(False, axis="y")
    ax.set_ylabel("Slots busy")
    ax.set_title("Busy slots of each workloop")
    return ax


def comparison(figure: Any, deployments: Sequence[tuple[str, Metrics]], reference_us: int = 30 * SECOND, title: str = "") -> Any:
    """The wait under several deployments: the fast lane on the left, the default lane on the right, a curve a deployment.

    Each curve's p99 is marked (an arrow where it is a lower bound) and named in the legend; a dotted line shows `reference_us`.
    """
    lanes = ("fast_lane", "default")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    low, high, most = float("inf"), float(reference_us), 1
    handles, names = [], []
    for place, (label, metrics) in enumerate(deployments):
        look = {"color": SERIES_COLOURS[place % len(SERIES_COLOURS)], "linestyle": SERIES_DASHES[place % len(SERIES_DASHES)]}
        p99s = []
        for ax, lane in zip(axes, lanes, strict=True):
            spans = metrics.durations(lane, "wait")
            p99 = spans.quantile(0.99)
            if p99 is None:
                continue
            _curve(ax, spans, **look)
            marker = {"marker": "o" if p99.exact else ">", "markersize": 9, "markeredgecolor": "white", "linestyle": "none", "zorder": 5}
            ax.plot(max(p99.value_us, SHORTEST), 0.99, color=look["color"], **marker)
            p99s.append(f"{lane_title(lane)} {p99}")
            low, high, most = min(low, _lowest(spans)), max(high, float(spans.ages[-1])), max(most, len(spans))
        handles.append(_handle(**look))
        names.append(f"{label}. p99: {', '.join(p99s)}" if p99s else f"{label}: no runs")
    for ax, lane in zip(axes, lanes, strict=True):
        ax.set_title(f"{lane_title(lane).capitalize()}: wait")
        ax.set_xlabel("From insertion to start (log scale)")
        ax.axvline(reference_us, color=REFERENCE, linewidth=1.4, linestyle=":")
        where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate(format_duration(reference_us), (reference_us, 1), xytext=(4, -13), color=REFERENCE, fontsize=11, **where)
        nines_axis(ax, most)
        duration_axis(ax.xaxis, low if low < float("inf") else SECOND, high)
    axes[0].set_ylabel("Runs that waited at most this long")
    if title:
        figure.suptitle(title, fontsize=15, weight="bold")
    if handles:
        figure.legend(handles, names, loc="outside lower center", fontsize=11, handlelength=3.5)
    return figure


def _curve(ax: Any, spans: Durations, **kwargs: Any) -> None:
    """The share of all that was complete by each duration, from 0 on."""
    values, counts = np.unique(np.maximum(spans.complete, SHORTEST), return_counts=True)
    share = np.cumsum(counts) / len(spans)
    if len(values) > _MOST_STEPS:  # more steps than pixels, by far: keep them dense where the axis is wide, at the top
        keep = np.unique(np.searchsorted(share, 1 - np.geomspace(1, 0.5 / len(spans), _MOST_STEPS)).clip(0, len(values) - 1))
        values, share = values[keep], share[keep]
    ends = max(float(spans.ages[-1]), SHORTEST)
    x = np.concatenate([[SHORTEST / 10, values[0] if len(values) else ends], values, [ends]])
    y = np.concatenate([[0, 0], share, [share[-1] if len(share) else 0]])
    ax.plot(x, y, drawstyle="steps-post", **kwargs)


def _lowest(spans: Durations) -> float:
    """Where a curve begins to matter: neither a stray shortest value nor a run that has only just begun widens the axis."""
    return float(spans.complete[len(spans.complete) // 100] if len(spans.complete) else spans.ages[-1])


def _mark(slo: Slo) -> tuple[str, float, float, str] | None:
    """(lane, duration, share, text) of an objective that is a point of the chart, None for another."""
    if slo.operator not in ("<", "<="):
        return None
    if slo.statistic == "share" and slo.threshold is not None:
        text = f"{100 * slo.bound:g} % over {format_duration(slo.threshold)}"
        return slo.lane, float(slo.threshold), min(1 - float(slo.bound), 0.99999), text
    if slo.percentile is not None:
        return slo.lane, float(slo.bound), slo.percentile / 100, f"{slo.statistic} {slo.operator} {format_duration(slo.bound)}"
    return None


def _name_mark(ax: Any, x: float, y: float, text: str, colour: str) -> None:
    """On the right of its mark, where a curve that meets the objective is not, or below it at the chart's edge."""
    left, right = np.log(ax.get_xlim())
    fits = (np.log(max(x, SHORTEST)) - left) / (right - left) < 0.75
    offset, side = ((10, -4), "left") if fits else ((6, -22), "right")
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    ax.annotate(
        text, (max(x, SHORTEST), y), xytext=offset, textcoords="offset points", ha=side, color=colour, fontsize=11, bbox=box, zorder=4
    )


def _triangles(ax: Any, when: Any, age: Any, colour: str) -> None:
    ax.scatter(when, age, s=26, marker="^", facecolors="none", edgecolors=colour, linewidths=0.9, zorder=4)


def _band(ax: Any, when: Any, length: Any, late: Any, colour: str, label: str) -> None:
    """A band and its median where every run started; triangles at the median age where some have not."""
    edges = np.linspace(0, ax.get_xlim()[1], _BINS // 2 + 1)
    place = np.digitize(when, edges) - 1
    first = np.flatnonzero(np.diff(place, prepend=-1))
    parts = np.split(length, first[1:])  # runs come in the order of insertion
    bins = place[first].clip(0, len(edges) - 2)
    middle = (edges[bins] + edges[bins + 1]) / 2
    unknown = np.array([bool(p.any()) for p in np.split(late, first[1:])])
    low, median, high = (np.where(unknown, np.nan, [f(p) for p in parts]) for f in (np.min, np.median, np.max))
    ax.fill_between(middle, low, high, color=colour, alpha=0.25, linewidth=0)
    ax.plot(middle, median, color=colour, linewidth=1.6, label=label)
    ages = [float(np.median(p[late_ones])) for p, late_ones in zip(parts, np.split(late, first[1:]), strict=True) if late_ones.any()]
    _triangles(ax, middle[unknown], ages, colour)


def _workloop_colour(token: str) -> str:
    """The colour of the lane that the token names first; grey for one that takes runs of every lane."""
    return "#7A7A7A" if "*" in token else LANE_COLOURS.get(token.split(":")[0].split(">")[0], "#7A7A7A")


def _handle(**kwargs: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **kwargs)


def _colour_of(artist: Any) -> Any:
    return artist.get_color() if hasattr(artist, "get_color") else artist.get_facecolor()[0][:3]


def _or_nothing(ax: Any, something: bool) -> Any:
    if not something:
        ax.annotate("no runs", (0.5, 0.5), xycoords="axes fraction", ha="center", color=REFERENCE)
    return ax
