"""Numbers of things in sentences."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`"1 run"`, `"2 runs"`, `"1,234 design points"`; the plural of `thing` has an s."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
