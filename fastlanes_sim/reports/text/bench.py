"""The benchmark suite in a terminal of 80 columns: the leaderboard alone."""

from __future__ import annotations

from fastlanes_sim.reports.content.bench import BenchReport, score_text
from fastlanes_sim.suite.bench import Bench


def text(found: Bench) -> str:
    report = BenchReport(found)
    lines = [report.title, f"{'rank':>4}  {'composite score':<22}{'layout':<14}WORKER_WORKLOOPS"]
    lines += [
        f"{score.rank:>4}  {score_text(score):<22}{layout:<14}{found.layouts[layout] if found.layouts[layout] != layout else ''}".rstrip()
        for layout, score in report.by_score
    ]
    return "\n".join([*lines, f"100 is {found.reference}; less is better; equal ranks are within noise."])
