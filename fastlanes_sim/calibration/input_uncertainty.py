"""How sure what was fitted is: every rate, duration and share refitted to resamples of the export's days, the structure as it is.

What is refitted: rates, each stretch of the week by itself; runs per tick; services and start-ups, each by its own family; failures. What
is structure stays: crons, periods, bursts, edges of the week, clumps, trends, and what services depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.durations import Durations, Indices
from fastlanes_sim.calibration.local_time import local_hours
from fastlanes_sim.calibration.resampled_days import FEWEST_DAYS, Counts, Days, Floats, Resamples, Times
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import DAY, MINUTE, SECOND
from fastlanes_sim.distributions.constant import Constant
from fastlanes_sim.distributions.empirical import Empirical
from fastlanes_sim.distributions.family import Family
from fastlanes_sim.distributions.lognormal import Lognormal
from fastlanes_sim.scenario.schedule import parse_week_time
from fastlanes_sim.scenario.yaml.tree import read_yaml

Path = tuple[str | int, ...]
RESAMPLES = 50
"""So that the 2.5 % at either end are more than one resample, and the table stays short."""
FURTHEST = 20.0
"""No factor is further from 1."""
_MOST_FITTED = 20_000
"""Durations that a fit looks at, as in `fitted_distribution`: with fewer it would be less sure than it was."""
_SEVEN, _ALL = tuple((day,) for day in range(7)), ((0, 1, 2, 3, 4, 5, 6),)
_WEEK = ((0, 1, 2, 3, 4), (5, 6))


@dataclass(frozen=True, slots=True)
class UncertainInput:
    """One value of the future scenario."""

    path: Path
    value: object
    """As the scenario writes it."""
    factors: Floats
    """Of each resample."""


@dataclass(frozen=True, slots=True)
class InputUncertainty:
    """All that was resampled together."""

    days: float
    """Watched."""
    inputs: list[UncertainInput]


class Resampling:
    """Refits everything, one value after the other, to the same resamples."""

    def __init__(self, watched: Watched, inserted: Times, kinds: Sequence[str], count: int = RESAMPLES) -> None:
        """
        Args:
            inserted: of every run of the export.
            kinds: texts of the arrivals of all triggers: whether they tell days apart.
        """
        self._days, self._inserted = Days.of(watched), inserted
        self._block = self._days.blocks(inserted)
        drawn = Resamples.draw(self._days.strata(_kinds_of(kinds)), count)
        self._weights, self._stretch = drawn.weights, drawn.stretch
        self._known: dict[tuple[str, str, int], list[tuple[Path, Floats]]] = {}
        self._kept: list[Indices] = []

    @property
    def days(self) -> float:
        """Watched."""
        return float(self._days.exposure.sum()) * SECOND / DAY

    def arrivals(self, runs: Indices, text: str, at: Path) -> Iterator[UncertainInput]:
        """Rates of a trigger's arrivals; `at` is where the scenario has them."""
        said = _plain(text)
        whole = self._rate(runs, np.ones((7, 24), np.bool_))
        if "poisson" in said:
            yield self._input((*at, "poisson"), said["poisson"], whole)
        week = said.get("piecewise", {})
        for key, hours in _pieces(week).items():
            inside = hours[local_hours(self._inserted[runs], self._days.watched.timezone)]
            if inside.any():
                yield self._input((*at, "piecewise", key), week[key], self._rate(runs[inside], hours, whole))

    def runs_per_tick(self, runs: Indices, value: int, at: Path) -> UncertainInput:
        """The runs of a tick that made any."""
        minutes = np.unique(self._inserted[runs] // MINUTE)
        ticks = self._per_day(self._days.blocks(minutes * MINUTE))
        return self._input(at, value, self._log_ratio(self._per_day(self._block[runs]), ticks))

    def share(self, runs: Indices, among: npt.NDArray[np.bool_], value: float, at: Path) -> UncertainInput:
        """Of these runs those that `among` says."""
        some, in_all = self._per_day(self._block[runs[among]]), self._per_day(self._block[runs])
        return self._input(at, value, self._log_ratio(some, in_all))

    def durations(
        self, runs: Indices, sample_of: Callable[[Indices], Durations], family: Family, at: Path, text: str
    ) -> Iterator[UncertainInput]:
        """The parameters of a distribution, of which `text` is what the scenario writes. Triggers may share the array `runs`: what is
        fitted to all of them is refitted once."""
        key = (str(at[-1]), text, id(runs))
        if key not in self._known:
            self._known[key] = list(self._refitted(sample_of(runs).some(_MOST_FITTED), family))
            self._kept.append(runs)  # as long as it is there no other array has its id
        said = _plain(text)
        for path, factors in self._known[key]:
            short = path[2:] if isinstance(said, list) else path  # `[1s, 2s]` is short for `{empirical: {values: [1s, 2s]}}`
            yield UncertainInput((*at, *short), _at(said, short), factors)

    def _input(self, path: Path, value: object, logs: Floats) -> UncertainInput:
        return UncertainInput(path, value, self._factors(logs))

    def _factors(self, logs: Floats) -> Floats:
        return np.clip(np.exp(np.clip(logs * self._stretch, -9, 9)), 1 / FURTHEST, FURTHEST)

    def _rate(self, runs: Indices, hours: npt.NDArray[np.bool_], otherwise: Floats | None = None) -> Floats:
        """Logarithms of what a rate is of itself. Where a resample has none of these hours, as much as the trigger's rate altogether."""
        seconds = self._days.exposure[:, hours].sum(axis=1)
        return self._log_ratio(self._per_day(self._block[runs]), seconds, otherwise)

    def _per_day(self, blocks: Counts, amounts: Times | Floats | None = None) -> Floats:
        """How many, or how much in all, of each block."""
        return np.bincount(blocks, amounts, minlength=self._days.count).astype(np.float64)

    def _log_ratio(self, some: Floats, of: Floats, otherwise: Floats | None = None) -> Floats:
        """Of `some` per `of`, by block; half a count more, so that none is not zero."""
        among = self._weights @ of
        with np.errstate(divide="ignore"):
            logs = np.log((self._weights @ some + 0.5) / (some.sum() + 0.5)) - np.log(among / of.sum())
        return np.where(among > 0, logs, 0.0 if otherwise is None else otherwise)

    def _refitted(self, sample: Durations, family: Family) -> Iterator[tuple[Path, Floats]]:
        """Path below the distribution, and factors, of each parameter."""
        if isinstance(family, Constant) or not len(sample.runs):
            return
        blocks = self._block[sample.runs]
        if isinstance(family, Empirical):
            yield (family.name, "values"), self._rescaled(sample, blocks)
            return
        logs = self._by_moments(sample, blocks) if _has_moments(family, sample) else self._by_likelihood(sample, blocks, type(family))
        if logs is None:
            return
        moved = np.clip(logs * self._stretch[:, None], -3, 3)
        names = [name for name, value in family if value is not None]
        original = np.array([float(getattr(family, name)) for name in names])
        start = _coordinates(family)
        factors = np.array([_parameters(family, start + one) for one in moved]) / original
        for column, name in enumerate(names):
            yield (family.name, name), np.clip(factors[:, column], 1 / FURTHEST, FURTHEST)

    def _by_likelihood(self, sample: Durations, blocks: Counts, family: type[Family]) -> Floats | None:
        """How far each resample moves the coordinates of a fit: (resamples, coordinates)."""
        base = family.fit(*_repeated(sample, np.ones(len(sample.runs), np.int64)))
        if base is None:
            return None
        first = _coordinates(base.family)
        logs = np.zeros((len(self._weights), len(first)))
        for place, weights in enumerate(self._weights):
            complete, censored = _repeated(sample, weights[blocks])
            found = family.fit(complete, censored) if len(complete) > 1 and complete.min() < complete.max() else None
            if found is not None:
                logs[place] = _coordinates(found.family) - first
        return logs

    def _by_moments(self, sample: Durations, blocks: Counts) -> Floats | None:
        """The same of a lognormal, which is fitted by mean and variance of the logarithms: all resamples at once."""
        lengths = np.log(np.maximum(sample.lengths, 0.5))
        lengths -= lengths.mean()
        counts, sums, squares = (self._per_day(blocks, part) for part in (None, lengths, lengths**2))
        weights = np.vstack([np.ones(self._days.count), self._weights])  # the sample itself first
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = weights @ sums / (weights @ counts)
            spread = 0.5 * np.log(weights @ squares / (weights @ counts) - mean**2)
        found = np.stack([mean, spread], axis=1)
        found[~np.isfinite(found).all(axis=1)] = found[0]
        return found[1:] - found[0] if np.isfinite(found[0]).all() else None

    def _rescaled(self, sample: Durations, blocks: Counts) -> Floats:
        """Of listed durations as a whole: as much of itself as their mean is. How they are spread is taken for known: the longest of a few
        days tell next to nothing of the longest of other days."""
        return self._factors(self._log_ratio(self._per_day(blocks, sample.lengths), self._per_day(blocks)))


def _has_moments(family: Family, sample: Durations) -> bool:
    return isinstance(family, Lognormal) and family.median is not None and not sample.censored.any()


def _repeated(sample: Durations, times: Counts) -> tuple[Floats, Floats]:
    """(complete, censored), each so many times; what rounds to no time at all still took some."""
    lengths = np.maximum(np.repeat(sample.lengths, times), 0.5)
    censored = np.repeat(sample.censored, times)
    return lengths[~censored], lengths[censored]


def is_long_enough(watched: Watched) -> bool:
    """Whether there are days that can be drawn again."""
    return Days.of(watched).count >= FEWEST_DAYS


def _coordinates(family: Family) -> Floats:
    """Its parameters on scales without ends, so that no deviation leaves what the family can be."""
    if isinstance(family, Lognormal) and family.median is not None and family.p95 is not None:
        return np.log([family.median, np.log(family.p95 / family.median)])
    return np.log([float(value) for _, value in family if value is not None])


def _parameters(family: Family, coordinates: Floats) -> Floats:
    """The inverse of `_coordinates`."""
    found = np.exp(coordinates)
    return np.array([found[0], found[0] * np.exp(found[1])]) if isinstance(family, Lognormal) and family.median is not None else found


def _kinds_of(texts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The finest kinds of days that any rate tells apart."""
    named = {parse_week_time(key)[0] for text in texts for key in _plain(text).get("piecewise", {})}
    if any(len(days) == 1 for days in named):
        return _SEVEN
    return _WEEK if any(len(days) < 7 for days in named) else _ALL


def _pieces(week: dict[str, Any]) -> dict[str, npt.NDArray[np.bool_]]:
    """The (weekday, hour) of each entry of a profile that was fitted: up to the next hour that is named on the same days."""
    read = {key: parse_week_time(key) for key in week}
    found = {}
    for key, (days, hour, _) in read.items():
        until = min((other for same, other, _ in read.values() if same == days and other > hour), default=24)
        found[key] = np.zeros((7, 24), np.bool_)
        found[key][np.ix_(days, range(hour, until))] = True
    return found


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """Its tree, which nobody changes."""
    root, _ = read_yaml(text)
    return {} if root is None else root.plain()


def _at(tree: Any, path: Path) -> object:
    for part in path:
        tree = tree[part]
    return tree
