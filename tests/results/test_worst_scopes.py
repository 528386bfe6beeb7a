"""Who waits is found behind the figures of a lane: projects and workflows, the worst first, and why."""

from __future__ import annotations

import pytest

from fastlanes_sim.api.verbs import advise, simulate
from fastlanes_sim.core.units import HOUR
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.reports.content.answers import headline
from fastlanes_sim.reports.figures.simulation import all_figures
from fastlanes_sim.reports.html.simulation import page
from fastlanes_sim.results.worst_scopes import ScopeWait

ONE_TENANT = """
name: one_tenant
horizon: 1h
projects:
  many:
    workflows:
      quick: {triggers: [{type: webhook, arrivals: {poisson: 60/min}, service: 1s}]}
  one:
    concurrency: 1
    workflows:
      slow: {triggers: [{type: bulk_retry, arrivals: {burst: {size: 45, at: [5m]}}, service: 100s}]}
workers: [{workloops: "manual>*:20"}]
slos: ["p95(default.wait) < 5s"]
"""
NAMED = "p95(project.many.wait) < 5s"


def test_a_lane_that_hides_a_starving_workflow_is_reported():
    """3,600 quick runs make the lane's p95 a second; 45 of one tenant wait up to an hour, and some have not started at the end."""
    result = simulate(ONE_TENANT)
    assert [verdict.verdict for verdict in result.verdicts] == ["met"]
    assert str(result.scope_waits[0].scope) in ("project.one", "workflow.one.slow")
    assert result.scope_waits[0].p95 > 60 * result.scope_waits[-1].p95
    remarks = "\n".join(result.remarks)
    assert "starves" in remarks
    assert "p95(default.wait) < 5s is met" in remarks
    assert "but not for workflow.one.slow alone" in remarks or "but not for project.one alone" in remarks
    assert "`concurrency` of project one (limit 1)" in remarks
    assert result.text().index("is met") < result.text().index("Workloops")


def test_advice_is_for_the_workflow_that_starves():
    (advice,) = advise(simulate(ONE_TENANT))
    assert advice.why.name in ("project.one", "workflow.one.slow")
    assert advice.remedy is not None
    assert "projects.one.concurrency" in advice.remedy.step.overrides


def test_a_scope_is_explained_like_a_lane():
    result = simulate(ONE_TENANT)
    why, lane = result.explained("workflow.one.slow"), result.explained("default")
    assert why is not None
    assert lane is not None
    assert "`concurrency` of project one" in why.sentence
    assert "workflow.one.slow" in why.sentence
    assert lane.all.to_json() == result.explanations[0].all.to_json()
    assert result.explained("manual") is None


@pytest.mark.parametrize(
    ("runs", "waiting", "said"),
    [
        (20, 0, "95 % of its 20 runs up to 3 h"),
        (20, 18, "95 % of its 20 runs up to at least 3 h; 18 have not started"),
        (20, 1, "95 % of its 20 runs up to at least 3 h; 1 has not started"),
        (1, 0, "its only run 3 h"),
        (1, 1, "its only run has waited 3 h and not started"),
    ],
)
def test_what_has_not_started_waits_at_least_so_long(runs: int, waiting: int, said: str):
    assert ScopeWait(Scope("workflow", ("one", "slow")), "default", runs, 1.0 * HOUR, 3.0 * HOUR, 3.0 * HOUR, waiting).words == said


TWO_STUCK = """
name: two_stuck
horizon: 4h
lightning: {run_timeout: 48h}
projects:
  p:
    workflows:
      quick: {triggers: [{type: cron, cron: "* * * * *", runs_per_tick: 10, service: 1s}]}
      one: {concurrency: 1, triggers: [{type: cron, cron: "0 0 * * *", runs_per_tick: 20, service: 23h}]}
      two: {concurrency: 2, triggers: [{type: cron, cron: "0 1 * * *", runs_per_tick: 20, service: 23h}]}
workers: [{workloops: "*:10"}]
"""


def test_a_workflow_that_waits_far_longer_than_its_lane_says_how_many_have_not_started():
    (stuck,) = [one for one in simulate(TWO_STUCK, engine="reference").remarks if one.startswith("workflow.p.two waits far longer")]
    assert "95 % of its 20 runs up to at least 3 h; 18 have not started." in stuck


