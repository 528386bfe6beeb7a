from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from fastlanes_sim.api.result import Result
from fastlanes_sim.reports import charts
from fastlanes_sim.reports.charts.style import paper
from fastlanes_sim.reports.content.comparison import _who_meets
from fastlanes_sim.reports.figures.deployments import side_by_side
from fastlanes_sim.reports.figures.png import png, save_figure
from fastlanes_sim.reports.text.simulation import print_result
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.schema import Scenario
from tests.support.synthetic_logs import DEPLOYMENT, Row, played

SLOS = ["p99(fast_lane.response) < 30s", "share(fast_lane.wait > 30s) <= 0.1%", "p99(default.wait) < 30s", "lost == 0"]
ROWS = [
    *(Row(i, i + 0.2, i + 0.7, i + 2, State.SUCCESS, Queue.FAST_LANE, sync=True, workloop=0) for i in range(40)),
    *(Row(40 + i / 100, 45 + i, 46 + i, None if i > 30 else 50 + i, State.SUCCESS if i <= 30 else None) for i in range(40)),
    Row(59),
]


def result(*rows: Row) -> Result:
    scenario = Scenario.model_validate(
        {
            "name": "clinic",
            "horizon": "100s",
            "timezone": "Africa/Addis_Ababa",
            "projects": {"clinic": {"workflows": {"register": {}, "report": {}}}},
            "workers": [{"workloops": "fast_lane:1 manual>*:4"}],
            "slos": SLOS,
        }
    )
    return Result(SimpleNamespace(scenario=scenario, hash="c0ffee"), DEPLOYMENT, *played(*rows), seed=3)


@pytest.fixture
def day() -> Result:
    return result(*ROWS)


def test_the_terminal_shows_verdicts_first_within_80_columns(day):
    out = StringIO()
    print_result(day, Console(file=out, width=80, no_color=True))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert text.index("MISSED") < text.index("wait p99") < text.index("manual>*:4")
    assert "≥ 44.6 s" in text
    assert "…" not in text


def test_the_summary_names_its_origin_and_everything_measured(day):
    summary = day.summary()
    assert (summary["scenario"], summary["scenario_hash"], summary["seed"], summary["verdict"]) == ("clinic", "c0ffee", 3, "missed")
    assert summary["lanes"]["default"]["wait"]["max"] == {"s": 44.61, "upper_s": None, "exact": False}
    assert [w["workloop"] for w in summary["workloops"]] == ["fast_lane:1", "manual>*:4"]
    assert set(summary["versions"]) == {"fastlanes_sim", "python", "numpy", "simpy"}


def test_time_0_is_local_time_where_the_scenario_is(day):
    assert day.start.isoformat() == "2026-01-04T21:00:00+00:00"


def test_a_notebook_shows_tables(day):
    html = day._repr_html_()
    assert html.count("<table>") == 3
    assert "manual&gt;*:4" in html


@pytest.mark.parametrize("rows", [ROWS, [], [Row(5)]], ids=["a day", "no runs", "one run, never claimed"])
def test_charts_are_pictures_with_the_same_bytes_every_time(rows):
    once, again = ({name: png(figure) for name, figure in result(*rows).figures().items()} for _ in range(2))
    assert list(once) == ["cdf", "wait", "slots"]
    assert all(picture.startswith(b"\x89PNG") for picture in once.values())
    assert once == again


def test_a_curve_with_censored_runs_ends_below_one(day):
    ax = charts.latency_cdf(paper().subplots(), day.observed, "wait")
    ends = {line.get_label().split(" (")[0]: line.get_ydata()[-1] for line in ax.lines}
    assert ends == {"default": 40 / 41, "fast lane": 1.0}
    assert any("1 not there yet" in text.get_text() for text in ax.get_legend().get_texts())


def test_many_runs_of_a_lane_become_a_band(monkeypatch, day):
    monkeypatch.setattr(charts.waits, "_MOST_DOTS", 10)
    ax = charts.wait_over_time(paper().subplots(), day.table, day.log, day.observed)
    assert len(ax.lines) == 2


def test_plots_draw_into_the_axes_they_are_given(day):
    for plot in (day.plot_latency, day.plot_wait, day.plot_slots):
        ax = paper().subplots()
        assert plot(ax=ax) is ax


def test_deployments_side_by_side(day, tmp_path):
    path = save_figure(side_by_side([("one pool", day.observed), ("nothing", result().observed)]), tmp_path / "comparison.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    figure = charts.waits_by_deployment(paper(), [("one pool", day.observed), ("nothing", result().observed)])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["one pool. p99: fast lane 700 ms, default ≥ 44.6 s", "nothing: no runs"]


@pytest.mark.parametrize(
    ("met", "judged", "among", "said"),
    [
        (["a", "b"], ["a", "b"], 2, "Both deployments meet every objective"),
        (["a", "b"], ["a", "b"], 3, "Both deployments with objectives meet them"),
        (["a", "b", "c"], ["a", "b", "c"], 3, "All 3 deployments meet every objective"),
        (["a"], ["a", "b"], 2, "Only a meets every objective"),
        ([], ["a", "b"], 2, "No deployment is shown to meet every objective"),
        (["a"], ["a"], 2, "The only deployment with objectives meets them"),
        ([], ["a"], 2, "The only deployment with objectives is not shown to meet them"),
    ],
)
def test_a_comparison_says_who_meets_of_those_that_have_objectives(met: list[str], judged: list[str], among: int, said: str):
    assert _who_meets(met, judged, among) == said
