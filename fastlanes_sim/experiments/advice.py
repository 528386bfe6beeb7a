"""What advice consists of: what a change did to every objective and every lane, at what price, and how sure that is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fastlanes_sim.experiments.remedy import Kind, Price, Step
from fastlanes_sim.experiments.verdicts import Judged
from fastlanes_sim.measures.judge import Verdict
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.rules.causes import Cause


class Effect(StrEnum):
    """What a change comes to."""

    HELPS = "helps"
    """What was missed is met, and nothing that was met is missed."""
    BREAKS = "breaks"
    """Something that was met is not any more, or more runs are lost or killed."""
    EASES = "is not enough"
    NOTHING = "does nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One objective, before and after."""

    text: str
    before: str
    after: str
    was: str
    verdict: str
    is_implied: bool = False

    @property
    def is_news(self) -> bool:
        """What is implied is mentioned only where it is not as it should be."""
        return not self.is_implied or {self.was, self.verdict} != {"met"}

    def __str__(self) -> str:
        """`p99(fast_lane.wait) < 30s: 41 s → 2.1 s, met`"""
        return f"{self.text}: {self.before} → {self.after}, {self.verdict}"


@dataclass(frozen=True, slots=True)
class Trial:
    """A change and what became of everything."""

    step: Step
    kind: Kind
    effect: Effect
    price: Price
    objectives: tuple[Change, ...]
    """All of them, in the order of the scenario, then what is implied."""
    lanes: Mapping[str, tuple[str, str]]
    """By lane, the 95th percentile of its runs' wait before and after."""
    broken: tuple[str, ...]
    """What was as it should be and is not any more."""
    strain: float
    """How near the worst of what was missed is to its bound, or how much of the wait is left: below 1 it is met."""
    mean_us: float
    """Mean wait of the slowest runs that the advice is about."""
    measured: str
    """What it did to what was missed: `p99(fast_lane.wait) < 30s: 41 s → 2.1 s, met`."""
    left: Cause | None = None
    """The main cause of what is left of the slowest runs' wait; None where that was not looked at."""
    confirmed: tuple[Judged, ...] = ()
    """The objectives over replications, where they were asked for."""
    is_of_one_sample: bool = False
    """Replications were asked for, and this change was not among those that were replicated."""
    steps: tuple[Step, ...] = ()
    """Of the remedy that this is a step of, all of them."""

    @property
    def works(self) -> bool:
        return self.effect is Effect.HELPS

    @property
    def is_real(self) -> bool:
        """Whether somebody can set it."""
        return self.kind is not Kind.WHAT_IF

    @property
    def is_confirmed(self) -> bool | None:
        """Whether replications meet all that the one sample meets with it; None where there are none."""
        met = {change.text for change in self.objectives if change.verdict == "met"}
        return all(one.verdict == "met" for one in self.confirmed if one.slo.text in met) if self.confirmed else None

    @property
    def text(self) -> str:
        rest = "" if self.works or self.left is None else f"; what is left is mostly `{self.left.label}`"
        price = "what if" if not self.is_real else str(self.price)
        return f"{self.step.words} ({price}): {self.measured}{rest}"

    @property
    def command(self) -> str:
        """What to add to `fastlanes-sim run` to see it."""
        return " ".join(f"--set {shlex.quote(f'{path}={_plain(value)}')}" for path, value in self.step.overrides.items())

    @property
    def lines(self) -> list[str]:
        """What it is, what else it does, and how to see it."""
        verdict = self.effect.value
        if self.works and (self.is_confirmed is False or self.is_of_one_sample):
            verdict = "may help"
        broken = f"; it breaks {', '.join(self.broken)}" if self.broken else ""
        found = [f"{verdict}{'' if self.is_real else ' (what if)'}: {self.text}{broken}"]
        others = [str(one) for one in self.objectives if one.is_news and one.text not in self.measured]
        lanes = [f"{lane} {before} → {after}" for lane, (before, after) in self.lanes.items() if before != after]
        if others:
            found.append(f"  other objectives: {'; '.join(others)}")
        if lanes:
            found.append(f"  p95 wait by lane: {'; '.join(lanes)}")
        for one in self.confirmed:
            found.append(f"  over replications: {one.slo.text}: {one.text}, {one.verdict}")
        if self.works and self.is_of_one_sample:
            found.append("  over replications: not simulated; this is one sample")
        return [*found, f"    {self.command}"]

    def to_json(self) -> dict[str, object]:
        return {
            "change": self.step.words,
            "set": self.step.overrides,
            "kind": self.kind.name.lower(),
            "what_if": not self.is_real,
            "works": self.works,
            "effect": self.effect.value,
            "price": self.price.to_json(),
            "measured": self.measured,
            "objectives": [
                {"objective": one.text, "before": one.before, "after": one.after, "was": one.was, "verdict": one.verdict}
                for one in self.objectives
            ],
            "lanes": {lane: {"p95_wait_before": before, "p95_wait_after": after} for lane, (before, after) in self.lanes.items()},
            "breaks": list(self.broken),
            "left": None if self.left is None else self.left.label,
            "is_of_one_sample": self.is_of_one_sample,
            "replications": [{"objective": one.slo.text, "verdict": one.verdict, "text": one.text} for one in self.confirmed],
        }


