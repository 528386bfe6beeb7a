"""Which values of a scenario a planner guessed, and between what each may lie.

A range is written in the scenario (`median: 3s ± 20%`), asked for (`PATH=LOW..HIGH`), or taken to be a share of the value. By default the
guesses are what nobody can look up: rates, durations of services and start-ups, and how many come together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.fields import Strict
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import format_duration, parse_duration, parse_rate, spell_number
from fastlanes_sim.scenario.load import LoadedScenario, plain_tree
from fastlanes_sim.scenario.overrides import ANY, path_in, value_at
from fastlanes_sim.scenario.ranges import parse_share, quantity
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.places import Path

SPREAD = 0.25
"""How far a value may be off that says nothing of it."""
Kind = Literal["duration", "rate", "number", "count", "factor"]
"""In µs, a second, or plain; `count` is whole, and `factor` multiplies several rates."""
_LEADS = {"median": "p95", "mean": "sd"}
"""A distribution's parameter, and the one that moves with it: a longer median with the same p95 would be another shape."""
_PER = {"s": 1, "min": 60, "h": 3_600}
"""Seconds of the units in which a rate is shown: one for the whole range."""
_PARAMETERS = ("median", "p95", "mean", "sd", "shape", "scale")


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A value and its range."""

    path: str
    """Dotted."""
    name: str
    """For people: `median of sync_facility`; the path where it has no other."""
    kind: Kind
    base: float | None
    """What the scenario says; None where it says nothing."""
    low: float
    high: float
    moves: tuple[str, float] | None = None
    """The path of a value that is longer and shorter with this one, and what the scenario says of it."""
    parts: tuple[tuple[object, float], ...] = ()
    """Of a `factor`: keys below the path, and the rate of each."""

    def at(self, place: float) -> float:
        """The value at a place of the range, 0 its low end and 1 its high end; whole where it must be."""
        value = self.low + place * (self.high - self.low)
        return float(round(value)) if self.kind == "count" else value

    def show(self, value: float) -> str:
        """For people."""
        if self.kind == "duration":
            return format_duration(value)
        if self.kind == "rate":
            unit, per = next(((unit, per) for unit, per in _PER.items() if self.high * per >= 1), ("d", 86_400))
            return f"{spell_number(value * per, 3)}/{unit}"
        return f"× {spell_number(value, 3)}" if self.kind == "factor" else spell_number(value, 3)

    def spell(self, value: float) -> object:
        """As a scenario writes it, to the µs, or to nine digits."""
        if self.kind == "duration":
            return f"{max(round(value), 1)}us"
        if self.kind == "rate":
            return _rate(value)
        if self.kind == "factor":
            return {key: _rate(rate * value) for key, rate in self.parts}
        return round(value) if self.kind == "count" else float(f"{value:.9g}")

    @property
    def range(self) -> str:
        """`15 s to 25 s`"""
        return f"{self.show(self.low)} to {self.show(self.high)}"


def overrides_of(values: Sequence[tuple[Uncertain, float]]) -> dict[str, object]:
    """What these values lay over the scenario. A p95 is that at the scenario's median, and moves with the median; an sd with the mean."""
    laid = {one.path: one.spell(value) for one, value in values}
    given = {one.path: value for one, value in values}
    for one, value in values:
        if one.moves is not None and one.base:
            path, base = one.moves
            laid[path] = f"{max(round(given.get(path, base) * value / one.base), 1)}us"
    return laid


def uncertain_values(loaded: LoadedScenario, over: Sequence[str] = (), spread: float = SPREAD) -> list[Uncertain]:
    """The values that are asked for; without any, those with a range in the scenario; without any, all guesses.

    Args:
        over: texts `PATH=LOW..HIGH`, `PATH=±20%`, or `PATH` alone. A path may be a name, such as `median of sync_facility`.
        spread: how far a value may be off that says nothing of it, as a share.

    Raises:
        FastlanesError: a text says nothing, or names what there is not; or there is nothing to vary.
    """
    if not 0 < spread < 1:
        raise FastlanesError("a value cannot be off by nothing, or by all of it", "write a spread above 0 % and below 100 %, such as 25%")
    tree = plain_tree(loaded)
    known = _named(list(_guesses(tree, spread)))
    if over:
        found = [_asked(text, loaded, tree, known, spread) for text in over]
    elif loaded.ranges:
        found = [_off_by(one, share) for path, share in loaded.ranges.items() if (one := _at(path, tree, known)) is not None]
    else:
        found = known
    if not found:
        hint = "ask for values, such as --over traffic=0.5..2"
        raise FastlanesError("there is no rate, duration or size in this scenario that was guessed", hint)
    twice = next((path for path, many in Counter(one.path for one in found).items() if many > 1), None)
    if twice is not None:
        raise FastlanesError(f"{twice} is varied twice", "name each value once")
    return found


