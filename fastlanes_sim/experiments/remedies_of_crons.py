"""Crons that fire in one minute, spread over several: the same work, and nobody waits behind all of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.experiments.remedy import Overrides, Remedy, Step
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Cron

_OVER = (5, 10, 15, 20, 30, 45, 60)
_MINUTE = re.compile(r"\d{1,2}")
_EVERY = re.compile(r"\*/(\d{1,2})")


@dataclass(frozen=True, slots=True)
class _Crons:
    """Cron triggers that are due in the same minutes."""

    path: str
    minute: str
    copies: int
    cron: str


def spread_crons(scenario: Scenario) -> Iterator[Remedy]:
    """For each minute in which several fire: over more and more minutes, up to the next time that they are due."""
    groups: dict[tuple[str, str | None], list[_Crons]] = {}
    for project_key, project in scenario.projects.items():
        for workflow_key, workflow in project.workflows.items():
            for index, trigger in enumerate(workflow.triggers):
                if isinstance(trigger, Cron) and not trigger.spread:
                    minute = trigger.cron.split()[0]
                    path = f"projects.{project_key}.workflows.{workflow_key}.triggers.{index}"
                    one = _Crons(path, minute, project.copies * workflow.copies, trigger.cron)
                    groups.setdefault((minute, trigger.timezone), []).append(one)
    for (minute, _), together in groups.items():
        many, period = sum(one.copies for one in together), _period(minute)
        if many > 1 and period > 1:
            yield Remedy(tuple(_spread(together, many, over) for over in _OVER if over <= period and over > 1))


def _spread(together: list[_Crons], many: int, over: int) -> Step:
    changes: Overrides = {}
    place = 0
    for one in together:
        first, last = place * over // many, (place + one.copies) * over // many
        if first:
            changes[f"{one.path}.cron"] = _later(one.cron, first)
        if one.copies > 1 and last - first:
            changes[f"{one.path}.spread"] = f"{(last - first) * MINUTE // MINUTE}m"
        place += one.copies
    return Step(f"spreading the {many:,} crons that fire together over {over} minutes", changes)


def _period(minute: str) -> int:
    """Minutes until they are due again, at least; 0 where that is not plain."""
    if _MINUTE.fullmatch(minute):
        return 60
    every = _EVERY.fullmatch(minute)
    return int(every[1]) if every else 0


def _later(cron: str, minutes: int) -> str:
    """The expression that fires so many minutes later, within its hour."""
    minute, *rest = cron.split()
    every = _EVERY.fullmatch(minute)
    later = f"{minutes}-59/{every[1]}" if every else f"{(int(minute) + minutes) % 60}"
    return " ".join([later, *rest])
