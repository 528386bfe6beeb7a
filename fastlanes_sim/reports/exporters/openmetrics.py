"""Lightning's own metrics of the queue, as Prometheus would have collected them from the simulated system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastlanes_sim.reports.exporters.exporter import Exportable, Exporter, Setting
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.results.simulated import Simulated
    from fastlanes_sim.scenario.schema import Scenario

_STEP = "prometheus-step"
_MOST_INSTANTS = 5_000
"""Unless a step is given."""


def _content(one: Exportable) -> Iterator[bytes]:
    import numpy as np

    from fastlanes_sim.core.units import SECOND
    from fastlanes_sim.exports.queue_metrics import openmetrics
    from fastlanes_sim.results.simulated_queue import queue_metrics
    from fastlanes_sim.scenario.schedule import EPOCH, microseconds

    found: Simulated = one.report.found
    until = found.log.ended_on
    step = one.settings.get(_STEP) or 15 * SECOND * max(-(-until // (15 * SECOND * _MOST_INSTANTS)), 1)
    metrics = queue_metrics(found.log, microseconds(EPOCH, found.start), np.arange(0, until + 1, step))
    for line in openmetrics(metrics):
        yield line.encode()


def _read_step(text: str, scenario: Scenario) -> int:
    from fastlanes_sim.core.errors import FastlanesError
    from fastlanes_sim.core.units import parse_duration

    try:
        step = parse_duration(text)
    except ValueError as error:
        raise FastlanesError(f"--{_STEP}: {error}\n    hint: write a duration, such as 30s") from None
    if step <= 0:
        raise FastlanesError(f"--{_STEP}: it must be longer than nothing\n    hint: write a duration, such as 30s")
    return step


OPENMETRICS = Exporter(
    "prometheus",
    "Write the metrics of the queue that Lightning shows to Prometheus, as OpenMetrics text.",
    frozenset({ReportKind.SIMULATION}),
    _content,
    settings=(
        Setting(_STEP, "DURATION", "Time between the instants of --prometheus. Default: 15s, longer if there were too many.", _read_step),
    ),
)
