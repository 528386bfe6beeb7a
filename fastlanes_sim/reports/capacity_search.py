"""How much traffic a deployment carries, for people."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.capacity_search import Carried
from fastlanes_sim.experiments.verdicts import estimate_of
from fastlanes_sim.reports.charts.sweep import lines
from fastlanes_sim.reports.objectives import Case
from fastlanes_sim.reports.reportable import Table, aligned
from fastlanes_sim.reports.search import asked, drawn, estimated_rows, estimates, limits, statistic_cells, titled
from fastlanes_sim.reports.style import paper, styled
from fastlanes_sim.results.slo import Outcome
from fastlanes_sim.results.summary import origin

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.reports.html.page import Page


class CarriedResult(Carried):
    """The highest traffic with its chart and words."""

    @property
    def title(self) -> str:
        return f"{self.base.scenario.name}, traffic × {self.factors[0]:g} to {self.factors[-1]:g}"

    @property
    def outcome(self) -> Outcome:
        """Whether the lowest factor is carried."""
        if self.carries is not None:
            return "met"
        return "missed" if self.fails == self.factors[0] else "undecided"

    @property
    def cases(self) -> list[Case]:
        """One: that the lowest factor is carried."""
        told = "interrupted" if self.interrupted else ""
        objective = f"every objective at traffic × {self.factors[0]:g}"
        return [Case(self.base.scenario.name, objective, self.outcome, self.sentences[0], self.base.source, 0, told)]

    @property
    def sentences(self) -> list[str]:
        """What is carried, what is not, what that rests on."""
        found = [self._finding]
        if self.undecided:
            played = (f"{factor:g} × after {len(self.trials[factor].values)} replications" for factor in self.undecided)
            found.append(f"undecided: {', '.join(played)}")
        if self.interrupted:
            found.append("interrupted: what follows is of what had been played")
        if self.carries is not None and self.fails is not None:
            assumed = "both ends were played; in between it is assumed that more traffic never helps"
            found.append(f"of {len(self.factors)} factors {len(self.trials)} were played: {assumed}")
        best = None if self.carries is None else self.trials[self.carries]
        return found + ([] if best is None else limits(self.rule, best))

    @property
    def _finding(self) -> str:
        sure, ends = f"With {100 * self.rule.confidence:g} % confidence", self.factors
        margin = f"{100 * self.rule.tolerance:g} % of its bound"
        if self.carries is None:
            missed = f"not even {ends[0]:g} × the traffic is carried: an objective is missed, or met by less than {margin}"
            return f"{sure} {missed}" if self.outcome == "missed" else f"whether {ends[0]:g} × the traffic is carried is undecided"
        carried = f"{sure} every objective holds at {self.carries:g} × the traffic"
        if self.fails is None:
            return carried if self.carries < ends[-1] else f"{carried}, the most that was asked for"
        return f"{carried}, and at {self.fails:g} × one is missed, or met by less than {margin}"

    @property
    def tables(self) -> list[Table]:
        """Every factor that was played."""
        head = ["traffic", "verdict", "replications", *(one.text for one in self.rule.statistics)]
        rows = [[f"{f:g}", one.fate, str(len(one.values)), *statistic_cells(self.rule, one)] for f, one in self.trials.items()]
        return [Table(f"Traffic and {100 * self.rule.confidence:g} % intervals", head, rows)]

    def text(self) -> str:
        lines = [f"{sentence}." for sentence in self.sentences]
        return "\n".join([*lines, "", *aligned(self.tables[0]), "", f"{self.replications:,} replications"])

    @property
    def metadata(self) -> dict[str, object]:
        """What the numbers depend on."""
        plain = self.base.scenario
        return origin(plain.name, self.base.hash, plain.seed) | {"factors": list(self.factors), **asked(self.rule)}

    def summary(self) -> dict[str, object]:
        """Plain values; seconds, shares or runs."""
        played = [{"traffic": factor, "verdict": one.fate, **estimates(self.rule, one)} for factor, one in self.trials.items()]
        return self.metadata | {
            "carries": self.carries,
            "fails": self.fails,
            "outcome": self.outcome,
            "sentences": self.sentences,
            "interrupted": self.interrupted,
            "replications": self.replications,
            "played": played,
        }

    @property
    def frame(self) -> pd.DataFrame:
        """One row a factor that was played and a statistic, in seconds, shares or runs."""
        import pandas as pd

        trials = self.trials.items()
        rows = [{"traffic": float(f), "verdict": one.fate} | row for f, one in trials for row in estimated_rows(self.rule, one)]
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """The first objective's statistic over the traffic. Returns the Axes."""
        import pandas as pd

        slo, one = drawn(self.rule)
        rows = []
        for factor, trial in self.trials.items():
            found = estimate_of(one, self.rule.statistics, trial.values, self.rule.confidence)
            rows.append((float(factor), found.mean / one.scale, found.low / one.scale, found.high / one.scale))
        frame = pd.DataFrame(rows, columns=["x", "value", "low", "high"])
        with styled():
            ax = ax or paper(8, 4.2).subplots()
            return lines(ax, frame, x="traffic ×", value=titled(one), bound=None if slo is None else slo.bound / one.scale)

    def page(self) -> Page:
        """The report as a page; `reports.html.render.html` makes it a file's text."""
        from fastlanes_sim.reports.html.search_page import carried_page

        return carried_page(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"
