"""What was read of an export, in words and as a table of the rows that were not."""

from __future__ import annotations

import csv
import io

from fastlanes_sim.core import escaping
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.exports.problems import Reading

_FIRST = 5


def reading_text(reading: Reading) -> str:
    """What was read, what was dropped and why (the first rows by line), what was remarkable; last, whether the rest can be trusted."""
    lines = [f"Read {reading.rows:,} rows of {reading.source}: {reading.kept:,} kept, {reading.rows - reading.kept:,} dropped."]
    if reading.encoding not in ("", "UTF-8"):
        lines.append(f"  the file's encoding was taken for {reading.encoding}: if names look wrong, say another with --encoding")
    lines += [f"  dropped {rows:,}: {what}" for what, rows in sorted(reading.dropped.items())]
    lines += [f"    {problem}" for problem in reading.problems[:_FIRST]]
    more = reading.rows - reading.kept - _FIRST
    if reading.problems and more > 0:
        lines.append(f"    and {more:,} more: --rejects FILE lists them")
    lines += [f"  kept {rows:,} {what}" for what, rows in sorted(reading.notes.items())]
    lines += [
        f"  kept {rows:,} with {what}, by up to {format_duration(largest)}: clocks differ" for what, (rows, largest) in reading.skew.items()
    ]
    if reading.doubt:
        lines.append(f"Attention: {reading.doubt}.")
    return "\n".join(lines)


def rejects_csv(reading: Reading) -> str:
    """The rows that were dropped, one a line: where, which run, which column, why. No content of the export beyond ids."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["line", "id", "column", "why", "hint"])
    for problem in reading.problems:
        writer.writerow([problem.line, *map(escaping.csv, (problem.key, problem.column, problem.message, problem.hint))])
    return text.getvalue()
