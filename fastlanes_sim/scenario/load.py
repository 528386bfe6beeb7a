"""From a file to a validated scenario, or to everything that is wrong with it, each with its place."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from fastlanes_sim.core.errors import Problem, ScenarioError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario import checks, lint
from fastlanes_sim.scenario.objectives import numbered_objectives
from fastlanes_sim.scenario.overrides import apply_override, overriding, setting_in, split_path
from fastlanes_sim.scenario.ranges import take_ranges
from fastlanes_sim.scenario.replayed_export import add_replayed, prepare
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.uncertainty import gone, uncertain_twice
from fastlanes_sim.scenario.yaml.places import FilePlaces, Finding
from fastlanes_sim.scenario.yaml.places import Path as TreePath
from fastlanes_sim.scenario.yaml.source import Source, read_source
from fastlanes_sim.scenario.yaml.tree import Flaw, Node, read_yaml
from fastlanes_sim.scenario.yaml.validation_errors import findings

_NOTHING: Mapping[str, object] = MappingProxyType({})
_EXAMPLE = "begin with `horizon: 1d`, `projects:` and `workers:`, as the examples in scenarios/ do"
_HASH = 6
"""Digits."""


@dataclass(frozen=True, repr=False)
class LoadedScenario:
    """A scenario that can be simulated, and where it comes from."""

    scenario: Scenario
    source: Path
    hash: str
    """Of what the scenario says, not of how the file says it: comments and spellings do not matter."""
    warnings: tuple[Problem, ...]
    """Legal but suspicious."""
    overrides: Mapping[str, object] = field(default_factory=dict)
    """What was laid over the file."""
    text: str = ""
    """The file's, as it was read."""
    slo_lines: tuple[int, ...] = ()
    """Where the file asks for each objective (`objectives.objectives_of`), counted from 1; 0 where something laid over it does."""
    by_key: bool = False
    """It was built from values: there is no file, and the text was made from them."""
    ranges: Mapping[TreePath, float] = field(default_factory=dict)
    """How far values may be off, as `3s ± 20%` says it: a share, by the place of the value."""

    def __repr__(self) -> str:
        changed = f", {len(self.overrides)} values changed" if self.overrides else ""
        return f"<LoadedScenario {self.scenario.name} from {self.source}{changed}>"

    @property
    def origin(self) -> Source:
        """To load it once more, with other values laid over it."""
        return Source.of_text(self.text, str(self.source), self.by_key)


Origin = str | Path | Source
"""Of a scenario: the path of its file, or a text."""


def load_scenario(origin: Origin, overrides: Mapping[str, object] = _NOTHING) -> LoadedScenario:
    """Read and check a scenario file, or a text.

    `overrides` are values by dotted path (`workers.0.workloops`), laid over the file before it is checked; None removes what the file says.

    Raises:
        ScenarioError: with every problem found, in the order of the file.
    """
    return Variants(origin).load(overrides)


class Variants:
    """A scenario under one set of overrides after another. The file is read and parsed once: most of the work."""

    def __init__(self, origin: Origin) -> None:
        """
        Raises:
            ScenarioError: there is no such file.
        """
        self._source = _read(origin)
        self._parsed = read_yaml(self._source.text)

    def load(self, overrides: Mapping[str, object]) -> LoadedScenario:
        """
        Raises:
            ScenarioError: see `load_scenario`.
        """
        return _load(self._source, self._parsed, overrides)


def load_variants(origin: Origin, several: Iterable[Mapping[str, object]]) -> Iterator[LoadedScenario | ScenarioError]:
    """The scenario under each of several overrides, or what is wrong with it then."""
    variants = Variants(origin)
    for overrides in several:
        try:
            yield variants.load(overrides)
        except ScenarioError as error:
            yield error


def _read(origin: Origin) -> Source:
    return origin if isinstance(origin, Source) else read_source(Path(origin))


def _load(source: Source, parsed: tuple[Node | None, list[Flaw]], overrides: Mapping[str, object]) -> LoadedScenario:
    path, (root, flaws) = Path(source.file), parsed
    problems = [source.problem(flaw.line, flaw.column, flaw.path, flaw.message, flaw.hint) for flaw in flaws]
    if root is None or root.kind != "mapping":
        if not problems:
            problems = [_not_a_mapping(source, root)]
        raise ScenarioError(problems)
    flawed = {_told_of(source, problem) for problem in problems}
    tree = root.plain()
    astray = _lay(overrides, tree, path.parent)
    tree.setdefault("name", slug(path.stem))
    locator = _Locator(FilePlaces(source, root), overrides)
    ranges, about_ranges = take_ranges(tree)
    problems.extend(locator.problems(about_ranges))
    about_replay, about_rows = prepare(tree, path.parent)
    problems.extend([*locator.problems(about_replay), *about_rows])
    scenario, found = validate(tree)
    if about_replay:  # the file that could not be read might have named them
        found = [finding for finding in found if finding.path != ("projects",)]
        astray = [(dotted, wrong) for dotted, wrong in astray if not _is_of_projects(dotted)]
    problems += [Problem(_override_name(dotted), 0, 0, dotted, *wrong) for dotted, wrong in astray]
    problems.extend(problem for problem in locator.problems(found) if _told_of(source, problem) not in flawed)
    if scenario is not None:
        problems.extend(locator.problems(uncertain_twice(scenario.uncertainty, ranges)))
    if scenario is None or problems:
        raise ScenarioError(_in_file_order(problems))
    warnings = tuple(_in_file_order(locator.problems([*lint.lint(scenario), *gone(scenario.uncertainty, tree)])))
    lines = tuple(locator.line(("slos", number)) for number, _ in numbered_objectives(scenario))
    return LoadedScenario(scenario, path, scenario_hash(scenario), warnings, dict(overrides), source.text, lines, source.by_key, ranges)


