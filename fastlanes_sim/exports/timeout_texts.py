"""The timeouts that an export names: milliseconds, seconds, durations, or a run's options as JSON."""

from __future__ import annotations

import json

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import LONGEST, MILLISECOND, SECOND, parse_duration
from fastlanes_sim.exports.columns import is_missing

_MILLISECONDS = ("run_timeout_ms", "runTimeoutMs")
_MOST_SECONDS = 10_000
"""A bare number above this is milliseconds: hardly a run may last for three hours, and none is stopped after ten seconds."""


def timeout_in(column: str, text: str) -> int:
    """µs, or NEVER where nothing that makes sense is said.

    Args:
        column: run_timeout_ms, run_timeout or options.
        text: the field.
    """
    if is_missing(text):
        return NEVER
    if column == "options":
        return _in_options(text)
    return _number(text, MILLISECOND if column == "run_timeout_ms" else 0)


def _in_options(text: str) -> int:
    try:
        options = json.loads(text)
        if isinstance(options, str):  # JSON in a text of JSON, as a column of another database may hold it
            options = json.loads(options)
    except (ValueError, RecursionError):
        return NEVER
    if not isinstance(options, dict):
        return NEVER
    for key in _MILLISECONDS:
        if options.get(key) is not None:
            return _number(str(options[key]), MILLISECOND)
    return NEVER if options.get("run_timeout") is None else _number(str(options["run_timeout"]), 0)


def _number(text: str, unit: int) -> int:
    """A number in this unit; without one: a duration, or a number of seconds (of milliseconds, if it is large)."""
    try:
        number = float(text.strip())
    except ValueError:
        try:
            return parse_duration(text) or NEVER
        except ValueError:
            return NEVER
    us = number * (unit or (SECOND if number <= _MOST_SECONDS else MILLISECOND))
    return round(us) if 0 < us <= LONGEST else NEVER
