"""Charts as PNG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports import charts
from fastlanes_sim.reports.charts import attribution as waits
from fastlanes_sim.reports.style import DPI, paper, styled
from fastlanes_sim.results.files import write_atomically
from fastlanes_sim.results.metrics import Metrics

if TYPE_CHECKING:
    from fastlanes_sim.reports.result import Result


def save_charts(result: Result, directory: Path) -> list[Path]:
    """Write attribution.png (where it was recorded), cdf.png (wait and response), wait.png (with the queues' depth below, and the
    replicas where any comes or goes) and slots.png; returns their paths."""
    slos = [verdict.slo for verdict in result.verdicts]
    with styled():
        cdf = paper(8, 9.6)
        upper, lower = cdf.subplots(2, 1)
        charts.latency_cdf(upper, result.metrics, "wait", slos)
        charts.latency_cdf(lower, result.metrics, "response", slos)
        wait = paper_of_wait(result)
        draw_wait(wait, result)
        slots = paper(8, charts.slot_occupancy.height(result.deployment))
        charts.busy_slots(slots.subplots(), result.deployment, result.table, result.log)
        written = []
        if result.explanations:
            drawn = waits.attribution(paper(8, waits.height(result.explanations)), result)
            written.append(save_figure(drawn, directory / "attribution.png"))
        return [
            *written,
            save_figure(cdf, directory / "cdf.png"),
            save_figure(wait, directory / "wait.png"),
            save_figure(slots, directory / "slots.png"),
        ]


def save_comparison(deployments: Sequence[tuple[str, Metrics]], path: Path, *, title: str = "") -> Path:
    """One picture of several deployments, each with its label."""
    with styled():
        figure = paper(9.5, 5.4)
        charts.comparison(figure, deployments, title=title)
        return save_figure(figure, path)


def paper_of_wait(result: Result) -> Any:
    """The figure that `draw_wait` wants."""
    return paper(8, 7 if result.replicas is None else 9)


def draw_wait(figure: Any, result: Result) -> Any:
    """Wait over time above, the depth of the queues below, and the replicas where any comes or goes, on one axis of time. Returns the upper
    Axes."""
    has_replicas = result.replicas is not None
    upper, lower, *lowest = figure.subplots(2 + has_replicas, 1, sharex=True, height_ratios=[2, 1, 1][: 2 + has_replicas])
    charts.wait_over_time(upper, result.table, result.log, result.metrics)
    charts.queue_depth(lower, result.table, result.log, result.metrics)
    upper.set_xlabel("")
    for ax in lowest:
        lower.set_xlabel("")
        charts.replicas(ax, result.log)
    return upper


def save_figure(figure: Any, path: Path) -> Path:
    """As PNG."""
    # Without the software's name in it, the same picture has the same bytes.
    write_atomically(path, lambda temporary: figure.savefig(temporary, dpi=DPI, metadata={"Software": None}))
    return path
