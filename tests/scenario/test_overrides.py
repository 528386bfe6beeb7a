"""PATH=VALUE, as the command line takes it."""

from __future__ import annotations

import pytest

from fastlanes_sim.scenario.overrides import parse_override


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("lightning.ruleset=main", "lightning.ruleset", "main"),
        ("seed=5", "seed", 5),
        ("lightning.broadcast_work_available=false", "lightning.broadcast_work_available", False),
        ("workers.0.capacity=null", "workers.0.capacity", None),
        ("slos=[lost == 0]", "slos", ["lost == 0"]),
        ("workers.0.workloops=fast_lane:1 manual>*:4", "workers.0.workloops", "fast_lane:1 manual>*:4"),
        ("workers.0.workloops=*:5", "workers.0.workloops", "*:5"),
    ],
)
def test_values_are_yaml_and_what_is_none_is_text(text: str, path: str, value: object) -> None:
    assert parse_override(text) == (path, value)


@pytest.mark.parametrize("text", ["seed", "=5", ""])
def test_what_sets_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="sets nothing"):
        parse_override(text)
