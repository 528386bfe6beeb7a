"""How every chart looks. The colours are Okabe and Ito's, which colour-blind readers can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastlanes_sim.measures.scopes import Scope

LANE_COLOURS = {"default": "#0072B2", "fast_lane": "#D55E00", "manual": "#009E73", "all": "#333333"}
"""A lane has the same colour on every chart."""
LANE_MARKERS = {"default": "o", "fast_lane": "D", "manual": "s", "all": "o"}
SERIES_COLOURS = ("#CC79A7", "#56B4E9", "#E69F00", "#000000", "#009E73", "#D55E00", "#0072B2")
"""For what is not a lane: deployments, one after another."""
SERIES_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1, 1.5, 1)))
REFERENCE = "#555555"


def scope_colours(scopes: Sequence[Scope]) -> dict[str, str]:
    """Of the lanes, and of what is shown beside them."""
    return LANE_COLOURS | {str(scope): SERIES_COLOURS[place % len(SERIES_COLOURS)] for place, scope in enumerate(scopes)}


CAUSE_COLOURS = {
    "claim_limit": "#882255",
    "concurrency": "#CC79A7",
    "unserved": "#000000",
    "outage": "#8A8A8A",
    "leaked": "#44AA99",
    "claim": "#56B4E9",
    "slots": "#D55E00",
    "pending": "#E69F00",
    "stopped": "#5D3A00",
    "polling": "#F0E442",
    "start": "#009E73",
}
"""A cause of waiting (`rules.causes`) has the same colour on every chart: warm where slots are short, cool where a message is under way."""

DPI = 200
"""With figures 8 inches wide: 1600 pixels, still readable when shown at 600."""

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "fastlanes-sim",
}


@contextmanager
def styled() -> Iterator[None]:
    """Everything drawn inside looks like ours; the caller's own settings of what we set come back afterwards.

    No more than that: in a notebook, drawing for the first time imports pyplot, which switches on that figures are shown.
    """
    import matplotlib as mpl

    settings: Any = mpl.rcParams
    before = {key: settings[key] for key in STYLE}
    settings.update(STYLE)
    try:
        yield
    finally:
        settings.update(before)


NewFigure = Callable[[float, float], Any]
"""Makes a figure of so many inches: `paper` or `shown`."""


def paper(width: float = 8, height: float = 5) -> Any:
    """A figure in inches that draws into memory alone: it needs no screen and changes no global setting."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", dpi=DPI)
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=0.12, h_pad=0.12)
    FigureCanvasAgg(figure)
    return figure


def shown(width: float = 8, height: float = 5) -> Any:
    """A figure of pyplot's, which a notebook shows below the cell that draws on it."""
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained")
