"""Baselines: what a scenario came to when it was last looked at, replication by replication, as a file to hold later versions against."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show
from fastlanes_sim.experiments.confidence_intervals import estimate
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.results.files import write_summary
from fastlanes_sim.results.result_diff import differences

FORMAT = 1
Ends = tuple[Sequence[float], Sequence[float]]
"""The least and the most that a measure can be, an entry a replication each; see `Measure.ends`."""


@dataclass(frozen=True)
class Inputs:
    """What the numbers depend on, the traffic apart."""

    versions: Mapping[str, str]
    sources: str
    """A hash of fastlanes_sim's own."""
    deployed: Mapping[str, object]

    def changed_to(self, now: Inputs) -> list[str]:
        """`workers.0.workloops: manual>*:5 → *:5`, settings first."""
        found = [*_different(self.deployed, now.deployed), *_different(self.versions, now.versions)]
        return [*found, "the sources of fastlanes_sim"] if self.sources != now.sources else found


def _different(was: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return [f"{name}: {_show(before)} → {_show(after)}" for name, before, after in differences(was, now)]


def _show(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Baseline:
    """One scenario's."""

    name: str
    scenario: str
    """The path of its file, from the folder where it was recorded; or a workload, as `suite-2/cron_storm`."""
    overrides: Mapping[str, object]
    """Laid over the file."""
    scenario_hash: str
    """Of what arrives, for how long and under which seed."""
    seed: int
    inputs: Inputs
    values: Mapping[str, Ends]
    """By measure the ends of what was measured, an entry a replication: µs, shares, numbers. NaN: nothing to measure."""
    warm_up: int | None = None
    """µs that were left out at the beginning; None where the file is older and does not say it."""

    @property
    def replications(self) -> int:
        return len(next(iter(self.values.values()))[0])

    @property
    def measures(self) -> list[Measure]:
        return [parse_measure(text) for text in self.values]

    def to_json(self) -> dict[str, object]:
        """With the intervals, which are for people: `check` takes the values."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "overrides": dict(self.overrides),
            "scenario_hash": self.scenario_hash,
            "seed": self.seed,
            "replications": self.replications,
            "warm_up_us": self.warm_up,
            "inputs": asdict(self.inputs),
            "statistics": {
                one.text: {
                    "unit": one.unit.name,
                    **estimate(low, high, floor=0.0).to_json(one.scale),
                    "values": {"low": [_to_json(x) for x in low], "high": [_to_json(x) for x in high]},
                }
                for one in self.measures
                for low, high in [self.values[one.text]]
            },
        }


def _to_json(value: float) -> float | str:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else str(value)


def legal_name(name: str) -> str:
    """A name that a file can have anywhere, and in no other folder.

    Raises:
        FastlanesError: it is not.
    """
    if not re.fullmatch(r"\w[\w. +-]*", name) or len(name.encode()) > 200:
        raise FastlanesError(f"{show(name)} is not a name of a baseline", "write letters, digits, `-`, `_`, `.` and blanks, no folders")
    return name


def write_baseline(baseline: Baseline, folder: Path) -> Path:
    """As NAME.json into `folder`; returns its path."""
    path = folder / f"{legal_name(baseline.name)}.json"
    write_summary(path, baseline.to_json())
    return path


def read_baseline(path: Path) -> Baseline:
    """
    Raises:
        FastlanesError: it is not there, or not a baseline.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise FastlanesError(f"{path} has format {content['format']}, not {FORMAT}\n    hint: record it anew: baseline record")
        values = {
            parse_measure(text).text: (tuple(map(float, one["values"]["low"])), tuple(map(float, one["values"]["high"])))
            for text, one in content["statistics"].items()
        }
        named = {name: content[name] for name in ("scenario", "overrides", "scenario_hash", "seed")}
        warm_up = content.get("warm_up_us")
        if warm_up is not None and (type(warm_up) is not int or warm_up < 0):
            raise ValueError("the warm-up is no number of microseconds")
        found = Baseline(path.stem, inputs=Inputs(**content["inputs"]), values=values, warm_up=warm_up, **named)
        if not values or {len(ends) for both in values.values() for ends in both} != {content["replications"]}:
            raise ValueError("the numbers of values differ")
    except FileNotFoundError:
        raise FastlanesError(f"{path}: there is no such baseline\n    hint: record it: baseline record SCENARIO") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FastlanesError(f"{path} is not a baseline: {error!r}\n    hint: record it anew: baseline record SCENARIO") from None
    return found
