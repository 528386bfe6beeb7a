"""Baselines: what a scenario came to when it was last looked at, replication by replication, to hold later versions against.

The same seed, model and deployment give the same numbers, so what differs has a reason. What differs is compared on the same runs
(common random numbers): a paired interval, corrected for the number of comparisons, tells a real change from noise.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fastlanes_sim.engines import Engine, make_ready
from fastlanes_sim.errors import FastlanesError
from fastlanes_sim.experiments.intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.metric import Statistic, each_once, parse_statistic, usual_statistics
from fastlanes_sim.experiments.points import play_points
from fastlanes_sim.experiments.pool import Pool, Progress
from fastlanes_sim.experiments.store import sources
from fastlanes_sim.results.files import write_summary
from fastlanes_sim.results.summary import versions
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.parts import deployed, traffic_hash
from fastlanes_sim.suite.index import scenario_file
from fastlanes_sim.traffic.generate import generate

FORMAT = 1
REPLICATIONS = 10
Floats = npt.NDArray[np.float64]
Ends = tuple[Sequence[float], Sequence[float]]
"""The least and the most that a statistic can be, an entry a replication each; see `Statistic.of`."""


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
    names = dict.fromkeys([*was, *now])
    return [f"{name}: {_show(was.get(name))} → {_show(now.get(name))}" for name in names if was.get(name) != now.get(name)]


def _show(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Baseline:
    """One scenario's."""

    name: str
    scenario: str
    """The path of its file, from the folder where it was recorded; or a workload, as `suite-1/cron_storm`."""
    overrides: Mapping[str, object]
    """Laid over the file."""
    scenario_hash: str
    """Of what arrives, for how long and under which seed."""
    seed: int
    inputs: Inputs
    values: Mapping[str, Ends]
    """By statistic the ends of what was measured, an entry a replication: µs, shares, numbers. NaN: nothing to measure."""

    @property
    def replications(self) -> int:
        return len(next(iter(self.values.values()))[0])

    @property
    def statistics(self) -> list[Statistic]:
        return [parse_statistic(text) for text in self.values]

    def to_json(self) -> dict[str, object]:
        """With the intervals, which are for people: `check` takes the values."""
        return {
            "format": FORMAT,
            "scenario": self.scenario,
            "overrides": dict(self.overrides),
            "scenario_hash": self.scenario_hash,
            "seed": self.seed,
            "replications": self.replications,
            "inputs": asdict(self.inputs),
            "statistics": {
                one.text: {
                    "unit": one.unit,
                    **estimate(low, high, floor=0.0).to_json(one.scale),
                    "values": {"low": [_to_json(x) for x in low], "high": [_to_json(x) for x in high]},
                }
                for one in self.statistics
                for low, high in [self.values[one.text]]
            },
        }


def _to_json(value: float) -> float | str:
    """JSON has no infinity and no NaN."""
    return value if math.isfinite(value) else str(value)


def write_baseline(baseline: Baseline, folder: Path) -> Path:
    """As NAME.json into `folder`; returns its path."""
    path = folder / f"{baseline.name}.json"
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
            raise FastlanesError(f"{path} has format {content['format']}, not {FORMAT}\n    cure: record it anew: baseline record")
        values = {
            text: (tuple(map(float, one["values"]["low"])), tuple(map(float, one["values"]["high"])))
            for text, one in content["statistics"].items()
        }
        named = {name: content[name] for name in ("scenario", "overrides", "scenario_hash", "seed")}
        found = Baseline(path.stem, inputs=Inputs(**content["inputs"]), values=values, **named)
        if not values or {len(ends) for both in values.values() for ends in both} != {content["replications"]}:
            raise ValueError("the numbers of values differ")
    except FileNotFoundError:
        raise FastlanesError(f"{path}: there is no such baseline\n    cure: record it: baseline record SCENARIO") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FastlanesError(f"{path} is not a baseline: {error!r}\n    cure: record it anew: baseline record SCENARIO") from None
    return found