def _asked(text: str, loaded: LoadedScenario, tree: Any, known: Sequence[Uncertain], spread: float) -> Uncertain:
    place, _, values = (part.strip() for part in text.partition("="))
    named = next((one for one in known if one.name == place), None)
    path = path_in(tree, place if named is None else named.path)
    if not place or ANY in path:
        raise FastlanesError(f"--over {show(text)}: not one value", "write PATH=LOW..HIGH, such as traffic=0.5..2")
    said = _at(path, tree, known)
    if ".." in values:
        return _between(text, said, path, loaded, *(end.strip() for end in values.split("..", 1)))
    share = parse_share(values.lstrip("±+/- ")) if values else loaded.ranges.get(path, spread)
    if share is None:
        raise FastlanesError(f"--over {show(text)}: {show(values)} is no range", "write LOW..HIGH, such as 2s..5s, or ±20%")
    if said is None:
        hint = suggest(place, [one.name for one in known] + [one.path for one in known]) or "write its range, as PATH=LOW..HIGH"
        raise FastlanesError(f"--over {show(text)}: the scenario says no number there", hint)
    return said if named is not None and not values and path not in loaded.ranges else _off_by(said, share)


def _between(text: str, said: Uncertain | None, path: Path, loaded: LoadedScenario, low: str, high: str) -> Uncertain:
    """With the range that was asked for. Of a value that the scenario leaves out, the default is known."""
    begin, end = (read_value(quantity(one)) for one in (low, high))
    if begin is None or end is None or _plain(begin[0]) != _plain(end[0]):
        raise FastlanesError(f"--over {show(text)}: {show(f'{low}..{high}')} is no range", "write LOW..HIGH, such as 2s..5s or 0.5..2")
    kind: Kind = begin[0] if begin[0] == end[0] else "number"
    if not begin[1] < end[1]:
        raise FastlanesError(f"--over {show(text)}: there is nothing between {low} and {high}", "write the lower end first")
    if said is None:
        default, dotted = _default(loaded.scenario, path), ".".join(map(str, path))
        kind = "number" if kind == "count" and isinstance(default, float) else kind
        return Uncertain(dotted, dotted, kind, None if default is None else float(default), begin[1], end[1])
    if _plain(said.kind) != _plain(kind):
        raise FastlanesError(
            f"--over {show(text)}: the scenario has a {said.kind} there, and this is a {kind}", "write the range like the value"
        )
    if said.kind != "factor":
        said = replace(said, kind="number" if "number" in (said.kind, kind) else kind)
    return replace(said, low=begin[1], high=end[1])


def _plain(kind: Kind) -> str:
    """What can be said in one range."""
    return "number" if kind in ("count", "factor") else kind


def _default(scenario: Scenario, path: Path) -> int | float | None:
    """What a value is that the scenario leaves out."""
    found: Any = scenario
    for part in path:
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(part, int):
            found = found[part] if isinstance(found, Sequence) and part < len(found) else None
        else:
            found = getattr(found, part, None) if isinstance(found, Strict) else None
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _off_by(one: Uncertain, share: float) -> Uncertain:
    assert one.base is not None
    return replace(one, low=one.base * (1 - share), high=one.base * (1 + share))


def _at(path: Path, tree: Any, known: Sequence[Uncertain]) -> Uncertain | None:
    """What the scenario says there, without a range; with the name of a guess if it is one."""
    dotted = ".".join(map(str, path))
    guess = next((one for one in known if one.path == dotted), None)
    if guess is not None:
        return guess
    found = read_value(value_at(tree, path))
    return found and Uncertain(dotted, dotted, *found, 0.0, 0.0, _moved(path[:-1], path[-1], value_at(tree, path[:-1])))


def read_value(value: object) -> tuple[Kind, float] | None:
    """What kind of value it is, and its number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return ("count" if isinstance(value, int) else "number"), float(value)
    if not isinstance(value, str) or quantity(value) is None:
        return None
    try:
        return "duration", float(parse_duration(value))
    except ValueError:
        return "rate", parse_rate(value)


# --- guesses ---


@dataclass(frozen=True, slots=True)
class _Guess:
    what: str
    """`median`, `rate`, …"""
    owner: tuple[str, ...]
    """The project, the workflow and the trigger's number that it is of, or what else; names take as many as they need."""
    value: Uncertain


def _guesses(tree: Any, spread: float) -> Iterator[_Guess]:
    for project_name, project in _entries(tree.get("projects")):
        of_project = ("projects", project_name)
        yield from _one(of_project, "copies", "copies", (project_name,), project, spread, least=2)
        for workflow_name, workflow in _entries(project.get("workflows")):
            of_workflow = (*of_project, "workflows", workflow_name)
            yield from _one(of_workflow, "copies", "copies", (project_name, workflow_name), workflow, spread, least=2)
            for number, trigger in enumerate(workflow.get("triggers") or []):
                if isinstance(trigger, dict):
                    owner = (project_name, workflow_name, f"trigger {number}")
                    yield from _of_trigger((*of_workflow, "triggers", number), trigger, owner, spread)
    yield from _of_distribution(("startup",), tree.get("startup"), ("startup",), spread)


