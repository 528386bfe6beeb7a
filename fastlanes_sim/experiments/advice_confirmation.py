"""What was tried on one sample of runs is simulated in replications before it is recommended."""

from __future__ import annotations

from dataclasses import replace

from fastlanes_sim.experiments.advice import Trial
from fastlanes_sim.experiments.advice_simulations import Simulations
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.finishing import implied_objectives
from fastlanes_sim.experiments.replicate import Replicated, replicate
from fastlanes_sim.experiments.verdicts import Judged, judge_values

_CONFIRMED = 2
"""Changes that are replicated, where that is asked for."""


class Confirmation:
    """Changes over replications, as `run` would judge the changed scenario."""

    def __init__(self, simulations: Simulations, replications: int, over: Replicated | None, executor: Executor | None) -> None:
        self._simulations, self.over, self._executor = simulations, over, executor
        self.replications = replications
        """How many; 0: nothing is confirmed."""

    def confirmed(self, trials: list[Trial]) -> list[Trial]:
        """The first that work, over replications, until one is confirmed; of the one that is nearest where none works."""
        if not self.replications:
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
        implied, over, before = implied_objectives(), self.over, self._simulations.confirming

        def report(done: int, _of: int) -> None:
            self._simulations.confirming = before + done
            self._simulations.tell()

        found = replicate(
            self._simulations.changed(trial.step),
            self.replications,
            measures=[slo.measure.text for slo in implied],
            level=LEVEL if over is None else over.level,
            inputs=over is not None and over.inputs is not None,
            engine=self._simulations.engine,
            executor=self._executor,
            progress=report,
        )
        if found.interrupted:
            raise KeyboardInterrupt
        return [*found.verdicts, *(judge_values(slo, found.measures, found.values, found.level, found.inputs) for slo in implied)]
