"""Which changes are tried for a need, and in what order: the remedies of each cause that carries weight, the smallest step first.

Free changes are tried first, then slots and workers, then what nobody can set. Where no single change is enough, pairs are tried: the best
of those that ease, and whatever helps against what is left then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fastlanes_sim.experiments.advice import Effect, Trial, best_first
from fastlanes_sim.experiments.advice_attempts import attempt
from fastlanes_sim.experiments.advice_needs import Need
from fastlanes_sim.experiments.advice_simulations import LINEAR, Rows, Simulation, Simulations
from fastlanes_sim.experiments.remedies import Situation, causes_of, keys_of, remedies
from fastlanes_sim.experiments.remedies_of_calls import Standstill
from fastlanes_sim.experiments.remedies_of_resources import Shared
from fastlanes_sim.experiments.remedy import Kind, Remedy, Step
from fastlanes_sim.measures.scopes import ALL
from fastlanes_sim.results.explanation import limits_met
from fastlanes_sim.results.queue_causes import serves
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.causes import LIMITS, NO_SLOT, Cause
from fastlanes_sim.rules.creation import QUEUES, Queue
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.overrides import laid_over

WORTH_TRYING = 0.05
"""Part of the slowest runs' wait from which on a cause gets its cure."""
_FAR = 15
"""Of slots and workers, the step that is looked at first: much further ones cost more to simulate, and where this one does nothing, neither
do they."""
_ENOUGH_FREE = 2
"""Changes that are free and help are enough to choose from."""


class RemedySearch:
    """Tries the remedies of what is the matter, each from its smallest step, then pairs."""

    def __init__(self, simulations: Simulations) -> None:
        self._simulations = simulations

    def trials(self, at: Simulation, need: Need, most: int, first: Trial | None = None) -> list[Trial]:
        """One for each remedy of what is the matter in a simulation. Where something free helps, one that costs is enough to compare.

        Who waits for its number waits for those before it: where no remedy of a limit is enough, those of slots are tried.
        """
        situation, found = self._situation(at, need), list[Trial]()
        causes = situation.causes
        slower = {*LIMITS, Cause.PENDING, Cause.CLAIM} & set(causes) and Cause.SLOTS not in causes
        for wider in (causes, (*causes, Cause.SLOTS)) if slower else (causes,):
            for remedy in remedies(replace(situation, causes=wider)):
                helped = [trial for trial in found if trial.works]
                free = [trial for trial in helped if trial.kind < Kind.COSTLY]
                is_done = len(free) >= _ENOUGH_FREE if remedy.kind < Kind.COSTLY else free and len(helped) > len(free)
                is_idle = remedy.kind is Kind.WHAT_IF and helped
                is_known = any(trial.steps == remedy.steps for trial in found)
                if is_done or is_idle or is_known or (first is not None and helped) or self._simulations.are_spent(most):
                    continue
                found.append(replace(self._best(remedy, need, first, most), steps=remedy.steps))
            if any(trial.works and trial.is_real for trial in found):
                break
        return found

    def pairs(self, need: Need, tried: Sequence[Trial], most: int) -> list[Trial]:
        """What helps together with a change that eases, the best of them first.

        A change may ease only up to the next obstacle, as a limit up to the number of slots. So it is taken as far as it goes. Then the
        smallest second change is found, and then the smallest step of the first that does with it.
        """
        eased = [trial for trial in best_first(tried) if trial.effect is Effect.EASES and trial.is_real]
        for first in eased[:2]:
            for step in [first.steps[-1], first.step] if first.steps[-1] != first.step else [first.step]:
                found = self._with(replace(first, step=step), need, most)
                if found:
                    return found
        return []

    def _with(self, first: Trial, need: Need, most: int) -> list[Trial]:
        """What helps together with a change."""
        after = None if self._simulations.are_spent(most) else self._simulations.simulate(first.step, changes=True)
        if after is None:
            return []
        found = [trial for trial in self.trials(after, need, most, first) if trial.works and trial.is_real]
        return [self._smaller(first, trial, need, most) for trial in found]

    def _smaller(self, first: Trial, pair: Trial, need: Need, most: int) -> Trial:
        """The smallest step of the first that does with the second."""
        second = next(step for step in pair.steps if step.overrides.items() <= pair.step.overrides.items())
        if set(second.overrides) & set(first.step.overrides):
            return pair
        found = self._best(Remedy(first.steps, first.kind), need, replace(pair, step=second), most)
        return found if found.works else pair

    def _best(self, remedy: Remedy, need: Need, first: Trial | None, most: int) -> Trial:
        """The smallest step that works. Of many steps: further and further until one does, then halving what lies between."""
        steps, tried = remedy.steps, dict[int, Trial]()

        def at_step(place: int) -> Trial:
            if place not in tried:
                step = steps[place]
                if first is not None:
                    step = Step(f"{first.step.words}, and {step.words}", laid_over(first.step.overrides, step.overrides))
                kind = remedy.kind if first is None else max(first.kind, remedy.kind)
                tried[place] = attempt(self._simulations, step, kind, need)
            return tried[place]

        far = len(steps) - 1 if remedy.kind < Kind.COSTLY else min(len(steps) - 1, _FAR)
        if len(steps) > LINEAR and at_step(far).effect is Effect.NOTHING:
            return tried[far]  # as far as it goes it does nothing: nor do the steps between
        last = self._simulations.events + self._simulations.most_events_of_one
        place, under = 0, -1
        while not at_step(place).works:
            is_over = at_step(place).effect is Effect.BREAKS and at_step(place).strain < 1
            if place == len(steps) - 1 or is_over or self._simulations.are_spent(most, last):
                return min(tried.values(), key=lambda trial: (trial.effect is not Effect.EASES, trial.strain))
            under, place = place, min(place + 1 if len(steps) <= LINEAR else 2 * place + 1, len(steps) - 1)
        while place - under > 1 and not self._simulations.are_spent(most, last):
            middle = (place + under) // 2
            place, under = (middle, under) if at_step(middle).works else (place, middle)
        return tried[place]

    def _situation(self, at: Simulation, need: Need) -> Situation:
        why = at.explained(need.scope) or need.why
        members = at.members(need.scope)
        shares = [why.slowest.share(cause) for cause in Cause]
        causes = list(causes_of(shares, WORTH_TRYING))
        limits = tuple(limits_met(at.deployment, at.table, at.log, members))[:3]
        wanted = frozenset(verdict.slo.measure.name for verdict in need.missed)
        if wanted <= {"lost", "killed"} and wanted:
            causes = []
        service = at.table.service_time if "lost" in wanted else at.table.service_time[members]
        return Situation(
            at.scenario.scenario,
            why.lane,
            tuple(causes),
            limits,
            _hogs(at, members, why.lane) if set(causes) & {*NO_SLOT, *LIMITS, Cause.PENDING, Cause.CLAIM} else (),
            frozenset(np.unique(at.table.workflow[members]).tolist()),
            wanted,
            why.is_saturated,
            int(service.max(initial=0)) + int(at.table.startup_time[members].max(initial=0)),
            _stands(at),
            _shared(at),
            self._simulations.before.observed.counts(ALL).killed > self._simulations.before.out_of_memory,
        )


