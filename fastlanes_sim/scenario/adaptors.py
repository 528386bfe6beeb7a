"""Adaptors that workflows name, and how long a worker takes to load one for the first time (docs/incidents.md)."""

from __future__ import annotations

from fastlanes_sim.core.fields import Probability, Strict
from fastlanes_sim.distributions.distribution import Distribution


class ColdStart(Strict):
    """What the first run of an adaptor on a worker takes beyond its startup (I-10)."""

    probability: Probability = 1.0
    """That it takes any."""
    time: Distribution


class Adaptor(Strict):
    cold_start: ColdStart | None = None
    """The scenario's `cold_start` where absent."""
