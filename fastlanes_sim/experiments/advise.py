"""What to change about a deployment: the remedies of every cause that carries weight, each simulated on the very same runs before it is
named.

What helps meets everything that was missed and breaks nothing that was met: objectives, what is implied (`finishing`), and the numbers of
runs that are lost or killed. Free changes are tried first, then slots and workers, then what nobody can set. Where no single change is
enough, pairs are tried: the best of those that ease, and whatever helps against what is left then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Resource, Worker
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import Engine, compile_kernel, needs_compiling, resolve, run_engine
from fastlanes_sim.experiments.advice import Advice, Change, Effect, Trial, best_first
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.estimation import has_no_mean, place_of, runs_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.finishing import implied_objectives
from fastlanes_sim.experiments.remedies import Situation, causes_of, keys_of, remedies
from fastlanes_sim.experiments.remedies_of_calls import Standstill
from fastlanes_sim.experiments.remedies_of_layouts import fewer_slots, more_of_everything
from fastlanes_sim.experiments.remedies_of_resources import Shared
from fastlanes_sim.experiments.remedy import Kind, Price, Remedy, Step
from fastlanes_sim.experiments.replicate import Replicated, replicate
from fastlanes_sim.experiments.verdicts import Judged, judge_values
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.outcome import outcome_between
from fastlanes_sim.measures.scopes import ALL, Scope
from fastlanes_sim.measures.values import ends
from fastlanes_sim.results.explanation import Explanation, limits_met
from fastlanes_sim.results.queue_causes import serves
from fastlanes_sim.results.response_explanation import standstill_sentence
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.sharing_words import sharing_sentences
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.causes import LIMITS, NO_SLOT, Cause
from fastlanes_sim.rules.creation import QUEUES, Queue
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.load import LoadedScenario, Variants
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.traffic.generate import generate

Rows = npt.NDArray[np.int64]
Progress = Callable[[int], None]
"""Called with the number of simulations done so far."""

WORTH_TRYING = 0.05
"""Part of the slowest runs' wait from which on a cause gets its cure."""
EASED = 0.5
"""Where no objective says what is enough: at most this share of their wait is left to the slowest runs."""
EASES = 0.9
"""A change eases that brings what is missed this much nearer to its bound."""
DOMINATED = 0.5
"""Part of a response from which on it is said first what of it is service."""
_LINEAR = 8
"""Remedies of so many steps are tried one by one; of more the steps are doubled, and then halved."""
_FAR = 15
"""Of slots and workers, the step that is looked at first: much further ones cost more to simulate, and where this one does nothing, neither
do they."""
_REMEDIES = 4
"""One remedy whose steps cost ever more to simulate takes at most such a part of what advice may cost: those after it get their turn."""
_ENOUGH_FREE = 2
"""Changes that are free and help are enough to choose from."""
_MOST, _LEAST, _EVENTS, _A_RUN = 50, 6, 3_000_000, 5
"""Simulations for advice at most, and at least; in between so many that they have this number of claims and runs together, a run counted
this often: advice should cost little beside what is simulated anyway."""
_PAIRS = 30
"""Simulations more for pairs, where no single change is enough."""
_ADVISED = 3
"""Lanes, projects or workflows that get advice."""
_OF_THE_TABLE = (".cron", ".spread", ".run_timeout", ".wait")
"""Settings that are in the table of runs."""
_RESPONSES = ("response", "caller_response", "work_order_response")
_BY_A_TIMEOUT = ("gateway_timeouts", "gave_up", "killed")
"""What a longer timeout changes, though runs take as long as before."""
_CONFIRMED = 2
"""Changes that are replicated, where that is asked for."""


