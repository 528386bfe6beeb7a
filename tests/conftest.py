"""Hypothesis profiles: repeatable by default, ten times the cases with HYPOTHESIS_PROFILE=long, a few with "short"."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("default", derandomize=True, max_examples=200, **_COMMON)
settings.register_profile("long", max_examples=2_000, **_COMMON)
settings.register_profile("short", derandomize=True, max_examples=25, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
