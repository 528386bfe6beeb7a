"""What runs make their worker and Lightning say to each other, as columns of a run table (W-15, W-22a)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.messages import Messages

Numbers = npt.NDArray[np.int64]


def drawn_lines(messages: Messages, size: int, random: Callable[[str], np.random.Generator]) -> Numbers | None:
    """How many log lines each of these runs writes; None where none ever does. `random`: the generator of a purpose."""
    return None if messages.log_lines.is_none else messages.log_lines.sample(size, random("log lines"))


def lines_of(parts: Sequence[tuple[Numbers | None, int]]) -> Numbers | None:
    """Log lines of several groups of runs, each with its size, as one column; None where no group has any."""
    if all(lines is None for lines, _ in parts):
        return None
    return np.concatenate([np.zeros(size, np.int64) if lines is None else lines for lines, size in parts])


def line_columns(lines: Numbers | None, at_end: npt.NDArray[np.float64], startup: Numbers, service: Numbers) -> dict[str, Any]:
    """`RunTable.log_first` and `log_at` of runs with so many lines each, of which that share comes at the end. The others are evenly spread
    over the service time, none at its very ends."""
    if lines is None or not lines.any():
        return {"log_first": None, "log_at": None}
    log_first = np.concatenate([[0], np.cumsum(lines)])
    run = np.repeat(np.arange(len(lines)), lines)
    number = np.arange(log_first[-1]) - log_first[run] + 1
    spread = lines - np.floor(at_end * lines + 0.5).astype(np.int64)
    until = _share(service[run], np.minimum(number, spread[run] + 1), spread[run] + 1)
    return {"log_first": log_first, "log_at": startup[run] + until}


def _share(whole: Numbers, part: Numbers, parts: Numbers) -> Numbers:
    """⌊whole × part / parts⌋, in two steps: the product might not fit into 64 bits."""
    each, rest = np.divmod(whole, parts)
    return each * part + rest * part // parts


def fetch_columns(messages: Sequence[Messages], which: npt.NDArray[Any]) -> dict[str, Any]:
    """`RunTable.credentials` and `has_input` of runs, whose messages are the `which`-th of these; None where all are as by default."""
    credentials = np.array([one.credentials for one in messages], np.int8)
    has_input = np.array([one.input for one in messages], np.bool_)
    return {
        "credentials": credentials[which] if credentials.any() else None,
        "has_input": has_input[which] if not has_input.all() else None,
    }


def with_lines(table: RunTable, lines: Numbers | None, at_end: npt.NDArray[np.float64]) -> RunTable:
    """The table with so many log lines of each run instead of those that it has."""
    return replace(table, **line_columns(lines, at_end, table.startup_time, table.service_time))


def at_end_of(messages: Sequence[Messages]) -> npt.NDArray[np.float64]:
    """Of each of these, the share of lines that are written at the end."""
    return np.array([one.at_end for one in messages], np.float64)
