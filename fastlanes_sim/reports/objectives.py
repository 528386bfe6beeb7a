"""Objectives as CI sees them: a case each, with the line of the scenario file that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome

Undecided = Literal["pass", "fail"] | None
"""What an undecided objective counts as; None: it is reported as such."""


@dataclass(frozen=True, slots=True)
class Case:
    """One objective of one deployment."""

    deployment: str
    """The scenario's name, or the label of what was compared."""
    objective: str
    """As the scenario writes it."""
    outcome: Outcome
    measured: str
    """For people, with the reason where the outcome is not plain."""
    file: Path
    line: int
    """Counted from 1; 0 where the objective is not in the file but was laid over it."""
    interrupted: str = ""
    """Why what was simulated is not all that was asked for; empty where it is."""
    sample: str = ""
    """What a verdict of met rests on, where that is less than it seems."""

    def counted(self, undecided: Undecided = None) -> Outcome:
        """The outcome that scripts get. Of an interrupted simulation nothing is known to be met."""
        if self.interrupted:
            return "missed" if self.outcome == "missed" else "undecided"
        if self.outcome != "undecided" or undecided is None:
            return self.outcome
        return "met" if undecided == "pass" else "missed"

    @property
    def message(self) -> str:
        """`p99(fast_lane.response) < 30s: 41 s`"""
        return f"{self.objective}: {self.found}"

    @property
    def found(self) -> str:
        """What was measured, and of how much if that is not all, or not much."""
        part = self.interrupted or (self.sample if self.outcome == "met" else "")
        return f"{self.measured} ({part})" if part else self.measured


class Judgement(Protocol):
    @property
    def slo(self) -> Objective: ...
    @property
    def verdict(self) -> Outcome: ...
    @property
    def text(self) -> str: ...


class Written(Protocol):
    """A loaded scenario, as far as it says where its objectives are."""

    @property
    def source(self) -> Path: ...
    @property
    def slo_lines(self) -> tuple[int, ...]: ...


ONE_SAMPLE = "one sample"


def cases(deployment: str, scenario: Written, verdicts: Iterable[Judgement], *, interrupted: str = "", sample: str = "") -> list[Case]:
    """One for each verdict, which come in the order of the scenario's objectives."""
    return [
        Case(deployment, one.slo.text, one.verdict, one.text, scenario.source, line, interrupted, sample)
        for one, line in zip(verdicts, scenario.slo_lines, strict=True)
    ]


def invalid_cases(problems: Iterable[Problem], deployment: str = "") -> list[Case]:
    """What is wrong with a scenario, a case a problem: CI shows it where it shows objectives."""
    return [
        Case(
            deployment or Path(one.file).stem,
            "the scenario is valid",
            "missed",
            f"{one.message}. Hint: {one.hint}" if one.hint else one.message,
            Path(one.file),
            one.line,
        )
        for one in problems
    ]


def cut_short(ended_on: int) -> str:
    """What is reported of a simulation that was interrupted after so many µs."""
    return f"interrupted after {format_duration(ended_on)}"


def matrix(several: Iterable[Case]) -> tuple[list[str], dict[str, list[Case | None]]]:
    """The objectives, and by deployment what became of each; None where a deployment does not have that objective."""
    groups = by_deployment(several)
    objectives = list(dict.fromkeys(case.objective for cases in groups.values() for case in cases))
    found = {deployment: {case.objective: case for case in cases} for deployment, cases in groups.items()}
    return objectives, {deployment: [of_it.get(one) for one in objectives] for deployment, of_it in found.items()}


def by_deployment(several: Iterable[Case]) -> Mapping[str, list[Case]]:
    """In the order of their first mention."""
    groups: dict[str, list[Case]] = {}
    for case in several:
        groups.setdefault(case.deployment, []).append(case)
    return groups
