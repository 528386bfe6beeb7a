"""Runs that are open at the horizon: simulated to their end for means and maxima, and refused a mean where there is none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.experiments import replication
from fastlanes_sim.experiments.compare import compare
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.factors import vary
from fastlanes_sim.experiments.replicate import Replicated, replicate
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.experiments.sweep import plan, sweep
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.overrides import layout_override

LATE = """\
horizon: HORIZON
kind: KIND
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects:
  p:
    workflows:
      w: {triggers: [{type: webhook, reply: after_completion, arrivals: ARRIVALS, service: 7s}]}
workers: [{workloops: "LAYOUT", dispatch: ideal}]
slos: [SLOS]
"""
TEXTS = ["mean(all.wait)", "max(all.response)", "p50(all.wait)", "p99(all.response)", "runs", "open", "share(all.wait > 1m)", "utilisation"]
MEASURES = [parse_measure(text) for text in TEXTS]


def loaded(tmp_path: Path, **changes: str) -> LoadedScenario:
    values = {"HORIZON": "10m", "KIND": "terminating", "ARRIVALS": "{every: 5s}", "LAYOUT": "*:1", "SLOS": "mean(wait) < 5m"} | changes
    text = LATE
    for name, value in values.items():
        text = text.replace(name, value)
    file = tmp_path / "late.yaml"
    file.write_text(text)
    return load_scenario(file)


def of(values: Values, text: str) -> tuple[float, float]:
    return values.low[TEXTS.index(text)], values.high[TEXTS.index(text)]


@pytest.mark.parametrize("engine", ["kernel", "reference"])
def test_means_and_maxima_are_those_of_the_runs_simulated_to_their_end(tmp_path: Path, engine):
    """Seven seconds of work every five: a third is open in the end. A longer horizon with the same 120 arrivals is what they come to."""
    found = measure(loaded(tmp_path), 0, MEASURES, engine=engine)
    whole = measure(loaded(tmp_path, HORIZON="1h", ARRIVALS=f"{{at: [{', '.join(f'{5 * n}s' for n in range(120))}]}}"), 0, MEASURES)
    for text in ("mean(all.wait)", "max(all.response)"):
        low, high = of(found, text)
        assert low == high == of(whole, text)[0]
    assert of(found, "mean(all.wait)")[0] == pytest.approx(1e6 * 2 * 119 / 2)


def test_everything_else_stays_that_of_the_horizon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = measure(loaded(tmp_path), 0, MEASURES)
    monkeypatch.setattr(replication, "needs_run_out", lambda one, high: False)
    cut = measure(loaded(tmp_path), 0, MEASURES)
    assert of(cut, "mean(all.wait)")[1] == math.inf
    for text in TEXTS[2:]:
        assert of(found, text) == of(cut, text), text
    assert of(found, "open")[0] > 30
    assert of(found, "p99(all.response)")[1] == math.inf, "of the runs of the horizon, as it was seen"


def test_it_is_simulated_again_only_where_that_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = [parse_measure(text) for text in ("p50(all.wait)", "open")]
    monkeypatch.setattr(replication, "run_out", lambda *_: pytest.fail("nothing asks for it"))
    measure(loaded(tmp_path), 0, asked)
    measure(loaded(tmp_path, LAYOUT="*:9", ARRIVALS="{at: [0s, 5s]}"), 0, MEASURES)  # nothing is open
    measure(loaded(tmp_path, KIND="steady"), 0, MEASURES)


def test_further_attempts_after_the_horizon_are_no_new_runs(tmp_path: Path):
    """Callers who are answered 504 ask again: a caller's story goes on, but no run joins those of the horizon."""
    loaded(tmp_path)
    file = tmp_path / "late.yaml"
    file.write_text(file.read_text().replace("service: 7s", "service: 7s, callers: {attempts: 3, pause: 10s}"))
    scenario = load_scenario(file, {"lightning.webhook_response_timeout": "30s"})
    asked = [parse_measure(text) for text in ("runs", "mean(all.response)", "mean(caller_response)")]
    found = measure(scenario, 0, asked)
    assert found.low[1:] == found.high[1:]
    assert all(math.isfinite(one) for one in found.high)


def replicated(scenario: LoadedScenario, texts: list[str] | None = None) -> Replicated:
    return replicate(scenario, 4, measures=texts or TEXTS, engine="kernel", executor=Executor(1))


def test_runs_that_never_end_have_no_mean_and_are_told(tmp_path: Path):
    found = replicated(loaded(tmp_path, LAYOUT="manual:1"))
    assert found.verdicts[0].verdict in ("undecided", "missed")
    assert found.estimate("mean(all.wait)").high == math.inf
    assert any("runs had not ended 1 h 20 m after the last arrival" in note for note in found.notes), found.notes


