"""Runs that were cancelled before any worker claimed them. They hold no slot, so neither a replay nor a fit has them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.traffic.replay import cancelled_before_claim


def without_cancelled(export: Export) -> tuple[Export, list[str]]:
    """The export without them, and what is said of them.

    When they came still tells from when to when the export watched.

    Raises:
        ExportError: there are no other runs.
    """
    refuse_only_cancelled(export)
    cancelled = cancelled_before_claim(export)
    many = int(cancelled.sum())
    if not many:
        return export, []
    one = many == 1
    note = f"{many:,} run{' was' if one else 's were'} cancelled before a worker claimed {'it' if one else 'them'}: not in this scenario."
    columns: dict[str, Any] = {field.name: getattr(export, field.name) for field in fields(export)}
    kept: dict[str, Any] = {name: column[~cancelled] for name, column in columns.items() if isinstance(column, np.ndarray)}
    return replace(export, **kept), [note]


def refuse_only_cancelled(export: Export) -> None:
    """
    Raises:
        ExportError: there are no other runs.
    """
    if len(export) and cancelled_before_claim(export).all():
        raise ExportError(
            f"{export.reading.source}: all {len(export):,} runs were cancelled before a worker claimed them, so none held a slot",
            "export a time in which workers claimed runs",
        )
