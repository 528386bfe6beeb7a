"""What an analyst does in a notebook: looks at a result, plots it, and gives back what it has as traffic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib
import pandas as pd
import pytest

from fastlanes_sim import bench, compare, highest_traffic, load_scenario, replicate, search, simulate, sweep

matplotlib.use("Agg")

SMALL: dict[str, Any] = {
    "horizon": "20m",
    "projects": {
        "clinic": {
            "workflows": {
                "register": {
                    "triggers": [
                        {"type": "webhook", "reply": "after_completion", "arrivals": {"poisson": "2/min"}, "service": "2s"},
                        {"type": "cron", "cron": "*/5 * * * *", "runs_per_tick": 5, "service": "5s"},
                    ]
                }
            }
        }
    },
    "workers": [{"workloops": "fast_lane:1 manual>*:4"}],
    "slos": ["p95(fast_lane.response) < 30s"],
}
HERE: dict[str, Any] = {"engine": "reference", "processes": 1}
TWO = {"workers.0.replicas": [1, 2], "traffic": [1, 2]}

RESULTS: dict[str, Callable[[], Any]] = {
    "simulate": lambda: simulate(SMALL, engine="reference"),
    "replicate": lambda: replicate(SMALL, 2, **HERE),
    "compare": lambda: compare(SMALL, layouts=["manual>*:5", "fast_lane:1 manual>*:4"], replications=2, **HERE),
    "sweep over one": lambda: sweep(SMALL, {"traffic": [1, 2]}, 2, **HERE),
    "sweep over two": lambda: sweep(SMALL, TWO, 2, **HERE),
    "search": lambda: search(SMALL, "1..2", most=24, confirming=4, horizon="5m", **HERE),
    "highest_traffic": lambda: highest_traffic(SMALL, "1..2:1", most=24, confirming=4, horizon="5m", **HERE),
    "bench": lambda: bench(workloads=["sync_burst"], layouts=["pin-1"], horizon="10m", replications=2, **HERE),
}


@pytest.fixture(scope="module", params=RESULTS)
def result(request: pytest.FixtureRequest) -> Any:
    return RESULTS[request.param]()


def test_it_says_on_one_short_line_what_it_is(result: Any):
    assert "\n" not in repr(result)
    assert len(repr(result)) < 200
    assert type(result).__name__ in repr(result)


def test_its_plots_are_figures_that_a_notebook_shows(result: Any):
    import matplotlib.pyplot as plt

    plots = [name for name in dir(result) if name.startswith("plot") and name != "plot_replicas"]
    assert plots
    for name in plots:
        plt.close("all")
        drawn = getattr(result, name)()
        figure = drawn if hasattr(drawn, "axes") and not hasattr(drawn, "figure") else getattr(drawn, "figure", drawn)
        assert [plt.figure(number) for number in plt.get_fignums()] == [figure]
    plt.close("all")


def test_what_a_result_holds_is_short_too():
    found = RESULTS["simulate"]()
    for one in (found.table, found.log, found.scenario, found.log.rows(slice(0, 3))):
        assert len(repr(one)) < 200


def test_the_runs_of_a_result_are_traffic():
    found = RESULTS["simulate"]()
    again = simulate({"horizon": "20m", "replay": found.runs, "workers": SMALL["workers"]}, engine="reference")
    assert list(again.runs["inserted_at"]) == list(found.runs["inserted_at"])
    assert list(again.runs["service_s"]) == pytest.approx(list(found.runs["service_s"]))
    assert list(again.runs["queue"]) == list(found.runs["queue"])


def test_a_frame_is_traffic_also_laid_over_a_file_and_in_other_processes():
    minutes = pd.date_range("2026-01-05 06:00", periods=30, freq="min", tz="UTC")
    frame = pd.DataFrame({"id": range(30), "workflow": "mine", "inserted_at": minutes})
    frame["claimed_at"] = frame["inserted_at"] + pd.Timedelta("1s")
    frame["started_at"] = frame["inserted_at"] + pd.Timedelta("2s")
    frame["finished_at"] = frame["inserted_at"] + pd.Timedelta("12s")
    base = {"horizon": "1h", "replay": frame, "workers": [{"workloops": "*:1"}]}
    assert load_scenario(base).hash == load_scenario({**base, "replay": frame.copy()}).hash
    assert simulate(base, engine="reference").observed.counts("all").runs == 30
    found = compare(base, layouts=["*:1", "*:2"], replications=2, engine="reference", processes=2, measures="mean(wait)")
    assert len(found.frame)


def test_a_frame_without_what_traffic_needs_is_refused_in_words():
    with pytest.raises(Exception, match="lacks inserted_at"):
        load_scenario({"horizon": "1h", "replay": pd.DataFrame({"id": [1], "workflow": ["a"]}), "workers": [{"workloops": "*:1"}]})
