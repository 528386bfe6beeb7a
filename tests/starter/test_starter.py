"""A first scenario from a few answers: whatever can be answered loads, whatever is wrong is named."""

from __future__ import annotations

import re

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.starter.starter_text import MORE, Start, starter_text
from fastlanes_sim.starter.workflow_line import EXAMPLES, KINDS, WorkflowLine, parse_workflow


def loaded(text: str):
    return load_scenario(Source.of_text(text, "scenario.yaml")).scenario


def test_each_kind_has_an_example_and_all_of_them_make_a_scenario_without_warnings():
    assert EXAMPLES.keys() == KINDS.keys()
    text = starter_text(Start("Mine & yours", [parse_workflow(one) for one in EXAMPLES.values()]))
    found = load_scenario(Source.of_text(text, "scenario.yaml"))
    assert not found.warnings
    triggers = {name: workflow.triggers[0] for name, workflow in found.scenario.projects["clinic"].workflows.items()}
    assert {name: trigger.type for name, trigger in triggers.items()} == {
        "register": "webhook",
        "notify": "webhook",
        "report": "cron",
        "stream": "kafka",
        "try": "manual",
    }
    assert triggers["register"].is_sync
    assert not triggers["notify"].is_sync
    assert triggers["report"].runs_per_tick == 20
    assert found.scenario.name == "mine-yours"


def test_a_line_is_read_part_by_part():
    assert parse_workflow("clinic/report cron 0 6 * * mon-fri x20 20s..60s") == WorkflowLine(
        "clinic", "report", "cron", ("20s", "60s"), cron="0 6 * * mon-fri", runs_per_tick=20
    )
    assert parse_workflow("lab/result webhook 60/h,6/h 3s") == WorkflowLine("lab", "result", "webhook", ("3s",), rates=("60/h", "6/h"))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("clinic/register sync", "PROJECT/WORKFLOW KIND WHEN SERVICE"),
        ("register sync 2/min 2s..8s", "`clinic/register`"),
        ("clinic/register synch 2/min 2s..8s", "did you mean `sync`"),
        ("clinic/register sync 2 2s..8s", "such as 1/min"),
        ("clinic/register sync 0/min 2s..8s", "nothing would ever come"),
        ("clinic/register sync 1/min,2/min,3/min 2s..8s", "3 rates"),
        ("clinic/register sync 2/min 8s..2s", "median"),
        ("clinic/register sync 2/min 2", "2s for seconds"),
        ("clinic/report cron * * * 20s", "has 3 fields"),
        ("clinic/report cron 0 0 30 2 * x1 20s", "never fires"),
        ("clinic/report cron 0 * * * * x0 20s", "number of runs"),
        ("clinic/a.b sync 2/min 2s", "is not a name"),
    ],
)
def test_what_is_wrong_with_a_line_is_named(line: str, names: str):
    with pytest.raises(FastlanesError, match=re.escape(names)) as caught:
        parse_workflow(line)
    assert caught.value.hint


def test_a_workflow_that_is_named_twice_is_refused():
    line = parse_workflow(EXAMPLES["sync"])
    with pytest.raises(FastlanesError, match="appears twice"):
        starter_text(Start("mine", [line, line]))


def test_names_that_yaml_would_read_as_something_else_are_kept():
    found = loaded(starter_text(Start("mine", [parse_workflow("no/1e3 sync 2/min 2s")])))
    assert list(found.projects) == ["no"]
    assert list(found.projects["no"].workflows) == ["1e3"]


@pytest.mark.parametrize("meaning", MORE)
def test_what_the_comments_offer_may_stand_in_its_place(meaning: str):
    key = meaning.partition(":")[0]
    text = starter_text(Start("mine", [parse_workflow(EXAMPLES["sync"])]))
    there = {"arrivals": "{poisson: 2/min}", "service": "{lognormal: {median: 2s, p95: 8s}}"}[key]
    assert f"{key}: {there}" in text
    assert loaded(text.replace(f"{key}: {there}", f"{key}: {MORE[meaning]}")) != loaded(text)


def test_day_and_night_have_their_rates():
    found = loaded(starter_text(Start("mine", [parse_workflow("a/b sync 2/min,6/h 2s")])))
    arrivals = found.projects["a"].workflows["b"].triggers[0].arrivals
    assert arrivals.piecewise == {"06:00": pytest.approx(1 / 30), "20:00": pytest.approx(6 / 3600)}


def test_the_lanes_that_are_there_get_objectives():
    only_manual = loaded(starter_text(Start("mine", [parse_workflow(EXAMPLES["manual"])])))
    assert only_manual.slos == ["p95(manual.wait) < 10m", "lost == 0"]
    no_batch = loaded(starter_text(Start("mine", [parse_workflow(EXAMPLES[kind]) for kind in ("sync", "manual")])))
    assert no_batch.slos[2:] == ["p95(manual.wait) < 10m", "lost == 0"]
    both = loaded(starter_text(Start("mine", [parse_workflow(EXAMPLES[kind]) for kind in ("sync", "cron")], deadline="5s")))
    assert both.slos == ["p99(fast_lane.response) < 5s", "share(fast_lane.response > 5s) <= 0.1%", "p95(default.wait) < 10m", "lost == 0"]