def record(
    scenario: str,
    overrides: Mapping[str, object] | None = None,
    *,
    name: str | None = None,
    statistics: Sequence[str] = (),
    replications: int = REPLICATIONS,
    engine: Engine = "auto",
    pool: Pool | None = None,
    progress: Progress | None = None,
) -> Baseline:
    """Play a scenario and keep what it came to.

    Args:
        scenario: the path of its file, or a workload as `suite-1/cron_storm`.
        overrides: values by dotted path, laid over it.
        name: of the baseline; the scenario's own by default.
        statistics: what to keep, as `p99(fast_lane.response)`; by default `baseline_statistics`.
    """
    if replications < 2:
        raise FastlanesError("a paired test needs at least 2 replications")
    loaded = load_scenario(scenario_file(scenario), overrides or {})
    wanted = each_once(map(parse_statistic, statistics)) if statistics else baseline_statistics(loaded)
    values = _play(loaded, wanted, replications, engine, pool, progress)
    plain = loaded.scenario
    written = _relative(scenario) if Path(scenario).exists() else scenario
    return Baseline(name or plain.name, written, loaded.overrides, traffic_hash(plain), plain.seed, _inputs(loaded), values)


def baseline_statistics(scenario: LoadedScenario) -> list[Statistic]:
    """What the objectives need and what is usual, and what tells that a rule has changed: kills, losses, 504s, claims, how busy it was."""
    table = generate(scenario.scenario)
    late = ["share(fast_lane.response > 30s)"] if np.any(table.queue == Queue.FAST_LANE) else []
    more = map(parse_statistic, [*late, "killed", "lost", "claims", "utilisation"])
    return each_once([*usual_statistics(table, scenario.scenario.slos), *more])


def _play(
    scenario: LoadedScenario, wanted: list[Statistic], replications: int, engine: Engine, pool: Pool | None, progress: Progress | None
) -> dict[str, Ends]:
    make_ready(engine)
    played = play_points([scenario], range(replications), wanted, engine=engine, pool=pool, progress=progress)
    if played.interrupted:
        raise KeyboardInterrupt
    for failure in played.failures.values():
        raise FastlanesError(f"{scenario.source}: {failure.message}\n{failure.traceback}".rstrip())
    of = played.of(0)
    return {one.text: (tuple(v.low[i] for v in of), tuple(v.high[i] for v in of)) for i, one in enumerate(wanted)}


def _inputs(scenario: LoadedScenario) -> Inputs:
    return Inputs(versions(), sources(), deployed(scenario.scenario))


def _relative(path: str) -> str:
    """No machine's own folders in a file that is shared."""
    return Path(os.path.relpath(path)).as_posix()


class Kind(StrEnum):
    """What became of a statistic."""

    IDENTICAL = "identical"
    NOISE = "within noise"
    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"
    """Changed for real, and neither better nor worse in itself."""


REAL = frozenset({Kind.BETTER, Kind.WORSE, Kind.OTHER})
_NEITHER = frozenset({"claims", "utilisation", "runs", "min"})


@dataclass(frozen=True)
class Change:
    """One statistic then and now."""

    statistic: Statistic
    kind: Kind
    was: Estimate
    now: Estimate
    difference: Estimate
    """Now less then, paired, at the level corrected for the number of comparisons."""

    @property
    def words(self) -> str:
        """`p99(fast_lane.response): 41 s → 52 s, 11 s [9 s, 13 s] worse`"""
        show, found = self.statistic.show, self.difference
        text = f"{self.statistic.text}: {show(self.was.mean)} → {show(self.now.mean)}"
        if self.kind is Kind.IDENTICAL:
            return f"{self.statistic.text}: identical"
        if not found.replications:
            return f"{text}, no run of both to compare"
        if not (math.isfinite(found.low) or math.isfinite(found.high)):
            return f"{text}, undecided: runs are still open at the end"
        sign = -1 if found.high < 0 else 1
        ends = sorted((sign * found.low, sign * found.high))
        interval = f"{show(sign * found.mean)} [{show(ends[0])}, {show(ends[1])}]"
        if self.kind is Kind.NOISE:
            return f"{text}, within noise: {interval}"
        return f"{text}, {interval} {'more' if sign > 0 else 'less'}{'' if self.kind is Kind.OTHER else f': {self.kind}'}"


