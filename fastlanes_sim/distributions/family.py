"""What every family of distributions can do. Times are microseconds, whole where they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from fastlanes_sim.core.fields import Strict
from fastlanes_sim.core.units import LONGEST, spell_duration, spell_number

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]


class Family(Strict):
    """A distribution of durations with its parameters, as a scenario writes them. Subclasses say how it is computed."""

    def expectation(self) -> float:
        """The mean."""
        raise NotImplementedError

    def cdf(self, times: Floats) -> Floats:
        """For each time, the probability that a duration is no longer."""
        raise NotImplementedError

    def quantile(self, probability: float) -> float:
        """The shortest time that a duration exceeds with no more than 1 - `probability`, which lies strictly between 0 and 1."""
        raise NotImplementedError

    def sample(self, size: int, random: np.random.Generator) -> Times:
        """`size` durations. A larger sample from the same generator begins with the same numbers."""
        raise NotImplementedError

    @classmethod
    def fit(cls, complete: Floats, censored: Floats) -> Fit | None:
        """The parameters of maximum likelihood, or None where there are none.

        A censored duration is only known to be longer than the time given; it enters the likelihood as such (Klein and Moeschberger,
        Survival Analysis, 2003, section 3.5).

        Args:
            complete: durations, all above zero, at least one.
            censored: lower bounds of further durations, all above zero.
        """
        return None

    @classmethod
    def of(cls, **parameters: float) -> Self | None:
        """The distribution with these parameters, rounded to what a scenario can say; None where a scenario refuses them.

        Durations are microseconds, at least one.
        """
        fields = cls.model_fields
        spelled = {name: value if fields[name].annotation is float else f"{max(round(value), 1)}us" for name, value in parameters.items()}
        try:
            return cls.model_validate(spelled)
        except ValidationError:
            return None

    @classmethod
    def fitted(cls, log_likelihood: float, **parameters: float) -> Fit | None:
        """The result of `fit`: the distribution `of` these parameters; None where a scenario refuses them."""
        family = cls.of(**parameters)
        return None if family is None else Fit(family, log_likelihood, len(parameters))

    @property
    def name(self) -> str:
        """The key that a scenario uses for this family."""
        return type(self).__name__.lower()

    @property
    def text(self) -> str:
        """As a calibrated scenario writes it: durations to four digits."""
        return f"{{{self.name}: {{{', '.join(f'{key}: {spelled}' for key, spelled in self._spelled(4).items())}}}}}"

    def _spelled(self, digits: int) -> dict[str, str]:
        return {key: spell_number(value) if isinstance(value, float) else spell_duration(value, digits) for key, value in self._given()}

    def _given(self) -> list[tuple[str, Any]]:
        return [(key, value) for key, value in self if value is not None]


@dataclass(frozen=True, slots=True)
class Fit:
    """A family fitted to durations."""

    family: Family
    log_likelihood: float
    """Of the durations in seconds."""
    parameters: int
    """How many were estimated."""

    @property
    def aic(self) -> float:
        """Akaike's criterion; the smaller the better (Akaike, IEEE Transactions on Automatic Control 19, 1974)."""
        return 2 * self.parameters - 2 * self.log_likelihood


def whole(times: Floats) -> Times:
    """Rounded, and no longer than the units allow: a heavy tail must not overflow."""
    return np.rint(np.minimum(times, LONGEST)).astype(np.int64)


def maximise(likelihood: Any, start: tuple[float, float]) -> tuple[float, float]:
    """Where a function of two numbers is largest (Nelder and Mead, Computer Journal 7, 1965)."""
    from scipy.optimize import minimize

    found = minimize(lambda at: -likelihood((at[0], at[1])), start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-4})
    return float(found.x[0]), float(found.x[1])
