"""The figure of several deployments' simulations side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.reports.charts.style import paper, styled
from fastlanes_sim.reports.charts.waits_by_deployment import waits_by_deployment
from fastlanes_sim.results.observed import Observed


def side_by_side(deployments: Sequence[tuple[str, Observed]], title: str = "") -> Any:
    """The waits under each deployment, each with its label. Returns the Figure."""
    with styled():
        return waits_by_deployment(paper(9.5, 5.4), deployments, title=title)
