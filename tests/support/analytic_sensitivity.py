"""M/M/1 whose rate and mean service are uniform in ranges: its mean wait, and the Sobol indices of that, by quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np

RANGES = ((4 / 60, 8 / 60), (3.0, 6.0))
"""Arrivals a second; mean service in seconds. The utilisation is between 20 % and 80 %."""
_NODES = 60


def mean_wait(rate: Any, service: Any) -> Any:
    """Seconds before the service begins (Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 2.30)."""
    return rate * service**2 / (1 - rate * service)


def analytic_indices() -> list[tuple[float, float]]:
    """Of rate and service: the first and the total index (Sobol, Mathematics and Computers in Simulation 55:271, 2001)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    weights = weights / 2
    rate, service = (low + (nodes + 1) / 2 * (high - low) for low, high in RANGES)
    waits = mean_wait(rate[:, None], service[None, :])
    mean = weights @ waits @ weights
    whole = weights @ (waits - mean) ** 2 @ weights
    given = [weights @ (side - mean) ** 2 / whole for side in (waits @ weights, weights @ waits)]
    return [(float(given[0]), float(1 - given[1])), (float(given[1]), float(1 - given[0]))]
