"""Hypothesis profiles: repeatable by default, ten times the cases with HYPOTHESIS_PROFILE=long, a few with "short"."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("default", derandomize=True, max_examples=120, **_COMMON)
settings.register_profile("long", max_examples=1_200, **_COMMON)
settings.register_profile("short", derandomize=True, max_examples=4, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True, scope="session")
def _not_in_a_job_of_github() -> None:
    """Where the tests run in GitHub Actions, the commands that they try must not write into that job's summary."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        os.environ.pop(name, None)
