"""Baselines held against the present, as `check_baselines` returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from fastlanes_sim.api.facade import Facade
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.content.baseline_check import BaselineCheckReport
from fastlanes_sim.suite.check import Checked


@dataclass(frozen=True)
class CheckResult(Facade):
    """What has changed since the baselines were recorded, and whether it became worse for real.

    Example:
        found = check_baselines(["results/baselines/quickstart.json"])
        found.regressed
    """

    checked: Sequence[Checked]
    """One a baseline."""
    strict: bool = False
    """Every real change counts, not only what became worse."""

    @property
    def report(self) -> BaselineCheckReport:
        """What is said of it, as data: title, a case a measure, sentences, tables."""
        return BaselineCheckReport(self.checked, self.strict)

    @property
    def regressed(self) -> bool:
        """Whether something changed that counts."""
        return self.report.regressed

    @property
    def is_open(self) -> bool:
        """Whether runs that are open leave it open if something changed, or a baseline could not be compared."""
        return self.report.is_open

    def text(self) -> str:
        """What the command line prints."""
        from fastlanes_sim.reports.text.baseline_check import text

        return text(self.report)

    def page(self) -> NoReturn:
        """
        Raises:
            FastlanesError: a check has no page.
        """
        raise FastlanesError("a check of baselines has no page\n    hint: export it as junit or markdown")

    def figures(self) -> Mapping[str, Any]:
        """None."""
        return {}
