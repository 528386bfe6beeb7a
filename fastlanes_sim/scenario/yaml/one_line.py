"""Names and plain trees as YAML on one line, with quotes wherever YAML would read something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def name(text: str) -> str:
    """A key or a text of YAML, in quotes where it needs them."""
    return text if _BARE.fullmatch(text) and text.lower() not in _RESERVED else json.dumps(text, ensure_ascii=False)


def flow(value: Any) -> str:
    """A plain tree on one line. Texts are always in quotes: `1/10` or `*:4` would mean something else."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name(key) if isinstance(key, str) else key}: {flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
