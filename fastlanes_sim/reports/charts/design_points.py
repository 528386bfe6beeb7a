"""Many deployments at once: over one setting, over two, and what each costs against what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.escaping import mathtext
from fastlanes_sim.core.units import format_number
from fastlanes_sim.reports.charts.marks import handle, or_nothing, told
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE

if TYPE_CHECKING:
    import pandas as pd

LIGHT, DARK = "#fefefe", "#010101"
"""Of numbers on coloured cells: not quite white and black, which a page turns round on a dark ground while the cells stay as they are."""


Floats = npt.NDArray[np.float64]
Show = Callable[[float], str]
"""Says a value for people."""


def lines(
    ax: Any,
    frame: pd.DataFrame,
    *,
    x: str = "",
    value: str = "value",
    bound: float | None = None,
    show: Show = format_number,
    is_joined: bool = True,
) -> Any:
    """A value over one setting, with its intervals; an arrow where the upper end is not known.

    Args:
        frame: a row a setting: `x` (numbers, or names in the order in which they are to stand), `value`, `low` and `high`.
        x, value: what they are, for axes and title.
        bound: what the value must not exceed.
        show: says a value for people, with its unit.
        is_joined: a line from point to point, where settings are numbers.
    """
    rows = frame[np.isfinite(frame["value"].to_numpy(np.float64))]
    if rows.empty:
        return or_nothing(ax, False)
    numbers = all(isinstance(one, int | float | np.number) for one in frame["x"])
    names = list(dict.fromkeys(frame["x"]))
    places = rows["x"].to_numpy(np.float64) if numbers else np.array([names.index(one) for one in rows["x"]], np.float64)
    y, low, high = (rows[name].to_numpy(np.float64) for name in ("value", "low", "high"))
    order = np.argsort(places, kind="stable")
    places, y, low, high = places[order], y[order], low[order], high[order]
    known = np.isfinite(high)
    colour = LANE_COLOURS["default"]
    reach = [np.maximum(0, y - np.where(np.isfinite(low), low, y)), np.maximum(0, np.where(known, high, y) - y)]
    ax.errorbar(places, y, yerr=reach, fmt="-" if numbers and is_joined else "none", color=colour, capsize=3)
    ax.plot(places[known], y[known], "o", color=colour)
    ax.plot(places[~known], y[~known], "^", color=colour)
    for place, mean, *ends in zip(places, y, low, high, strict=True):
        told(ax, place, mean, f"{x} {_label(place if numbers else names[int(place)])}: {show(mean)} [{', '.join(map(show, ends))}]")
    if numbers and len(names) <= 12 and all(one == int(one) for one in names):
        ax.set_xticks(sorted(names), [_label(one) for one in sorted(names)])
    elif not numbers:
        ax.set_xticks(
            range(len(names)), list(map(_label, names)), rotation=20 if max(map(len, names)) * len(names) > 70 else 0, ha="center"
        )
    _scale(ax, y, bound, show)
    if bound is not None:
        ax.axhline(bound, color=LANE_COLOURS["fast_lane"], linewidth=1.4, linestyle=":")
        right = abs(y[-1] - bound) > abs(y[0] - bound)  # where the curve is farther away
        where = {"xycoords": ("axes fraction", "data"), "xytext": (-2 if right else 2, 4), "textcoords": "offset points"}
        side = "right" if right else "left"
        ax.annotate(f"at most {show(bound)}", (float(right), bound), fontsize=10, color=LANE_COLOURS["fast_lane"], ha=side, **where)
    ax.set_xlabel(mathtext(x))
    ax.set_title(mathtext(value))
    return ax


def surface_curve(ax: Any, places: Floats, value: Floats, low: Floats, high: Floats) -> Any:
    """What a response surface predicts over one setting, on a chart of what was simulated: dashed, grey, and said to be no simulation."""
    ax.fill_between(places, low, high, color=REFERENCE, alpha=0.15, linewidth=0, zorder=1)
    ax.plot(places, value, color=REFERENCE, linewidth=1.6, linestyle=(0, (5, 3)), zorder=1)
    keys = {
        "simulated, with its interval": handle(marker="o", color=LANE_COLOURS["default"], linestyle="none"),
        "surface, not simulated": handle(color=REFERENCE, linestyle=(0, (5, 3))),
    }
    ax.legend(keys.values(), keys.keys(), loc="upper left", fontsize=10)
    return ax


def surface_contours(
    ax: Any,
    xs: Floats,
    ys: Floats,
    value: Floats,
    points: Floats,
    *,
    x: str = "",
    y: str = "",
    of: str = "value",
    bound: float | None = None,
    show: Show = format_number,
) -> Any:
    """What a response surface predicts over two settings: dashed lines of equal values, and where it was simulated.

    Args:
        xs, ys, value: a grid of settings, and a row for each of `ys`.
        points: a row a simulated point: its settings.
        x, y, of: what they are, for axes and title.
        bound: its line is drawn out.
    """
    levels = np.unique(np.linspace(float(value.min()), float(value.max()), 9)[1:-1])
    if len(levels) > 1:
        drawn = ax.contour(xs, ys, value, levels=levels, colors=REFERENCE, linestyles="dashed", linewidths=1.2)
        ax.clabel(drawn, fmt=lambda number: show(number), fontsize=9)
    keys = {"surface, not simulated": handle(color=REFERENCE, linestyle="dashed")}
    if bound is not None and float(value.min()) < bound < float(value.max()):
        ax.contour(xs, ys, value, levels=[bound], colors=LANE_COLOURS["fast_lane"], linestyles="dotted", linewidths=2)
        keys[f"there it comes to {show(bound)}"] = handle(color=LANE_COLOURS["fast_lane"], linestyle=":")
    ax.plot(points[:, 0], points[:, 1], "o", color=LANE_COLOURS["default"], markersize=5)
    keys["simulated"] = handle(marker="o", color=LANE_COLOURS["default"], linestyle="none")
    ax.legend(keys.values(), keys.keys(), loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=10)
    ax.grid(False)
    ax.set_xlabel(mathtext(x))
    ax.set_ylabel(mathtext(y))
    ax.set_title(f"{mathtext(of)}: surface, not simulated")
    return ax


def heat_map(
    ax: Any, frame: pd.DataFrame, *, x: str = "", y: str = "", value: str = "value", bound: float | None = None, show: Show = format_number
) -> Any:
    """A cell for each combination of two settings, with its number; darker is more.

    Args:
        frame: a row a combination, with the columns `x` and `y` (numbers or names, in the order in which they are to stand) and `value`.
            A combination that is missing or NaN stays empty. With a column `met` the cells where it is true have a frame.
        x, y, value: what they are, for axes and title.
        bound: cells at most this high have a frame: they meet the objective.
        show: says a value for people, with its unit.
    """
    xs, ys = list(dict.fromkeys(frame["x"])), list(dict.fromkeys(frame["y"]))
    xs, ys = (sorted(ends) if all(isinstance(end, int | float | np.number) for end in ends) else ends for ends in (xs, ys))
    cells, framed = np.full((len(ys), len(xs)), np.nan), np.zeros((len(ys), len(xs)), np.bool_)
    met = frame["met"] if "met" in frame else [False] * len(frame)
    for column, row, number, is_met in zip(frame["x"], frame["y"], frame["value"], met, strict=True):
        cells[ys.index(row), xs.index(column)] = number
        framed[ys.index(row), xs.index(column)] = is_met
    known = cells[np.isfinite(cells)]
    if not len(known):
        return or_nothing(ax, False)
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.patches import Rectangle

    low, high = float(known.min()), float(known.max())
    norm = LogNorm(low, high) if 0 < low < high / 20 else Normalize(low, high if high > low else low + 1)
    ax.imshow(np.ma.masked_invalid(cells), cmap="cividis_r", norm=norm, aspect="auto", origin="lower")
    size = 11 if len(xs) <= 6 else 9 if len(xs) <= 10 else 8
    for (row, column), number in np.ndenumerate(cells):
        if np.isfinite(number) and len(xs) <= 16 and len(ys) <= 24:
            dark = norm(number) > 0.5
            ax.annotate(show(number), (column, row), ha="center", va="center", fontsize=size, color=LIGHT if dark else DARK)
        if np.isfinite(number):
            told(ax, column, row, f"{x} {_label(xs[column])}, {y} {_label(ys[row])}: {show(number)}".lstrip(" ,"))
        if framed[row, column] or (bound is not None and number <= bound):
            ax.add_patch(Rectangle((column - 0.45, row - 0.42), 0.9, 0.84, fill=False, edgecolor=LANE_COLOURS["fast_lane"], linewidth=2))
    ax.set_xticks(range(len(xs)), [_label(end) for end in xs])
    ax.set_yticks(range(len(ys)), [_label(end) for end in ys])
    ax.grid(False)
    ax.set_xlabel(mathtext(x))
    ax.set_ylabel(mathtext(y))
    framing = f"; framed: at most {show(bound)}" if bound is not None else f"\n{_framed(frame)}" if "met" in frame else ""
    ax.set_title(mathtext(value) + framing)
    return ax


def frontier(
    ax: Any, frame: pd.DataFrame, *, cost: str = "slots", value: str = "p99 (s)", bound: float | None = None, show: Show = format_number
) -> Any:
    """What each deployment costs and gives, with its interval; a line joins those that nobody beats in both.

    Args:
        frame: a row a deployment: `cost`, `value` (less is better), `low` and `high` (ends of its interval, NaN where there is none),
            `label`. Only those on the line are named. With a column `best` the line joins those where it is true instead.
        bound: what the value must not exceed.
        show: says a value for people, with its unit.
    """
    rows = frame[np.isfinite(frame["value"].to_numpy(np.float64))].sort_values(["cost", "value"], kind="stable")
    if rows.empty:
        return or_nothing(ax, False)
    x, y = rows["cost"].to_numpy(np.float64), rows["value"].to_numpy(np.float64)
    ends = [np.where(np.isfinite(rows[end].to_numpy(np.float64)), rows[end].to_numpy(np.float64), y) for end in ("low", "high")]
    given = "best" in rows
    best = rows["best"].to_numpy(np.bool_) if given else y < np.concatenate([[np.inf], np.minimum.accumulate(y)[:-1]])
    for chosen, colour in ((~best, REFERENCE), (best, LANE_COLOURS["default"])):
        reach = [np.maximum(0, (y - ends[0])[chosen]), np.maximum(0, (ends[1] - y)[chosen])]
        ax.errorbar(
            x[chosen], y[chosen], yerr=reach, fmt="o", color=colour, alpha=1 if colour != REFERENCE else 0.6, capsize=3, linewidth=1.4
        )
    ax.step(x[best], y[best], where="post", color=LANE_COLOURS["default"], linewidth=1.6)
    for at, mean, label, low, high in zip(x, y, rows["label"], *ends, strict=True):
        told(ax, at, mean, f"{label}, {cost} {_label(at)}: {show(mean)} [{show(low)}, {show(high)}]")
    _scale(ax, y, bound, show)
    ax.set_xlim(x.min() - 0.06 * max(np.ptp(x), 1), x.max() + 0.12 * max(np.ptp(x), 1))
    if np.all(x == np.round(x)):
        ax.xaxis.get_major_locator().set_params(integer=True)
    for place in np.flatnonzero(best):
        name = mathtext(str(rows["label"].iloc[place]))
        # On its step, to the right of where the one before comes down: what follows lies lower. Below the last there is nothing.
        box = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
        last = place == np.flatnonzero(best)[-1] and place > 0
        where = {"xytext": (-6, -6) if last else (7, 4), "ha": "right" if last else "left", "va": "top" if last else "bottom"}
        ax.annotate(
            name, (x[place], y[place]), textcoords="offset points", fontsize=10, color=LANE_COLOURS["default"], bbox=box, zorder=4, **where
        )
    cost, value = mathtext(cost), mathtext(value)
    ax.set_xlabel(cost.capitalize())
    ax.set_ylabel(value)
    ax.set_title(f"{value} against {cost}" if given else f"What {value} costs in {cost}")
    keys = {f"the best of each {cost}" if given else "none costs less and gives more": handle(marker="o", color=LANE_COLOURS["default"])}
    if (~best).any():
        keys["others"] = handle(marker="o", color=REFERENCE, alpha=0.6, linestyle="none")
    if bound is not None:
        keys[f"at most {show(bound)}"] = ax.axhline(bound, color=LANE_COLOURS["fast_lane"], linewidth=1.4, linestyle=":")
    ax.legend(keys.values(), keys.keys(), loc="upper right", fontsize=10)
    return ax


def _framed(frame: pd.DataFrame) -> str:
    return "framed: objective met" if frame["met"].any() else "the objective is met nowhere"


def _scale(ax: Any, y: Any, bound: float | None, show: Show) -> None:
    """From 0, with the bound and room above; where values are far apart logarithmic from the bound on, or from the smallest above 0."""
    positive = y[y > 0]
    top = 1.25 * max(ax.get_ylim()[1], bound or 0.0)
    if len(positive) and y.max() > 20 * y.min() and y.min() >= 0:
        ax.set_yscale("symlog", linthresh=bound or positive.min(), linscale=0.7)
        top *= 5  # for names and the legend
    ax.yaxis.set_major_formatter(lambda number, _: show(number))
    ax.set_ylim(min(0, 1.2 * y.min()), top)


def _label(end: Any) -> str:
    return f"{end:g}" if isinstance(end, float | np.floating) else mathtext(str(end))
