"""Several deployments side by side in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.reports.text.terminal import rich_table
from fastlanes_sim.results.observed import Observed

if TYPE_CHECKING:
    from rich.table import Table


def deployments_table(deployments: Sequence[tuple[str, Observed]]) -> Table:
    """A row a deployment: what the incident of lightning #4498 was about."""
    table = rich_table("", caption="wait: from insertion to start. 504: not answered within 30 s.")
    table.add_column("", no_wrap=True)
    for name in ("fast lane: p99 wait", "504s", "default: p99 wait"):
        table.add_column(name, justify="right")
    for label, observed in deployments:
        fast, default = (str(observed.durations(lane, "wait").quantile(0.99)) for lane in ("fast_lane", "default"))
        table.add_row(label, fast, f"{observed.counts('fast_lane').gateway_timeouts:,}", default)
    return table
