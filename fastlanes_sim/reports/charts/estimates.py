"""Estimates with their intervals: of one deployment, of differences, and of several deployments side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from textwrap import fill
from typing import Any

from fastlanes_sim.core.escaping import mathtext
from fastlanes_sim.core.units import SECOND, format_number
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis
from fastlanes_sim.reports.charts.marks import or_nothing, told
from fastlanes_sim.reports.charts.style import LANE_COLOURS, SERIES_COLOURS

_WIDE = 44
"""Characters of a label before it is wrapped."""

Ends = tuple[float, float, float]
"""Mean and the interval's ends; an end that is not known is not finite."""


def intervals(
    ax: Any, rows: Sequence[tuple[str, Ends | None]], label: str, title: str, show: Callable[[float], str] = format_number
) -> Any:
    """A row an estimate, from above; an arrow where an end is not known. A name alone is the heading of the rows below it. `show` says a
    value for people."""
    colour = LANE_COLOURS["default"]
    for place, (_, known) in enumerate(rows):
        if known is None:
            continue
        mean, low, high = known
        ends = [value for value in (low, high) if math.isfinite(value)]
        ax.plot(ends, [place] * len(ends), color=colour, linewidth=2.2)
        ax.plot(mean, place, marker="o" if len(ends) == 2 else ">", color=colour)
        told(ax, mean, place, f"{rows[place][0]}: {show(mean)} [{show(low)}, {show(high)}]")
    ax.xaxis.set_major_formatter(lambda value, _: show(value))
    _rows(ax, [name for name, _ in rows])
    for (_, known), tick, text in zip(rows, ax.yaxis.get_major_ticks(), ax.get_yticklabels(), strict=True):
        if known is None:
            tick.tick1line.set_visible(False)
            tick.gridline.set_visible(False)
            text.set_fontweight("bold")
    ax.set_xlabel(mathtext(label))
    ax.set_title(wrapped(title))
    return ax


def deployments(ax: Any, rows: Mapping[str, Mapping[str, Ends]], title: str) -> Any:
    """Several deployments' times beside each other: a group of rows a measure, in each a row a deployment.

    Args:
        rows: by measure and deployment, in µs; every measure has the same deployments.
    """
    from matplotlib.transforms import ScaledTranslation

    labels = list(dict.fromkeys(label for of_one in rows.values() for label in of_one))
    step = 0.8 / max(1, len(labels))
    numbers = [value for of_one in rows.values() for ends in of_one.values() for value in ends if math.isfinite(value)]
    for number, label in enumerate(labels):
        colour, named = SERIES_COLOURS[number % len(SERIES_COLOURS)], wrapped(label, 60)
        for group, of_one in enumerate(rows.values()):
            mean, low, high = (max(value, SHORTEST) if math.isfinite(value) else value for value in of_one[label])
            place = group + (number - (len(labels) - 1) / 2) * step
            ends = [value for value in (low, high) if math.isfinite(value)]
            ax.plot(ends, [place] * len(ends), color=colour, linewidth=2.2)
            look = {"marker": "o" if len(ends) == 2 else ">", "color": colour, "linestyle": "none"}
            said = f"{label}, {list(rows)[group]}: {TIME.show(mean)} [{TIME.show(low)}, {TIME.show(high)}]"
            ax.plot(mean, place, label=named if group == 0 else None, gid=said, **look)
    _rows(ax, list(rows))
    duration_axis(ax.xaxis, min(numbers, default=SECOND), max(numbers, default=100 * SECOND))
    ax.set_xlabel("Mean over the replications, and its interval (log scale)")
    ax.set_title(wrapped(title))
    if numbers:
        below = ax.transAxes + ScaledTranslation(0, -0.65, ax.figure.dpi_scale_trans)
        ncols = 1 if max(map(len, labels)) > 26 else 2
        ax.legend(loc="upper center", bbox_to_anchor=(0.4, 0), bbox_transform=below, borderaxespad=0, ncols=ncols, fontsize=11)
    return or_nothing(ax, bool(numbers))


def _rows(ax: Any, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), [wrapped(name) for name in names], fontsize=10)
    ax.set_ylim(max(0.6, len(names) - 0.4), -0.6)


def short(labels: Iterable[str]) -> dict[str, str]:
    """Each label without the folder that all of them begin with."""
    whole = list(labels)
    parts = [label.split("/") for label in whole]
    common = takewhile(lambda folders: len(set(folders)) == 1, zip(*(part[:-1] for part in parts), strict=False))
    cut = sum(1 for _ in common) if len(whole) > 1 else 0
    return {label: "/".join(part[cut:]) for label, part in zip(whole, parts, strict=True)}


def wrapped(text: str, width: int = _WIDE) -> str:
    """Long labels, such as paths and layouts, on several lines, as a chart shows them literally."""
    return mathtext("\n".join(fill(line, width, break_on_hyphens=False) for line in text.split("\n")))