def _plain(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Advice:
    """For one lane, project or workflow that is not as it should be; or for a deployment that is."""

    why: Explanation
    missed: tuple[Verdict, ...]
    """What is to be met; empty where everything is, or nothing was asked for."""
    floor: tuple[str, ...]
    """What no change of slots, limits or workers can shorten, in sentences."""
    trials: tuple[Trial, ...]
    """The smallest step that works of each remedy, or the best of it; those that work first, the cheapest of them first."""
    control: Trial | None = None
    """Twice the slots instead, where slots are not the cause."""
    is_met: bool = False
    """Every objective is; the trials say what could be saved."""
    undecided: tuple[Judged, ...] = ()
    """Where the one sample meets everything, what the replications leave undecided all the same: then nothing is known to be saved."""
    together: Trial | None = None
    """Where several lanes or workflows need a change each: all of these changes at once."""
    standstill: str = ""
    """How much of the slots' time went into waiting for called runs (K-5), in a sentence; empty where that is little."""
    shared: tuple[str, ...] = ()
    """What was lost at what runs share beside slots (R-1 to R-5), and where more slots do not help, in sentences."""

    @property
    def is_of_all(self) -> bool:
        """Whether it is about the whole deployment, and not for one lane, project or workflow."""
        return self.is_met or bool(self.undecided)

    @property
    def remedy(self) -> Trial | None:
        """The first that works and that somebody can set; one that replications confirm before all others."""
        if self.is_of_all:
            return None
        working = [trial for trial in self.trials if trial.works and trial.is_real]
        return next((trial for trial in working if trial.is_confirmed), None) or next(iter(working), None)

    @property
    def lines(self) -> list[str]:
        """The finding, then what was tried, best first."""
        if self.undecided:
            return ["Not every objective is shown to be met, so nothing can be said of what could be saved.", *self.floor]
        if self.is_met:
            return self._saved
        found = [self.why.sentence, *([self.standstill] if self.standstill else []), *self.shared, *self.floor]
        if self.why.cause is None and not self.trials:
            return found
        if not self.trials:
            return [*found, "No setting of the scenario has a hold on that."]
        working = [trial for trial in self.trials if trial.works]
        eased = [trial for trial in self.trials if trial.effect is Effect.EASES]
        broken = [trial for trial in self.trials if trial.effect is Effect.BREAKS]
        for trial in working or eased[:_MOST_EASED] or [one for one in self.trials if one not in broken][:1]:
            found += trial.lines
        for trial in broken[:_MOST_BROKEN]:
            found += trial.lines[:1]
        if self.control is not None:
            no_better = self.control.effect is Effect.NOTHING or (bool(self.shared) and self.control.effect is Effect.BREAKS)
            idle = no_better or self.control.mean_us > (1 - _IDLE) * self.why.slowest.mean()
            alone = " alone" if self.remedy is not None and self.remedy.price.rank > 0 else ""
            verdict = "helps as well" if self.control.works else f"More slots{alone} will not help" if idle else "is not enough"
            found.append(f"{verdict}: {self.control.text}")
        if self.together is not None:
            found += ["All of these changes together:", *self.together.lines]
        return found

    @property
    def _saved(self) -> list[str]:
        saved = [trial for trial in self.trials if trial.works]
        every = "Every objective that there are runs for is met" if self.floor else "Every objective is met"
        rest = "What could be saved:" if saved else "No slot and no worker could be saved."
        found = [f"{every}, and what arrives is finished. {rest}", *self.floor]
        for trial in self.trials:
            sure = "saves" if trial.is_confirmed else "could save" if trial.works else "cannot save"
            sample = "" if trial.confirmed else " (one sample)"
            found += [f"{sure} {_saved_text(trial.price)}{sample}: {trial.step.words}", *trial.lines[1:]]
        return found

    def to_json(self) -> dict[str, object]:
        return {
            "lane": self.why.lane,
            "scope": self.why.name,
            "is_met": self.is_met,
            "missed": [one.slo.text for one in self.missed],
            "floor": list(self.floor),
            **({"shared": list(self.shared)} if self.shared else {}),
            **({"undecided": [one.slo.text for one in self.undecided]} if self.undecided else {}),
            "why": self.why.to_json(),
            "remedy": None if self.remedy is None else self.remedy.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "twice_the_slots": None if self.control is None else self.control.to_json(),
            "together": None if self.together is None else self.together.to_json(),
        }


_MOST_EASED, _MOST_BROKEN = 3, 3
_IDLE = 0.1
"""A change is idle that leaves more of the wait than all but this part."""


def _saved_text(price: Price) -> str:
    return re.sub(r" (fewer|less)\b", "", str(price))


def best_first(trials: Sequence[Trial]) -> list[Trial]:
    """Those that work, by kind and price; then those that ease, by how much; then the others."""
    place = {id(trial): number for number, trial in enumerate(trials)}

    def rank(trial: Trial) -> tuple[float, ...]:
        order = (Effect.HELPS, Effect.EASES, Effect.BREAKS, Effect.NOTHING).index(trial.effect)
        if trial.works:
            return order, trial.kind is Kind.WHAT_IF, trial.price.rank, trial.kind, place[id(trial)]
        return order, trial.kind is Kind.WHAT_IF, trial.strain, place[id(trial)], 0

    return sorted(trials, key=rank)