def _of_trigger(path: Path, trigger: Mapping[str, Any], owner: tuple[str, ...], spread: float) -> Iterator[_Guess]:
    arrivals = trigger.get("arrivals")
    if isinstance(arrivals, dict):
        yield from _one((*path, "arrivals"), "poisson", "rate", owner, arrivals, spread)
        yield from _one((*path, "arrivals"), "every", "period", owner, arrivals, spread)
        yield from _scaled((*path, "arrivals", "piecewise"), arrivals.get("piecewise"), owner, spread)
        for name in ("burst", "batch"):
            part = arrivals.get(name)
            if isinstance(part, dict):
                for key in ("size", "fixed", "geometric"):
                    yield from _one((*path, "arrivals", name), key, f"{name} size", owner, part, spread, least=2)
    yield from _one(path, "runs_per_tick", "runs per tick", owner, trigger, spread, least=2)
    yield from _of_distribution((*path, "service"), trigger.get("service"), owner, spread)


def _of_distribution(path: Path, said: Any, owner: tuple[str, ...], spread: float) -> Iterator[_Guess]:
    """`5s`, or a mapping of one family to its parameters. Listed values were measured: they are no guess."""
    if isinstance(said, str):
        yield from _one(path[:-1], str(path[-1]), "duration", owner, {path[-1]: said}, spread)
    elif isinstance(said, dict):
        yield from _one(path, "constant", "duration", owner, said, spread)
        for family, parameters in said.items():
            for name in _PARAMETERS if isinstance(parameters, dict) and family != "empirical" else ():
                yield from _one((*path, family), name, name, owner, parameters, spread)


def _one(
    path: Path, key: str, what: str, owner: tuple[str, ...], holder: Mapping[Any, Any], spread: float, *, least: int = 0
) -> Iterator[_Guess]:
    found = read_value(holder.get(key))
    if found is None or found[1] <= 0 or found[1] < least:
        return
    kind, base = found
    kind = "number" if key == "shape" else kind
    one = Uncertain(".".join(map(str, (*path, key))), "", kind, base, 0.0, 0.0, _moved(path, key, holder))
    yield _Guess(what, owner, _within(one, key, holder, spread))


def _within(one: Uncertain, key: str, holder: Mapping[Any, Any], spread: float) -> Uncertain:
    """A p95 must stay above its median: there what may be off is the logarithm of their ratio."""
    median = read_value(holder.get("median")) if key == "p95" else None
    if median is None or one.base is None or one.base <= median[1]:
        return _off_by(one, spread)
    ratio = one.base / median[1]
    return replace(one, low=median[1] * ratio ** (1 - spread), high=median[1] * ratio ** (1 + spread))


def _scaled(path: Path, rates: Any, owner: tuple[str, ...], spread: float) -> Iterator[_Guess]:
    """A profile of the week may be too high or too low as a whole."""
    read = {key: read_value(rate) for key, rate in rates.items()} if isinstance(rates, dict) else {}
    parts = tuple((key, found[1]) for key, found in read.items() if found is not None and found[0] == "rate")
    if parts and len(parts) == len(read):
        yield _Guess("rates", owner, Uncertain(".".join(map(str, path)), "", "factor", 1.0, 1 - spread, 1 + spread, None, parts))


def _moved(path: Path, key: object, holder: Any) -> tuple[str, float] | None:
    other = _LEADS.get(str(key))
    found = read_value(holder.get(other)) if other is not None and isinstance(holder, dict) else None
    return None if found is None or found[0] != "duration" else (".".join(map(str, (*path, other))), found[1])


def _named(guesses: Sequence[_Guess]) -> list[Uncertain]:
    """Each with the shortest name that no other has."""
    named = []
    for one in guesses:
        others = [other for other in guesses if other is not one and other.what == one.what]
        named.append(replace(one.value, name=f"{one.what} of {_shortest(one.owner, [other.owner for other in others])}"))
    return named


def _shortest(owner: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    """`workflow`, `project/workflow`, or with the trigger."""
    project, workflow, trigger = (*owner, "", "")[:3]
    same = [other for other in others if other[1:2] == (workflow,)]
    name = f"{project}/{workflow}" if any(other[0] != project for other in same) else workflow or project
    return f"{name}, {trigger}" if trigger and any(other[0] == project for other in same) else name


def _entries(several: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, one in several.items() if isinstance(several, dict) else ():
        if isinstance(one, dict):
            yield str(name), one


def _rate(per_second: float) -> str:
    return f"{spell_number(per_second * 86_400, 9)}/d"
