"""A simulation as a trace for https://ui.perfetto.dev, or what happened in a window of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import format_duration, parse_duration
from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter, Setting
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.scenario.schema import Scenario

WINDOW = "trace-window"
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\Z")


def _content(one: Exportable) -> Content:
    from fastlanes_sim.reports.trace_events import trace_json

    begin, end = one.settings.get(WINDOW) or (0, None)
    return trace_json(one.report.found, begin, end)


def _read_window(text: str, scenario: Scenario) -> tuple[int, int]:
    """
    Raises:
        FastlanesError: it is no window, or begins after the end.
    """
    begin, end = parse_window(text, scenario.start, scenario.timezone)
    if begin >= scenario.horizon:
        hint = f"name times within the {format_duration(scenario.horizon)} it takes"
        raise FastlanesError(f"--{WINDOW} {text}: begins after the simulation's end\n    hint: {hint}")
    return begin, end


def parse_window(text: str, start: datetime, timezone: str) -> tuple[int, int]:
    """`06:00..06:10` or `6h..6h10m` as µs since the start.

    A time of day is the scenario's clock; the first is meant that is not before the start, or not before the window's beginning.

    Args:
        start: local time in `timezone`.

    Raises:
        FastlanesError: it is neither, or ends before it begins.
    """
    first, dots, last = text.partition("..")
    hint = "write FROM..TO, such as 06:00..06:10 (by the scenario's clock) or 6h..6h10m (since its start)"
    try:
        if not dots:
            raise ValueError
        begin = _instant(first.strip(), start, timezone, 0)
        end = _instant(last.strip(), start, timezone, begin + 1)
    except ValueError:
        raise FastlanesError(f"--{WINDOW} {text}: not a window of time\n    hint: {hint}") from None
    if end <= begin:
        raise FastlanesError(f"--{WINDOW} {text}: ends before it begins\n    hint: {hint}")
    return begin, end


def _instant(text: str, start: datetime, timezone: str, not_before: int) -> int:
    clock = _CLOCK.match(text)
    if clock is None:
        return parse_duration(text)
    hour, minute, second = (int(part or 0) for part in clock.groups())
    from fastlanes_sim.scenario.schedule import instant, microseconds  # imports pydantic

    origin = instant(start, timezone)
    local = (origin + timedelta(microseconds=not_before)).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    day = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    for later in range(3):
        found = microseconds(origin, instant(day + timedelta(days=later), timezone))
        if found >= not_before:
            return found
    raise ValueError(text)


TRACE = Exporter(
    "trace",
    "Write a trace for ui.perfetto.dev (JSON).",
    frozenset({ReportKind.SIMULATION}),
    _content,
    settings=(
        Setting(
            WINDOW,
            "FROM..TO",
            "Limit the trace to this time: 06:00..06:10 (scenario's clock) or 6h..6h10m (since the start).",
            _read_window,
        ),
    ),
    records_claims=True,
)
