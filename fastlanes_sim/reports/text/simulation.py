"""One simulation in the terminal: the verdicts first, then the lanes, then the workloops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.measures.judge import Verdict
from fastlanes_sim.measures.scopes import LANES, Scope
from fastlanes_sim.reports.content.rows import (
    COUNTS,
    REPLICAS_HEAD,
    attribution_rows,
    lane_rows,
    lost_slot_sentences,
    replicas_rows,
    stopped_workloop_sentences,
    utilisation_rows,
)
from fastlanes_sim.reports.content.simulation import SimulationReport
from fastlanes_sim.reports.content.work_order_words import response_rows, response_sentences, work_order_sentences
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.text.terminal import console as terminal_console
from fastlanes_sim.reports.text.terminal import print_line, print_wrapped, rich_table
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.response_explanation import ResponseExplanation
from fastlanes_sim.results.sharing_words import sharing_sentences
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.utilisation import Utilisation
from fastlanes_sim.results.worker_processes import Replicas

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

VERDICT_STYLES = {"met": "green", "missed": "bold red", "undecided": "yellow"}
_CAPTION = """wait: inserted → started. response: inserted → Lightning knows of the end.
≥ at least, ≈ within 5 %: some runs are still open."""
_ONE_SAMPLE = "MET in this one sample."


_LONGEST_PART = 20
"""Characters of the name of a project or a workflow that a line of 80 has room for."""
MOST_COLUMNS = 4
"""Projects or workflows beside each other in a table."""


def print_result(found: Simulated, console: Console, by: str = "lane") -> None:
    """Everything, in the order in which a planner asks; by `lane`, `project` or `workflow`, those that waited longest."""
    if found.log.interrupted:
        print_line(console, f"Interrupted after {format_duration(found.log.ended_on)}: what follows is of that part alone.\n", "yellow")
    if found.verdicts:
        console.print(verdict_table(found.verdicts))
    for sentence in found.remarks:
        print_wrapped(console, f"{sentence}.")
    if found.remarks:
        console.print()
    console.print(lane_table(found.observed) if by == "lane" else scope_table(found, by))
    console.print(utilisation_table(found.utilisation))
    if found.remarks:
        console.print(scopes_table(found))
    for sentence in (*lost_slot_sentences(found), *stopped_workloop_sentences(found)):
        print_wrapped(console, sentence)
    if found.replicas is not None:
        console.print(replicas_table(found.replicas))
    waited = found.waited if by == "lane" else explained_by(found, by)
    if waited:
        for several in ([why for why in waited if (why.scope in found.told_apart) == apart] for apart in (True, False)):
            if several:
                console.print(attribution_table(several))
        for why in sorted(waited, key=lambda why: -why.slowest.mean()):
            if by != "lane" or why.scope not in found.remarked:  # else it has been said
                print_wrapped(console, why.sentence)
        console.print()
    if found.responses_explained:
        console.print(responses_table(found.responses_explained))
    calls = [*response_sentences(found.responses_explained), *work_order_sentences(found), *sharing_sentences(found)]
    for sentence in calls:
        print_wrapped(console, sentence)
    if calls:
        console.print()


def text(found: Simulated, width: int = 80) -> str:
    """The same as a string, without colour."""
    from io import StringIO

    out = StringIO()
    print_result(found, terminal_console(out, width=width, no_color=True))
    return out.getvalue()


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    from rich.text import Text

    is_met = any(verdict.verdict == "met" for verdict in verdicts)
    table = rich_table("Objectives", caption=_ONE_SAMPLE if is_met else None)
    table.add_column("verdict", no_wrap=True)
    table.add_column("objective", overflow="fold")
    table.add_column("measured", overflow="fold")
    for verdict in verdicts:
        table.add_row(Text(verdict.verdict.upper(), VERDICT_STYLES[verdict.verdict]), verdict.slo.text, verdict.text)
    return table


def lane_table(observed: Observed) -> Table:
    """A column a lane that has runs, a row a number."""
    lanes = [lane for lane in LANES if observed.counts(lane).runs]
    if len(lanes) == 2:  # one lane, and all of it
        lanes = lanes[:1]
    return _numbers("Lanes", observed, lanes)


def scope_table(found: Simulated, by: str) -> Table:
    """A column a project or workflow, those that waited longest first, a row a number."""
    scopes = scopes_by(found, by)
    heading = f"{by.capitalize()}s"
    return _numbers(heading, found.observed, [str(scope) for scope in scopes])


def scopes_by(found: Simulated, by: str) -> list[Scope]:
    """The projects or workflows that waited longest; where there is only one, it."""
    waits = [one.scope for one in found.scope_waits if one.scope.kind == by]
    if not waits:
        parts = found.observed.places.workflows[:1]
        waits = [Scope(by, place if by == "workflow" else place[:1]) for place in parts]
    return waits[:MOST_COLUMNS]


def explained_by(found: Simulated, by: str) -> list[Explanation]:
    """Why the runs of each of them waited, of those whose runs did."""
    whys = (found.explained(scope) for scope in scopes_by(found, by))
    return [why for why in whys if why is not None and why.cause is not None]


def _numbers(heading: str, observed: Observed, scopes: Sequence[str]) -> Table:
    table = rich_table(heading, caption=_CAPTION)
    table.add_column("", min_width=max(len(title) for title, _ in COUNTS))
    for scope in scopes:
        table.add_column(lane_title(scope), justify="right", overflow="fold")
    for cells in lane_rows(observed, scopes):
        table.add_row(*cells, end_section=cells[0] in ("runs", "wait max", "response max", "open at the end"))
    return table


def scopes_table(found: Simulated) -> Table:
    """A row a project or workflow, those first that waited longest; of the page's columns those that fit into 80."""
    content = SimulationReport(found).scopes_table
    places = [place for place, name in enumerate(content.head) if name != "wait p50"]
    rows = [[_broken(row[0]), *(row[place] for place in places[1:])] for row in content.rows]
    widest = min(_LONGEST_PART, max((len(line) for row in rows for line in row[0].split("\n")), default=0))
    table = rich_table(content.heading)
    for place in places:
        table.add_column(
            content.head[place], justify="right" if place > 1 else "left", overflow="fold", min_width=None if place else widest
        )
    for row in rows:
        table.add_row(*row)
    return table


