"""The report in Markdown: the objectives, then the sentences, then the tables under their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastlanes_sim.core.escaping import markdown as literal
from fastlanes_sim.reports.exporters.exporter import ANY_KIND, Content, Exportable, Exporter

if TYPE_CHECKING:
    from fastlanes_sim.reports.report import Report

_SIGNS = {"met": "✅ met", "missed": "❌ missed", "undecided": "❔ undecided"}
_CODE = re.compile(r"(`\w+`)")


def markdown(report: Report) -> str:
    """The whole report."""
    parts, cases = [f"## {literal(report.title)}"], report.cases
    if cases:
        several = len({case.deployment for case in cases}) > 1
        rows = [["deployment"] * several + ["objective", "verdict", "measured"]]
        rows += [[case.deployment] * several + [case.objective, _SIGNS[case.outcome], case.found] for case in cases]
        parts.append(table(rows))
    parts += ["\n".join(f"- {_sentence(sentence)}" for sentence in report.sentences)] if report.sentences else []
    for one in report.tables:
        parts += [f"### {literal(one.heading)}", table([one.head, *one.rows])]
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    """Words between `backticks` stay code, the rest is shown as it stands."""
    return "".join(part if _CODE.fullmatch(part) else literal(part) for part in _CODE.split(" ".join(text.split())))


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head."""
    head, *body = ["| " + " | ".join(literal(cell) or " " for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def _content(one: Exportable) -> Content:
    return [markdown(one.report).encode()]


MARKDOWN = Exporter("markdown", "Write the report as Markdown.", ANY_KIND, _content)
