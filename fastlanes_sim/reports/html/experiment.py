"""What the pages of all experiments have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastlanes_sim.core.quoting import shown_path
from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.report import Report, Table
from fastlanes_sim.scenario.load import LoadedScenario


def chart_of(heading: str, says: str, name: str, figure: Any, numbers: Sequence[Table]) -> Chart:
    """A figure as a chart of the page; `name` is of the chart's own."""
    return Chart(heading, says, inline(figure, name, says), numbers)


def experiment_page(
    report: Report,
    drawn: Sequence[Chart],
    scenarios: Iterable[LoadedScenario],
    *,
    tables: Sequence[Table],
    interrupted: bool,
    names: Sequence[str] = (),
) -> Page:
    """The page of any experiment that has a report. A file that several deployments share is shown once for each that lays other values
    over it."""
    texts: list[Text] = []
    warnings: list[str] = []
    for place, one in enumerate(scenarios):
        known = any(text.text == one.text for text in texts)
        source = shown_path(one.source)
        name = f"{names[place]}: {source}" if names else str(source)
        texts.append(Text(name, f"(the same file: {source})" if known else one.text, one.overrides))
        warnings += [str(problem.message) for problem in one.warnings]
    return Page(
        title=report.title,
        cases=report.cases,
        why=report.sentences,
        charts=drawn,
        tables=tables,
        scenarios=texts,
        metadata=report.metadata,
        warnings=list(dict.fromkeys(warnings)),
        interrupted=interrupted,
        headline=report.answer,
        question=report.question,
        facts=report.facts,
    )
