"""What is said of work orders and of runs that wait for those that they call, as people read it (docs/chains.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.content.rows import split_rows
from fastlanes_sim.results.critical_path import BETWEEN_ATTEMPTS
from fastlanes_sim.results.response_explanation import ResponseExplanation, standstill_sentence
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.run_life import WorkOrder, slowest_work_order, work_order
from fastlanes_sim.results.simulated import Simulated

RESPONSES = "What responses were made of (mean)"
_MOST_PARTS = 3
_LEAST_SHARE = 0.05
"""Parts of a critical path that are named."""


def path_words(order: WorkOrder) -> str:
    """`71 % slots of clinic/match, 20 % own work of clinic/import`: the largest parts of its critical path."""
    spent: Counter[str] = Counter()
    for step in order.path:
        what = step.what if " " in step.what else f"`{step.what}`"
        spent["pause before asking again" if step.what == BETWEEN_ATTEMPTS else f"{what} of {order.workflows[step.run]}"] += step.length
    whole = spent.total()
    named = [(what, us) for what, us in spent.most_common(_MOST_PARTS) if us >= _LEAST_SHARE * whole]
    return ", ".join(f"{100 * us / whole:.0f} % {what}" for what, us in named)


def work_order_words(order: WorkOrder) -> str:
    """How many runs it has, and how long it took."""
    runs = f"{order.runs:,} run{'' if order.runs == 1 else 's'}"
    return f"{runs}, {format_duration(order.end - order.begin)}{' so far' if order.is_open else ''}"


def work_order_sentences(found: Simulated) -> list[str]:
    """How much of the slots' time went into waiting for called runs, and what the longest work order waited for; nothing where no run has
    called another."""
    if not found.table.has_calls or not (found.observed.work_orders.runs > 1).any():
        return []
    order = work_order(found, slowest_work_order(found))
    first = (
        []
        if order is None or not order.path
        else [f"The slowest work order (run {order.root}, {work_order_words(order)}): its critical path"]
    )
    stood = [standstill_sentence(found.stood_still, found.responses_explained)] if found.stood_still >= _LEAST_SHARE else []
    return [*stood, *(f"{one} was {path_words(order)}." for one in first if order is not None)]


def response_rows(explanations: Sequence[ResponseExplanation]) -> list[list[str]]:
    """The response, then each part's name and two cells a workflow: the mean of all its runs, and of the slowest."""
    return split_rows("response", Part, [split for why in explanations for split in (why.all, why.slowest)])


def response_sentences(explanations: Sequence[ResponseExplanation]) -> list[str]:
    """One for each workflow whose slowest runs did little else but wait for others."""
    return [why.sentence for why in explanations if why.slowest.part is Part.CHILD]