def plain_tree(loaded: LoadedScenario) -> Any:
    """What the file says, with what is laid over it, as plain values: before defaults, and without ranges."""
    tree = written_tree(loaded)
    take_ranges(tree)
    return tree


def written_tree(loaded: LoadedScenario) -> Any:
    """The same, with ranges as they are written."""
    root, _ = read_yaml(loaded.text)
    assert root is not None, "it was loaded"
    tree = root.plain()
    _lay(loaded.overrides, tree, loaded.source.parent)
    return tree


def _lay(overrides: Mapping[str, object], tree: Any, folder: Path) -> list[tuple[str, tuple[str, str]]]:
    """Lay overrides over a tree. Returns those that lead nowhere, each with what is wrong and a hint.

    They may name projects and workflows that are in the replayed file only.
    """
    found = []
    for dotted, value in sorted(overrides.items(), key=lambda override: split_path(override[0])[0] != "replay"):
        wrong = apply_override(tree, dotted, value)
        if wrong is not None and _is_of_projects(dotted):
            add_replayed(tree, folder)
            wrong = apply_override(tree, dotted, value)
        if wrong is not None:
            found.append((dotted, wrong))
    return found


def _is_of_projects(dotted: str) -> bool:
    return split_path(dotted)[0] == "projects"


def problem_in(loaded: LoadedScenario, finding: Finding) -> Problem:
    """What is said of a value, with its place in the file that was loaded, or with the override that laid it there."""
    source = loaded.origin
    root, _ = read_yaml(source.text)
    assert root is not None, "it was loaded"
    return _Locator(FilePlaces(source, root), loaded.overrides).problems([finding])[0]


def validate(tree: dict[str, Any]) -> tuple[Scenario | None, list[Finding]]:
    """The scenario in a plain tree, and all that is wrong with it. The scenario is None where single values are."""
    found = list(checks.check_tree(tree))
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        return None, found + findings(error, tree, Scenario)
    if not found:
        found += checks.check_scenario(scenario)
    return scenario, found


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of the scenario's canonical JSON. Of a replayed file the content counts, not where it lies."""
    content = scenario.model_dump(mode="json", by_alias=True, exclude={"replay": {"file"}} if scenario.replay else None)
    return content_hash(content)


def content_hash(content: object) -> str:
    """SHA-256 of plain values as canonical JSON."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def slug(text: str) -> str:
    """A legal name for the scenario in a file of any name. Where it cannot have all letters, a short hash tells it from others."""
    text = unicodedata.normalize("NFC", text)
    kept = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    if kept and text.isascii():
        return kept
    return f"{kept or 'scenario'}-{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:_HASH]}"


def _not_a_mapping(source: Source, root: Node | None) -> Problem:
    if root is None or (root.value is None and root.kind == "scalar"):
        return source.problem(0, 0, "", "the file is empty", _EXAMPLE)
    what = "a list" if root.kind == "list" else f"the single value {show(root.value)}"
    return source.problem(root.line, root.column, "", f"this is {what}, not a scenario", _EXAMPLE)


def _told_of(source: Source, problem: Problem) -> int | str | None:
    """Two problems of which this is the same are told once: the line, or the key path where there are no lines."""
    return problem.path if source.by_key else problem.line or None


def _override_name(dotted: str) -> str:
    return f"override {dotted}"


def _in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """By line and column, overrides last; the same thing is not said twice of one place."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file.startswith("override "), problem.line, problem.column))


@dataclass(frozen=True)
class _Locator:
    """Says of a place in the tree whether the file or an override put its value there."""

    places: FilePlaces
    overrides: Mapping[str, object]

    def problems(self, found: Iterable[Finding]) -> list[Problem]:
        return [self._problem(finding) for finding in found]

    def line(self, path: TreePath) -> int:
        """Where the file says this value; 0 where an override does."""
        known = not self.places.source.by_key and overriding(path, self.overrides) is None
        return self.places.place(Finding(path, "", ""))[0] if known else 0

    def _problem(self, finding: Finding) -> Problem:
        override = self._override(finding.path)
        if override is None:
            return self.places.problem(finding)
        quote, hint = f"{self.overrides[override]}"[:160], finding.hint
        if finding.wants_quotes and len(split_path(override)) == len(finding.path):
            hint += f"; on the command line: --set '{override}=\"{json.dumps(self.overrides[override])}\"'"
        return Problem(_override_name(override), 0, 0, finding.dotted, finding.message, hint, quote)

    def _override(self, path: TreePath) -> str | None:
        """What put a value there, or what made the mapping in which it is missing."""
        missing = self.places.missing(path)
        return overriding(path, self.overrides) or (None if missing is None else setting_in(missing, self.overrides))
