"""What charts draw is what was measured: data are read back from the Axes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from fastlanes_sim import highest_traffic
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.reports import charts
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.estimates import deployments, intervals, short
from fastlanes_sim.reports.charts.style import paper
from fastlanes_sim.reports.charts.tornado import Bar, tornado
from fastlanes_sim.reports.content.trials import drawn
from fastlanes_sim.results.quantile_bands import wait_bands
from fastlanes_sim.results.slot_occupancy import holds, slot_numbers
from fastlanes_sim.rules.creation import Queue
from tests.cli.conftest import SMALL
from tests.reports.test_reports import ROWS, result
from tests.support.synthetic_logs import Row


def axes():
    return paper().subplots()


def test_the_tail_is_what_the_distribution_leaves():
    day = result(*ROWS)
    lines = {line.get_label().split(" (")[0]: line for line in charts.latency_ccdf(axes(), day.observed).lines}
    x, y = lines["default"].get_data()
    for at in (1, 5, 10, 40):
        share = day.observed.durations("default", "wait").share_above(at * SECOND)
        assert y[np.searchsorted(x, at * SECOND, side="right") - 1] == pytest.approx(share.low)
    assert y[-1] == pytest.approx(1 / 41)  # one run never started: the curve does not come down further
    assert lines["fast lane"].get_ydata()[-1] > 0


def test_bands_are_percentiles_of_what_was_inserted_in_a_span():
    waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    rows = [Row(i, i + wait, i + wait, 60, queue=Queue.FAST_LANE) for i, wait in enumerate(waits)] + [Row(95, queue=Queue.FAST_LANE)]
    day = result(*rows)
    bands = wait_bands(day.log, day.observed, "fast_lane", np.array([0, 10, 90, 100]) * SECOND)
    assert bands.runs.tolist() == [10, 0, 1]
    assert bands.unstarted.tolist() == [0, 0, 1]
    assert [None if value is None else value.value_us / SECOND for value in bands.quantiles[0]] == [5, 9, 10, 10]
    assert bands.quantiles[1] == [None] * 4
    assert str(bands.quantiles[2][0]) == "≥ 5 s"
    ax = charts.percentile_bands(axes(), day.log, day.observed, "fast_lane")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "to p90", "to p99", "to the longest", "median", "some not started",
    ]  # fmt: skip
    assert all(band.get_paths()[0].vertices[:, 0].min() == 0 for band in ax.collections[:3]), "a span between empty ones is drawn too"


def test_a_name_without_an_estimate_is_a_heading():
    ax = intervals(axes(), [("b less a", None), ("p99", (2.0, 1.0, 3.0)), ("mean", (1.0, 0.5, 1.5))], "Seconds", "")
    assert [(text.get_text(), text.get_fontweight()) for text in ax.get_yticklabels()] == [
        ("b less a", "bold"), ("p99", "normal"), ("mean", "normal"),
    ]  # fmt: skip
    assert sorted({float(y) for line in ax.lines for y in line.get_ydata()}) == [1, 2]


def test_a_gantt_chart_has_two_bars_a_run_in_the_window_and_none_overlap():
    day = result(*ROWS)
    ax = charts.gantt(axes(), day.deployment, day.table, day.log, 10 * SECOND, 20 * SECOND)
    held = holds(day.log)
    inside = (held.begins <= 20 * SECOND) & (held.ends >= 10 * SECOND)
    assert len(ax.patches) == 2 * int(inside.sum())
    assert ax.get_xlim() == (10, 20)
    lines: dict[float, list[tuple[float, float]]] = {}
    for bar in ax.patches:
        lines.setdefault(round(bar.get_y(), 3), []).append((bar.get_x(), bar.get_x() + bar.get_width()))
    for spans in lines.values():
        spans.sort()
        assert all(before[1] <= after[0] + 1e-9 for before, after in zip(spans, spans[1:], strict=False))  # noqa: RUF007


def test_a_gantt_chart_marks_instants():
    day = result(*ROWS)
    ax = charts.gantt(axes(), day.deployment, day.table, day.log, 10 * SECOND, 20 * SECOND, marks=[12 * SECOND])
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"] == [12]


@pytest.mark.parametrize("bound", ["500ms", "30s", "10m", "2h"])
def test_an_objective_s_name_is_within_the_chart_and_beside_its_mark(bound: str):
    day = result(*ROWS)
    ax = charts.latency_cdf(axes(), day.observed, "wait", [parse_objective(f"p99(default.wait) < {bound}")])
    ax.figure.draw_without_rendering()
    (text,) = ax.texts
    assert text.get_text() == f"p99 < {bound}"
    assert text.get_window_extent().x1 < ax.get_window_extent().x1


@pytest.mark.parametrize(("bound", "marker"), [("1ms", "X"), ("2h", "o")])
def test_only_an_objective_that_is_missed_is_a_cross(bound: str, marker: str):
    day = result(*ROWS)
    ax = charts.latency_cdf(axes(), day.observed, "wait", [parse_objective(f"p50(default.wait) < {bound}")])
    assert [line.get_marker() for line in ax.lines if line.get_marker() != "None"] == [marker]
    assert any("pass left of it" in text.get_text() for text in ax.get_legend().get_texts())


@pytest.mark.parametrize(("longest", "said"), [(2_400, ["10 m", "40 m"]), (50, ["10 s", "50 s"])])
def test_an_axis_in_seconds_has_ticks_at_round_durations(longest: float, said: list[str]):
    ax = axes()
    ax.plot([0, longest], [0, 1])
    ax.set_xlim(0, longest)
    ax.xaxis.set_major_formatter(lambda value, _: format_duration(value * SECOND))
    seconds_axis(ax.xaxis)
    ax.figure.draw_without_rendering()
    assert set(said) <= {label.get_text() for label in ax.get_xticklabels()}


def test_the_objective_that_binds_is_drawn():
    """Not the first that is written: of these two the second is the one that is missed."""
    asked = {"slos": ["p95(fast_lane.response) < 1h", "p95(default.wait) < 2s"]}
    found = highest_traffic(SMALL, [1, 2], overrides=asked, engine="reference", confirming=2, most=22, processes=1)
    slo, measure = drawn(found.rule, found.played)
    assert slo is not None
    assert (slo.text, measure.text) == ("p95(default.wait) < 2s", "p95(default.wait)")
    assert "p95(default.wait) < 2s" in found.report.answer


def test_names_of_a_frontier_lie_neither_on_each_other_nor_outside():
    rows = [(n + 1, 40 / n, 38 / n, 42 / n, f"fast_lane:1 manual>*:{n}") for n in (2, 4, 6, 8, 12)]
    ax = charts.frontier(axes(), pd.DataFrame(rows, columns=["cost", "value", "low", "high", "label"]), bound=6)
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 5
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    whole = ax.get_window_extent()
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1 for box in boxes)


def test_a_run_takes_the_lowest_slot_that_is_free():
    day = result(Row(0, 0, 0, 10), Row(1, 1, 1, 5), Row(2, 2, 2, 9), Row(5, 5, 5, 6), Row(6, 6, 6, 7))
    assert slot_numbers(holds(day.log)).tolist() == [0, 1, 2, 1, 1]


def test_a_heat_map_has_every_number_in_its_place_and_frames_what_meets_the_bound():
    frame = pd.DataFrame([(x, y, 10.0 * x + y) for x in (2, 1) for y in (3, 4)] + [(3, 3, np.nan)], columns=["x", "y", "value"])
    ax = charts.heat_map(axes(), frame, x="slots", y="workers", value="p99 (s)", bound=14)
    assert {tuple(text.xy): text.get_text() for text in ax.texts} == {(0, 0): "13", (0, 1): "14", (1, 0): "23", (1, 1): "24"}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2", "3"]
    assert len(ax.patches) == 2
    assert ax.get_xlabel() == "slots"


def test_a_frontier_joins_those_whom_nobody_beats_in_both():
    frame = pd.DataFrame(
        {"cost": [4, 2, 3, 5, 6], "value": [20.0, 50, 60, 20, np.nan], "low": [18.0, 45, 55, np.nan, 1], "high": [22.0, np.inf, 65, 25, 2],
         "label": list("abcde")}
    )  # fmt: skip
    ax = charts.frontier(axes(), frame, bound=30)
    line = next(line for line in ax.lines if line.get_drawstyle() == "steps-post")
    assert list(zip(*line.get_data(), strict=True)) == [(2, 50), (4, 20)]
    assert [text.get_text() for text in ax.texts] == ["b", "a"]
    assert [text.get_text() for text in ax.get_legend().get_texts()][-1] == "at most 30"


def test_charts_of_nothing_say_so():
    nothing = result()
    empty = pd.DataFrame({name: [] for name in ("x", "y", "value", "cost", "low", "high", "label")})
    for ax in (
        charts.latency_ccdf(axes(), nothing.observed),
        charts.percentile_bands(axes(), nothing.log, nothing.observed, "manual"),
        charts.gantt(axes(), nothing.deployment, nothing.table, nothing.log),
        charts.heat_map(axes(), empty),
        charts.frontier(axes(), empty),
    ):
        assert "no runs" in [text.get_text() for text in ax.texts]
        ax.figure.savefig("/dev/null", format="png", dpi=20)


@pytest.mark.parametrize(
    "rows",
    [
        [Row(5, 5, 5, 6)],
        [Row(i, i, i, i + 1) for i in range(3)],
        [Row(5, 5, 5, 5)] * 3,
        [Row(i, i, i, i + 1) for i in range(99)] + [Row(10, 50, 60, 70)],
        [Row(100)],
    ],
    ids=["one run", "no waits", "nothing takes any time", "one wait among none", "a run inserted at the end"],
)
def test_charts_of_extremes_are_drawn_within_finite_axes(rows: list[Row]):
    """A log axis has no zero, and a range may be a point."""
    day = result(*rows)
    slos = [parse_objective(text) for text in ("p95(default.wait) < 5s", "share(default.wait > 30s) <= 0.1%", "p95(default.response) < 5s")]
    for drawn_on in (
        charts.latency_cdf(axes(), day.observed, "wait", slos),
        charts.latency_cdf(axes(), day.observed, "response", slos),
        charts.latency_ccdf(axes(), day.observed),
        charts.percentile_bands(axes(), day.log, day.observed, "default"),
        charts.wait_over_time(axes(), day.table, day.log, day.observed),
        charts.queue_depth(axes(), day.table, day.log, day.observed),
        charts.busy_slots(axes(), day.deployment, day.table, day.log),
        charts.gantt(axes(), day.deployment, day.table, day.log),
        *charts.waits_by_deployment(paper(), [("one", day.observed)]).axes,
    ):
        (left, right), (bottom, top) = drawn_on.get_xlim(), drawn_on.get_ylim()
        assert left < right
        assert bottom != top
        assert np.isfinite([left, right, bottom, top]).all()
        drawn_on.figure.savefig("/dev/null", format="png", dpi=20)


def test_an_estimate_of_zero_without_an_interval_is_drawn():
    nothing = pd.DataFrame({"x": [1], "y": [1], "value": [0.0], "cost": [1], "low": [0.0], "high": [0.0], "label": ["*:1"]})
    for ax in (
        charts.lines(axes(), nothing, bound=0),
        charts.heat_map(axes(), nothing, bound=0),
        charts.frontier(axes(), nothing, bound=0),
        intervals(axes(), [("lost", (0.0, 0.0, 0.0))], "Runs", ""),
        tornado(axes(), [Bar("rate", 0.0, 0.0, "1/min", "2/min")], base=0.0, label="Runs", title="", bound=0),
    ):
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert np.isfinite([left, right, bottom, top]).all()
        assert left < right
        assert bottom != top
        ax.figure.savefig("/dev/null", format="png", dpi=20)


def test_a_result_draws_them_into_the_axes_it_is_given():
    day = result(*ROWS)
    for plot in (day.plot_tail, day.plot_bands, day.plot_gantt):
        ax = axes()
        assert plot(ax=ax) is ax


def test_deployments_side_by_side_have_a_row_each_and_arrows_where_an_end_is_missing():
    rows = {"p99": {"a": (2e6, 1e6, 3e6), "b": (5e6, 4e6, np.inf)}, "mean": {"a": (1e6, 1e6, 1e6), "b": (0, 0, 0)}}
    ax = deployments(axes(), rows, "two")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    marks = [line.get_marker() for line in ax.lines if line.get_marker() != "None"]
    assert marks == ["o", "o", ">", "o"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["p99", "mean"]


def test_labels_lose_the_folder_that_all_have():
    assert short(["a/b/one.yaml *:1", "a/b/other.yaml *:1"]) == {
        "a/b/one.yaml *:1": "one.yaml *:1",
        "a/b/other.yaml *:1": "other.yaml *:1",
    }
    assert short(["*:4", "*:5"]) == {"*:4": "*:4", "*:5": "*:5"}
    assert short(["a/b.yaml"]) == {"a/b.yaml": "a/b.yaml"}
