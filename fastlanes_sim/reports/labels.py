"""Names for people."""

from __future__ import annotations


def lane_title(lane: str) -> str:
    """A lane's name for people: `fast lane`."""
    return {"all": "all lanes"}.get(lane, lane.replace("_", " "))
