"""Values of a scenario as people write them."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.fields import read_share


@pytest.mark.parametrize(
    ("written", "share"),
    [("5%", 0.05), (".5%", 0.005), ("5.%", 0.05), ("+5%", 0.05), ("1e-3%", 1e-5), (" 2.5 % ", 0.025), (0.05, 0.05), (1, 1.0), ("0%", 0.0)],
)
def test_shares_are_percentages_or_numbers(written: object, share: float) -> None:
    assert read_share(written) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize("written", ["5", "%", ".%", "-5%", "101%", "1e9%", "1e999%", "five %", "٥%", "5%%", True, 1.5, float("nan"), None])
def test_what_is_no_share(written: object) -> None:
    assert read_share(written) is None
