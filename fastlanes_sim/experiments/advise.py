"""What to change about the waits of a lane: the remedies of their main cause, each simulated on the very same runs before it is named."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import Engine, compile_kernel, needs_compiling, resolve, run_engine
from fastlanes_sim.experiments.remedies import Remedy, Step, more_of_everything, remedies
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.results.attribution import attribute
from fastlanes_sim.results.explanation import Explanation, explain, of_lane
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.objectives import objectives_of

Progress = Callable[[int], None]
"""Called with the number of simulations played so far."""

WORTH_TRYING = 0.05
"""Part of the slowest runs' wait from which on a cause that is not the main one is looked at, where nothing helps against that."""
CURED, EASED = 0.1, 0.5
"""Where no objective says what is enough: at most this share of the cause, and of the whole wait, is left to the slowest runs."""


@dataclass
class Played:
    """One simulation, and what is asked of it; computed when it is first asked for."""

    scenario: LoadedScenario
    deployment: Deployment
    table: RunTable
    log: RunLog

    @cached_property
    def observed(self) -> Observed:
        return Observed(self.table, self.log, self.deployment)

    @cached_property
    def explanations(self) -> list[Explanation]:
        return explain(self.deployment, self.table, self.log, attribute(self.deployment, self.table, self.log))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return [judge(slo, self.observed) for slo in objectives_of(self.scenario.scenario)]


@dataclass(frozen=True)
class Trial:
    """A change and what became of the lane."""

    step: Step
    is_real: bool
    works: bool
    """The objectives that were not met are; without any, the cause is all but gone."""
    mean_us: float
    """Mean wait of the lane's slowest runs."""
    measured: str
    """Before and after, as `p99(fast_lane.wait) < 30s: 41 s → 2.1 s, met`."""
    left: Cause | None
    """The main cause of what is left of the slowest runs' wait."""

    @property
    def text(self) -> str:
        rest = "" if self.works or self.left is None else f"; what is left is mostly `{self.left.label}`"
        return f"{self.step.words}: {self.measured}{rest}"

    @property
    def command(self) -> str:
        """What to add to `fastlanes-sim run` to see it."""
        values = {
            path: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value) for path, value in self._items
        }
        return " ".join(f"--set {shlex.quote(f'{path}={value}')}" for path, value in values.items())

    @property
    def _items(self) -> Sequence[tuple[str, object]]:
        return list(self.step.overrides.items())

    def to_json(self) -> dict[str, object]:
        return {
            "change": self.step.words,
            "set": self.step.overrides,
            "what_if": not self.is_real,
            "works": self.works,
            "measured": self.measured,
            "left": None if self.left is None else self.left.label,
        }


@dataclass(frozen=True)
class Advice:
    """For one lane."""

    why: Explanation
    trials: tuple[Trial, ...]
    """The smallest step that works of each remedy, or the best of it; those that work first."""
    control: Trial | None
    """Twice the slots instead, where slots are not the cause."""

    @property
    def remedy(self) -> Trial | None:
        """The first that works and that somebody can set."""
        return next((trial for trial in self.trials if trial.works and trial.is_real), None)

    @property
    def lines(self) -> list[str]:
        """The finding, then what was tried, best first."""
        found = [self.why.sentence]
        if self.why.cause is None:
            return found
        if not self.trials:
            return [*found, "No setting of the scenario has a hold on that."]
        for trial in [trial for trial in self.trials if trial.works] or self.trials:
            verdict = "helps" if trial.works else "is not enough"
            what_if = "" if trial.is_real else " (what if)"
            found.append(f"{verdict}{what_if}: {trial.text}")
            found.append(f"    {trial.command}")
        if self.control is not None:
            verdict = (
                "helps as well" if self.control.works else "More slots will not help" if self._is_idle(self.control) else "is not enough"
            )
            found.append(f"{verdict}: {self.control.text}")
        return found

    def _is_idle(self, control: Trial) -> bool:
        """Whether it leaves the wait about as it was."""
        return control.mean_us > (1 - CURED) * self.why.slowest.mean()

    def to_json(self) -> dict[str, object]:
        return {
            "lane": self.why.lane,
            "why": self.why.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "twice_the_slots": None if self.control is None else self.control.to_json(),
        }


