"""Which law a duration follows: maximum likelihood with right-censoring, chosen by AIC, judged by its distance.

A run killed at its timeout, or still running when the export was made, lasted longer than was seen: it is right-censored and enters
the likelihood as such (Klein and Moeschberger, Survival Analysis, 2003, section 3.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import MILLISECOND, SECOND

Floats = npt.NDArray[np.float64]
_MOST_FITTED = 20_000
"""Durations that a fit looks at; of more, so many are drawn: the standard error is below 1 % by then."""
_FEWEST_FITTED = 10
_CLOSE_ENOUGH = 0.02
_LILLIEFORS = 1.035
"""Critical distance times √n at 1 % where the parameters are fitted (Lilliefors, JASA 62, 1967; normal, n > 30)."""
_CLEARLY = 6.0
"""By so much of AIC: a likelihood ratio that chance exceeds in one of 200."""
_MOST_ZEROS = 0.05
_NORMAL_P95 = 1.6448536269514722
_BINS = (*np.arange(0, 0.951, 0.05).tolist(), 0.975, 0.99, 0.995, 0.999, 1.0)


@dataclass(frozen=True, slots=True)
class Law:
    """A fitted distribution of durations."""

    kind: str
    """A kind of `scenario.distributions.Distribution`."""
    parameters: dict[str, float]
    """By the names that the scenario has for them; times in µs. Of an empirical law empty."""
    values: tuple[tuple[float, float], ...] = ()
    """Of an empirical law: (µs, weight)."""
    runs: int = 0
    """Durations it was fitted to, censored ones included."""
    censored: int = 0
    distance: float = 0.0
    """Kolmogorov's distance to the durations (to Kaplan and Meier's estimate where some are censored)."""
    limit: float = 0.0
    """The distance up to which the law counts as fitting."""
    aic: float = math.nan
    tried: tuple[tuple[str, float, float], ...] = ()
    """(kind, AIC, distance) of every law that was tried, best AIC first."""


def fit(complete: npt.NDArray[np.int64], censored: npt.NDArray[np.int64] | None = None) -> Law | None:
    """The law of durations in µs; `censored` ones are only known to be longer. None where there is no complete one.

    Few durations, durations that are all alike, and durations that follow none of the laws are written as what they are.
    """
    censored = np.empty(0, np.int64) if censored is None else censored
    runs, open_runs = len(complete) + len(censored), len(censored)
    if not len(complete):
        return None
    middle = float(np.median(complete))
    if np.ptp(complete) <= max(MILLISECOND, middle / 1_000) and (not len(censored) or censored.max() <= complete.max()):
        return Law("constant", {"": middle}, runs=runs, censored=open_runs)
    if len(complete) < _FEWEST_FITTED:
        return Law("empirical", {}, _listed(complete, censored), runs=runs, censored=open_runs)
    events, open_ones = _thinned(complete, censored)
    times, survival = kaplan_meier(events, open_ones)
    limit = max(_LILLIEFORS / math.sqrt(len(events)), _CLOSE_ENOUGH)
    tried: list[tuple[float, float, str, dict[str, float]]] = []
    if (events == 0).mean() < _MOST_ZEROS:
        # What rounds to no time at all still took some.
        x, c = np.maximum(events, 0.5) / SECOND, np.maximum(open_ones, 0.5) / SECOND
        for kind, law in _LAWS.items():
            parameters, likelihood, count, cdf = law(x, c)
            if not math.isfinite(likelihood):
                continue
            distance = _distance(times, survival, cdf(times / SECOND))
            tried.append((2 * count - 2 * likelihood, distance, kind, parameters))
    # The exponential is a gamma and a Weibull of shape 1: they must do clearly better, not merely no worse.
    tried.sort(key=lambda entry: entry[0] - (_CLEARLY if entry[2] == "exponential" else 0))
    ranking = tuple((kind, aic, distance) for aic, distance, kind, _ in tried)
    for aic, distance, kind, parameters in tried:
        if distance <= limit:
            return Law(kind, parameters, (), runs=runs, censored=open_runs, distance=distance, limit=limit, aic=aic, tried=ranking)
    return Law("empirical", {}, _listed(events, open_ones), runs=runs, censored=open_runs, limit=limit, tried=ranking)


def kaplan_meier(complete: npt.NDArray[np.int64], censored: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Floats]:
    """(times, share that lasts longer than each) at every distinct complete duration (Kaplan and Meier, JASA 53, 1958)."""
    times, ended = np.unique(complete, return_counts=True)
    total = len(complete) + len(censored)
    gone = np.searchsorted(np.sort(complete), times, side="left") + np.searchsorted(np.sort(censored), times, side="left")
    at_risk = total - gone
    return times, np.cumprod(1 - ended / at_risk)


def _thinned(complete: npt.NDArray[np.int64], censored: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    share = _MOST_FITTED / (len(complete) + len(censored))
    if share >= 1:
        return complete, censored
    random = np.random.Generator(np.random.PCG64(0))
    return tuple(part[random.random(len(part)) < share] for part in (complete, censored))  # type: ignore[return-value]


def _distance(times: npt.NDArray[np.int64], survival: Floats, cdf: Floats) -> float:
    upper = 1 - survival
    lower = np.concatenate([[0.0], upper[:-1]])
    return float(np.maximum(np.abs(upper - cdf), np.abs(cdf - lower)).max(initial=0.0))


def _listed(complete: npt.NDArray[np.int64], censored: npt.NDArray[np.int64]) -> tuple[tuple[float, float], ...]:
    """A short list of durations with weights: each distinct one, or the mean of each bin of quantiles with a fine tail.

    What Kaplan and Meier leave open goes beyond the longest duration seen, so that it is censored again wherever it was.
    """
    times, survival = kaplan_meier(complete, censored)
    weights = -np.diff(np.concatenate([[1.0], survival]))
    if survival[-1] > 1e-9:
        times = np.append(times, 2 * max(int(times[-1]), int(censored.max(initial=0))))
        weights = np.append(weights, survival[-1])
    if len(times) <= len(_BINS):
        return tuple((float(t), round(float(w), 6)) for t, w in zip(times, weights, strict=True) if w > 0)
    upper = np.cumsum(weights)
    middle = upper - weights / 2
    place = np.clip(np.searchsorted(_BINS, middle, side="right") - 1, 0, len(_BINS) - 2)
    mass = np.bincount(place, weights, len(_BINS) - 1)
    sums = np.bincount(place, weights * times, len(_BINS) - 1)
    return tuple((float(s / m), round(float(m), 6)) for s, m in zip(sums, mass, strict=True) if m > 0)


Fitted = tuple[dict[str, float], float, int, Callable[[Floats], Floats]]
"""(parameters in µs, log likelihood, number of parameters, distribution function of seconds)."""


def _exponential(x: Floats, c: Floats) -> Fitted:
    mean = (x.sum() + c.sum()) / len(x)
    return {"mean": mean * SECOND}, -len(x) * (math.log(mean) + 1), 1, lambda t: -np.expm1(-t / mean)


def _lognormal(x: Floats, c: Floats) -> Fitted:
    from scipy.special import log_ndtr, ndtr

    logs, open_logs = np.log(x), np.log(c)
    start = (float(logs.mean()), math.log(max(float(logs.std()), 1e-6)))

    def likelihood(at: tuple[float, float]) -> float:
        mu, sigma = at[0], math.exp(at[1])
        z = (logs - mu) / sigma
        ended = -0.5 * z @ z - len(x) * (at[1] + 0.5 * math.log(2 * math.pi)) - logs.sum()
        return float(ended + log_ndtr(-(open_logs - mu) / sigma).sum())

    mu, log_sigma = _maximise(likelihood, start) if len(c) else start
    sigma = math.exp(log_sigma)
    law = {"median": math.exp(mu) * SECOND, "p95": math.exp(mu + _NORMAL_P95 * sigma) * SECOND}
    return law, likelihood((mu, log_sigma)), 2, lambda t: ndtr((np.log(np.maximum(t, 1e-12)) - mu) / sigma)


def _gamma(x: Floats, c: Floats) -> Fitted:
    from scipy.special import gammainc, gammaincc, gammaln

    logs = np.log(x)
    gap = max(math.log(x.mean()) - float(logs.mean()), 1e-9)
    # Minka's start for the shape (Estimating a Gamma distribution, 2002).
    guess = (3 - gap + math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)

    def likelihood(at: tuple[float, float]) -> float:
        shape, mean = math.exp(min(at[0], 20.0)), math.exp(min(at[1], 50.0))
        scale = mean / shape
        ended = (shape - 1) * logs.sum() - x.sum() / scale - len(x) * (gammaln(shape) + shape * math.log(scale))
        return float(ended + np.log(np.maximum(gammaincc(shape, c / scale), 1e-300)).sum())

    log_shape, log_mean = _maximise(likelihood, (math.log(guess), math.log(x.mean())))
    shape, mean = math.exp(log_shape), math.exp(log_mean)
    law = {"mean": mean * SECOND, "shape": shape}
    return law, likelihood((log_shape, log_mean)), 2, lambda t: gammainc(shape, t * shape / mean)


def _weibull(x: Floats, c: Floats) -> Fitted:
    from scipy.optimize import brentq

    logs, both = np.log(x), np.concatenate([x, c])
    both_logs = np.log(both)
    # Scaled by the largest, no power overflows.
    top = float(both_logs.max())

    def slope(shape: float) -> float:
        powers = np.exp(shape * (both_logs - top))
        return float(powers @ both_logs / powers.sum() - 1 / shape - logs.mean())

    low, high = 0.05, 1_000.0
    if not slope(low) < 0 < slope(high):
        return {}, -math.inf, 2, np.zeros_like
    shape = float(brentq(slope, low, high))
    log_scale = top + math.log(float(np.exp(shape * (both_logs - top)).sum()) / len(x)) / shape
    likelihood = len(x) * (math.log(shape) - shape * log_scale) + (shape - 1) * float(logs.sum()) - len(x)
    scale = math.exp(log_scale)
    law = {"mean": scale * math.gamma(1 + 1 / shape) * SECOND, "shape": shape}
    return law, likelihood, 2, lambda t: -np.expm1(-((t / scale) ** shape))


_LAWS: dict[str, Callable[[Floats, Floats], Fitted]] = {
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "exponential": _exponential,
}


def _maximise(likelihood: Callable[[tuple[float, float]], float], start: tuple[float, float]) -> tuple[float, float]:
    from scipy.optimize import minimize

    found = minimize(lambda at: -likelihood((at[0], at[1])), start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-4})
    return float(found.x[0]), float(found.x[1])
