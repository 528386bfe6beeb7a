"""The pages of replications and comparisons: intervals first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.html.page import Chart, Page, Text
from fastlanes_sim.reports.html.svg import inline
from fastlanes_sim.reports.reportable import Table, Told
from fastlanes_sim.reports.style import paper

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastlanes_sim.reports.experiments import ComparisonResult, ReplicatedResult
    from fastlanes_sim.scenario.load import LoadedScenario


def replicated_page(found: ReplicatedResult) -> Page:
    heading = "Means and their intervals"
    label = "The mean of each time over the replications, with its confidence interval."
    chart = chart_of(heading, label, "means", found.plot(on=paper).figure, found.tables)
    formulas = Table("Beside it, no simulation", ["formulas"], [[line] for line in found.sanity.lines()])
    return experiment_page(found, [chart], [found.scenario], tables=[*found.tables, formulas], interrupted=found.interrupted)


def comparison_page(found: ComparisonResult) -> Page:
    label = "The paired difference of each time with its confidence interval; left of zero is faster."
    chart = chart_of("Differences and their intervals", label, "differences", found.plot(on=paper).figure, found.paired_tables)
    label = "The mean of each time under each deployment with its confidence interval, a colour a deployment."
    figure = found.plot_deployments(on=paper).figure
    side_by_side = chart_of("Deployments side by side", label, "deployments", figure, found.deployment_tables)
    scenarios = [one.scenario for one in found.results.values()]
    return experiment_page(
        found, [chart, side_by_side], scenarios, tables=found.tables, interrupted=found.interrupted, names=list(found.results)
    )


def chart_of(heading: str, says: str, name: str, figure: Any, numbers: Sequence[Table]) -> Chart:
    """A figure as a chart of the page; `name` is of the chart's own."""
    return Chart(heading, says, inline(figure, name, says), numbers)


def experiment_page(
    found: Told,
    drawn: Sequence[Chart],
    scenarios: Iterable[LoadedScenario],
    *,
    tables: Sequence[Table],
    interrupted: bool,
    names: Sequence[str] = (),
) -> Page:
    """The page of any experiment that can be told. A file that several deployments share is shown once for each that lays other values
    over it."""
    texts: list[Text] = []
    warnings: list[str] = []
    for place, one in enumerate(scenarios):
        known = any(text.text == one.text for text in texts)
        name = f"{names[place]}: {one.source}" if names else str(one.source)
        texts.append(Text(name, f"(the same file: {one.source})" if known else one.text, one.overrides))
        warnings += [str(problem.message) for problem in one.warnings]
    return Page(
        title=found.title,
        cases=found.cases,
        why=found.sentences,
        charts=drawn,
        tables=tables,
        scenarios=texts,
        metadata=found.metadata,
        warnings=list(dict.fromkeys(warnings)),
        interrupted=interrupted,
    )
