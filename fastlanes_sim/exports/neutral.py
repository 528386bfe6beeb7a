"""Texts in CSV files that a spreadsheet would take for formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""

from __future__ import annotations

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def original(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_DANGEROUS) else text
