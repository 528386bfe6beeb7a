"""What to change about a deployment: each change is simulated on the very same runs before it is named.

What helps meets everything that was missed and breaks nothing that was met: objectives, what is implied (`finishing`), and the numbers of
runs that are lost or killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.selection import Engine, compile_kernel, needs_compiling, resolve
from fastlanes_sim.experiments.advice import Advice, Trial, best_first
from fastlanes_sim.experiments.advice_attempts import attempt
from fastlanes_sim.experiments.advice_confirmation import Confirmation
from fastlanes_sim.experiments.advice_floor import floor_of
from fastlanes_sim.experiments.advice_needs import Need, all_met, has_runs, hidden, matters, needs_of
from fastlanes_sim.experiments.advice_remedies import WORTH_TRYING, RemedySearch
from fastlanes_sim.experiments.advice_savings import Savings
from fastlanes_sim.experiments.advice_simulations import LEAST, Progress, Simulation, Simulations
from fastlanes_sim.experiments.estimation import has_no_mean, place_of, runs_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.remedies_of_layouts import more_of_everything
from fastlanes_sim.experiments.remedy import Kind, Step
from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.experiments.verdicts import Judged, judge_values
from fastlanes_sim.measures.outcome import outcome_between
from fastlanes_sim.results.response_explanation import standstill_sentence
from fastlanes_sim.results.sharing_words import sharing_sentences
from fastlanes_sim.rules.causes import LIMITS, Cause
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.objectives import objectives_of

_PAIRS = 30
"""Simulations more for pairs, where no single change is enough."""


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
    simulations = Simulations(before, replication, engine, progress)
    return _Adviser(simulations, Confirmation(simulations, replications, over, executor)).all()


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
    """Puts advice together: for whom, what was tried for them, what is confirmed."""

    def __init__(self, simulations: Simulations, confirmation: Confirmation) -> None:
        self._simulations, self._confirmation = simulations, confirmation
        self._before, self._over = simulations.before, confirmation.over

    def all(self) -> list[Advice]:
        if not self._before.explanations:
            return []
        needs = needs_of(self._before)
        if not needs and self._is_asked:
            return [self._of_all(), *(self._of(need, 1) for need in hidden(self._before))] if all_met(self._before) else []
        if not needs:
            needs = [Need(max(self._before.explanations, key=partial(matters, self._before)), ())]
        found: list[Advice] = []
        for need in needs:
            if not any(_cures(one, need) for one in found):
                found.append(self._of(need, len(needs)))
        return self._together(found)

    @property
    def _is_asked(self) -> bool:
        return bool(objectives_of(self._before.scenario.scenario))

    def _of(self, need: Need, needs: int) -> Advice:
        floor, left = floor_of(self._simulations, need)
        if need.missed and not left.missed:
            return Advice(need.why, (), floor, (), standstill=self._standstill, shared=self._shared)
        need, tried = left, RemedySearch(self._simulations)
        most = self._simulations.done + max(LEAST // 2, (self._simulations.most - self._simulations.done) // needs)
        found = tried.trials(self._before, need, most)
        if not any(trial.works and trial.is_real for trial in found):
            found += tried.pairs(need, found, most + _PAIRS)
        found = best_first(found)
        control = self._control(need)
        confirmed = tuple(self._confirmation.confirmed(found))
        return Advice(need.why, need.missed, floor, confirmed, control, standstill=self._standstill, shared=self._shared)

    @cached_property
    def _standstill(self) -> str:
        before = self._before
        return standstill_sentence(before.stood_still, before.responses_explained) if before.stood_still >= WORTH_TRYING else ""

    @cached_property
    def _shared(self) -> tuple[str, ...]:
        return tuple(sharing_sentences(self._before))

    def _control(self, need: Need) -> Trial | None:
        others = (*LIMITS, Cause.LEAKED, Cause.CLAIM, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
        if need.why.cause not in others and not self._shared:
            return None
        return attempt(self._simulations, more_of_everything(self._before.scenario.scenario), Kind.COSTLY, need)

    def _of_all(self) -> Advice:
        """What could be saved where everything is met; else what is undecided over the replications, though this one meets it."""
        worst = max(self._before.explanations, key=lambda why: why.slowest.mean())
        if self._undecided:
            return Advice(worst, (), tuple(map(self._cure, self._undecided)), (), undecided=self._undecided)
        return Savings(self._simulations, self._confirmation).advice(worst)

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
        everything = tuple(verdict for verdict in self._before.judged if verdict.verdict != "met" and has_runs(self._before, verdict))
        both = attempt(self._simulations, step, max(one.kind for one in several), Need(advice[0].why, everything))
        (trial,) = self._confirmation.confirmed([both])
        return [replace(advice[0], together=trial), *advice[1:]]


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
