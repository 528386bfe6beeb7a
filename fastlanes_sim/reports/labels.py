"""Names for people."""

from __future__ import annotations


def lane_title(lane: str) -> str:
    """A lane's name for people: `fast lane`. That of another scope, such as `project.my_clinic`, is as it is written."""
    return {"all": "all lanes"}.get(lane, lane if "." in lane else lane.replace("_", " "))


def titled(lane: str) -> str:
    """The same at the beginning of a sentence."""
    name = lane_title(lane)
    return name if "." in name else name.capitalize()
