"""What a page tells under the pointer: the values of a figure's marks, each with its place in the picture.

Whatever a chart draws with a label, or names with `set_gid`, can be pointed at: a line is told where the pointer is, a mark and a bar by
itself. The formatters are the Axes' own (`fmt_xdata`, `fmt_ydata`), as in an interactive window of matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastlanes_sim.core.units import format_number

_COLUMNS = 120
"""Places at which a line is told: more than a pointer can tell apart on a telephone."""
_MOST_DOTS = 500
"""Of a scatter; of more the highest are told."""
_POINTS_PER_INCH = 72


def hover_data(figure: Any) -> str:
    """Of a figure that has been drawn: JSON, in the units of its SVG's viewBox. A panel an Axes: `box`, `points` (x, y, text), `bars`."""
    panels = [panel for ax in figure.axes if (panel := _panel(figure, ax)) is not None]
    return json.dumps(panels, ensure_ascii=False, separators=(",", ":")) if panels else ""


def _panel(figure: Any, ax: Any) -> dict[str, Any] | None:
    scale, height = _POINTS_PER_INCH / figure.dpi, figure.get_figheight() * _POINTS_PER_INCH

    def place(x: float, y: float) -> tuple[float, float]:
        return round(x * scale, 1), round(height - y * scale, 1)

    (left, top), (right, bottom) = place(*ax.bbox.corners()[1]), place(*ax.bbox.corners()[2])
    points = [(*place(x, y), text) for line in ax.lines for x, y, text in _of_line(ax, line)]
    points += [(*place(x, y), text) for dots in ax.collections for x, y, text in _of_dots(ax, dots)]
    points = [one for one in points if left - 1 <= one[0] <= right + 1 and top - 1 <= one[1] <= bottom + 1]
    bars = []
    for patch in ax.patches:
        if patch.get_gid():
            corners = patch.get_window_extent().corners()
            bars.append((*place(*corners[1]), *place(*corners[2]), patch.get_gid()))
    return {"box": (left, top, right, bottom), "points": points, "bars": bars} if points or bars else None


def _of_line(ax: Any, line: Any) -> Iterator[tuple[float, float, str]]:
    """Pixels and text: of a named mark its name, of a line its values at columns of pixels, of other marks their values."""
    name, data = _name(line), np.asarray(line.get_xydata(), np.float64)
    if not name or not len(data) or line.get_transform() != ax.transData:
        return
    if len(data) == 1 and line.get_gid():
        if np.isfinite(data).all():
            yield (*ax.transData.transform(data[0]), name)
        return
    if line.get_marker() in (None, "None", "", " "):
        data = _at_columns(ax, data, line.get_drawstyle() == "steps-post")
    for x, y in data[np.isfinite(data).all(axis=1)]:
        yield (*ax.transData.transform((x, y)), f"{name}: {_said(ax, x, y)}")


def _of_dots(ax: Any, dots: Any) -> Iterator[tuple[float, float, str]]:
    from matplotlib.collections import PathCollection

    if not isinstance(dots, PathCollection) or not _name(dots):
        return
    offsets = np.asarray(dots.get_offsets(), np.float64)
    for x, y in offsets[np.argsort(-offsets[:, 1], kind="stable")[:_MOST_DOTS]]:
        yield (*ax.transData.transform((x, y)), f"{_name(dots)}: {_said(ax, x, y)}")


def _name(artist: Any) -> str:
    label = str(artist.get_label())
    return str(artist.get_gid() or ("" if label.startswith("_") else label)).replace("\\$", "$")


def _at_columns(ax: Any, data: Any, steps: bool) -> Any:
    """The line at evenly spaced columns of pixels within its reach; NaN where it has a gap."""
    there = data[np.isfinite(data[:, 0])]
    if len(there) < 2:
        return there
    low, high = ax.get_xlim()
    inside = ax.get_ylim()[0]
    ends = ax.transData.transform([(max(low, there[0, 0]), inside), (min(high, there[-1, 0]), inside)])[:, 0]
    columns = np.linspace(ends[0], ends[1], _COLUMNS)
    x = ax.transData.inverted().transform(np.column_stack([columns, np.full(_COLUMNS, ax.bbox.y0)]))[:, 0]
    if steps:
        return np.column_stack([x, there[(np.searchsorted(there[:, 0], x, side="right") - 1).clip(0), 1]])
    return np.column_stack([x, np.interp(x, there[:, 0], there[:, 1])])


def _said(ax: Any, x: float, y: float) -> str:
    return f"{_format(ax.fmt_ydata, y)} at {_format(ax.fmt_xdata, x)}"


def _format(words: Callable[[float], str] | None, value: float) -> str:
    return words(value) if words is not None else format_number(value)
