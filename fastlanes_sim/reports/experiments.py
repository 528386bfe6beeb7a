"""Experiments for people: words and tables of 80 columns, a chart of differences, and what notebooks show."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.analytic import to_json
from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.experiments.replicate import Replicated, interval_text
from fastlanes_sim.reports.style import LANE_COLOURS, REFERENCE, styled
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.summary import versions
from fastlanes_sim.units import SECOND

if TYPE_CHECKING:
    import pandas as pd

COLOUR = LANE_COLOURS["default"]


class ReplicatedResult(Replicated):
    """Replications with their charts and words."""

    def text(self) -> str:
        lines = [f"note: {note}" for note in self.notes]
        lines += [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in self.verdicts]
        lines += ["", f"Means over {len(self.values)} {'batches' if self.batches else 'replications'} [{100 * self.level:g} % interval]:"]
        lines += [f"  {one.text:<32} {interval_text(one, self.estimate(one))}" for one in self.statistics]
        return "\n".join([*lines, "", "Beside it, no simulation:", *(f"  {line}" for line in self.sanity.lines())])

    def summary(self) -> dict[str, object]:
        """Plain values; times in seconds."""
        return {
            "scenario": self.scenario.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.scenario.scenario.seed,
            "versions": versions(),
            "replications": len(self.values),
            "interrupted": self.interrupted,
            "notes": self.notes,
            "warm_up_us": self.warm_up.cut,
            "slos": [{"slo": one.slo.text, "verdict": one.verdict, "text": one.text} for one in self.verdicts],
            "statistics": {one.text: {"unit": one.unit, **self.estimate(one).to_json(one.scale)} for one in self.statistics},
            "formulas": to_json(self.sanity),
        }

    def plot(self, ax: Any = None) -> Any:
        """Every time's mean with its interval, in seconds. Returns the Axes."""
        rows = [(one.text, self.estimate(one)) for one in self.statistics if one.unit == "s"]
        ends = [(name, e.mean / SECOND, e.low / SECOND, e.high / SECOND) for name, e in rows]
        return _intervals(ax, ends, "Seconds", f"{len(self.values)} replications, {100 * self.level:g} % intervals")

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
        lines.append(f"{len(first.values)} replications, the same runs for all; intervals at {100 * self.level:g} %{corrected}")
        for a, b in self.pairs:
            lines += ["", f"{b}", f"  against {a}:"]
            for one in self.differences:
                if (one.a, one.b) == (a, b):
                    lines.append(f"  {one.words.replace(f'{b} is ', '')}")
                    if math.isfinite(one.narrower) and not math.isnan(one.narrower):
                        need = f"{one.unpaired_replications:,.0f} replications"
                        lines.append(f"      pairing: {one.narrower:.1f} x narrower; unpaired would take {need}")
        return "\n".join(lines)

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        rows = [
            {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in row.items()}
            for row in self.frame.to_dict("records")
        ]
        deployments = {label: ReplicatedResult(**vars(result)).summary() for label, result in self.results.items()}
        return {"differences": rows, "deployments": deployments, "interrupted": self.interrupted, "same_traffic": self.same_traffic}

    def plot(self, ax: Any = None) -> Any:
        """The paired differences of every time with their intervals, in seconds. Returns the Axes."""
        several = len(self.pairs) > 1
        ends = [
            (
                f"{one.b} − {one.a}\n{one.statistic.text}" if several else one.statistic.text,
                e.mean / SECOND,
                e.low / SECOND,
                e.high / SECOND,
            )
            for one in self.differences
            if one.statistic.unit == "s" and math.isfinite((e := one.estimate).high - e.low)
        ]
        a, b = self.pairs[0]
        title = f"Paired differences, {100 * self.level:g} % together" if several else f"{b}\nless {a}"
        ax = _intervals(ax, ends, "Difference (seconds; left is faster)", title)
        ax.axvline(0, color=REFERENCE, linewidth=1.2, linestyle=":")
        return ax

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def _intervals(ax: Any, rows: list[tuple[str, float, float, float]], label: str, title: str) -> Any:
    with styled():
        if ax is None:
            from fastlanes_sim.reports.style import paper

            ax = paper(8, 1.8 + 0.55 * max(1, len(rows))).subplots()
        for place, (_, mean, low, high) in enumerate(reversed(rows)):
            ends = [value for value in (low, high) if math.isfinite(value)]
            ax.plot(ends, [place] * len(ends), color=COLOUR, linewidth=2.2)
            ax.plot(mean, place, marker="o" if len(ends) == 2 else ">", color=COLOUR)
        ax.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)], fontsize=10)
        ax.set_ylim(-0.6, max(0.6, len(rows) - 0.4))
        ax.set_xlabel(label)
        ax.set_title(title)
        return ax


def write_experiment(
    found: ReplicatedResult | ComparisonResult, values: pd.DataFrame, directory: Path, name: str, *, charts: bool = True
) -> list[Path]:
    """Write NAME.json (the summary), NAME.parquet (`values`) and, if wanted, NAME.png into `directory`; returns the paths written."""
    written = [directory / f"{name}.json", directory / f"{name}.parquet"]
    write_summary(written[0], found.summary())
    write_atomically(written[1], lambda path: values.to_parquet(path, index=False))
    if charts:
        from fastlanes_sim.reports.pictures import save_figure

        written.append(save_figure(found.plot().figure, directory / f"{name}.png"))
    return written
