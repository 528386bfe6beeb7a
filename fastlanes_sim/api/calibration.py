"""A scenario fitted to an export, as `calibrate` returns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fastlanes_sim.api.arguments import whole
from fastlanes_sim.api.facade import shared_fields
from fastlanes_sim.api.fit import FitResult
from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.calibration.calibrate import Calibration
from fastlanes_sim.calibration.fit_check import REPLICATIONS, Progress, check_fit
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.escaping import html
from fastlanes_sim.core.once import say_once
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.results.files import write_atomically
from fastlanes_sim.scenario import load
from fastlanes_sim.scenario.load import LoadedScenario, slug
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.source import read_source


@dataclass(frozen=True, repr=False)
class CalibrationResult(Calibration):
    """What was learnt from an export, and the scenario that it makes.

    Example:
        found = calibrate("runs.csv", layout="fast_lane:1 manual>*:4")
        print(found.text())                  # YAML, with what was seen as comments
        simulate(found.scenario())
        found.write("calibrated.yaml")
        print(found.check().text())          # does it behave like the export?
    """

    @classmethod
    def from_plain(cls, found: Calibration) -> CalibrationResult:
        """From the plain result."""
        return cls(**shared_fields(found))

    @property
    def triggers(self) -> int:
        """How many were fitted, of all workflows."""
        return sum(len(one.triggers) for one in self.workflows)

    def text(self, name: str = "calibrated") -> str:
        """The scenario as YAML."""
        return scenario_text(self, slug(name))

    def scenario(self, name: str = "calibrated") -> LoadedScenario:
        """The scenario, loaded and checked.

        Raises:
            ScenarioError: what was fitted is not valid, such as rates of more runs than can be simulated.
        """
        return load_scenario(self.text(name))

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the scenario, named after the file; returns its path. What is written can be simulated at once, or is not written.

        Args:
            force: write over a file that is there already.

        Raises:
            FastlanesError: a file is there already.
            ScenarioError: what was fitted is not valid.
            OSError: the file cannot be written.
        """
        self.written(path, force=force)
        return Path(path)

    def written(self, path: str | Path, *, force: bool = False) -> LoadedScenario:
        """`write`, and what is in the file now."""
        place = Path(path)
        if place.exists() and not force:
            raise FastlanesError(f"{place} is there already\n    hint: name another file, or write with force=True")
        found: list[LoadedScenario] = []

        def fill(temporary: Path) -> None:
            temporary.write_text(self.text(place.stem), encoding="utf-8")
            source = replace(read_source(temporary), file=str(place))  # nobody will ever see the temporary file
            found.append(load.load_scenario(source))

        write_atomically(place, fill)
        return found[0]

    def check(
        self,
        *,
        replications: int = REPLICATIONS,
        seed: int = 1,
        engine: Engine = "auto",
        progress: Progress | None = None,
        tell: Callable[[str], None] = say_once,
        scenario: Scenario | None = None,
    ) -> FitResult:
        """Simulate the scenario and compare it with the export. Waits are compared only if it is known which workers there were.

        Args:
            replications: how often; fewer of a large export, at least 7.
            seed: of the simulations.
            engine: "kernel", "reference", or "auto". Without the kernel, waits are compared in fewer excerpts of the span.
            progress: called with (steps done, steps in total).
            tell: called with a first answer, and how long the rest takes, where that is more than some seconds. Default: standard error.
            scenario: what to simulate, where that is not the scenario as it was fitted.

        Raises:
            ScenarioError: what was fitted is not valid.
        """
        scenario, waits = scenario or self.scenario().scenario, not self.deployed.guessed
        asked = {"replications": whole("replications", replications), "seed": whole("seed", seed)}
        return FitResult.from_plain(check_fit(self.export, scenario, waits=waits, engine=engine, progress=progress, tell=tell, **asked))

    def __repr__(self) -> str:
        return f"<CalibrationResult: {self.triggers:,} triggers of {len(self.workflows):,} workflows>"

    def _repr_html_(self) -> str:
        """For notebooks."""
        return f"<pre>{html(self.text())}</pre>"
