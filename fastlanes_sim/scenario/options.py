"""A worker's options as scenario files spell them, judged by the worker's own rules (W-3, W-17)."""

from __future__ import annotations

import re

from fastlanes_sim.core.fields import wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.rules.layout_parser import WorkloopError, parse_workloops

MOST_SLOTS = 100_000
_TOKEN = re.compile(r'token "(?P<token>.*?)"(?:: m|\Z)', re.DOTALL)
_BACKOFF = re.compile(r"\d{1,6}(\.\d+)?/\d{1,6}(\.\d+)?")
_HINTS = {
    "empty": 'write one or more NAMES:COUNT, such as "fast_lane:1 manual>*:4"',
    "suffix": "end each token with a colon and its number of slots, such as fast_lane:1",
    "count": "write a whole number of 1 or more without sign, leading zero or point",
    "name": "names are letters, digits and _, separated by >, such as manual>*:4",
    "wildcard": "put the * last, such as fast_lane>*:2",
}


def check_layout(text: str) -> str:
    """A layout that the worker accepts (W-17); a refused one is told in the worker's words."""
    try:
        layout = parse_workloops(text)
    except WorkloopError as error:
        match = _TOKEN.search(error.message)
        offset = text.find(match["token"]) if match else 0
        raise wrong(error.message, _hint(error.message), max(offset, 0)) from None
    if sum(workloop.capacity for workloop in layout.workloops) > MOST_SLOTS:
        raise wrong(f"more than {MOST_SLOTS:,} slots in one worker", "write smaller counts, or more `replicas`")
    return text


def _hint(message: str) -> str:
    for part, kind in (("empty", "empty"), ("suffix", "suffix"), ("count", "count"), ("queue name", "name")):
        if part in message and not message.startswith("Empty queue"):
            return _HINTS[kind]
    return _HINTS["wildcard" if message.startswith("Wildcard") else "name"]


def check_backoff(text: str) -> str:
    """`least/most` in seconds (W-3). The worker would take anything else for absent; a scenario that says so is a slip."""
    if _BACKOFF.fullmatch(text.strip()) is None:
        raise wrong(f"{show(text)} is not a backoff", "write LEAST/MOST in seconds, such as 1/10")
    return text
