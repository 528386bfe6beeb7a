"""A search for people: what to deploy and what that is worth, the frontier of cost, and what was played on the way."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.feasibility import Contender, Rule
from fastlanes_sim.experiments.metric import Statistic, statistic_of
from fastlanes_sim.experiments.search import Search, Trial
from fastlanes_sim.experiments.verdicts import Judged, estimate_of, interval_text, judge_values
from fastlanes_sim.reports.charts.sweep import frontier
from fastlanes_sim.reports.objectives import Case, cases
from fastlanes_sim.reports.reportable import Table, aligned
from fastlanes_sim.reports.style import paper, styled
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.slo import Outcome
from fastlanes_sim.results.summary import origin
from fastlanes_sim.scenario.slo import Slo

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.reports.capacity_search import CarriedResult
    from fastlanes_sim.reports.html.page import Page

MOST_ROWS = 200
"""Layouts in the full table; the file of results has all of them."""


class SearchResult(Search):
    """A search with its chart and words."""

    @property
    def title(self) -> str:
        return f"{self.base.scenario.name}, {len(self.trials):,} of {len(self.candidates):,} layouts played"

    @property
    def outcome(self) -> Outcome:
        """Met where something can be recommended, missed where nothing of the family will do."""
        return "met" if self.recommended is not None else "undecided" if self.undecided or self.interrupted else "missed"

    @property
    def cases(self) -> list[Case]:
        """The objectives of what is recommended as CI sees them; without it one that says so."""
        told, best = "interrupted" if self.interrupted else "", self.recommended
        if best is None:
            objective = "some layout meets every objective"
            return [Case(self.base.scenario.name, objective, self.outcome, self.sentences[0], self.base.source, 0, told)]
        verdicts = [Judged(slo, "met", self._judged(slo, best).text) for slo in self.rule.slos]
        return cases(best.candidate.label, self.base, verdicts, interrupted=told)

    @property
    def sentences(self) -> list[str]:
        """What is recommended, how sure that is, what came near, what is not known."""
        return [self._finding, *self._rivals, *self._limits]

    @property
    def _finding(self) -> str:
        sure, margin = f"With {100 * self.rule.confidence:g} % confidence", f"{100 * self.rule.tolerance:g} % of its bound"
        unless = f", or is one of the {len(self.undecided)} named as undecided" if self.undecided else ""
        if self.interrupted:
            return "interrupted: nothing can be recommended yet"
        if self.recommended is None and self.undecided:
            return f"no layout of the {len(self.candidates):,} was shown to meet every objective; {len(self.undecided)} are undecided"
        if self.recommended is None:
            return f"{sure} no layout of the {len(self.candidates):,} meets every objective by more than {margin}"
        best = self.recommended.candidate
        rest = f"the cheapest of the {len(self.candidates):,} layouts that meets each by more than {margin} costs as much{unless}"
        return f"{sure} {best.label} (cost {best.cost:g}) meets every objective, and {rest}"

    @property
    def _rivals(self) -> list[str]:
        """Why the runner-up lost, and who is undecided."""
        found, second = [], self.runner_up
        if second is not None and self.recommended is not None and not self.interrupted:
            fate = {"met": "meets them too", "not needed": "is as dear"}.get(second.fate, f"is {second.fate}")
            found.append(f"the runner-up, {second.candidate.label} (cost {second.candidate.cost:g}), {fate}: {self._hardest(second)}")
        if not self.interrupted:
            found += [f"undecided: {one.candidate.label} (cost {one.candidate.cost:g}): {self._hardest(one)}" for one in self.undecided]
        return found

    def _hardest(self, trial: Trial) -> str:
        if trial.failure is not None:
            return trial.failure.message
        found = [self._judged(slo, trial) for slo in self.rule.by_strain(trial.values)]
        judged = next((one for one in found if one.verdict == "missed"), found[0])
        return f"{judged.slo.text}: {judged.text} after {len(trial.values)} replications"

    def _judged(self, slo: Slo, trial: Trial) -> Judged:
        return judge_values(slo, self.rule.statistics, trial.values, self.rule.confidence)

    @property
    def _limits(self) -> list[str]:
        found = [] if self.recommended is None else limits(self.rule, self.recommended)
        open_at_the_end = dict.fromkeys(slo.text for one in self.undecided for slo in self.rule.hopeless(one.values))
        if open_at_the_end and not self.interrupted:
            cure = "simulate on until they have ended, or ask for a percentile that lies lower"
            found.append(f"{', '.join(open_at_the_end)}: runs are open at the end, so nobody knows their mean; {cure}")
        return found

    @property
    def best_of_cost(self) -> list[Trial]:
        """The frontier: of each cost that was played the layout that is recommended, or nearest to meeting the objectives."""
        played = [one for one in self.trials if one.values]
        of_cost = (list(group) for _, group in groupby(played, lambda one: one.candidate.cost))
        return [
            next((one for one in group if one is self.recommended), None) or min(group, key=lambda one: self.rule.strain(one.values))
            for group in of_cost
        ]

    @property
    def tables(self) -> list[Table]:
        """The frontier, then everything that was played."""
        rest = len(self.trials) - MOST_ROWS
        every = f"Everything that was played{f', the first {MOST_ROWS}' if rest > 0 else ''}"
        return [self._table("The best layout of each cost", self.best_of_cost), self._table(every, self.trials[:MOST_ROWS])]

    def _table(self, heading: str, trials: Sequence[Trial]) -> Table:
        head = ["cost", "layout", "verdict", "replications", *(one.text for one in self.rule.statistics)]
        rows = []
        for one in trials:
            verdict = "recommended" if one is self.recommended else "failed" if one.failure is not None else one.fate
            cells = [f"{one.candidate.cost:g}", one.candidate.label, verdict, str(len(one.values))]
            rows.append(cells + statistic_cells(self.rule, one))
        return Table(heading, head, rows)

    def text(self) -> str:
        lines = []
        if self.recommended is not None:
            best = self.recommended.candidate
            workers = f"{best.workers} workers of" if best.workers > 1 else "one worker of"
            lines += [f'WORKER_WORKLOOPS="{best.layout}"', f"  cost {best.cost:g}: {workers} {best.slots} slots", ""]
            lines += [f"{one.outcome.upper():<10}{one.message}" for one in self.cases]
            lines.append("")
        lines += [f"{sentence}." for sentence in self.sentences]
        table = self.tables[0]
        lines += ["", f"{table.heading}, intervals at {100 * self.rule.confidence:g} % each:", *aligned(table)]
        return "\n".join([*lines, "", f"{self.replications:,} replications of {len(self.trials):,} layouts"])

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        plain = self.base.scenario
        return origin(plain.name, self.base.hash, plain.seed) | {
            "family": len(self.candidates),
            "cost_slot": self.prices.slot,
            "cost_replica": self.prices.replica,
            **asked(self.rule),
        }

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        best = None if self.recommended is None else _plain(self.recommended)
        return self.metadata | {
            "recommended": best,
            "outcome": self.outcome,
            "sentences": self.sentences,
            "interrupted": self.interrupted,
            "replications": self.replications,
            "frontier": [_plain(one) | estimates(self.rule, one) for one in self.best_of_cost],
        }

    @property
    def frame(self) -> pd.DataFrame:
        """One row a layout that was played and a statistic, in seconds, shares or runs; each interval has the search's confidence."""
        import pandas as pd

        rows = [_plain(one) | row for one in self.trials for row in estimated_rows(self.rule, one)]
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """The frontier: cost against the first objective's statistic. Returns the Axes."""
        import pandas as pd

        slo, one = drawn(self.rule)
        rows = []
        for trial in self.trials:
            found = estimate_of(one, self.rule.statistics, trial.values, self.rule.confidence)
            ends = (end / one.scale for end in (found.mean, found.low, found.high))
            best = any(trial is other for other in self.best_of_cost)
            rows.append((trial.candidate.cost, *ends, trial.candidate.label, best))
        frame = pd.DataFrame(rows, columns=["cost", "value", "low", "high", "label", "best"])
        with styled():
            ax = ax or paper(8, 5.6).subplots()
            return frontier(ax, frame, cost="cost", value=titled(one), bound=None if slo is None else slo.bound / one.scale)

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.search_page import search_page

        return search_page(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def _plain(trial: Trial) -> dict[str, object]:
    one = trial.candidate
    return {"layout": one.layout, "slots": one.slots, "workers": one.workers, "cost": one.cost, "verdict": trial.fate}


def limits(rule: Rule, trial: Contender) -> list[str]:
    """What no interval vouches for."""
    always = ", ".join(slo.text for slo in rule.unproven(trial.values))
    held = f"; {always} held in all of them, which is all that is known of it" if always else ""
    rare, count = f"what happens in fewer than {100 * rule.unseen(trial.values):.2g} % of replications", len(trial.values)
    return [f"{rare} may not be among the {count}{held}"]


def drawn(rule: Rule) -> tuple[Slo | None, Statistic]:
    """The first objective with an upper bound and what it speaks of; else what was measured first."""
    slo = next((slo for slo in rule.slos if slo.operator in ("<", "<=")), None)
    return slo, rule.statistics[0] if slo is None else statistic_of(slo)


def titled(statistic: Statistic) -> str:
    return statistic.text + {"s": " (s)", "runs": " (runs)", "share": ""}[statistic.unit]


def statistic_cells(rule: Rule, trial: Contender) -> list[str]:
    found = ((one, estimate_of(one, rule.statistics, trial.values, rule.confidence)) for one in rule.statistics)
    return [interval_text(one, estimate) if trial.values else "–" for one, estimate in found]


def estimated_rows(rule: Rule, trial: Contender) -> list[dict[str, object]]:
    """One a statistic."""
    rows: list[dict[str, object]] = []
    for one in rule.statistics:
        found = estimate_of(one, rule.statistics, trial.values, rule.confidence)
        ends = {name: getattr(found, name) / one.scale for name in ("mean", "upper_mean", "low", "high")}
        rows.append({"statistic": one.text, "unit": one.unit, **ends, "level": found.level, "replications": found.replications})
    return rows


def estimates(rule: Rule, trial: Contender) -> dict[str, object]:
    """By statistic."""
    found = {one.text: estimate_of(one, rule.statistics, trial.values, rule.confidence).to_json(one.scale) for one in rule.statistics}
    return {"statistics": found}


def asked(rule: Rule) -> dict[str, object]:
    return {"confidence": rule.confidence, "tolerance": rule.tolerance, "most_replications": rule.most}


def write_search(found: SearchResult | CarriedResult, directory: Path, name: str, *, charts: bool = True) -> list[Path]:
    """Write NAME.json (the summary), NAME.parquet (a row a trial and statistic) and, if wanted, NAME.png; returns the paths written."""
    written = [directory / f"{name}.json", directory / f"{name}.parquet"]
    write_summary(written[0], found.summary())
    frame = found.frame
    write_atomically(written[1], lambda path: frame.to_parquet(path, index=False))
    if charts:
        from fastlanes_sim.reports.pictures import save_figure

        written.append(save_figure(found.plot().figure, directory / f"{name}.png"))
    return written
