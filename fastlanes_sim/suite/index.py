"""Which suites there are, and what belongs to each: read from the index beside its scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.overrides import laid_over, layout_override
from fastlanes_sim.scenario.workers import WorkerGroup
from fastlanes_sim.scenario.yaml.tree import read_yaml
from fastlanes_sim.suite.layout_templates import fill

LATEST = "suite-2"
_FOLDER = Path(str(files("fastlanes_sim.suite")))


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    path: Path
    quick_horizon: str

    @property
    def question(self) -> str:
        """The first line of its file."""
        return self.path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()

    def load(self, layout: str, changes: Mapping[str, object], *, quick: bool = False) -> LoadedScenario:
        """The scenario with the layout, a template of `layouts.fill`, laid over all its workers, and other values by dotted path."""
        asked_for = {**changes, **({"horizon": self.quick_horizon} if quick else {})}
        asked = load_scenario(self.path, asked_for)
        slots = {slots_of(group) for group in asked.scenario.workers}
        if len(slots) > 1:
            raise FastlanesError(f"{self.path}: its workers have different numbers of slots {sorted(slots)}\n    hint: give all the same")
        return load_scenario(self.path, laid_over(asked_for, layout_override(fill(layout, slots.pop()))))


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    workloads: Mapping[str, Workload]
    layouts: Mapping[str, str]
    """Templates of `layouts.fill` by name; the first is what scores are relative to."""
    replications: int
    quick_replications: int

    def chosen_workloads(self, names: Sequence[str] | None) -> dict[str, Workload]:
        """All, or those named, in the suite's order."""
        for name in names or ():
            if name not in self.workloads:
                raise FastlanesError(f"{self.name} has no workload {show(name)}\n    hint: {suggest(name, list(self.workloads))}")
        return {name: one for name, one in self.workloads.items() if not names or name in names}

    def chosen_layouts(self, asked: Sequence[str] | None) -> dict[str, str]:
        """All; or those asked for by name or as templates, and the first, which scores need."""
        first = next(iter(self.layouts))
        found = {first: self.layouts[first]} if asked else dict(self.layouts)
        for one in asked or ():
            if one not in self.layouts and ":" not in one:
                raise FastlanesError(f"{self.name} has no layout {show(one)}\n    hint: {suggest(one, list(self.layouts))}")
            if one in self.layouts or one not in self.layouts.values():
                found[one] = self.layouts.get(one, one)
            else:
                found |= {name: template for name, template in self.layouts.items() if template == one}
        return found


def slots_of(group: WorkerGroup) -> int:
    """Of each worker of the group."""
    return sum(loop.capacity for loop in parse_workloops(group.layout).workloops)


def load_suite(name: str = LATEST) -> Suite:
    """One of the suites of this version.

    Raises:
        FastlanesError: there is none of this name.
    """
    known = sorted(path.parent.name for path in _FOLDER.glob("*/index.yaml"))
    if name not in known:
        raise FastlanesError(f"there is no suite {show(name)}\n    hint: {suggest(name, known)}")
    root, _ = read_yaml((_FOLDER / name / "index.yaml").read_text(encoding="utf-8"))
    assert root is not None
    index: dict[str, Any] = root.plain()
    workloads = {
        workload: Workload(workload, _FOLDER / name / f"{workload}.yaml", entry["quick"]) for workload, entry in index["workloads"].items()
    }
    return Suite(name, workloads, index["layouts"], index["replications"], index["quick"]["replications"])


def scenario_file(text: str) -> Path:
    """The path as it is; or, where nothing lies there, the file of the workload that `suite-2/cron_storm` names."""
    suite, _, workload = text.partition("/")
    packaged = _FOLDER / suite / f"{workload}.yaml"
    return packaged if not Path(text).exists() and workload.isidentifier() and packaged.is_file() else Path(text)
