"""The units that measures have: how each is read as a bound, and how it is printed. Each is defined here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MINUTE, SECOND, format_duration, format_number, format_share, parse_duration, parse_rate


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit, and how people write its values."""

    name: str
    """As files of results say it."""
    words: Callable[[float], str]
    """A finite value for people."""
    read: Callable[[str], float]
    """A bound, from the text of an objective; a MeasureError if it is none."""
    spell: Callable[[float], str]
    """A bound in the one spelling that names of measures use; `read` reads it back."""
    scale: float = 1.0
    """What one unit is in the values that are computed."""
    more: str = "more"
    less: str = "less"
    """What a value is said to be that exceeds another, or is exceeded."""
    axis: str = ""
    """What the title of an axis adds to the measure's name."""
    is_counted: bool = False
    """Whole numbers: only they are ever equal to a bound."""

    def show(self, value: float) -> str:
        """A value for people, finite or not."""
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        return self.words(value)


def _time(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        message, _, hint = str(error).rpartition(": ")
        raise MeasureError(message or hint, hint if message else "", text) from None


def _spelled_time(us: float) -> str:
    """As people read it, where that is exact."""
    text = format_duration(us)
    return text if parse_duration(text) == us else f"{us:.0f} us"


def _share(text: str) -> float:
    number, percent, _ = text.partition("%")
    try:
        if percent and not text.endswith("%"):
            raise ValueError
        share = float(number) / 100 if percent else float(number)
    except ValueError:
        raise MeasureError(f"{show(text)} is not a share", "write a percentage such as 0.1%, or a fraction such as 0.001", text) from None
    if not 0 <= share <= 1:
        raise MeasureError(f"{show(text)} is not a share", "a share lies between 0% and 100%", text)
    return share


def _whole(of: str, example: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise MeasureError(f"{show(text)} is not a number of {of}", f"a count is compared with a whole number, such as {example}", text)
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1e15:
        raise MeasureError(f"{show(text)} is not a number", "this has no unit: write a plain number, such as 3 or 2.5", text)
    return number


def _rate(text: str) -> float:
    if "/" not in text:
        return _number(text)
    try:
        return parse_rate(text) * MINUTE / SECOND
    except ValueError as error:
        message, _, hint = str(error).rpartition(": ")
        raise MeasureError(message or hint, hint if message else "", text) from None


def _count(of: str, example: str) -> Unit:
    """Of numbers of something; `example` shows how one is compared."""
    return Unit(of, format_number, partial(_whole, of, example), "{:.0f}".format, less="fewer", axis=f" ({of})", is_counted=True)


TIME = Unit("s", format_duration, _time, _spelled_time, scale=float(SECOND), more="longer", less="shorter", axis=" (s)")
SHARE = Unit("share", format_share, _share, lambda value: f"{100 * value:.12g}%")
RUNS = _count("runs", "lost == 0")
CLAIMS = _count("claims", "claims < 10000")
MESSAGES = _count("messages", "notifications < 1000")
WORKLOOPS = _count("workloops", "stopped_workloops == 0")
PER_MINUTE = Unit(
    "1/min", lambda value: f"{format_number(value)}/min", _rate, lambda value: f"{value:.12g}/min", less="fewer", axis=" (per minute)"
)
RATIO = Unit("ratio", format_number, _number, "{:.12g}".format, more="higher", less="lower")
UNITS = {one.name: one for one in (TIME, SHARE, RUNS, CLAIMS, MESSAGES, WORKLOOPS, PER_MINUTE, RATIO)}
"""By the name under which results on disk have them."""
