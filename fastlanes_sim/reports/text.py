"""A result in the terminal: the verdicts first, then the lanes, then the workloops. Reads well in 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.reports.style import lane_title
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.results.metrics import LANES, Metrics
from fastlanes_sim.results.run_times import Metric
from fastlanes_sim.results.slo import Verdict
from fastlanes_sim.results.utilisation import Utilisation, busy_together
from fastlanes_sim.results.worker_processes import Replicas
from fastlanes_sim.rules.causes import Cause

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from fastlanes_sim.experiments.advise import Advice
    from fastlanes_sim.reports.result import Result

VERDICT_STYLES = {"met": "green", "missed": "bold red", "undecided": "yellow"}
_ROWS = (("p50", "p50"), ("p95", "p95"), ("p99", "p99"), ("max", "max"))
_COUNTS = (
    ("504s", "gateway_timeouts"),
    ("lost", "lost"),
    ("killed", "killed"),
    ("failed", "failed"),
    ("open at the end", "open"),
)
_INCIDENTS = (("503s", "unavailable"), ("never came", "missed"), ("cut off", "cut_off"))
"""Shown only where there are any."""
_CAPTION = """wait: inserted → started. response: inserted → ended.
≥ at least, ≈ within 5 %: some runs are still open."""
_MOST_ROWS = 12
"""Workloops listed one by one; beyond that, workers with the same token share a row."""


def print_result(result: Result, console: Console) -> None:
    """Everything, in the order in which a planner asks."""
    if result.log.interrupted:
        console.print(f"[yellow]Interrupted after {format_duration(result.log.ended_on)}: what follows is of that part alone.[/yellow]\n")
    if result.verdicts:
        console.print(verdict_table(result.verdicts))
    console.print(lane_table(result.metrics))
    console.print(utilisation_table(result.utilisation))
    if result.replicas is not None:
        console.print(replicas_table(result.replicas))
    if any(why.cause is not None for why in result.explanations):
        console.print(attribution_table(result.explanations))
        for why in result.explanations:
            if why.cause is not None:
                _print_wrapped(console, why.sentence)
        console.print()


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    from rich.text import Text

    table = _table("Objectives")
    table.add_column("verdict", no_wrap=True)
    table.add_column("objective", overflow="fold")
    table.add_column("measured", overflow="fold")
    for verdict in verdicts:
        table.add_row(Text(verdict.verdict.upper(), VERDICT_STYLES[verdict.verdict]), Text(verdict.slo.text), Text(verdict.text))
    return table


def deployments_table(deployments: Sequence[tuple[str, Metrics]]) -> Table:
    """A row a deployment: what the incident of lightning #4498 was about."""
    table = _table("", caption="wait: from insertion to start. 504: not answered within 30 s.")
    table.add_column("", no_wrap=True)
    for name in ("fast lane: p99 wait", "504s", "default: p99 wait"):
        table.add_column(name, justify="right")
    for label, metrics in deployments:
        fast, default = (str(metrics.durations(lane, "wait").quantile(0.99)) for lane in ("fast_lane", "default"))
        table.add_row(label, fast, f"{metrics.counts('fast_lane').gateway_timeouts:,}", default)
    return table


def lane_table(metrics: Metrics) -> Table:
    """A column a lane that has runs, a row a number."""
    lanes = [lane for lane in LANES if metrics.counts(lane).runs]
    if len(lanes) == 2:  # one lane, and all of it
        lanes = lanes[:1]
    table = _table("Lanes", caption=_CAPTION)
    table.add_column("", min_width=max(len(title) for title, _ in _COUNTS))
    for lane in lanes:
        table.add_column(lane_title(lane), justify="right", no_wrap=True)
    for cells in lane_rows(metrics, lanes):
        table.add_row(*cells, end_section=cells[0] in ("runs", "wait max", "response max", "open at the end"))
    return table


def lane_rows(metrics: Metrics, lanes: Sequence[str]) -> list[list[str]]:
    """Name and one cell a lane, for each number."""
    counts = {lane: metrics.counts(lane) for lane in lanes}
    rows = [["runs", *(f"{counts[lane].runs:,}" for lane in lanes)]]
    metrics_shown: tuple[Metric, ...] = ("wait", "response")
    for metric in metrics_shown:
        measured = [metrics.of(lane, metric) for lane in lanes]
        rows += [[f"{metric} {title}", *(str(getattr(m, name) or "–") for m in measured)] for title, name in _ROWS]
    incidents = [(title, name) for title, name in _INCIDENTS if getattr(metrics.counts("all"), name)]
    rows += [[title, *(f"{getattr(counts[lane], name):,}" for lane in lanes)] for title, name in (*_COUNTS, *incidents)]
    return rows + (_caller_rows(metrics, lanes) if metrics.callers.try_again_or_are_refused else [])


