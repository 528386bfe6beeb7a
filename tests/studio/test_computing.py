"""What the warm processes answer: what the verbs say, the newest question alone, and again after a death."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from fastlanes_sim import replicate, simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.studio.computing import Computing
from fastlanes_sim.studio.processes import Processes
from fastlanes_sim.studio.requests import Kind, Reply, Request
from fastlanes_sim.studio.warm_process import SupersededError
from tests.studio.conftest import TEXT


def request(kind: Kind, text: str = TEXT, number: int = 1, pinned: str | None = None, run: int = 0) -> Request:
    def load(one: str) -> Any:
        return load_scenario(Source.of_text(one, "small.yaml"))

    return Request("tab", number, kind, load(text), None if pinned is None else load(pinned), run)


def answered(asked: Request, check: Callable[[], None] = lambda: None) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    Computing(2).answer(asked, check, lambda what, data: found.append((what, data)))
    return found


def test_the_first_answer_is_what_simulate_says():
    ((what, found),) = answered(request("first"))
    result = simulate(TEXT)
    assert what == "first"
    assert found["headline"] == result.report.answer
    assert [one["measured"] for one in found["cases"]] == [one.measured for one in result.report.cases]
    (fast,) = [one for one in found["curves"]["wait"]["curves"] if one["lane"] == "fast_lane"]
    assert fast["points"][-1] == (result.observed.durations("fast_lane", "wait").maximum().value_us, 1.0)  # type: ignore[union-attr]
    assert found["late"][0]["run"] == result.slowest()
    assert json.loads(json.dumps(found, allow_nan=False))["hash"] == request("first").scenario.hash


def test_replications_refine_it_to_what_replicate_says():
    found = answered(request("refine"))
    assert [(what, one["replications"]) for what, one in found] == [("refined", 5), ("refined", 10), ("refined", 20), ("refined", 30)]
    last = found[-1][1]
    assert last["headline"] == replicate(TEXT).report.answer
    width = [one["estimates"][0]["high"] - one["estimates"][0]["low"] for _, one in found]
    assert width[-1] < width[0]
    assert last["of"] == 30


def test_what_is_pinned_is_compared_on_the_same_runs():
    found = dict(answered(request("refine", TEXT.replace("fast_lane:1 manual>*:4", "fast_lane:1 manual>*:1"), pinned=TEXT)))["compared"]
    assert any(one.startswith("p99(default.wait): current is") and one.endswith("longer") for one in found["worse"])
    assert not [one for one in found["better"] if "default" in one]
    assert found["replications"] == 15


def test_what_changed_without_a_better_direction_is_neither_better_nor_worse():
    utilisation = TEXT.replace("slos:\n", "slos:\n  - utilisation < 90%\n")
    fewer = utilisation.replace("fast_lane:1 manual>*:4", "fast_lane:1 manual>*:1")
    found = dict(answered(request("refine", fewer, pinned=utilisation)))["compared"]
    assert [one for one in found["changed"] if one.startswith("utilisation: current is")]
    assert not [one for side in ("better", "worse") for one in found[side] if one.startswith("utilisation")]


def test_the_curves_of_what_is_pinned_are_those_of_its_first_answer():
    ((what, found),), ((_, first),) = answered(request("pinned")), answered(request("first"))
    assert what == "pinned"
    assert found == {"hash": first["hash"], "curves": first["curves"]}


@pytest.mark.parametrize(
    ("workers", "cost", "slots"),
    [
        ('{workloops: "*:2", replicas: 3}', "6 slots in 3 workers, ", 6),
        ('{workloops: "*:2", autoscaling: {min: 1, max: 8, runs_per_replica: 1000}}', "at most 2 slots in 1 worker, ", 2),
        ('{workloops: "*:2", deploys: [{at: 5m, max_unavailable: 1}]}', "at most 2 slots in 1 worker, ", 2),
    ],
)
def test_slots_are_counted_that_were_there_at_once(workers: str, cost: str, slots: int):
    ((_, found),) = answered(request("first", TEXT.replace('workloops: "fast_lane:1 manual>*:4"', workers)))
    assert found["cost"].startswith(cost)
    assert [row["slots"] for row in found["busy"]] == [slots]


def test_runs_that_have_not_started_are_counted_by_when_they_were_inserted():
    ((_, found),) = answered(request("first", TEXT.replace("fast_lane:1 manual>*:4", "fast_lane:1")))
    unserved = next(one for one in found["bands"] if one["lane"] == "default")
    assert sum(unserved["unstarted"]) == found["counts"]["default"]


def test_pinned_questions_of_another_horizon_are_refused_in_words():
    with pytest.raises(FastlanesError, match="must have one kind, horizon"):
        answered(request("refine", TEXT.replace("20m", "10m"), pinned=TEXT))


def test_the_life_of_a_run_is_what_explain_prints():
    ((what, found),) = answered(request("life", run=simulate(TEXT).slowest()))
    assert what == "life"
    assert found["text"].startswith(f"Run {found['run']} of clinic/register")
    with pytest.raises(FastlanesError, match="there is no run 99999"):
        answered(request("life", run=99_999))


@pytest.mark.parametrize("kind", ["first", "refine"])
def test_what_is_no_longer_asked_for_is_broken_off(kind: Kind):
    def check() -> None:
        raise SupersededError

    with pytest.raises(SupersededError):
        answered(request(kind), check)


def test_a_scenario_without_runs_or_objectives_has_an_answer():
    text = "horizon: 1m\nprojects: {p: {workflows: {w: {}}}}\nworkers: [{workloops: '*:1'}]\n"
    ((_, found),) = answered(request("first", text))
    assert (found["cases"], found["outcome"], found["late"], found["curves"]["wait"]["curves"]) == ([], "", [], [])
    assert answered(request("refine", text))[-1][1]["estimates"] == []


class Listening:
    """One tab's replies, in the order in which they come."""

    def __init__(self, processes: Processes) -> None:
        self.replies: queue.Queue[Reply] = queue.Queue()
        processes.listen("tab", self.replies.put)

    def until(self, what: str, number: int) -> list[Reply]:
        found: list[Reply] = []
        while not found or (found[-1].what, found[-1].number) != (what, number):
            found.append(self.replies.get(timeout=120))
        return found


