"""Layouts as functions of a worker's slots: `fast_lane:1 manual>*:rest`."""

from __future__ import annotations

import re

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.rules.layout_parser import WorkloopError, parse_workloops

_PART = re.compile(r"N/(\d+)")
REST = "rest"


def fill(template: str, slots: int) -> str:
    """The layout for that many slots: N is their number, N/2 a part of it (rounded down, at least 1), `rest` what the others leave.

    Raises:
        FastlanesError: the worker would refuse it, or it has not exactly so many slots: what is compared costs the same.
    """
    tokens = template.split()
    counts = [token.rpartition(":")[2] for token in tokens]
    known = [_count(count, slots) for count in counts]
    if counts.count(REST) > 1:
        raise _wrong(template, "says `rest` twice", "write it once, and a number elsewhere")
    left = slots - sum(count for count in known if count is not None)
    if REST in counts and left < 1:
        raise _wrong(template, f"leaves nothing of {slots} slots for `rest`", "pin fewer, such as fast_lane:1 manual>*:rest")
    filled = " ".join(
        f"{token.rpartition(':')[0]}:{left if written == REST else written if count is None else count}"
        for token, written, count in zip(tokens, counts, known, strict=True)
    )
    try:
        total = sum(loop.capacity for loop in parse_workloops(filled).workloops)
    except WorkloopError as error:
        raise _wrong(template, error.message, "write such as fast_lane:1 manual>*:rest") from None
    if total != slots:
        raise _wrong(template, f"has {total} slots, the workload's workers have {slots}", "write `rest` for one of the numbers")
    return filled


def _count(written: str, slots: int) -> int | None:
    """None where it is `rest`, or no number at all: that is for the worker's own parser to say."""
    if written == "N":
        return slots
    if part := _PART.fullmatch(written):
        return max(1, slots // max(1, int(part[1])))
    return int(written) if written.isascii() and written.isdigit() else None


def _wrong(template: str, what: str, hint: str) -> FastlanesError:
    return FastlanesError(f"the layout {template} {what}\n    hint: {hint}")
