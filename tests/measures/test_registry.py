"""Of each measure: its unit, how it prints, which direction is better, whether it may be an objective."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastlanes_sim.core.errors import MeasureError
from fastlanes_sim.measures import registry
from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.measures.quantities import CLAIMS, PER_MINUTE, RATIO, RUNS, SHARE, TIME, Unit
from fastlanes_sim.measures.system import SYSTEM
from fastlanes_sim.measures.times import TIMES


@pytest.mark.parametrize(
    ("text", "unit", "value", "printed"),
    [
        ("p99(wait)", TIME, 25_800_000, "25.8 s"),
        ("mean(slowdown)", RATIO, 3.14159, "3.14"),
        ("share(slowdown > 3)", SHARE, 0.1234, "12.3 %"),
        ("share(wait > 3s)", SHARE, 0.001, "0.1 %"),
        ("lost", RUNS, 3, "3"),
        ("runs", RUNS, 71886, "71,886"),
        ("utilisation", SHARE, 0.1234, "12.3 %"),
        ("claims", CLAIMS, 71886, "71,886"),
        ("claims_per_minute", PER_MINUTE, 12.3456, "12.3/min"),
    ],
)
def test_units_and_how_they_print(text: str, unit: Unit, value: float, printed: str) -> None:
    measure = parse_measure(text)
    assert measure.unit is unit
    assert measure.show(value) == printed
    assert [measure.show(x) for x in (float("nan"), float("inf"), -float("inf"))] == ["–", "∞", "-∞"]


def test_a_value_just_below_a_bound_does_not_read_as_the_bound() -> None:
    assert [unit.show(999.6) for unit in (RUNS, PER_MINUTE, RATIO)] == ["1,000", "1,000/min", "1,000"]
    assert SHARE.show(0.9997) == "99.97 %"


def test_a_bound_that_rounds_to_the_next_unit_is_spelled_exactly() -> None:
    assert TIME.spell(999_600) == "999600 us"


@pytest.mark.parametrize("unit", [TIME, SHARE, RUNS, CLAIMS, PER_MINUTE, RATIO])
def test_a_unit_reads_what_it_spells(unit: Unit) -> None:
    for value in (0, 1) if unit is SHARE else (0, 1, 12, 1_234_567):
        assert unit.read(unit.spell(value)) == value


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("p99(wait)", "less"),
        ("max(slowdown)", "less"),
        ("min(wait)", None),
        ("share(wait > 3s)", "less"),
        ("lost", "less"),
        ("runs", None),
        ("claims", None),
        ("utilisation", None),
    ],
)
def test_which_direction_is_better(text: str, better: str | None) -> None:
    assert parse_measure(text).better == better


def test_every_row_says_what_it_is_computed_from() -> None:
    rows = [*COUNTS.values(), *SYSTEM.values(), *(registry.row_of(name, "p99") for name in TIMES)]
    assert all(row.meaning and row.unit and row.compute for row in rows)
    assert not [row.name for row in SYSTEM.values() if row.has_scope]


def test_what_may_be_no_objective_can_still_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SYSTEM, "events", replace(SYSTEM["claims"], name="events", may_be_objective=False))
    assert parse_measure("events").unit is CLAIMS
    with pytest.raises(MeasureError, match="`events` is no objective"):
        parse_objective("events < 3")
