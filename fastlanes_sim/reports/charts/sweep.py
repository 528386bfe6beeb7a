"""Many deployments at once: a heat map over two settings, and what each costs against what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastlanes_sim.reports.charts.marks import handle, or_nothing
from fastlanes_sim.reports.style import LANE_COLOURS, REFERENCE

if TYPE_CHECKING:
    import pandas as pd

LIGHT, DARK = "#fefefe", "#010101"
"""Of numbers on coloured cells: not quite white and black, which a page turns round on a dark ground while the cells stay as they are."""


def heat_map(ax: Any, frame: pd.DataFrame, *, x: str = "", y: str = "", value: str = "value", bound: float | None = None) -> Any:
    """A cell for each combination of two settings, with its number; darker is more.

    Args:
        frame: a row a combination, with the columns `x` and `y` (numbers or names, in the order in which they are to stand) and `value`.
            A combination that is missing or NaN stays empty.
        x, y, value: what they are, for axes and title.
        bound: cells at most this high have a frame: they meet the objective.
    """
    xs, ys = list(dict.fromkeys(frame["x"])), list(dict.fromkeys(frame["y"]))
    xs, ys = (sorted(ends) if all(isinstance(end, int | float | np.number) for end in ends) else ends for ends in (xs, ys))
    cells = np.full((len(ys), len(xs)), np.nan)
    for column, row, number in zip(frame["x"], frame["y"], frame["value"], strict=True):
        cells[ys.index(row), xs.index(column)] = number
    known = cells[np.isfinite(cells)]
    if not len(known):
        return or_nothing(ax, False)
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.patches import Rectangle

    low, high = float(known.min()), float(known.max())
    norm = LogNorm(low, high) if 0 < low < high / 20 else Normalize(low, high if high > low else low + 1)
    ax.imshow(np.ma.masked_invalid(cells), cmap="cividis_r", norm=norm, aspect="auto", origin="lower")
    size = 11 if len(xs) <= 8 else 8
    for (row, column), number in np.ndenumerate(cells):
        if np.isfinite(number) and len(xs) <= 16 and len(ys) <= 24:
            dark = norm(number) > 0.5
            ax.annotate(_short(number), (column, row), ha="center", va="center", fontsize=size, color=LIGHT if dark else DARK)
        if bound is not None and number <= bound:
            ax.add_patch(Rectangle((column - 0.45, row - 0.42), 0.9, 0.84, fill=False, edgecolor=LANE_COLOURS["fast_lane"], linewidth=2))
    ax.set_xticks(range(len(xs)), [_label(end) for end in xs])
    ax.set_yticks(range(len(ys)), [_label(end) for end in ys])
    ax.grid(False)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(value + (f"; framed: at most {_short(bound)}" if bound is not None else ""))
    return ax


def frontier(ax: Any, frame: pd.DataFrame, *, cost: str = "slots", value: str = "p99 (s)", bound: float | None = None) -> Any:
    """What each deployment costs and gives, with its interval; a line joins those that nobody beats in both.

    Args:
        frame: a row a deployment: `cost`, `value` (less is better), `low` and `high` (ends of its interval, NaN where there is none),
            `label`. Only those on the line are named.
        bound: what the value must not exceed.
    """
    rows = frame[np.isfinite(frame["value"].to_numpy(np.float64))].sort_values(["cost", "value"], kind="stable")
    if rows.empty:
        return or_nothing(ax, False)
    x, y = rows["cost"].to_numpy(np.float64), rows["value"].to_numpy(np.float64)
    ends = [np.where(np.isfinite(rows[end].to_numpy(np.float64)), rows[end].to_numpy(np.float64), y) for end in ("low", "high")]
    best = y < np.concatenate([[np.inf], np.minimum.accumulate(y)[:-1]])
    for chosen, colour in ((~best, REFERENCE), (best, LANE_COLOURS["default"])):
        reach = [np.maximum(0, (y - ends[0])[chosen]), np.maximum(0, (ends[1] - y)[chosen])]
        ax.errorbar(
            x[chosen], y[chosen], yerr=reach, fmt="o", color=colour, alpha=1 if colour != REFERENCE else 0.6, capsize=3, linewidth=1.4
        )
    ax.step(x[best], y[best], where="post", color=LANE_COLOURS["default"], linewidth=1.6)
    positive = y[y > 0]
    if len(positive) == len(y) and y.max() > 20 * y.min():
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(lambda number, _: f"{number:g}")
    ax.set_xlim(x.min() - 0.06 * max(np.ptp(x), 1), x.max() + 0.3 * max(np.ptp(x), 1))
    for place in np.flatnonzero(best):
        name = str(rows["label"].iloc[place])
        box = {"facecolor": ax.get_facecolor(), "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
        where = {"xytext": (4, 5), "textcoords": "offset points", "rotation": 30, "rotation_mode": "anchor"}
        ax.annotate(name, (x[place], y[place]), fontsize=10, color=LANE_COLOURS["default"], bbox=box, zorder=4, **where)
    if bound is not None:
        ax.axhline(bound, color=LANE_COLOURS["fast_lane"], linewidth=1.4, linestyle=":")
        ax.annotate(
            f"at most {_short(bound)}", (1, bound), xycoords=("axes fraction", "data"), xytext=(-2, 4), textcoords="offset points",
            ha="right", fontsize=10, color=LANE_COLOURS["fast_lane"],
        )  # fmt: skip
    ax.margins(y=0.2)  # for the names
    ax.set_xlabel(cost.capitalize())
    ax.set_ylabel(value)
    ax.set_title(f"What {value} costs in {cost}")
    handles = [handle(marker="o", color=LANE_COLOURS["default"]), handle(marker="o", color=REFERENCE, alpha=0.6, linestyle="none")]
    ax.legend(handles[: 2 if (~best).any() else 1], ["none costs less and gives more", "others"], loc="upper right", fontsize=10)
    return ax


def _short(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 1_000 else f"{number:,.0f}"


def _label(end: Any) -> str:
    return f"{end:g}" if isinstance(end, float | np.floating) else str(end)
