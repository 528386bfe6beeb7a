"""What every result that the verbs return can do: say, draw and write itself. The data and the renderers are below, in packages of
their own; here they meet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.escaping import html
from fastlanes_sim.reports.exporters.exporter import Exportable
from fastlanes_sim.reports.exporters.formats import OPTIONAL
from fastlanes_sim.reports.exporters.manager import ExportPlan, standard_plan

if TYPE_CHECKING:
    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.html.page import Page
    from fastlanes_sim.reports.objectives import Case, Undecided
    from fastlanes_sim.reports.report import Report, Table


def shared_fields(found: Any) -> dict[str, Any]:
    """The fields of a plain result, to make the façade that extends its class."""
    return {one.name: getattr(found, one.name) for one in fields(found)}


class Facade(ABC):
    """A result for people: everything that is said of it, its page, its files, and how a notebook shows it."""

    @property
    @abstractmethod
    def report(self) -> Report:
        """What is said of it, as data: title, objectives, sentences, tables."""

    @abstractmethod
    def text(self) -> str:
        """What the command line prints, without colour."""

    @abstractmethod
    def page(self) -> Page:
        """The report as a page; `export("html", …)` writes it as one file."""

    @abstractmethod
    def figures(self) -> Mapping[str, Any]:
        """Its figures (of matplotlib), by the stem of the PNG file that holds each."""

    @property
    def title(self) -> str:
        """One line."""
        return self.report.title

    @property
    def cases(self) -> list[Case]:
        """The objectives as CI sees them."""
        return self.report.cases

    @property
    def sentences(self) -> list[str]:
        """What a reader must know beside the numbers."""
        return self.report.sentences

    @property
    def tables(self) -> list[Table]:
        """The tables of the report, as people read them."""
        return self.report.tables

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on: scenario, hash, seed, versions."""
        return self.report.metadata

    def summary(self) -> dict[str, object]:
        """Everything as plain values for JSON: seconds, shares, numbers of runs."""
        return self.report.summary()

    def exportable(
        self,
        *,
        warnings: Sequence[Problem] = (),
        undecided: Undecided = None,
        settings: Mapping[str, Any] | None = None,
        **page: Any,
    ) -> Exportable:
        """The result as `reports.exporters` see it. `page` is what this result's page takes, such as `advice`."""
        advice = page.get("advice")
        beside = {"advice": [one.to_json() for one in advice]} if advice else {}
        return Exportable(self.report, partial(self.page, **page), self.figures, warnings, undecided, settings or {}, beside)

    def write(self, folder: str | Path, *, charts: bool = True) -> list[Path]:
        """Write the files that the command line writes: the summary, the tables of numbers and, if wanted, the charts.

        Returns:
            The files, each written whole or not at all.

        Raises:
            OSError: a file cannot be written.
        """
        return standard_plan(self.report.kind, self.report.stem, Path(folder), charts=charts).write(self.exportable())

    def export(self, format: str, place: str | Path, *, undecided: Undecided = None) -> list[Path]:
        """Write the result in one of the command line's formats.

        Args:
            format: `html`, `junit`, `markdown`, and of a single run `trace` and `export`.
            place: the file to write.
            undecided: what an undecided objective counts as, for `junit`.

        Returns:
            The files, each written whole or not at all.

        Raises:
            FastlanesError: there is no such format, or not for this kind of result.
            OSError: a file cannot be written.

        Example:
            simulate("scenarios/quickstart.yaml").export("html", "report.html")
        """
        kind, known = self.report.kind, {one.name: one for one in OPTIONAL}
        if format not in known or kind not in known[format].kinds:
            choice = ", ".join(name for name, one in known.items() if kind in one.kinds)
            raise FastlanesError(f"{kind} has no format {format!r}\n    hint: choose one of {choice}")
        return ExportPlan(((known[format], Path(place)),)).write(self.exportable(undecided=undecided))

    def __repr__(self) -> str:
        """One line, however much there is."""
        return f"<{type(self).__name__}: {self.title}>"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return f"<pre>{html(self.text())}</pre>"
