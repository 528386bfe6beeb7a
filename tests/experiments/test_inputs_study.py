"""The study of input uncertainty: one experiment, how it is counted, and what the page shows of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studies import inputs
from studies.inputs import DOCS, INNER, MEASURES, RESULTS, counted, experiment, page, table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.compiled
def test_an_experiment_keeps_what_is_counted_and_is_the_same_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inputs, "REPLICATIONS", 3)
    found, again = (experiment("days alike", 3, 1) for _ in range(2))
    assert found == again
    for one in MEASURES:
        kept = found[one.text]
        assert [len(kept["sets"]), len(kept["own"]), len(kept["own"][0]), len(kept["base"])] == [50, 50, INNER, 3]
    (row, *_) = counted([{"source": "days alike", "days": 0, "truth": [found[one.text]["estimate"][0] for one in MEASURES]}, found])
    assert (row["experiments"], row["whole"], row["chance"], row["plain"], row["wrongly_met"]) == (1, 1, 1, 1, 0)


def test_the_page_shows_what_was_counted():
    rows = json.loads((ROOT / RESULTS).read_text())
    assert page(rows) in (ROOT / DOCS).read_text(encoding="utf-8")


def test_what_the_page_promises_is_so():
    """Intervals that carry the inputs contain the truth in 90 % of 200 experiments, whatever was asked of however many days."""
    rows = [row for row in json.loads((ROOT / RESULTS).read_text()) if row["source"] == "days alike"]
    assert [(row["days"], row["experiments"]) for row in rows] == [(days, 200) for days in (3, 14, 60) for _ in MEASURES]
    assert all(row["whole"] >= 0.9 * row["experiments"] for row in rows)
    few = [row for row in rows if row["days"] == 3 and row["measure"] != "p99(all.wait)"]
    assert all(row["chance"] < 0.8 * row["experiments"] for row in few)
    assert table(rows).count("\n") == len(rows) + 1