def test_a_backlog_that_grows_without_end_is_refused_a_mean_and_told_why(tmp_path: Path):
    """Three runs in two seconds for one slot of a second each: whatever mean was printed would be that of the horizon's length."""
    growing = loaded(
        tmp_path, KIND="steady", HORIZON="2h", ARRIVALS="{poisson: 0.2/s}", SLOS="mean(wait) < 1h, mean(wait) < 1s, p50(wait) < 1s"
    )
    found = replicated(growing, ["mean(fast_lane.wait)", "max(wait)", "mean(service)", "p99(wait)"])
    assert found.warm_up.growing_lanes == {"fast_lane"}
    assert math.isnan(found.estimate("mean(fast_lane.wait)").mean)
    assert math.isnan(found.estimate("max(wait)").mean)
    assert found.estimate("mean(service)").mean == pytest.approx(7e6, rel=0.001)
    assert found.estimate("p99(wait)").mean > 60e6
    late, early, _ = found.verdicts
    assert (late.verdict, early.verdict) == ("undecided", "missed")
    assert late.text.startswith("no mean: the backlog of fast_lane grows to the end")
    assert any(note.startswith("no mean(all.wait) and no mean(fast_lane.wait)") for note in found.notes), found.notes


def test_that_a_backlog_grows_is_found_whatever_is_asked(tmp_path: Path):
    """By ten pilots: of two replications, of batches and of a sweep as well. All of them say the same."""
    growing = loaded(tmp_path, KIND="steady", HORIZON="2h", ARRIVALS="{poisson: 0.2/s}", SLOS="mean(wait) < 1h, utilisation < 100%")
    asked = {"measures": ["max(wait)"], "engine": "kernel"}
    two, cut = replicate(growing, 2, executor=Executor(1), **asked), replicate(growing, batches=5, **asked)
    swept = sweep(plan(tmp_path / "late.yaml", [vary("seed", [1])]), 2, executor=Executor(1), **asked).points[0]
    for found in (*two.verdicts[:1], *cut.verdicts[:1], *swept.verdicts[:1]):
        assert found.verdict == "undecided"
        assert found.text.startswith("no mean: the backlog of fast_lane grows to the end")
    for one in (two.estimate("max(wait)"), cut.estimate("max(wait)"), swept.estimate("max(wait)")):
        assert math.isnan(one.mean)
    assert cut.verdicts[1].text.startswith("99.968 % in the one simulation that was cut into batches")
    assert (cut.estimate("utilisation").low, cut.estimate("utilisation").high) == (0, 1)


def test_of_deployments_that_are_compared_only_those_that_grow_have_no_mean(tmp_path: Path):
    loaded(tmp_path, KIND="steady", HORIZON="2h", ARRIVALS="{poisson: 0.2/s}", SLOS="mean(wait) < 1h")
    both = {layout: load_scenario(tmp_path / "late.yaml", layout_override(layout)) for layout in ("fast_lane:1", "manual:1 fast_lane:9")}
    few, many = compare(both, 6, executor=Executor(1)).results.values()
    assert few.warm_up.growing_lanes == {"fast_lane"}
    assert not many.warm_up.growing_lanes
    assert few.warm_up.cut == many.warm_up.cut
    assert math.isnan(few.estimate("mean(wait)").mean)
    assert [few.verdicts[0].verdict, many.verdicts[0].verdict] == ["undecided", "met"]


def test_a_backlog_that_does_not_grow_has_a_mean(tmp_path: Path):
    steady = loaded(tmp_path, KIND="steady", HORIZON="2h", ARRIVALS="{poisson: 0.05/s}")
    found = replicated(steady)
    assert not found.warm_up.growing_lanes
    assert found.estimate("mean(all.wait)").mean > 0


def test_the_engine_that_simulates_the_rest_is_the_one_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from fastlanes_sim.experiments import run_out as module

    engines: list[object] = []

    def noting(*asked: object, engine: object, **other: object) -> object:
        engines.append(engine)
        return run_engine(*asked, engine=engine, **other)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "run_engine", noting)
    measure(loaded(tmp_path), 0, MEASURES[:1], engine="reference")
    assert set(engines) == {"reference"}


def test_what_is_called_after_the_horizon_belongs_to_its_work_order(tmp_path: Path):
    """K-1: a run from 1 to 31 s calls another at its end, which takes 2 min: 150 s from the first insertion to the last end. The horizon
    is 20 s."""
    file = tmp_path / "calls.yaml"
    file.write_text(
        "horizon: 20s\nstartup: 0s\nnetwork: {latency: 0s, database: 0s}\nworkers: [{workloops: '*:5', dispatch: ideal}]\n"
        "projects: {p: {workflows: {a: {triggers: [{type: webhook, arrivals: {at: [1s]}, service: 30s}], calls: [{to: b}]}, "
        "b: {triggers: [{type: webhook, service: 2m}]}}}}\n"
    )
    asked = [parse_measure(text) for text in ("max(work_order_response)", "max(response)", "p50(work_order_response)")]
    found = measure(load_scenario(file), 0, asked, engine="reference")
    assert found.low[:2] == found.high[:2] == pytest.approx((150e6, 30e6), abs=1e5)
    assert (found.low[2], found.high[2]) == (19e6, math.inf)
