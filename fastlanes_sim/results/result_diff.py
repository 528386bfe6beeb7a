"""Two results of `run` that were written to disk: which settings differ, which verdicts, and by how much the numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.measures.quantities import RUNS, SHARE, TIME, UNITS, Unit
from fastlanes_sim.measures.scopes import LANES

FILES = ("replications.json", "summary.json")
"""What a folder of results may hold; replications know more."""
_STATISTICS = ("p50", "p95", "p99")
_TIMES = ("wait", "response")
_COUNTS = ("runs", "open", "lost", "killed", "gateway_timeouts")


@dataclass(frozen=True, slots=True)
class Number:
    """One measure of a result: seconds for times, else as the measure has it."""

    unit: Unit
    value: float | None
    """None: nothing to measure, or nobody knows. Where runs were still open it is at least this."""
    low: float | None = None
    high: float | None = None
    """The ends of its interval, of replications."""
    upper: float | None = None
    """Where runs were still open, what it is at most, which may be infinite; None: `value` is all that it may be."""

    @property
    def most(self) -> float:
        """What it is at most; NaN where there is no value."""
        return self.upper if self.upper is not None else math.nan if self.value is None else self.value

    def above(self, other: Number) -> float:
        """How much more it is than another, at least; 0 where both may be the same, negative where it is less."""
        if self.value is None or other.value is None:
            return 0.0
        return max(self.value - other.most, 0.0) or min(self.most - other.value, 0.0)


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as its file has it."""

    path: Path
    scenario: str
    scenario_hash: str
    seed: int
    replications: int
    settings: Mapping[str, object]
    """What the scenario says, by dotted path. Empty where an older version wrote the file."""
    versions: Mapping[str, str]
    verdicts: Mapping[str, tuple[str, str]]
    """By objective: met, missed or undecided, and what was measured."""
    numbers: Mapping[str, Number]
    interrupted: bool = False
    """It is of a part alone."""
    has_inputs: bool = False
    """Its intervals say how uncertain the inputs are, too (docs/input-uncertainty.md)."""


@dataclass(frozen=True, slots=True)
class ResultDiff:
    """What differs between two results."""

    before: StoredResult
    after: StoredResult

    @property
    def settings(self) -> list[tuple[str, object, object]]:
        """(path, before, after); None where one of them does not say it."""
        return differences(self.before.settings, self.after.settings)

    @property
    def versions(self) -> list[tuple[str, object, object]]:
        """The same of the software."""
        return differences(self.before.versions, self.after.versions)

    @property
    def verdicts(self) -> list[tuple[str, tuple[str, str] | None, tuple[str, str] | None]]:
        """(objective, before, after) of every objective of either."""
        names = dict.fromkeys([*self.before.verdicts, *self.after.verdicts])
        return [(name, self.before.verdicts.get(name), self.after.verdicts.get(name)) for name in names]

    @property
    def numbers(self) -> list[tuple[str, Number, Number]]:
        """(measure, before, after) of every measure that both have and that differs."""
        both = [name for name in self.before.numbers if name in self.after.numbers]
        found = [(name, self.before.numbers[name], self.after.numbers[name]) for name in both]
        return [one for one in found if one[1] != one[2]]

    @property
    def compared(self) -> int:
        """How many measures both have."""
        return len(self.before.numbers.keys() & self.after.numbers.keys())

    @property
    def same_runs(self) -> bool:
        """Whether both had the same seed: then the same runs arrive, unless what arrives was changed."""
        return self.before.seed == self.after.seed

    def to_json(self) -> dict[str, object]:
        """Times in seconds. Where runs were still open a value is the least it may be, and `before_upper` and `after_upper` are the most;
        they are null where nobody knows."""
        return {
            "before": str(self.before.path),
            "after": str(self.after.path),
            "settings": [{"path": path, "before": was, "after": now} for path, was, now in self.settings],
            "versions": [{"name": name, "before": was, "after": now} for name, was, now in self.versions],
            "verdicts": [{"objective": name, "before": was and was[0], "after": now and now[0]} for name, was, now in self.verdicts],
            "numbers": [
                {"measure": name, "unit": was.unit.name, **_ends("before", was), **_ends("after", now)} for name, was, now in self.numbers
            ],
        }


def read_result(path: Path) -> StoredResult:
    """A result from its folder, or from its JSON file.

    Raises:
        FastlanesError: there is none, or it is no result of `run`.
    """
    file = path
    if path.is_dir():
        file = next((path / name for name in FILES if (path / name).is_file()), path / FILES[-1])
    hint = "name a folder that `run` has written, or its summary.json or replications.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        numbers = dict(_of_replications(found) if "statistics" in found else _of_lanes(found))
        return StoredResult(
            file,
            str(found["scenario"]),
            str(found["scenario_hash"]),
            int(found["seed"]),
            int(found["replications"]),
            dict(found.get("settings", {})),
            dict(found["versions"]),
            {str(one["slo"]): (str(one["verdict"]), str(one["text"])) for one in found["slos"]},
            numbers,
            bool(found.get("interrupted", False)),
            "inputs" in found,
        )
    except FileNotFoundError:
        raise FastlanesError(f"{file}: there is no such result", hint) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise FastlanesError(f"{file} is no result of `run`", hint) from None


def differences(was: Mapping[str, object], now: Mapping[str, object]) -> list[tuple[str, object, object]]:
    """(name, then, now) of what differs; None where one of them does not have it."""
    names = dict.fromkeys([*was, *now])
    return [(name, was.get(name), now.get(name)) for name in names if was.get(name) != now.get(name)]


def _ends(name: str, one: Number) -> dict[str, float | None]:
    return {name: one.value, f"{name}_upper": one.most if math.isfinite(one.most) else None}


def _upper(value: float | None, upper: float | None) -> float | None:
    """As a file has it, where null is nothing known from above."""
    return None if value is None or upper == value else math.inf if upper is None else upper


def _of_replications(found: Mapping[str, Any]) -> Iterator[tuple[str, Number]]:
    for name, one in found["statistics"].items():
        upper = _upper(one["mean"], one.get("upper_mean", one["mean"]))
        yield name, Number(UNITS[one["unit"]], one["mean"], one["low"], one["high"], upper)


def _of_lanes(found: Mapping[str, Any]) -> Iterator[tuple[str, Number]]:
    for lane in LANES:
        row = found["lanes"][lane]
        if not row["runs"]:
            continue
        for time in _TIMES:
            for statistic in _STATISTICS:
                value = row[time][statistic]
                least = None if value is None else value["s"]
                most = None if value is None else value.get("upper_s", least)
                yield f"{statistic}({lane}.{time})", Number(TIME, least, upper=_upper(least, most))
        for count in _COUNTS:
            yield f"{count}({lane})", Number(RUNS, row[count])
    for loop in found["workloops"]:
        yield f"utilisation of {loop['worker']} {loop['workloop']}", Number(SHARE, loop["busy"])