def _caller_rows(metrics: Metrics, lanes: Sequence[str]) -> list[list[str]]:
    """What sync callers saw, where that is more than their one request's run."""
    counts = [metrics.callers.counts(metrics.lane(lane)) for lane in lanes]
    response = [metrics.durations(lane, "caller_response").quantile(0.95) for lane in lanes]
    return [
        ["429s", *(f"{metrics.counts(lane).refused - metrics.counts(lane).unavailable:,}" for lane in lanes)],
        ["callers", *(f"{c.callers:,}" for c in counts)],
        ["their requests", *(f"{c.requests:,}" for c in counts)],
        ["callers gave up", *(f"{c.gave_up:,}" for c in counts)],
        ["caller response p95", *(str(value or "–") for value in response)],
        ["work for nobody", *(format_duration(c.abandoned_s * SECOND) for c in counts)],
    ]


def utilisation_table(entries: Sequence[Utilisation]) -> Table:
    from rich.text import Text

    table = _table("Workloops")
    for name in ("worker", "workloop"):
        table.add_column(name, overflow="fold")
    for name in ("slots", "runs", "busy"):
        table.add_column(name, justify="right", no_wrap=True)
    for cells in utilisation_rows(entries):
        table.add_row(*map(Text, cells))
    return table


REPLICAS_HEAD = ["processes", "replica hours", "mean", "most at once"]


def replicas_rows(found: Replicas) -> list[list[str]]:
    """One row, under `REPLICAS_HEAD`."""
    return [[f"{found.processes:,}", f"{found.replica_hours:,.2f}", f"{found.mean:.2f}", f"{found.most:,}"]]


def replicas_table(found: Replicas) -> Table:
    table = _table("Replicas", caption="A process costs from its start until it is gone.")
    for name in REPLICAS_HEAD:
        table.add_column(name, justify="right", no_wrap=True)
    for cells in replicas_rows(found):
        table.add_row(*cells)
    return table


def attribution_table(explanations: Sequence[Explanation]) -> Table:
    """A column for all runs of a lane and one for its slowest, a row a cause that occurs."""
    shown = [why for why in explanations if why.cause is not None]
    table = _table("Why runs waited", caption="Mean wait of all runs of a lane, and of its slowest 1 %.")
    table.add_column("")
    for why in shown:
        table.add_column(lane_title(why.lane), justify="right", no_wrap=True)
        table.add_column("slowest", justify="right", no_wrap=True)
    for cells in attribution_rows(shown):
        table.add_row(*cells, end_section=cells[0] == "wait")
    return table


def attribution_rows(explanations: Sequence[Explanation]) -> list[list[str]]:
    """The wait, then the cause's name and two cells a lane: the mean of all its runs, and of the slowest."""
    splits = [split for why in explanations for split in (why.all, why.slowest)]
    rows = [["wait", *(format_duration(split.mean()) for split in splits)]]
    for cause in Cause:
        if any(split.micros[cause] for split in splits):
            rows.append([cause.label, *(format_duration(split.mean(cause)) if split.micros[cause] else "–" for split in splits)])
    return rows


def print_advice(advice: Sequence[Advice], console: Console) -> None:
    """What was found, what was tried, and the settings to try it oneself; the settings on lines of their own, for copying."""
    console.print("Advice (each change simulated on the same runs)", style="bold")
    for one in advice:
        _print_wrapped(console, f"{lane_title(one.why.lane)}: {one.lines[0]}")
        for line in one.lines[1:]:
            if line.startswith(" "):  # a command
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
            else:
                _print_wrapped(console, line, indent="  ")
    console.print()


def _print_wrapped(console: Console, line: str, indent: str = "") -> None:
    wrapped = fill(line, console.width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
    console.print(wrapped, markup=False, highlight=False)


def utilisation_rows(entries: Sequence[Utilisation]) -> list[list[str]]:
    """Worker, workloop, slots, runs, busy."""
    groups: dict[Any, list[Utilisation]] = {}
    for place, entry in enumerate(entries):
        groups.setdefault(place if len(entries) <= _MOST_ROWS else entry.workloop, []).append(entry)
    rows = []
    for group in groups.values():
        slots, busy = sum(entry.slots for entry in group), busy_together(group)
        many = "workers" if group[0].on_duty is None else "processes"
        name = group[0].worker if len(group) == 1 else f"{len(group)} {many}"
        rows.append([name, group[0].workloop, f"{slots:,}", f"{sum(entry.runs for entry in group):,}", f"{100 * busy:.1f} %"])
    return rows


def _table(title: str, caption: str | None = None) -> Table:
    from rich import box
    from rich.table import Table

    style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "box": box.SIMPLE_HEAD, "pad_edge": False}
    return Table(title=title, caption=caption, caption_justify="left", **style)
