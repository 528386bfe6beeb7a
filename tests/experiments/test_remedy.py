"""What a change costs, in words."""

from __future__ import annotations

import pytest

from fastlanes_sim.experiments.remedy import Price


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (Price(), "free"),
        (Price(slots=1), "1 slot more"),
        (Price(slots=-2), "2 slots fewer"),
        (Price(slots=5, workers=1), "1 worker more (5 slots)"),
        (Price(slots=1, workers=1), "1 worker more (1 slot)"),
        (Price(slots=-10, workers=-2), "2 workers fewer (10 slots)"),
        (Price(slots=-1, workers=1), "1 worker more, 1 slot fewer"),
        (Price(workers=2), "2 workers more, as many slots"),
        (Price(always=1), "1 slot more all the time"),
        (Price(cores=0.5), "0.5 cores more"),
    ],
)
def test_a_price_says_what_is_more_and_what_is_fewer(price: Price, said: str):
    assert str(price) == said