@dataclass(frozen=True)
class Checked:
    """A baseline held against the present."""

    baseline: Baseline
    changes: Sequence[Change]
    since: Sequence[str]
    """Inputs that have changed."""
    level: float
    """Of each comparison."""

    def of(self, *kinds: Kind) -> list[Change]:
        return [one for one in self.changes if one.kind in kinds]


def check(
    baselines: Sequence[Baseline],
    changes: Mapping[str, object] | None = None,
    *,
    engine: Engine = "auto",
    pool: Pool | None = None,
    progress: Progress | None = None,
) -> list[Checked]:
    """Play each baseline's scenario as it is now, and compare.

    Args:
        changes: further values by dotted path, laid over each scenario: a layout or a setting to try.

    Raises:
        FastlanesError: a scenario asks something else than the baseline did.
    """
    loaded = [_same_question(one, changes or {}) for one in baselines]
    level = 1 - (1 - LEVEL) / max(1, sum(len(one.values) for one in baselines))
    total, found = sum(one.replications for one in baselines), list[Checked]()
    for baseline, scenario in zip(baselines, loaded, strict=True):
        before = sum(one.baseline.replications for one in found)
        tell = None if progress is None else (lambda done, _, before=before: progress(before + done, total))
        values = _play(scenario, baseline.statistics, baseline.replications, engine, pool, tell)
        compared = [_change(one, baseline.values[one.text], values[one.text], level) for one in baseline.statistics]
        found.append(Checked(baseline, compared, baseline.inputs.changed_to(_inputs(scenario)), level))
    return found


def _same_question(baseline: Baseline, changes: Mapping[str, object]) -> LoadedScenario:
    file = scenario_file(baseline.scenario)
    if not file.exists():
        cure = "check from the folder where it was recorded, or record it anew: baseline record SCENARIO"
        raise FastlanesError(f"{baseline.name} is of {baseline.scenario}, which is not there\n    cure: {cure}")
    scenario = load_scenario(file, {**baseline.overrides, **changes})
    now = traffic_hash(scenario.scenario)
    if now != baseline.scenario_hash:
        raise FastlanesError(
            f"{baseline.name}: {baseline.scenario} asks another question now: the hash of what arrives, for how long and under which seed "
            f"was {baseline.scenario_hash[:12]} and is {now[:12]}, so its runs cannot be compared\n"
            f"    cure: take the change back, or record it anew: fastlanes-sim baseline record {baseline.scenario}"
        )
    return scenario


def _change(
    one: Statistic, was: tuple[Sequence[float], Sequence[float]], now: tuple[Sequence[float], Sequence[float]], level: float
) -> Change:
    (was_low, was_high), (now_low, now_high) = (tuple(np.asarray(ends, np.float64) for ends in both) for both in (was, now))
    with np.errstate(invalid="ignore"):
        difference = estimate(now_low - was_high, now_high - was_low, level)
    before, after = estimate(was_low, was_high, floor=0.0), estimate(now_low, now_high, floor=0.0)
    if _same(was_low, now_low) and _same(was_high, now_high):
        kind = Kind.IDENTICAL
    elif difference.replications and difference.low <= 0 <= difference.high:
        kind = Kind.NOISE
    elif not difference.replications or one.text in _NEITHER or one.slo.statistic in _NEITHER or one.slo.metric in _NEITHER:
        kind = Kind.OTHER
    else:
        kind = Kind.WORSE if difference.low > 0 else Kind.BETTER
    return Change(one, kind, before, after, difference)


def _same(one: Floats, other: Floats) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))
