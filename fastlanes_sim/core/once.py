"""Notes for people, each told once, beside the output that somebody may be parsing."""

from __future__ import annotations

import sys
from functools import cache


@cache
def say_once(note: str) -> None:
    """Print a note on standard error, the first time that it is told in this process."""
    print(note, file=sys.stderr)