def advise(
    scenario: LoadedScenario,
    deployment: Deployment,
    table: RunTable,
    log: RunLog,
    *,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> list[Advice]:
    """For each lane that does not meet an objective; where all do, for the lane whose slowest runs waited longest.

    Args:
        scenario, deployment, table, log: a simulation played with `record_changes`.

    Raises:
        FastlanesError: the change points were not recorded.
    """
    if resolve(engine) == "kernel" and needs_compiling():
        compile_kernel()  # a dozen simulations are to come
    return _Adviser(Played(scenario, deployment, table, log), engine, progress).all()


def _causes(why: Explanation) -> list[Cause]:
    """The main cause of the slowest runs' wait, then the others in order of their parts; behind a limit always the slots, for what a run
    waits for whose number is too high is that the runs before it come to an end."""
    if why.cause is None:
        return []
    others = [cause for cause in Cause if why.slowest.share(cause) >= WORTH_TRYING and cause is not why.cause]
    others.sort(key=lambda cause: -why.slowest.micros[cause])
    if why.cause in (Cause.CLAIM_LIMIT, Cause.CONCURRENCY) and Cause.SLOTS not in others:
        others.append(Cause.SLOTS)
    return [why.cause, *others]


def _lane(verdict: Verdict) -> str:
    """The lane that an objective is for; a project's or workflow's runs may be of any."""
    return verdict.slo.measure.scope.lane or "all"


class _Adviser:
    def __init__(self, before: Played, engine: Engine, progress: Progress | None) -> None:
        self._before = before
        self._engine = engine
        self._progress = progress
        self._simulations = 0

    def all(self) -> list[Advice]:
        return [self._of_lane(why) for why in self._in_need()]

    def _in_need(self) -> list[Explanation]:
        explanations = self._before.explanations
        lanes = {_lane(verdict) for verdict in self._before.verdicts if verdict.verdict != "met"}
        if not explanations:
            return []
        worst = max(explanations, key=lambda why: why.slowest.mean())
        return [why for why in explanations if why.lane in lanes or (why is worst and lanes <= {"all"})]

    def _of_lane(self, why: Explanation) -> Advice:
        found: list[Trial] = []
        for cause in _causes(why):
            found += [self._best(remedy, why) for remedy in remedies(self._before.scenario.scenario, why, cause)]
            if any(trial.works and trial.is_real for trial in found):
                break
        found.sort(key=lambda trial: (not trial.works, not trial.is_real, 0 if trial.works else trial.mean_us))
        others = (Cause.CLAIM_LIMIT, Cause.CONCURRENCY, Cause.LEAKED, Cause.CLAIM, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
        control = self._try(more_of_everything(self._before.scenario.scenario), True, why) if why.cause in others else None
        return Advice(why, tuple(found), control)

    def _best(self, remedy: Remedy, why: Explanation) -> Trial:
        """The smallest step that works: galloping until one does, then halving what lies between. Further steps are taken to help more."""
        steps, tried = remedy.steps, dict[int, Trial]()
        place, below = 0, -1
        while True:
            tried[place] = self._try(steps[place], remedy.is_real, why)
            if tried[place].works or place == len(steps) - 1:
                break
            below, place = place, min(2 * place + 1, len(steps) - 1)
        if not tried[place].works:
            return min(tried.values(), key=lambda trial: trial.mean_us)
        while place - below > 1:
            middle = (place + below) // 2
            tried[middle] = self._try(steps[middle], remedy.is_real, why)
            place, below = (middle, below) if tried[middle].works else (place, middle)
        return tried[place]

    def _try(self, step: Step, is_real: bool, why: Explanation) -> Trial:
        after = self._play(step)
        now = of_lane(after.explanations, why.lane)
        assert now is not None, "no change of settings takes a lane's runs away"
        wanted = [v for v in self._before.verdicts if v.verdict != "met" and _lane(v) in (why.lane, "all")]
        then = {verdict.slo.text: verdict for verdict in after.verdicts}
        if wanted:
            works = all(then[verdict.slo.text].verdict == "met" for verdict in wanted)
            measured = ", ".join(f"{v.slo.text}: {v.value} → {then[v.slo.text].value}, {then[v.slo.text].verdict}" for v in wanted)
        else:
            assert why.cause is not None
            is_gone = now.slowest.mean(why.cause) <= CURED * why.slowest.mean(why.cause)
            works = is_gone and now.slowest.mean() <= EASED * why.slowest.mean()
            measured = f"mean wait of the slowest {format_duration(why.slowest.mean())} → {format_duration(now.slowest.mean())}"
        return Trial(step, is_real, works, now.slowest.mean(), measured, now.cause)

    def _play(self, step: Step) -> Played:
        """The same runs in the changed deployment.

        Raises:
            KeyboardInterrupt: a trial that was interrupted says nothing.
        """
        before = self._before.scenario
        scenario = load_scenario(before.origin, {**before.overrides, **step.overrides})
        deployment = deployment_of(scenario.scenario)
        log = run_engine(deployment, self._before.table, engine=self._engine, record_changes=True)
        if log.interrupted:
            raise KeyboardInterrupt
        self._simulations += 1
        if self._progress is not None:
            self._progress(self._simulations)
        return Played(scenario, deployment, self._before.table, log)
