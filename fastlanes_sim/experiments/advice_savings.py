"""What could be saved where every objective is met."""

from __future__ import annotations

from dataclasses import replace

from fastlanes_sim.experiments.advice import Advice, Effect, Trial
from fastlanes_sim.experiments.advice_attempts import attempt
from fastlanes_sim.experiments.advice_confirmation import Confirmation
from fastlanes_sim.experiments.advice_needs import Need, has_runs
from fastlanes_sim.experiments.advice_simulations import Simulations
from fastlanes_sim.experiments.remedies_of_layouts import fewer_slots
from fastlanes_sim.experiments.remedy import Kind, Remedy
from fastlanes_sim.results.explanation import Explanation


class Savings:
    """Where everything is met: fewer workers and slots with which it still is."""

    def __init__(self, simulations: Simulations, confirmation: Confirmation) -> None:
        self._simulations, self._confirmation = simulations, confirmation

    def advice(self, worst: Explanation) -> Advice:
        """The fewest workers, and the fewest slots of each token, with which everything is still met."""
        need, found = Need(worst, tuple(one for one in self._simulations.before.judged if one.verdict == "met")), []
        for remedy in fewer_slots(self._simulations.before.scenario.scenario):
            if remedy.steps and not self._simulations.are_spent(self._simulations.most):
                most = self._most_saved(remedy, need)
                found += [] if most is None else [most]
        found = self._surely_saved(sorted(found, key=lambda trial: trial.price.rank), need)
        unknown = tuple(
            f"{one.slo.text}: nobody knows, there are no such runs."
            for one in self._simulations.before.judged
            if not has_runs(self._simulations.before, one)
        )
        return Advice(worst, (), unknown, tuple(found), is_met=True)

    def _surely_saved(self, savings: list[Trial], need: Need) -> list[Trial]:
        """What replications confirm, then the others: a sample that can do without a slot may be luck. Where they do not confirm the
        largest saving, half of it is tried."""
        confirmed = self._confirmation.confirmed(savings[:1])
        if confirmed and confirmed[0].is_confirmed is False:
            half = self._half(confirmed[0], need)
            confirmed = [*([] if half is None else self._confirmation.confirmed([half])), *confirmed]
        one_sample = bool(self._confirmation.replications)
        found = [*map(_held_against, confirmed), *(replace(one, is_of_one_sample=one_sample) for one in savings[1:])]
        return sorted(found, key=lambda trial: (not trial.is_confirmed, not trial.works))

    def _half(self, trial: Trial, need: Need) -> Trial | None:
        """The step that saves half as much and works; None where there is none."""
        place = trial.steps.index(trial.step)
        if not place:
            return None
        less = attempt(self._simulations, trial.steps[(place + 1) // 2 - 1], trial.kind, need)
        return less if less.works else None

    def _most_saved(self, remedy: Remedy, need: Need) -> Trial | None:
        """The largest step after which everything is still met, found by halving."""
        low, high, best = -1, len(remedy.steps), None
        while high - low > 1 and not self._simulations.are_spent(self._simulations.most):
            middle = (low + high) // 2
            trial = attempt(self._simulations, remedy.steps[middle], Kind.FREE, need)
            low, high, best = (middle, high, replace(trial, steps=remedy.steps)) if trial.works else (low, middle, best)
        return best


def _held_against(trial: Trial) -> Trial:
    """A saving after which replications miss something is none."""
    missed = tuple(f"{one.slo.text} over replications" for one in trial.confirmed if one.verdict == "missed")
    return replace(trial, effect=Effect.BREAKS, broken=missed) if missed else trial
