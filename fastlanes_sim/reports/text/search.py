"""A search in the terminal: what to paste into WORKER_WORKLOOPS first."""

from __future__ import annotations

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.search import Search
from fastlanes_sim.reports.content.search import SearchReport
from fastlanes_sim.reports.text.terminal import aligned


def text(found: Search) -> str:
    """The recommendation with its objectives, the sentences, the frontier."""
    report, lines = SearchReport(found), list[str]()
    if found.recommended is not None:
        best = found.recommended.candidate
        workers = f"{best.workers} workers of" if best.workers > 1 else "one worker of"
        lines += [f'WORKER_WORKLOOPS="{best.layout}"', f"  cost {best.cost:g}: {workers} {counted(best.slots, 'slot')}", ""]
        lines += [f"{one.outcome.upper():<10}{one.message}" for one in report.cases]
        lines += [f"{one.verdict.upper():<10}{one.slo.text} (implied): {one.text}" for one in report.implied]
        lines.append("")
    lines += [f"{sentence}." for sentence in report.sentences]
    table = report.tables[0]
    lines += ["", f"{table.heading}, intervals at {100 * found.rule.confidence:g} % each:", *aligned(table)]
    return "\n".join([*lines, "", f"{counted(found.replications, 'replication')} of {counted(len(found.trials), 'layout')}"])
