"""Texts in CSV files that a spreadsheet would take for formulas (https://owasp.org/www-community/attacks/CSV_Injection)."""

from __future__ import annotations

import re

_COMPUTED = re.compile(r"'*\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
"""What begins like a formula, in full width too and behind blanks, or like one that has an apostrophe in front already."""


def neutral(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet might compute it."""
    return f"'{text}" if _COMPUTED.match(text) else text


def original(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text[:1] == "'" and _COMPUTED.match(text[1:]) else text
