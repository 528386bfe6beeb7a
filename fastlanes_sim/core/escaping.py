"""The one door for every text that leaves: a function for each language in which somebody else reads it.

Names of projects, workflows, workers and files are chosen by others. In a terminal they must not move the cursor, in GitHub's log not
give orders, on a page not be markup, in a spreadsheet not be formulas, in a chart not be mathematics.
"""

from __future__ import annotations

import re
from html import escape

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters (C0, C1), what reorders or hides text, other ends of lines, halves of surrogate pairs."""
_ORDER = re.compile(r"::(?=[A-Za-z])|##(?=\w*\[)")
"""GitHub's runner takes these for orders: the first at the beginning of a line, the second anywhere. So do others (`##vso[`).
https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s/]+(?=@)|(?<![\w-])(password\s*=\s*)(?:'[^']*'|\S+)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
_COMPUTED = re.compile(r"'*\s*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")
"""What begins like a formula, in full width too and behind blanks, or like one that has an apostrophe in front already."""


def visible(text: str) -> str:
    """The text with a replacement for each character that is not seen, but does something. Ends of lines and tabs stay."""
    return _UNSEEN.sub(REPLACEMENT, text)


def terminal(text: str) -> str:
    """For a terminal or a log: nothing in it is an order, neither to the terminal nor to the runner of a CI that reads the log, and the
    password of an address is not shown."""
    shown = _ORDER.sub(lambda order: " ".join(order[0]), visible(text))
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", shown) if "://" in shown or "assword" in shown else shown


def github_data(text: str) -> str:
    """For the message of one of GitHub's workflow commands."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def github_property(text: str) -> str:
    """For a property of one of GitHub's workflow commands, such as a file."""
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(text: str) -> str:
    """Text that Markdown shows as it stands: one line, no markup, no HTML."""
    line = re.sub(r"\s+", " ", text)
    return _MARKDOWN.sub(r"\\\1", re.sub(r"^(\s*\d+)([.])(?=\s)", r"\1\\\2", html(line, quote=False)))


def html(text: str, *, quote: bool = True) -> str:
    """For the text of an HTML page, and for attributes if quotes are escaped too. Spelled as Jinja spells it."""
    return escape(visible(text), quote=quote).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def xml(text: str) -> str:
    """What XML 1.0 can hold (https://www.w3.org/TR/xml/#charsets), not escaped: who writes XML does that."""
    return visible(text)


def mathtext(text: str) -> str:
    """For a text of a chart: matplotlib takes what stands between two `$` for mathematics."""
    return visible(text).replace("$", r"\$")


def csv(text: str) -> str:
    """For a cell of a CSV file: with an apostrophe in front if a spreadsheet might compute it.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if _COMPUTED.match(text) else text


def of_csv(text: str) -> str:
    """What `csv` was given."""
    return text[1:] if text[:1] == "'" and _COMPUTED.match(text[1:]) else text