@pytest.fixture(scope="module")
def processes() -> Any:
    one = Processes()
    assert one.wait_until_ready(300)
    yield one
    one.close()


def test_of_many_quick_changes_the_last_one_is_answered(processes: Processes):
    heard = Listening(processes)
    for number in range(1, 21):
        text = TEXT.replace("manual>*:4", f"manual>*:{number}")
        processes.ask(request("first", text, number))
        processes.ask(request("refine", text, number))
    found = heard.until("first", 20)
    assert found[-1].data["headline"] == simulate(TEXT.replace("manual>*:4", "manual>*:20")).report.answer
    assert len([one for one in found if one.what == "first"]) < 20, "some were broken off or never begun"
    assert not [one for one in found if one.what == "failed"]


def test_what_the_user_can_put_right_comes_back_in_words(processes: Processes):
    heard = Listening(processes)
    processes.ask(request("life", number=31, run=10**9))
    (reply,) = heard.until("failed", 31)
    assert reply.data["message"] == "there is no run 1000000000"
    assert reply.data["about"] == "life"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_process_that_dies_is_started_again(processes: Processes):
    heard = Listening(processes)
    os.kill(processes.numbers["first"], signal.SIGKILL)
    while heard.replies.get(timeout=60).what != "died":
        pass  # what was still refined for a test before this one
    processes.ask(request("first", number=41))
    assert heard.until("first", 41)[-1].data["cases"]


def test_a_forgotten_tab_gets_no_answer(processes: Processes):
    heard = Listening(processes)
    processes.ask(request("refine", number=51))
    processes.forget("tab")
    processes.ask(Request("other", 1, "refine", request("refine").scenario))
    others: queue.Queue[Reply] = queue.Queue()
    processes.listen("other", others.put)
    while (reply := others.get(timeout=60)).data["replications"] < reply.data["of"]:
        pass
    assert heard.replies.empty()