@dataclass(frozen=True, eq=False)
class Simulation(Simulated):
    """One simulation, and what advice asks of it."""

    def members(self, scope: Scope) -> Rows:
        return np.flatnonzero(self.observed.members(scope))

    @cached_property
    def judged(self) -> list[Verdict]:
        """The verdicts on the objectives, then on what is implied."""
        return [*self.verdicts, *(judge(slo, self.observed) for slo in implied_objectives())]

    def slowest_wait(self, scope: Scope) -> float:
        """Mean µs that the slowest runs of a scope waited."""
        waits = self.observed.durations(scope, "wait").ages
        return float(np.mean(waits[-max(1, math.ceil(0.01 * len(waits))) :])) if len(waits) else 0.0

    @cached_property
    def harmed(self) -> int:
        """Runs that are lost or killed."""
        counts = self.observed.counts(ALL)
        return counts.lost + counts.killed


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be cured."""

    why: Explanation
    missed: tuple[Verdict, ...]

    @property
    def scope(self) -> Scope:
        return self.why.scope


def advise(
    scenario: LoadedScenario,
    deployment: Deployment,
    table: RunTable,
    log: RunLog,
    *,
    replications: int = 0,
    replication: int = 0,
    over: Replicated | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Advice]:
    """For each lane, project or workflow that does not meet an objective or starves, the worst first; where everything is met, one that
    says so and what could be saved; without objectives, for the lane whose slowest runs waited longest.

    Args:
        scenario, deployment, table, log: a simulation with `record_changes`.
        replications: so many confirm the changes that are named, with intervals, as `replicate` would; 0: none do.
        replication: the number of the one that was simulated.
        over: the replications that it is one of. What they leave undecided is not called met, and changes are confirmed as these were
            judged: at the same level, and with inputs as uncertain.

    Raises:
        FastlanesError: the change points were not recorded.
    """
    if resolve(engine) == "kernel" and needs_compiling():
        compile_kernel()  # a dozen simulations are to come
    before = Simulation(scenario, deployment, table, log, scenario.scenario.seed)
    _ = before.attribution  # it says so where the change points are missing
    return _Adviser(before, replications, replication, over, engine, executor, progress).all()


def telling_replication(found: Replicated) -> int:
    """The replication to look at for advice on all of them: of those that miss what the interval does not show to be met, the one in the
    middle; where none does, the first that meets it all. Batches are of the one that was cut."""
    if found.batches:
        return 0
    slos = [one.slo for one in found.verdicts if one.verdict != "met"]
    judged = slos or [one.slo for one in found.verdicts]
    outcomes = []
    for values in found.values:
        ends_of = [(slo, place_of(slo.measure, found.measures)) for slo in judged]
        outcomes.append([(slo, values.low[place], outcome_between(slo, values.low[place], values.high[place])) for slo, place in ends_of])
    missed = [number for number, one in enumerate(outcomes) if any(outcome == "missed" for _, _, outcome in one)]
    if slos and missed:
        return found.values[sorted(missed, key=lambda number: outcomes[number][0][1])[len(missed) // 2]].replication
    met = [number for number in range(len(outcomes)) if number not in missed]
    return found.values[met[0] if met else 0].replication


class _Adviser:
    def __init__(
        self,
        before: Simulation,
        replications: int,
        replication: int,
        over: Replicated | None,
        engine: Engine,
        executor: Executor | None,
        progress: Progress | None,
    ) -> None:
        self._before, self._replication, self._over = before, replication, over
        self._replications, self._engine, self._executor, self._progress = replications, engine, executor, progress
        self._simulations = self._events = 0
        self._confirming = 0
        """Simulations that confirm changes. What advice may cost does not count them."""
        self._variants = Variants(before.scenario.origin)
        plain = _events(before.table, before.log)
        self._most = max(_LEAST, min(_MOST, _EVENTS // plain))
        self._most_events = max(_LEAST * plain, _EVENTS)
        self._most_of_one = max(self._most_events // _REMEDIES, _LINEAR * plain)

    def all(self) -> list[Advice]:
        if not self._before.explanations:
            return []
        needs = self._needs()
        if not needs and self._is_asked:
            return [self._of_all(), *(self._of(need, 1) for need in self._hidden())] if self._is_met else []
        if not needs:
            needs = [Need(max(self._before.explanations, key=self._matters), ())]
        found: list[Advice] = []
        for need in needs:
            if not any(_cures(one, need) for one in found):
                found.append(self._of(need, len(needs)))
        return self._together(found)

    # --- what is missed ---

    @property
    def _is_asked(self) -> bool:
        return bool(objectives_of(self._before.scenario.scenario))

    @property
    def _is_met(self) -> bool:
        """Everything that runs were there for, in this one sample."""
        return all(one.verdict == "met" or not self._has_runs(one) for one in self._before.judged)

    def _hidden(self) -> list[Need]:
        """Who starves, or waits far longer than its lane, while every objective is met: the worst."""
        whys = (self._before.explained(scope) for scope in self._before.remarked)
        return [Need(why, ()) for why in whys if why is not None][:1]

    def _matters(self, why: Explanation) -> tuple[bool, float]:
        """Where nothing is asked for: a lane whose callers get a 504, then the one whose slowest runs waited longest."""
        return self._before.observed.counts(why.lane).gateway_timeouts > 0, why.slowest.mean()

    def _has_runs(self, verdict: Verdict) -> bool:
        measure = verdict.slo.measure
        return verdict.value is not None and (not measure.row.has_scope or len(self._before.members(measure.scope)) > 0)

    def _needs(self) -> list[Need]:
        """By scope, the one whose slowest runs waited longest first."""
        before, of_scope = self._before, dict[Scope, list[Verdict]]()
        for verdict in before.judged:
            if verdict.verdict != "met" and self._has_runs(verdict):
                of_scope.setdefault(self._scope_of(verdict), []).append(verdict)
        whys = ((before.explained(scope), missed) for scope, missed in of_scope.items())
        needs = [Need(why, tuple(missed)) for why, missed in whys if why is not None]
        return sorted(needs, key=lambda need: -need.why.slowest.mean())[:_ADVISED]

    def _scope_of(self, verdict: Verdict) -> Scope:
        """Whose runs an objective is about: of all runs, or of the whole system, those that starve, or the lane that waits longest."""
        scope = verdict.slo.measure.scope
        if verdict.slo.measure.row.has_scope and scope != ALL:
            return scope
        if verdict.slo.measure.row.of_callers and self._before.table.sync.any():
            queue = np.bincount(self._before.table.queue[self._before.table.sync], minlength=len(QUEUES)).argmax()
            return Scope("lane", (QUEUES[queue],))
        starving = self._before.observed.backlog.starving
        if not verdict.slo.measure.row.has_scope and starving:
            return starving[0].scope
        return max(self._before.explanations, key=lambda why: why.slowest.mean()).scope

    # --- one of them ---

    def _of(self, need: Need, needs: int) -> Advice:
        floor, left = self._floor(need)
        if need.missed and not left.missed:
            return Advice(need.why, (), floor, (), standstill=self._standstill, shared=self._shared)
        need = left
        most = self._simulations + max(_LEAST // 2, (self._most - self._simulations) // needs)
        found = self._trials(self._before, need, most)
        if not any(trial.works and trial.is_real for trial in found):
            found += self._pairs(need, found, most + _PAIRS)
        found = best_first(found)
        control = self._control(need)
        return Advice(
            need.why, need.missed, floor, tuple(self._confirmed(found)), control, standstill=self._standstill, shared=self._shared
        )

    @cached_property
    def _standstill(self) -> str:
        before = self._before
        return standstill_sentence(before.stood_still, before.responses_explained) if before.stood_still >= WORTH_TRYING else ""

    @cached_property
    def _shared(self) -> tuple[str, ...]:
        return tuple(sharing_sentences(self._before))

    def _trials(self, at: Simulation, need: Need, most: int, first: Trial | None = None) -> list[Trial]:
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
                if is_done or is_idle or is_known or (first is not None and helped) or self._is_spent(most):
                    continue
                found.append(replace(self._best(remedy, need, first, most), steps=remedy.steps))
            if any(trial.works and trial.is_real for trial in found):
                break
        return found

    def _is_spent(self, most: int, most_events: int | None = None) -> bool:
        """Whether advice, or one remedy, has cost enough, in simulations or in what they had to do."""
        return self._simulations >= most or self._events >= min(self._most_events, most_events or self._most_events)

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
            self._before.observed.counts(ALL).killed > self._before.out_of_memory,
        )

    def _pairs(self, need: Need, tried: Sequence[Trial], most: int) -> list[Trial]:
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
        after = None if self._is_spent(most) else self._simulate(first.step, changes=True)
        if after is None:
            return []
        found = [trial for trial in self._trials(after, need, most, first) if trial.works and trial.is_real]
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

        def attempt(place: int) -> Trial:
            if place not in tried:
                step = steps[place]
                if first is not None:
                    step = Step(f"{first.step.words}, and {step.words}", laid_over(first.step.overrides, step.overrides))
                kind = remedy.kind if first is None else max(first.kind, remedy.kind)
                tried[place] = self._try(step, kind, need)
            return tried[place]

        far = len(steps) - 1 if remedy.kind < Kind.COSTLY else min(len(steps) - 1, _FAR)
        if len(steps) > _LINEAR and attempt(far).effect is Effect.NOTHING:
            return tried[far]  # as far as it goes it does nothing: nor do the steps between
        last = self._events + self._most_of_one
        place, under = 0, -1
        while not attempt(place).works:
            is_over = attempt(place).effect is Effect.BREAKS and attempt(place).strain < 1
            if place == len(steps) - 1 or is_over or self._is_spent(most, last):
                return min(tried.values(), key=lambda trial: (trial.effect is not Effect.EASES, trial.strain))
            under, place = place, min(place + 1 if len(steps) <= _LINEAR else 2 * place + 1, len(steps) - 1)
        while place - under > 1 and not self._is_spent(most, last):
            middle = (place + under) // 2
            place, under = (middle, under) if attempt(middle).works else (place, middle)
        return tried[place]

    def _try(self, step: Step, kind: Kind, need: Need) -> Trial:
        before, after = self._before, self._simulate(step)
        if after is None:
            return Trial(step, kind, Effect.NOTHING, Price(), (), {}, (), math.inf, math.inf, "it cannot be set")
        then = {verdict.slo.text: verdict for verdict in after.judged}
        implied = implied_objectives()
        changes = tuple(
            Change(one.slo.text, _shown(one), _shown(then[one.slo.text]), one.verdict, then[one.slo.text].verdict, one.slo in implied)
            for one in before.judged
            if one.slo.text in then
        )
        broken = [one.text for one in changes if one.was == "met" and one.verdict != "met"]
        if after.harmed > before.harmed:
            broken.append(f"{after.harmed - before.harmed:,} more runs are lost or killed")
        mean = after.slowest_wait(need.scope)
        if need.missed:
            mine = {verdict.slo.text for verdict in need.missed}
            is_met = all(one.verdict == "met" for one in changes if one.text in mine)
            measured = ", ".join(str(one) for one in changes if one.text in mine)
            was, strain = (max(_strain(verdicts[text]) for text in mine) for verdicts in ({v.slo.text: v for v in before.judged}, then))
        else:
            waited = need.why.slowest.mean()
            is_met, was, strain = mean <= EASED * waited, 1.0 / EASED, mean / waited / EASED if waited else 0.0
            measured = f"mean wait of the slowest {format_duration(waited)} → {format_duration(mean)}"
        effect = Effect.BREAKS if broken else Effect.HELPS if is_met else Effect.EASES if strain <= EASES * was else Effect.NOTHING
        price = Price.between(before.scenario.scenario, after.scenario.scenario)
        return Trial(step, kind, effect, price, changes, _lanes(before, after), tuple(broken), strain, mean, measured)

    def _control(self, need: Need) -> Trial | None:
        others = (*LIMITS, Cause.LEAKED, Cause.CLAIM, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
        if need.why.cause not in others and not self._shared:
            return None
        return self._try(more_of_everything(self._before.scenario.scenario), Kind.COSTLY, need)

    # --- what no change can shorten ---

    def _floor(self, need: Need) -> tuple[tuple[str, ...], Need]:
        """What the objectives would come to if no run ever waited, where that is most of what they are; and what is left to cure."""
        asked = [verdict for verdict in need.missed if _is_bounded(verdict) and verdict.slo.measure.row.has_scope]
        if not asked:
            return (), need
        floor = self._unhindered
        lines, hopeless = list[str](), list[Verdict]()
        for verdict in asked:
            least, name = judge(verdict.slo, floor.observed), verdict.slo.measure.name
            low, now = ends(least.value)[0], ends(verdict.value)[0]
            if least.verdict == "missed":
                lines.append(
                    f"{verdict.slo.text} cannot be met by slots, workers or limits: if no run ever waited, it would be {least.value}. "
                    "What runs take themselves must become shorter"
                )
                if name not in _BY_A_TIMEOUT:
                    hopeless.append(verdict)
            elif name in _RESPONSES and verdict.slo.measure.threshold is None and now and low >= DOMINATED * now:
                lines.append(
                    f"Of {verdict.slo.text}, {verdict.value}, the runs themselves take {least.value}: no change can save more than the rest"
                )
            elif (patience := self._patience(verdict)) is not None:
                alone = floor.observed.durations(verdict.slo.measure.scope, "response").quantile(0.95)
                if alone is not None and ends(alone)[0] >= (1 - DOMINATED / 2) * patience:
                    lines.append(
                        f"Of the {format_duration(patience)} that {verdict.slo.text} allows, the runs themselves take up to {alone} (p95): "
                        "what is left for waiting is short, whatever is changed"
                    )
        return tuple(f"{line}." for line in lines), replace(need, missed=tuple(one for one in need.missed if one not in hopeless))

    def _patience(self, verdict: Verdict) -> float | None:
        """µs of response from which on a run counts against the objective, where it is about such runs."""
        measure = verdict.slo.measure
        if measure.name in ("gateway_timeouts", "gave_up"):
            return float(self._before.deployment.lightning.webhook_timeout)
        return measure.threshold if measure.name in ("response", "caller_response") else None

    @cached_property
    def _unhindered(self) -> Simulation:
        """The same runs where no run ever waits: slots for all of them, at once, and no limits, nor any of what they share (R-1 to R-5)."""
        before = self._before
        everything = Worker("everything", parse_workloops(f"*:{max(1, len(before.table))}").workloops, dispatch="ideal")
        deployed = replace(
            before.deployment,
            projects=tuple(replace(one, concurrency=None) for one in before.deployment.projects),
            workflows=tuple(replace(one, concurrency=None) for one in before.deployment.workflows),
            workers=(everything,),
            resources=tuple(Resource(one.name) for one in before.deployment.resources),
            lightning=replace(before.deployment.lightning, claim_limit=max(1, len(before.table))),
            incidents=Incidents(),
            autoscalers=(),
        )
        return Simulation(before.scenario, deployed, before.table, self._run(deployed, before.table), before.seed)

    # --- where nothing is missed ---

    def _of_all(self) -> Advice:
        """What could be saved where everything is met; else what is undecided over the replications, though this one meets it."""
        worst = max(self._before.explanations, key=lambda why: why.slowest.mean())
        if self._undecided:
            return Advice(worst, (), tuple(map(self._cure, self._undecided)), (), undecided=self._undecided)
        return self._savings(worst)

    @cached_property
    def _undecided(self) -> tuple[Judged, ...]:
        """Objectives that the replications do not show to be met, where these have runs for them."""
        over = self._over
        if over is None:
            return ()
        left = [one for one in over.verdicts if one.verdict != "met"]
        return tuple(one for one in left if not one.slo.measure.row.has_scope or runs_of(one.slo.measure, over.measures, over.values))

    def _cure(self, judged: Judged) -> str:
        """Of an objective that is not met over the replications: why, and what would decide it."""
        over = self._over
        assert over is not None
        said = f"{judged.slo.text} is {judged.verdict} over {len(over.values):,} replications: {judged.text}."
        if judged.verdict == "missed":
            return said
        known = judge_values(judged.slo, over.measures, over.values, over.level)
        more = "days of data" if over.inputs is not None and known.verdict == "met" else "replications"
        return said if has_no_mean(judged.slo.measure, over.values) else f"{said} More {more} would tell."

    def _savings(self, worst: Explanation) -> Advice:
        """The fewest workers, and the fewest slots of each token, with which everything is still met."""
        need, found = Need(worst, tuple(one for one in self._before.judged if one.verdict == "met")), []
        for remedy in fewer_slots(self._before.scenario.scenario):
            if remedy.steps and not self._is_spent(self._most):
                most = self._most_saved(remedy, need)
                found += [] if most is None else [most]
        found = self._surely_saved(sorted(found, key=lambda trial: trial.price.rank), need)
        unknown = tuple(f"{one.slo.text}: nobody knows, there are no such runs." for one in self._before.judged if not self._has_runs(one))
        return Advice(worst, (), unknown, tuple(found), is_met=True)

    def _surely_saved(self, savings: list[Trial], need: Need) -> list[Trial]:
        """What replications confirm, then the others: a sample that can do without a slot may be luck. Where they do not confirm the
        largest saving, half of it is tried."""
        confirmed = self._confirmed(savings[:1])
        if confirmed and confirmed[0].is_confirmed is False:
            half = self._half(confirmed[0], need)
            confirmed = [*([] if half is None else self._confirmed([half])), *confirmed]
        one_sample = bool(self._replications)
        found = [*map(_held_against, confirmed), *(replace(one, is_of_one_sample=one_sample) for one in savings[1:])]
        return sorted(found, key=lambda trial: (not trial.is_confirmed, not trial.works))

    def _half(self, trial: Trial, need: Need) -> Trial | None:
        """The step that saves half as much and works; None where there is none."""
        place = trial.steps.index(trial.step)
        if not place:
            return None
        less = self._try(trial.steps[(place + 1) // 2 - 1], trial.kind, need)
        return less if less.works else None

    def _most_saved(self, remedy: Remedy, need: Need) -> Trial | None:
        """The largest step after which everything is still met, found by halving."""
        low, high, best = -1, len(remedy.steps), None
        while high - low > 1 and not self._is_spent(self._most):
            middle = (low + high) // 2
            trial = self._try(remedy.steps[middle], Kind.FREE, need)
            low, high, best = (middle, high, replace(trial, steps=remedy.steps)) if trial.works else (low, middle, best)
        return best

    # --- all of them ---

    def _together(self, advice: list[Advice]) -> list[Advice]:
        """Where each needs a change of its own, whether they do it together. Of changes that exclude each other the first is taken."""
        chosen = [one.remedy for one in advice]
        alone = any(one is not None and all(change.verdict == "met" for change in one.objectives) for one in chosen)
        several = [one for one in chosen if one is not None]
        if len(several) < 2 or alone:
            return advice
        several = _compatible(several)
        if len(several) < 2:
            return advice
        overrides = {path: value for one in several for path, value in one.step.overrides.items()}
        step = Step("; ".join(one.step.words for one in several), overrides)
        everything = tuple(verdict for verdict in self._before.judged if verdict.verdict != "met" and self._has_runs(verdict))
        (trial,) = self._confirmed([self._try(step, max(one.kind for one in several), Need(advice[0].why, everything))])
        return [replace(advice[0], together=trial), *advice[1:]]

    def _confirmed(self, trials: list[Trial]) -> list[Trial]:
        """The first that work, over replications, until one is confirmed; of the one that is nearest where none works."""
        if not self._replications:
            return trials
        confirmed, done = list[Trial](), 0
        found = [trial for trial in trials if trial.works and trial.is_real] or trials[:1]
        for trial in trials:
            if trial in found and done < _CONFIRMED:
                done += 1
                trial = replace(trial, confirmed=tuple(self._over_replications(trial)))
                if trial.is_confirmed:
                    done = _CONFIRMED
            else:
                trial = replace(trial, is_of_one_sample=True)
            confirmed.append(trial)
        return confirmed

    def _over_replications(self, trial: Trial) -> list[Judged]:
        """As `run` would judge the changed scenario: after its own warm-up, at the same level, and with inputs as uncertain."""
        implied, over, before = implied_objectives(), self._over, self._confirming

        def report(done: int, _of: int) -> None:
            self._confirming = before + done
            self._tell()

        found = replicate(
            self._changed(trial.step),
            self._replications,
            measures=[slo.measure.text for slo in implied],
            level=LEVEL if over is None else over.level,
            inputs=over is not None and over.inputs is not None,
            engine=self._engine,
            executor=self._executor,
            progress=report,
        )
        if found.interrupted:
            raise KeyboardInterrupt
        return [*found.verdicts, *(judge_values(slo, found.measures, found.values, found.level, found.inputs) for slo in implied)]

    # --- simulating ---

    def _changed(self, step: Step) -> LoadedScenario:
        return self._variants.load(laid_over(self._before.scenario.overrides, step.overrides))

    def _simulate(self, step: Step, *, changes: bool = False) -> Simulation | None:
        """The same runs in the changed deployment; other runs only where the change is when they come. None where it cannot be set."""
        try:
            scenario = self._changed(step)
        except ScenarioError:
            return None
        is_drawn = any(path.endswith(_OF_THE_TABLE) for path in step.overrides)
        table = generate(scenario.scenario, replication=self._replication) if is_drawn else self._before.table
        deployed = deployment_of(scenario.scenario)
        return Simulation(scenario, deployed, table, self._run(deployed, table, changes=changes), scenario.scenario.seed)

    def _run(self, deployed: Deployment, table: RunTable, *, changes: bool = False) -> RunLog:
        log = run_engine(deployed, table, engine=self._engine, record_changes=changes)
        self._simulations += 1
        self._events += _events(table, log)
        self._tell()
        return log

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._simulations + self._confirming)


def _held_against(trial: Trial) -> Trial:
    """A saving after which replications miss something is none."""
    missed = tuple(f"{one.slo.text} over replications" for one in trial.confirmed if one.verdict == "missed")
    return replace(trial, effect=Effect.BREAKS, broken=missed) if missed else trial


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


def _events(table: RunTable, log: RunLog) -> int:
    """What a simulation had to do, roughly."""
    return _A_RUN * len(table) + log.claims_sent + 1


def _cures(advice: Advice, need: Need) -> bool:
    """Whether what is recommended there meets what is missed here as well, as its effect on every objective shows."""
    met = {change.text for change in advice.remedy.objectives if change.verdict == "met"} if advice.remedy is not None else set()
    return bool(need.missed) and all(verdict.slo.text in met for verdict in need.missed)


def _compatible(trials: Sequence[Trial]) -> list[Trial]:
    """Those, each different from the others, that set nothing to another value than one before them."""
    chosen: list[Trial] = []
    overrides: dict[str, object] = {}
    for one in trials:
        mine = one.step.overrides
        if all(overrides.get(path, value) == value for path, value in mine.items()) and not mine.items() <= overrides.items():
            chosen.append(one)
            overrides |= mine
    return chosen


def _is_bounded(verdict: Verdict) -> bool:
    """Whether less is better: `< 30s`, and of counts `== 0`."""
    slo = verdict.slo
    return slo.is_upper_bound or (slo.operator.side == "exactly" and slo.bound == 0)


def _lanes(before: Simulation, after: Simulation) -> dict[str, tuple[str, str]]:
    found = {}
    for lane in QUEUES:
        then, now = (one.observed.durations(lane, "wait").quantile(0.95) for one in (before, after))
        if then is not None or now is not None:
            found[lane] = (str(then or "–"), str(now or "–"))
    return found


def _shown(verdict: Verdict) -> str:
    return "nothing to measure" if verdict.value is None else str(verdict.value)


def _strain(verdict: Verdict) -> float:
    """How near to its bound it is: below 1 it is met."""
    if verdict.value is None:
        return 0.0
    low, high = ends(verdict.value)
    slo = verdict.slo
    worst = (high if math.isfinite(high) else low * 1.5) if slo.is_upper_bound else low
    if slo.operator.side == "exactly":
        return abs(worst - slo.bound) + (verdict.verdict != "met")
    if slo.is_upper_bound:
        return worst / slo.bound if slo.bound else 1.0 + worst
    return slo.bound / worst if worst else math.inf
