"""One thing is not several."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.counting import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1_234, "1,234 runs"), (-1, "-1 runs")])
def test_only_one_is_singular(number: int, said: str):
    assert counted(number, "run") == said
