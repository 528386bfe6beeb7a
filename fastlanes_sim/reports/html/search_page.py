"""The pages of a search: what to deploy first, then the frontier; how much traffic is carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlanes_sim.reports.html.experiment_page import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page

if TYPE_CHECKING:
    from fastlanes_sim.reports.capacity_search import CarriedResult
    from fastlanes_sim.reports.search import SearchResult


def search_page(found: SearchResult) -> Page:
    says = "Every layout that was played: what it costs against the first objective's statistic, with intervals."
    chart = chart_of("What it costs", says, "frontier", found.plot().figure, found.tables[:1])
    return experiment_page(found, [chart], [found.base], tables=found.tables, interrupted=found.interrupted)


def carried_page(found: CarriedResult) -> Page:
    says = "The first objective's statistic over the traffic, with intervals, and its bound."
    chart = chart_of("Traffic", says, "traffic", found.plot().figure, found.tables)
    return experiment_page(found, [chart], [found.base], tables=found.tables, interrupted=found.interrupted)
