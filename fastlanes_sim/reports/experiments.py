"""Experiments for people: words and tables of 80 columns, a chart of differences, and what notebooks show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.analytic import to_json
from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.verdicts import interval_text, mean_text
from fastlanes_sim.reports.charts.estimates import Ends, deployments, intervals, short, wrapped
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.reportable import Table
from fastlanes_sim.reports.style import REFERENCE, NewFigure, paper, shown, styled
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.reports.html.page import Page


class ReplicatedResult(Replicated):
    """Replications with their charts and words."""

    def text(self) -> str:
        lines = [f"note: {note}" for note in self.notes]
        lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in self.verdicts]
        lines += ["", f"Means over {len(self.values)} {'batches' if self.batches else 'replications'} [{100 * self.level:g} % interval]:"]
        lines += [f"  {one.text:<32} {interval_text(one, self.estimate(one))}" for one in self.statistics]
        return "\n".join([*lines, "", "Beside it, no simulation:", *(f"  {line}" for line in self.sanity.lines())])

    @property
    def title(self) -> str:
        return f"{self.scenario.scenario.name}, {len(self.values)} {'batches' if self.batches else 'replications'}"

    @property
    def cases(self) -> list[Case]:
        """The objectives as CI sees them."""
        return cases(self.scenario.scenario.name, self.scenario, self.verdicts, interrupted="interrupted" if self.interrupted else "")

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        return self.notes

    @property
    def tables(self) -> list[Table]:
        """Every statistic with its interval."""
        rows = []
        for one in self.statistics:
            found = self.estimate(one)
            rows.append([one.text, mean_text(one, found), one.show(found.low), one.show(found.high), f"{found.replications:,}"])
        return [Table(f"Means and {100 * self.level:g} % intervals", ["statistic", "mean", "from", "to", "replications"], rows)]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        plain = self.scenario.scenario
        return origin(plain.name, self.scenario.hash, plain.seed) | {"replications": len(self.values)}

    def summary(self) -> dict[str, object]:
        """Plain values; times in seconds."""
        return self.metadata | {
            "interrupted": self.interrupted,
            "notes": self.notes,
            "warm_up_us": self.warm_up.cut,
            "slos": [{"slo": one.slo.text, "verdict": one.verdict, "text": one.text} for one in self.verdicts],
            "statistics": {one.text: {"unit": one.unit, **self.estimate(one).to_json(one.scale)} for one in self.statistics},
            "formulas": to_json(self.sanity),
        }

    def plot(self, ax: Any = None, on: NewFigure = shown) -> Any:
        """Every time's mean with its interval, in seconds. Without an Axes, on a new figure. Returns the Axes."""
        rows = [(one.text, self.estimate(one)) for one in self.statistics if one.unit == "s"]
        ends = [(name, (e.mean / SECOND, e.low / SECOND, e.high / SECOND)) for name, e in rows]
        return _intervals(ax, on, ends, "Seconds", f"{len(self.values)} replications, {100 * self.level:g} % intervals")

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.experiment_page import replicated_page

        return replicated_page(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


class ComparisonResult(Comparison):
    """A comparison with its chart and words."""

    def text(self) -> str:
        first = next(iter(self.results.values()))
        lines = [f"note: {note}" for note in first.notes]
        if not self.same_traffic:
            lines.append("note: the traffic differs: paired by seed only")
        pairs = len(self.pairs)
        corrected = f", Bonferroni over {pairs} pairs: each at {100 * self.pair_level:.4g} %" if pairs > 1 else ""
        if self.gate is not None:
            lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in self.results[self.gate].verdicts]
            lines += [f"  by {self.gate}, the gate", ""]
        lines.append(f"{len(first.values)} replications, the same runs for all; intervals at {100 * self.level:g} %{corrected}")
        for a, b in self.pairs:
            lines += ["", f"{b}", f"  against {a}:"]
            for one in self.of_pair(a, b):
                lines.append(f"  {one.words.replace(f'{b} is ', '')}")
                if math.isfinite(one.narrower):
                    need = f"{one.unpaired_replications:,.0f} replications"
                    lines.append(f"      pairing: {one.narrower:.1f} x narrower; unpaired would take {need}")
        return "\n".join(lines)

    @property
    def deployments(self) -> dict[str, ReplicatedResult]:
        """By label."""
        return {label: ReplicatedResult(**vars(result)) for label, result in self.results.items()}

    @property
    def title(self) -> str:
        return f"{next(iter(self.deployments.values())).scenario.scenario.name}, {len(self.results)} deployments compared"

    @property
    def cases(self) -> list[Case]:
        """Each deployment's objectives as CI sees them; where one is the gate, its alone."""
        told = "interrupted" if self.interrupted else ""
        shown = {label: one for label, one in self.deployments.items() if self.gate in (None, label)}
        return [case for label, one in shown.items() for case in cases(label, one.scenario, one.verdicts, interrupted=told)]

    @property
    def sentences(self) -> list[str]:
        """What the reader must know beside the numbers."""
        traffic = [] if self.same_traffic else ["the traffic differs: paired by seed only"]
        return next(iter(self.deployments.values())).sentences + traffic

    @property
    def tables(self) -> list[Table]:
        """Every pair's differences, then each deployment's statistics."""
        return self.paired_tables + self.deployment_tables

    @property
    def paired_tables(self) -> list[Table]:
        """One a pair."""
        tables = []
        for a, b in self.pairs:
            rows = []
            for one in self.of_pair(a, b):
                found, show = one.estimate, one.statistic.show
                rows.append([one.statistic.text, show(found.mean), show(found.low), show(found.high)])
            heading = f"{b} less {a}: paired differences, {100 * self.pair_level:.4g} % intervals"
            tables.append(Table(heading, ["statistic", "difference", "from", "to"], rows))
        return tables

    @property
    def deployment_tables(self) -> list[Table]:
        """One a deployment."""
        return [replace(table, heading=f"{label}: {table.heading}") for label, one in self.deployments.items() for table in one.tables]

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on; the first deployment's, and every one's hash."""
        hashes = {label: one.scenario.hash for label, one in self.results.items()}
        return next(iter(self.deployments.values())).metadata | {"scenario_hash": hashes}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        rows = [
            {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}
            for row in self.frame.to_dict("records")
        ]
        deployments = {label: one.summary() for label, one in self.deployments.items()}
        told = {"interrupted": self.interrupted, "same_traffic": self.same_traffic, "gate": self.gate, "outcome": self.outcome}
        return {"differences": rows, "deployments": deployments, **told}

    def plot(self, ax: Any = None, on: NewFigure = shown) -> Any:
        """The paired differences of every time with their intervals, in seconds. Returns the Axes."""
        several, names = len(self.pairs) > 1, short(self.results)
        rows: list[tuple[str, Ends | None]] = []
        for a, b in self.pairs:
            rows += [(f"{names[b]}\nless {names[a]}", None)] if several else []
            rows += [
                (one.statistic.text, (e.mean / SECOND, e.low / SECOND, e.high / SECOND))
                for one in self.of_pair(a, b)
                if one.statistic.unit == "s" and math.isfinite((e := one.estimate).high - e.low)
            ]
        a, b = self.pairs[0]
        title = f"Paired differences, {100 * self.level:g} % together" if several else f"{names[b]}\nless {names[a]}"
        ax = _intervals(ax, on, rows, "Difference (seconds; left is faster)", title)
        ax.axvline(0, color=REFERENCE, linewidth=1.2, linestyle=":")
        return ax

    def plot_deployments(self, ax: Any = None, on: NewFigure = shown) -> Any:
        """Every time's mean with its interval, the deployments beside each other. Returns the Axes."""
        names = short(self.results)
        rows = {
            one.text: {names[label]: (e.mean, e.low, e.high) for label, result in self.results.items() for e in [result.estimate(one)]}
            for one in self.statistics
            if one.unit == "s" and all(result.estimate(one).replications for result in self.results.values())
        }
        with styled():
            height = 2 + 0.28 * len(self.results) + 0.26 * max(2, len(self.results)) * max(1, len(rows))
            title = f"{100 * self.level:g} % intervals of {len(self.results)} deployments"
            return deployments(ax or on(8, height).subplots(), rows, title)

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.experiment_page import comparison_page

        return comparison_page(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def _intervals(ax: Any, on: NewFigure, rows: Sequence[tuple[str, Ends | None]], label: str, title: str) -> Any:
    with styled():
        if ax is None:
            lines = sum(wrapped(name).count("\n") + 1 for name, _ in rows)
            ax = on(8, 1.8 + 0.2 * wrapped(title).count("\n") + max(0.55 * max(1, len(rows)), 0.24 * lines)).subplots()
        return intervals(ax, rows, label, title)


def write_experiment(
    found: ReplicatedResult | ComparisonResult, values: pd.DataFrame, directory: Path, name: str, *, charts: bool = True
) -> list[Path]:
    """Write NAME.json (the summary), NAME.parquet (`values`) and, if wanted, NAME.png into `directory`; returns the paths written."""
    written = [directory / f"{name}.json", directory / f"{name}.parquet"]
    write_summary(written[0], found.summary())
    write_atomically(written[1], lambda path: values.to_parquet(path, index=False))
    if charts:
        from fastlanes_sim.reports.pictures import save_figure

        written.append(save_figure(found.plot(on=paper).figure, directory / f"{name}.png"))
    return written