def _broken(scope: str) -> str:
    """A long name on two lines, so that no line breaks inside a word."""
    before, dot, last = scope.rpartition(".")
    return f"{before}{dot}\n{last}" if len(scope) > _LONGEST_PART else scope


def utilisation_table(entries: Sequence[Utilisation]) -> Table:
    table = rich_table("Workloops")
    for name in ("worker", "workloop"):
        table.add_column(name, overflow="fold")
    for name in ("slots", "runs", "busy"):
        table.add_column(name, justify="right", no_wrap=True)
    for cells in utilisation_rows(entries):
        table.add_row(*cells)
    return table


def replicas_table(found: Replicas) -> Table:
    table = rich_table(
        "Replicas",
        caption="A process costs from its start until it is gone.\nstopped: after SIGTERM. killed: at the end of the grace period.",
    )
    for name in REPLICAS_HEAD:
        table.add_column(name, justify="right", no_wrap=True)
    for cells in replicas_rows(found):
        table.add_row(*cells)
    return table


def responses_table(explanations: Sequence[ResponseExplanation]) -> Table:
    """A column for all runs of a workflow and one for its slowest, a row a part of the response."""
    caption = "Mean of all runs of a workflow that waits for others, and of its slowest 1 %."
    names = [_broken(why.name) for why in explanations]
    return _of_all_and_slowest("What responses were made of", caption, names, response_rows(explanations))


def attribution_table(waited: Sequence[Explanation]) -> Table:
    """A column for all runs of a lane and one for its slowest, a row a cause that occurs."""
    caption = "Mean wait of all runs of a lane, and of its slowest 1 %."
    return _of_all_and_slowest("Why runs waited", caption, [lane_title(why.name) for why in waited], attribution_rows(waited))


def _of_all_and_slowest(title: str, caption: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """The first row is the whole of the others."""
    table = rich_table(title, caption=caption)
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
        table.add_column("slowest", justify="right", no_wrap=True)
    for number, cells in enumerate(rows):
        table.add_row(*cells, end_section=number == 0)
    return table
