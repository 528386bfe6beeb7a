"""A discrete-event capacity simulator of OpenFn Lightning's job queue and its workers ("Fast Lanes").

    from fastlanes_sim import compare, simulate

    result = simulate("scenarios/quickstart.yaml", layout="fast_lane:1 manual>*:4")
    result.runs                     # pandas, one row a run
    print(compare("scenarios/quickstart.yaml", layouts=["*:5", "fast_lane:1 manual>*:4"]).text())

Verbs: `load_scenario`, `simulate`, `replicate`, `compare`, `plan`, `sweep`, `search`, `highest_traffic`, `sensitivity`, `advise`; of
exports of real runs `read_export`, `calibrate`, `validate`; and `bench`, `record_baseline`, `check_baselines`, `conform`, `explore`.
`help(verb)` has arguments, errors and an example of each.

Importing this package is cheap: what a verb needs is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlanes_sim.api.baseline import CheckResult
    from fastlanes_sim.api.bench import BenchResult
    from fastlanes_sim.api.calibration import CalibrationResult
    from fastlanes_sim.api.capacity import CapacityResult
    from fastlanes_sim.api.comparison import ComparisonResult
    from fastlanes_sim.api.export_verbs import calibrate, read_export, validate
    from fastlanes_sim.api.fit import FitResult
    from fastlanes_sim.api.replicated import ReplicatedResult
    from fastlanes_sim.api.result import Result
    from fastlanes_sim.api.scenario_argument import ScenarioLike
    from fastlanes_sim.api.search import SearchResult
    from fastlanes_sim.api.sensitivity import SensitivityResult
    from fastlanes_sim.api.suite_verbs import bench, check_baselines, conform, record_baseline
    from fastlanes_sim.api.sweep import SweepResult
    from fastlanes_sim.api.validation import ValidationResult
    from fastlanes_sim.api.verbs import (
        advise,
        compare,
        highest_traffic,
        load_scenario,
        plan,
        replicate,
        search,
        sensitivity,
        simulate,
        sweep,
    )
    from fastlanes_sim.conformance.case_result import CaseResult
    from fastlanes_sim.core.errors import ConformanceError, EngineError, FastlanesError, MeasureError, Problem, ScenarioError
    from fastlanes_sim.experiments.advice import Advice
    from fastlanes_sim.experiments.confidence_intervals import Estimate
    from fastlanes_sim.experiments.jobs import JobError
    from fastlanes_sim.experiments.sweep import Plan
    from fastlanes_sim.exports.export import Export
    from fastlanes_sim.exports.problems import ExportError
    from fastlanes_sim.scenario.load import LoadedScenario
    from fastlanes_sim.scenario.schema import Scenario
    from fastlanes_sim.studio.explorer import Explorer, explore
    from fastlanes_sim.suite.baseline import Baseline

__all__ = [
    "Advice",
    "Baseline",
    "BenchResult",
    "CalibrationResult",
    "CapacityResult",
    "CaseResult",
    "CheckResult",
    "ComparisonResult",
    "ConformanceError",
    "EngineError",
    "Estimate",
    "Explorer",
    "Export",
    "ExportError",
    "FastlanesError",
    "FitResult",
    "JobError",
    "LoadedScenario",
    "MeasureError",
    "Plan",
    "Problem",
    "ReplicatedResult",
    "Result",
    "Scenario",
    "ScenarioError",
    "ScenarioLike",
    "SearchResult",
    "SensitivityResult",
    "SweepResult",
    "ValidationResult",
    "__version__",
    "advise",
    "bench",
    "calibrate",
    "check_baselines",
    "compare",
    "conform",
    "explore",
    "highest_traffic",
    "load_scenario",
    "plan",
    "read_export",
    "record_baseline",
    "replicate",
    "search",
    "sensitivity",
    "simulate",
    "sweep",
    "validate",
]

__version__ = "0.1.0"

_MODULES = {
    "api.baseline": ("CheckResult",),
    "api.bench": ("BenchResult",),
    "api.calibration": ("CalibrationResult",),
    "api.capacity": ("CapacityResult",),
    "api.comparison": ("ComparisonResult",),
    "api.fit": ("FitResult",),
    "api.export_verbs": ("calibrate", "read_export", "validate"),
    "api.replicated": ("ReplicatedResult",),
    "api.result": ("Result",),
    "api.scenario_argument": ("ScenarioLike",),
    "api.search": ("SearchResult",),
    "api.sensitivity": ("SensitivityResult",),
    "api.suite_verbs": ("bench", "check_baselines", "conform", "record_baseline"),
    "api.sweep": ("SweepResult",),
    "api.validation": ("ValidationResult",),
    "api.verbs": (
        "advise",
        "compare",
        "highest_traffic",
        "load_scenario",
        "plan",
        "replicate",
        "search",
        "sensitivity",
        "simulate",
        "sweep",
    ),
    "conformance.case_result": ("CaseResult",),
    "core.errors": ("ConformanceError", "EngineError", "FastlanesError", "MeasureError", "Problem", "ScenarioError"),
    "experiments.advice": ("Advice",),
    "experiments.confidence_intervals": ("Estimate",),
    "experiments.jobs": ("JobError",),
    "experiments.sweep": ("Plan",),
    "exports.export": ("Export",),
    "exports.problems": ("ExportError",),
    "scenario.load": ("LoadedScenario",),
    "scenario.schema": ("Scenario",),
    "studio.explorer": ("Explorer", "explore"),
    "suite.baseline": ("Baseline",),
}
"""Where each name is from, as the imports above say it for type checkers."""
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
