"""What every deployment must do, whatever else is asked of it: finish what arrives. Without that no answer holds for long."""

from __future__ import annotations

from functools import lru_cache

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.replication import play_replication
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.results.backlog import Backlog
from fastlanes_sim.scenario.load import LoadedScenario

IMPLIED = ("load < 100%", "starved <= 1%")
"""Every set of lanes has slots enough, every limit lets its work through; and of no lane, project or workflow more than one run in a
hundred is still waiting at the end after a long time."""


@lru_cache(maxsize=1)
def implied_objectives() -> tuple[Objective, ...]:
    """Objectives that hold for every deployment that is recommended."""
    return tuple(parse_objective(text) for text in IMPLIED)


def left_behind(scenario: LoadedScenario, replication: int = 0, engine: Engine = "auto") -> str:
    """What one replication does not finish, in words; empty where it finishes everything."""
    table, log = play_replication(scenario, replication, engine=engine)
    return in_words(Backlog(deployment(scenario.scenario), table, log))


def in_words(backlog: Backlog) -> str:
    """`the load of default on 2 slots is 143 %; of 900 runs of lane default 300 (33 %) are still waiting at the end, for up to 3 h`"""
    found = []
    if backlog.load.share >= 1:
        found.append(f"the load of {backlog.load.whose} is {_percent(backlog.load.share)}")
    if backlog.worst > 0.01:
        worst = backlog.starving[0]
        many = f"{worst.starved:,} ({_percent(worst.share)}) of the {worst.runs:,} runs of {worst.scope}"
        found.append(f"{many} are still waiting at the end, the first for {format_duration(worst.longest)}")
    return "; ".join(found)


def _percent(share: float) -> str:
    return "infinite" if share == float("inf") else f"{100 * share:.0f} %"
