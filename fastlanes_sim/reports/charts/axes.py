"""Axes that read like a clock or a stopwatch: times with round steps, durations on a log scale, shares spread towards 100 %."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, format_duration, format_share

SHORTEST = MILLISECOND
"""Durations below are drawn here: a log axis has no zero."""
BINS = 300
"""Bins of time a chart is wide: about what 600 pixels can show."""
SPANS = 60
"""Of time, at most, where means and percentiles are drawn: each is to hold more than a few runs."""
DURATIONS = {
    MILLISECOND: "1 ms",
    10 * MILLISECOND: "10 ms",
    100 * MILLISECOND: "0.1 s",
    SECOND: "1 s",
    10 * SECOND: "10 s",
    MINUTE: "1 min",
    10 * MINUTE: "10 min",
    HOUR: "1 h",
    6 * HOUR: "6 h",
    DAY: "1 d",
    10 * DAY: "10 d",
    100 * DAY: "100 d",
}
_STEPS = {
    SECOND: (1, 2, 5, 10, 15, 30),
    MINUTE: (1, 2, 5, 10, 15, 30),
    HOUR: (1, 2, 3, 4, 6, 12),
    DAY: (1, 2, 7, 14, 28, 91, 365, 3650),
}
_MOST_TICKS = 7
_UNIT_NAMES = {SECOND: "seconds", MINUTE: "minutes", HOUR: "hours", DAY: "days"}


def round_width(until: int, most: int) -> int:
    """The narrowest round width in µs of which at most `most` cover `until`."""
    rounds = (unit * step for unit, steps in _STEPS.items() for step in steps)
    return next((width for width in rounds if until <= width * most), -(-until // most))


def spans_of(until: int, most: int) -> npt.NDArray[np.int64]:
    """Edges in µs of at most `most` spans that cover [0, until], of a round width but for the last. Against an odd width, traffic that
    comes every ten minutes would beat like two notes out of tune."""
    if until <= 0:
        return np.array([0, 1], np.int64)
    return np.append(np.arange(0, until, round_width(until, most), dtype=np.int64), until)


def time_axis(ax: Any, until: int) -> int:
    """Make x the time since the start, from 0 to `until` µs, with at most eight round ticks. Returns the µs of one unit of x."""
    from matplotlib.ticker import MultipleLocator

    unit = SECOND if until <= 3 * MINUTE else MINUTE if until <= 3 * HOUR else HOUR if until <= 3 * DAY else DAY
    span = until / unit
    step = next((s for s in _STEPS[unit] if span / s <= 8), _STEPS[unit][-1])
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.set_xlim(0, max(span, 1e-9))
    ax.set_xlabel(f"Time since the start ({_UNIT_NAMES[unit]})")
    ax.fmt_xdata = lambda value: format_duration(round(value * unit))
    return unit


def duration_axis(axis: Any, low: float, high: float, every: int = 1) -> None:
    """Make an x or y axis (`ax.xaxis`) a log axis of durations that shows [low, high] µs, at least two decades.

    `every` so many ticks one has a label: on a short axis labels side by side would overlap.
    """
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    low, high = max(low, SHORTEST), max(high, SHORTEST)
    if high / low < 100:
        low = max(SHORTEST, high / 100)
        high = max(high, low * 100)
    limits = {"x": axis.axes.set_xlim, "y": axis.axes.set_ylim}[axis.axis_name]
    scale = {"x": axis.axes.set_xscale, "y": axis.axes.set_yscale}[axis.axis_name]
    scale("log")
    axis.set_major_locator(FixedLocator(list(DURATIONS)))
    labels = dict(list(DURATIONS.items())[::every])
    axis.set_major_formatter(lambda value, _: labels.get(round(value), ""))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())
    limits(low / 1.3, high * 1.3)
    setattr(axis.axes, f"fmt_{axis.axis_name}data", format_duration)


def seconds_axis(axis: Any) -> None:
    """Put the ticks of an axis in seconds, as it is scaled and limited already, at round durations: at minutes, not at every 1,000 s."""
    from matplotlib.ticker import FixedLocator, MultipleLocator

    low, high = axis.get_view_interval()
    if axis.get_scale() == "linear":
        span = (high - low) * SECOND
        if span > _MOST_TICKS * SECOND:  # below, steps of ten are round
            axis.set_major_locator(MultipleLocator(round_width(round(span), _MOST_TICKS) / SECOND))
    else:
        axis.set_major_locator(FixedLocator([0, *(us / SECOND for us in DURATIONS if low <= us / SECOND <= high)]))


def nines_axis(ax: Any, runs: int) -> None:
    """Make y a share of runs in which each further nine (90 %, 99 %, 99.9 %) takes the same room, so that p99 can be read off.

    `runs` is how many the largest curve has: beyond what they can show the axis ends.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator

    top = 1 - min(0.01, max(0.5 / max(runs, 1), 1e-5)) * 0.8
    ax.set_yscale("function", functions=(_nines, _share))
    ticks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999]
    ax.yaxis.set_major_locator(FixedLocator([t for t in ticks if t <= top]))
    ax.yaxis.set_major_formatter(FixedFormatter([f"{100 * t:g} %" for t in ticks if t <= top]))
    ax.yaxis.set_minor_locator(FixedLocator([]))
    ax.set_ylim(0, top)
    ax.fmt_ydata = format_share


def _nines(share: npt.ArrayLike) -> npt.NDArray[np.float64]:
    nines: npt.NDArray[np.float64] = -np.log10(1 - np.clip(share, -1, 1 - 1e-9))
    return nines


def _share(nines: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 1 - 10.0 ** -np.asarray(nines, np.float64)
