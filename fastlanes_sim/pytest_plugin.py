"""A pytest plugin: a scenario's objectives as a test of your own repository.

def test_registration_stays_fast(fastlanes_slo):
    fastlanes_slo("scenarios/registration.yaml", layout="fast_lane:1 manual>*:4")

Loading it imports nothing of the simulator: that comes with the first scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from fastlanes_sim.api.replicated import ReplicatedResult


@pytest.fixture(scope="session")
def fastlanes_slo(pytestconfig: pytest.Config) -> Callable[..., ReplicatedResult]:
    """Simulates a scenario and fails the test where an objective is missed, or undecided; see `check_slos`.

    A path that is not absolute is looked for beside pytest's configuration file (its rootdir).
    """

    def check(scenario: str | Path, **asked: object) -> ReplicatedResult:
        __tracebackhide__ = True
        return check_slos(pytestconfig.rootpath / scenario, **asked)  # type: ignore[arg-type]

    return check


def check_slos(
    scenario: str | Path,
    *,
    replications: int = 10,
    layout: str | None = None,
    seed: int | None = None,
    horizon: str | None = None,
    overrides: Mapping[str, object] | None = None,
    undecided: Literal["pass", "fail"] = "fail",
    engine: Literal["auto", "reference", "kernel", "model"] = "auto",
) -> ReplicatedResult:
    """Simulate replications of a scenario; pytest fails with every objective that is not met.

    Args:
        layout, seed, horizon, overrides: instead of what the file says; see `api.simulate`.
        undecided: what an objective counts as that is neither met nor missed.

    Raises:
        ValueError: `undecided` is neither.
        KeyboardInterrupt: interrupted: a part of the replications judges nothing.

    Returns:
        The replications, for further questions: `.estimate("p99(fast_lane.wait)")`.
    """
    __tracebackhide__ = True
    from fastlanes_sim.api.verbs import load_scenario, replicate
    from fastlanes_sim.core.errors import FastlanesError

    if undecided not in ("pass", "fail"):
        raise ValueError(f'undecided={undecided!r}: write "pass" or "fail"')
    try:
        loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
        if not loaded.scenario.slos:
            pytest.fail(f"{scenario} has no objectives\n    hint: add `slos:`, such as p99(fast_lane.response) < 30s", pytrace=False)
        found = replicate(loaded, replications, engine=engine, processes=1)
    except FastlanesError as error:
        pytest.fail(str(error), pytrace=False)
    if found.interrupted:
        raise KeyboardInterrupt
    broken = [one for one in found.verdicts if one.verdict == "missed" or (one.verdict == "undecided" and undecided == "fail")]
    if broken:
        lines = [f"{one.verdict.upper():<10}{one.slo.text}: {one.text}" for one in broken]
        pytest.fail("\n".join([f"{scenario}, {len(found.values)} replications:", *lines]), pytrace=False)
    return found
