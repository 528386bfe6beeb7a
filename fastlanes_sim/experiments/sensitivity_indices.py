"""What `SALib` computes: where to simulate, and how much each value matters. Everything is in places of the ranges, from 0 to 1.

- Screening: elementary effects along random paths (Morris, Technometrics 33:161, 1991; the mean of their absolute values is that of
  Campolongo, Cariboni and Saltelli, Environmental Modelling & Software 22:1509, 2007).
- Indices: shares of the variance, first and total, from a scrambled Sobol sequence (Saltelli et al., Computer Physics Communications
  181:259, 2010), with bootstrap intervals.

Both designs consist of blocks, each of which says something of every value: a block with a point that is missing is left out whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError

Floats = npt.NDArray[np.float64]
LEVELS = 4
"""Of the grid of the screening."""
SEED = 4515
"""Of the designs. They are the same for all scenarios, so that nothing is computed twice."""
_RESAMPLES = 400
_ALIKE = 1e-9
"""Share of the largest number within which numbers are the same."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Of one value across its range, on the measure, in the measure's unit."""

    size: float
    """The mean of the absolute values (μ*)."""
    half_width: float
    mean: float
    """With their signs (μ): far from ± `size` where it goes up here and down there."""
    spread: float
    """Standard deviation of the effects (σ): large where what the value does depends on the other values."""


@dataclass(frozen=True, slots=True)
class Index:
    """Shares of the variance of a measure that come from one value."""

    first: float
    """By itself: what would go if the value were known."""
    first_half: float
    """Half-width of its interval."""
    total: float
    """Together with others: what would stay if all other values were known."""
    total_half: float


def screening_design(values: int, trajectories: int) -> Floats:
    """Points x values; blocks of `values` + 1 points."""
    _, sample = _salib("morris")
    return np.asarray(sample.sample(_problem(values), trajectories, num_levels=LEVELS, seed=SEED), np.float64)


def effects(design: Floats, found: Floats, level: float) -> list[Effect]:
    """One for each value; none where fewer than two blocks are complete.

    Args:
        found: what was measured at each point; not finite where it is not known.
    """
    values = design.shape[1]
    kept = complete(found, values + 1)
    if kept.sum() < 2 * (values + 1):
        return []
    analyze, _ = _salib("morris")
    with np.errstate(invalid="ignore", divide="ignore"):
        of = analyze.analyze(
            _problem(values), design[kept], found[kept], num_levels=LEVELS, conf_level=level, num_resamples=_RESAMPLES, seed=SEED
        )
    columns = (of["mu_star"], of["mu_star_conf"], of["mu"], of["sigma"])
    return [Effect(*(float(np.nan_to_num(column[place])) for column in columns)) for place in range(values)]


def sampling_design(values: int, samples: int) -> Floats:
    """Points x values; blocks of `values` + 2 points, of which the first and the last are drawn independently of everything."""
    _, sample = _salib("sobol")
    return np.asarray(sample.sample(_problem(values), samples, calc_second_order=False, seed=SEED), np.float64)


def indices(values: int, found: Floats, level: float) -> list[Index]:
    """One for each value; none where fewer than two blocks are complete, or nothing varies. See `effects`."""
    of_blocks = found[complete(found, values + 2)]
    if len(of_blocks) < 2 * (values + 2) or np.ptp(of_blocks) <= _ALIKE * np.abs(of_blocks).max():
        return []
    analyze, _ = _salib("sobol")
    of = analyze.analyze(
        _problem(values), of_blocks, calc_second_order=False, conf_level=level, num_resamples=_RESAMPLES, print_to_console=False, seed=SEED
    )
    columns = (of["S1"], of["S1_conf"], of["ST"], of["ST_conf"])
    return [Index(*(float(column[place]) for column in columns)) for place in range(values)]


def complete(found: Floats, size: int) -> npt.NDArray[np.bool_]:
    """Of each point, whether all of its block is known."""
    return np.repeat(np.isfinite(found).reshape(-1, size).all(axis=1), size)


def _problem(values: int) -> dict[str, Any]:
    return {"num_vars": values, "names": [f"x{place}" for place in range(values)], "bounds": [[0.0, 1.0]] * values}


def _salib(method: str) -> tuple[Any, Any]:
    """Its modules to analyse and to sample.

    Raises:
        FastlanesError: it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"SALib.analyze.{method}"), import_module(f"SALib.sample.{method}")
    except ImportError:
        raise FastlanesError("sensitivity needs SALib, which is not installed", 'pip install "fastlanes_sim[sensitivity]"') from None
