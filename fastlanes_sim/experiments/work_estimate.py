"""What simulating is about to take: told where it is long, and refused where it is too long to be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.machine import available_memory
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.engines.selection import COMPILING, Engine, needs_compiling, resolve
from fastlanes_sim.scenario.load import LoadedScenario, problem_in
from fastlanes_sim.scenario.work import Part, work_of
from fastlanes_sim.scenario.yaml.places import Finding

LONG = 120.0
"""Seconds from which on it is told how long a command will take."""
MOST_SECONDS = 600.0
"""Of one simulation; a longer one must be asked for with --force."""
MUCH_MEMORY = 1.5e9
"""Bytes from which on it is told how much memory a simulation takes."""
SURE = 30
"""Replications that are offered to whoever has simulated once."""
_FORCE = "add --force (in Python force=True)"


def refuse(scenarios: LoadedScenario | Sequence[LoadedScenario], *, force: bool, **asked: Any) -> None:
    """Refuse what is too much, and tell nothing; the keywords are those of `notes`.

    Raises:
        FastlanesError: one simulation would take longer than `MOST_SECONDS`, or more memory than there is, and nobody forces it.
    """
    if not force:
        notes(scenarios, force=False, **asked)


def notes(
    scenarios: LoadedScenario | Sequence[LoadedScenario],
    *,
    force: bool,
    engine: Engine = "auto",
    simulations: int = 1,
    is_single: bool = False,
    keeps_claims: bool = False,
) -> list[str]:
    """Estimate the work before it begins: what is worth telling, in sentences.

    Args:
        scenarios: what is to be simulated; of several the largest counts.
        simulations: how many in all, as far as that is known.
        is_single: one simulation with all its results: the runs are kept, with what each waited for.
        keeps_claims: every claim is kept, for --trace.

    Raises:
        FastlanesError: one simulation would take longer than `MOST_SECONDS`, or more memory than there is, and nobody forces it.
    """
    several = scenarios if isinstance(scenarios, Sequence) else [scenarios]
    if not several:
        return []
    chosen, told = resolve(engine), list[str]()
    works = [(work_of(one.scenario), one) for one in several]
    work, scenario = max(works, key=lambda both: both[0].seconds(chosen, attribution=is_single))
    seconds, part = work.seconds(chosen, attribution=is_single), work.longest(chosen, attribution=is_single)
    if seconds > MOST_SECONDS and not force:
        about = f"one simulation would take about {in_words(seconds)}, most of it for {part.what}"
        raise _refused(scenario, part, about, f"the limit is {in_words(MOST_SECONDS)}: change this value, or {_FORCE}")
    memory, free = work.memory(keeps_runs=is_single, keeps_claims=keeps_claims), available_memory()
    if memory > MUCH_MEMORY:
        largest = max(work.parts, key=lambda one: one.seconds)
        about = f"one simulation would take about {memory / 1e9:.1f} GB of memory, for {work.runs:,.0f} runs"
        if free is not None and memory > free and not force:
            less = ", or replicate it (--replications keeps no runs)" if is_single else ""
            hint = f"{free / 1e9:.1f} GB are free: shorten the horizon{less}, or {_FORCE}"
            raise _refused(scenario, largest, about, hint)
        told.append(about)
    total = seconds * simulations
    if total > LONG:
        several_times = (
            f"{simulations:,} simulations of about {work.events:,.0f} events" if simulations > 1 else f"{work.events:,.0f} events"
        )
        told.append(f"{several_times}, {part.what} among them: this may take about {in_words(total)}")
    return told


def one_sample(scenario: LoadedScenario, engine: Engine) -> str:
    """What one simulation is worth, and what more of them would cost."""
    chosen, work = resolve(engine), work_of(scenario.scenario)
    compiling = COMPILING if chosen == "kernel" and needs_compiling() else 0.0
    seconds = work.seconds(chosen, attribution=False) * SURE + compiling
    if engine == "auto" and compiling:
        seconds = min(seconds, work.seconds("reference", attribution=False) * SURE)
    return f"This is one sample (seed {scenario.scenario.seed}): --replications {SURE} gives intervals, in about {in_words(seconds)}."


def _refused(scenario: LoadedScenario, part: Part, message: str, hint: str) -> FastlanesError:
    return FastlanesError(str(problem_in(scenario, Finding(part.cause, message, hint))))


def in_words(seconds: float) -> str:
    """A duration of which only the order of magnitude is known."""
    if seconds < 90 * 60:
        return format_duration(max(round(seconds), 1) * SECOND)
    hours = seconds / 3_600
    return f"{hours:,.0f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
