"""A capacity search in the terminal."""

from __future__ import annotations

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.capacity_search import Carried
from fastlanes_sim.reports.content.capacity_search import CapacityReport
from fastlanes_sim.reports.text.terminal import aligned


def text(found: Carried) -> str:
    """The answer, the sentences, then every factor that was tried."""
    report = CapacityReport(found)
    lines = [f"{report.answer}.", "", *(f"{sentence}." for sentence in report.sentences)]
    return "\n".join([*lines, "", *aligned(report.tables[0]), "", f"{counted(found.replications, 'replication')}"])