def _hogs(at: Simulation, members: Rows, lane: str) -> tuple[int, ...]:
    """Workflows of other runs, by how long they held slots that take the lane."""
    serving = serves(Queue.named(lane), at.deployment)
    first = np.cumsum([0, *(len(worker.workloops) for worker in at.deployment.workers)])
    held = holds(at.log)
    mine = np.zeros(len(at.table), np.bool_)
    mine[members] = True
    others = serving[first[held.worker] + held.workloop] & ~mine[held.run]
    workflow = at.table.workflow[held.run[others]]
    busy = np.bincount(workflow, weights=(held.ends - held.begins)[others], minlength=len(at.deployment.workflows))
    own = set(np.unique(at.table.workflow[members]).tolist())
    return tuple(int(place) for place in np.argsort(-busy, kind="stable")[:4] if busy[place] and int(place) not in own)


def _stands(at: Simulation) -> tuple[Standstill, ...]:
    """Whose runs wait for others, where much of the slots' time goes into that."""
    if at.stood_still < WORTH_TRYING:
        return ()
    found, placed = [], placed_workflows(at.scenario.scenario)
    for why in at.responses_explained:
        lanes = np.bincount(at.table.queue[at.table.workflow == why.workflow], minlength=len(QUEUES))
        found.append(Standstill(*keys_of(at.scenario.scenario, placed[why.workflow]), QUEUES[int(lanes.argmax())], why.awaited_lane))
    return tuple(found)


def _shared(at: Simulation) -> Shared:
    """What runs were held up by, where much of the slots' time went into that, or killed by (R-1 to R-5)."""
    memory = at.out_of_memory > 0
    if at.held_up < WORTH_TRYING:
        return Shared(memory=memory)
    lost = at.response_parts.of(Part.RESOURCE)
    users = np.repeat(np.arange(len(at.table)), np.diff(at.table.use_first))
    of_resource = np.bincount(at.table.use_of, weights=lost[users], minlength=len(at.deployment.resources))
    names = (at.deployment.resources[place].name for place in np.argsort(-of_resource, kind="stable") if of_resource[place])
    with_cores = np.array([*(worker.cores is not None for worker in at.deployment.workers), False], np.bool_)[at.log.worker]
    return Shared(tuple(names), bool(lost[with_cores].any()), memory)
