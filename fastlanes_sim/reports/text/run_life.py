"""One run's life in the terminal."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.content.work_order_words import path_words, work_order_words
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.report import Table
from fastlanes_sim.reports.text.terminal import aligned
from fastlanes_sim.results.frame import MEANINGS
from fastlanes_sim.results.response_parts import PART_MEANINGS, Part
from fastlanes_sim.results.run_life import RunLife, WorkOrder
from fastlanes_sim.results.wait_stretches import Stretch, summed

MOST_CLAIMS, MOST_STRETCHES = 20, 12
"""What is shown unless everything is asked for: the last claims, the longest stretches."""


def text(life: RunLife, start: datetime, timezone: str, *, everything: bool = False) -> str:
    """Its moments; what held it back; its work order, where runs call others; the claims that passed it by.

    Args:
        start: the instant of time 0; times of the day are shown in `timezone`.
    """
    waited = format_duration(life.wait)
    outcome = f"waited {waited}" if life.has_started else f"never started, in {waited}"
    parts = [
        [f"Run {life.run} of {life.workflow} ({lane_title(life.lane)}): {outcome}"],
        aligned(_moments(life, start, ZoneInfo(timezone))),
    ]
    if life.stretches:
        parts.append(["What held it back:", *aligned(_causes(life))])
    if len(life.stretches) > 1:
        parts.append(["In this order:", *_in_order(life, everything)])
    if life.parts:
        parts.append(["Where its response went:", *aligned(_parts(life))])
    if life.work_order is not None:
        order = life.work_order
        parts.append(
            [f"Its work order, which begins with run {order.root}: {work_order_words(order)}. The critical path: {path_words(order)}"]
        )
        parts.append(["Its critical path in order:", *_path(order, everything)])
    if life.passed_by:
        parts.append(["Claims that took something else meanwhile:", *_claims(life, everything)])
    return "\n\n".join("\n".join(part) for part in parts)


def _moments(life: RunLife, start: datetime, zone: ZoneInfo) -> Table:
    rows, last = [], life.moments[0].at
    for one in life.moments:
        clock = f"{(start + timedelta(microseconds=one.at)).astimezone(zone):%a %H:%M:%S.%f}"[:-3]
        rows.append([clock, _after(life, one.at), format_duration(one.at - last), one.what])
        last = one.at
    return Table("", ["when", "after", "later", "what"], rows)


def _causes(life: RunLife) -> Table:
    rows = [
        [cause.label, format_duration(us), f"{100 * us / max(life.wait, 1):.0f} %", MEANINGS[cause]]
        for cause, us in summed(life.stretches).items()
    ]
    return Table("", ["cause", "for", "of its wait", "meaning"], rows)


def _parts(life: RunLife) -> Table:
    whole = max(sum(life.parts), 1)
    rows = [
        [part.label, format_duration(us), f"{100 * us / whole:.0f} %", PART_MEANINGS[part]]
        for part, us in zip(Part, life.parts, strict=True)
        if us
    ]
    return Table("", ["part", "for", "of its response", "meaning"], rows)


def _path(order: WorkOrder, everything: bool) -> list[str]:
    longest = sorted(order.path, key=lambda one: -one.length)[:MOST_STRETCHES]
    shown = sorted(order.path if everything else longest, key=lambda one: one.begin)
    rows = [
        [format_duration(one.begin - order.begin), format_duration(one.length), str(one.run), order.workflows[one.run], one.what]
        for one in shown
    ]
    left = len(order.path) - len(shown)
    table = aligned(Table("", ["from", "for", "run", "workflow", "what"], rows))
    return [*table, *([f"... and {left:,} shorter ones: --all shows them"] if left else [])]


def _in_order(life: RunLife, everything: bool) -> list[str]:
    longest = sorted(life.stretches, key=lambda one: one.begin - one.end)[:MOST_STRETCHES]
    shown: list[Stretch] = sorted(life.stretches if everything else longest, key=lambda one: one.begin)
    rows = [[_after(life, one.begin), format_duration(one.end - one.begin), one.cause.label] for one in shown]
    left = len(life.stretches) - len(shown)
    return [*aligned(Table("", ["from", "for", "cause"], rows)), *([f"... and {left:,} shorter ones: --all shows them"] if left else [])]


def _claims(life: RunLife, everything: bool) -> list[str]:
    shown = life.passed_by if everything else life.passed_by[-MOST_CLAIMS:]
    rows = [[_after(life, one.at), f"{one.worker} ({one.workloop})", one.given or "nothing"] for one in shown]
    left = len(life.passed_by) - len(shown)
    return [
        *([f"... {left:,} claims before these: --all shows them"] if left else []),
        *aligned(Table("", ["after", "who asked", "what it got"], rows)),
    ]


def _after(life: RunLife, at: int) -> str:
    return format_duration(at - life.moments[0].at)
