"""Names for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastlanes_sim.experiments.metric import Statistic


def lane_title(lane: str) -> str:
    """A lane's name for people: `fast lane`."""
    return {"all": "all lanes"}.get(lane, lane.replace("_", " "))


def with_unit(statistic: Statistic) -> str:
    """A statistic's name for an axis: `p99(fast_lane.wait) (s)`. Shares have their unit in their numbers."""
    return statistic.text + {"share": ""}.get(statistic.unit, f" ({statistic.unit})")
