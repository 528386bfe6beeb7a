"""How errors quote what they complain of, and what they suggest instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any


def show(value: Any) -> str:
    """A value as an error message quotes it: short, on one line, without control characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"


def shown_path(path: Path) -> Path:
    """A file's path as results name it: the same wherever the folder lies and whoever the user is.

    What lies in the working folder is named from there on, what lies elsewhere and was named from the root by its own name.
    """
    if not path.is_absolute():
        return path
    with suppress(OSError, ValueError):
        return path.relative_to(Path.cwd())
    return Path(path.name)


def suggest(value: object, allowed: Iterable[str]) -> str:
    """A did-you-mean with the list of what is allowed; the list is cut short where it is long."""
    names = list(allowed)
    text = str(value)
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(text.lower(), lowered, n=1, cutoff=0.6)
    start = f"did you mean `{lowered[close[0]]}`? " if close else ""
    if len(names) > 30:
        return start.rstrip()
    return f"{start}allowed: {', '.join(names)}"