def test_where_all_wait_alike_nothing_is_remarked():
    result = simulate(ONE_TENANT.replace("concurrency: 1", "concurrency: 60").replace("*:20", "*:60"))
    assert result.remarks == []
    assert "Who waited longest" not in result.text()


def test_the_summary_has_every_scope():
    summary = simulate(ONE_TENANT).summary()
    scopes = {entry["scope"] for entry in summary["scopes"]}  # type: ignore[attr-defined]
    assert scopes == {"project.many", "project.one", "workflow.many.quick", "workflow.one.slow"}
    assert summary["remarks"]


def test_tables_and_reasons_by_workflow(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from fastlanes_sim.cli.app import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "one_tenant.yaml").write_text(ONE_TENANT)
    result = CliRunner().invoke(app, ["run", "one_tenant.yaml", "--no-charts", "--by", "workflow"])
    assert "Workflows" in result.output
    assert "of the slowest workflow.one.slow run" in result.output
    assert "of the slowest 36 default runs" not in result.output


def test_tables_charts_and_page_show_who_waits_behind_a_lane():
    """The workflow stands first in the reasons, has bars, curves and points of its own, and is in the headline though every objective is
    met."""
    result = simulate(ONE_TENANT)
    (scope,) = map(str, result.told_apart)
    assert scope == "workflow.one.slow"
    assert [why.name for why in result.waited] == [scope, "default"]
    assert list(result.summary()["attribution"]) == [scope, "default"]
    text = result.text()
    assert text.index("Why runs waited") < text.index(scope, text.index("Why runs waited")) < text.rindex("Why runs waited")
    figures = all_figures(result)
    bars, *panels = figures["attribution"].axes
    assert [tick.get_text() for tick in bars.get_yticklabels()][:2] == [f"{scope}, all", f"{scope}, slowest 1 %"]
    assert panels[0].get_title(loc="left") == f"{scope}: mean wait"
    for axes in (*figures["cdf"].axes, figures["wait"].axes[0]):
        assert any(scope in label.get_text() for label in axes.get_legend().get_texts())
    shown = page(result)
    assert headline(shown.cases, shown.caution) == f"The objective is met, but {scope} starves"


def test_what_an_objective_names_is_shown_beside_the_lanes():
    result = simulate(ONE_TENANT.replace("concurrency: 1", "concurrency: 60").replace("*:20", "*:60"), overrides={"slos": [NAMED]})
    assert list(map(str, result.told_apart)) == ["project.many"]
    assert [why.name for why in result.waited] == ["default", "project.many"]
    marks = [line for line in all_figures(result)["cdf"].axes[0].lines if line.get_marker() in "oX"]
    assert [line.get_marker() for line in marks] == ["o"], "it is met"
    assert result.worst_remark == ""


BATCHES_IN_ANOTHER_LANE = """
name: other_lane
horizon: 1h
projects:
  clinic:
    workflows:
      ask: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 4/min}, service: 1s}]}
      batch: {concurrency: 1, triggers: [{type: bulk_retry, arrivals: {burst: {size: 40, at: [1m]}}, service: 30s}]}
  other:
    workflows:
      ask: {triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 4/min}, service: 1s}]}
      send: {triggers: [{type: webhook, arrivals: {poisson: 30/min}, service: 1s}]}
workers: [{workloops: "fast_lane:4 manual>*:20"}]
slos: ["p95(fast_lane.wait) < 5s", "p95(default.wait) < 5s"]
"""


def test_a_project_misses_nothing_of_a_lane_by_its_runs_in_another():
    """Most runs of the clinic are in the fast lane and wait a second; its batch waits in the default lane, and is remarked there alone."""
    result = simulate(BATCHES_IN_ANOTHER_LANE)
    assert [verdict.verdict for verdict in result.verdicts] == ["met", "met"]
    remarks = "\n".join(result.remarks)
    assert "p95(fast_lane.wait) < 5s is met" not in remarks
    assert "p95(default.wait) < 5s is met" in remarks
    assert "but not for workflow.clinic.batch alone" in remarks or "but not for project.clinic alone" in remarks
    assert "(40 runs, the longest wait" in remarks
