"""The page of the benchmark suite: who is ahead, then every score."""

from __future__ import annotations

from fastlanes_sim.reports.content.bench import BenchReport
from fastlanes_sim.reports.figures.bench import composite, scores
from fastlanes_sim.reports.html.experiment import chart_of
from fastlanes_sim.reports.html.page import Page, Text
from fastlanes_sim.suite.bench import Bench


def page(found: Bench) -> Page:
    report = BenchReport(found)
    says = "The score of each layout in each workload as a number and a shade; the lowest row is the composite."
    across = "The composite score of each layout with its interval; a dotted line marks the reference."
    return Page(
        title=report.title,
        cases=[],
        why=report.sentences,
        charts=[
            chart_of("Scores", says, "scores", scores(found).figure, [report.matrix]),
            chart_of("Composite scores", across, "composite", composite(found).figure, [report.leaderboard]),
        ],
        tables=report.tables,
        scenarios=[Text(f"{name}.yaml", one.path.read_text(encoding="utf-8"), found.changes) for name, one in found.workloads.items()],
        metadata=report.metadata,
        headline=report.answer,
        question=report.question,
        facts=report.facts,
    )
