"""The table of event kinds and the engines that read it: every kind has its handler in both, and none is forgotten silently."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Incidents, Latency, Resource
from fastlanes_sim.engines import kernel, reference
from fastlanes_sim.engines.kernel import event_loop, simulation
from fastlanes_sim.engines.kernel import initial_state as kernel_state
from fastlanes_sim.engines.reference import event_loop as reference_loop
from fastlanes_sim.engines.reference import records
from fastlanes_sim.engines.reference.initial_state import world_of
from fastlanes_sim.rules.events import Kind, Subject
from fastlanes_sim.rules.order import Rank
from tests.engines.test_equality import CASES
from tests.support.deployments import MILLISECOND, SECOND, call, deployment, run, simplified, table, worker

PACKAGES = [Path(inspect.getfile(package)).parent for package in (reference, kernel)]


def test_numbers_are_places_in_the_table():
    assert [int(kind) for kind in Kind] == list(range(len(Kind)))


@pytest.mark.parametrize("rank", [Rank.ARRIVAL, Rank.OUTAGE, Rank.JANITOR])
def test_what_the_kernel_keeps_outside_its_heap_has_a_rank_of_its_own(rank: Rank):
    assert [kind.name for kind in Kind if kind.rank is rank] == [rank.name]


# --- every kind has its handler ---


@pytest.mark.parametrize("package", ["reference", "kernel"])
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_each_engine_has_the_handler_that_the_table_names(package: str, kind: Kind):
    module, _, function = kind.handler.partition(".")
    handler = getattr(import_module(f"fastlanes_sim.engines.{package}.{module}"), function)
    assert len(inspect.signature(getattr(handler, "py_func", handler)).parameters) == 2, "a world and a subject"


def test_the_reference_engine_calls_the_handlers_of_the_table():
    assert {kind: f"{one.__module__.rpartition('.')[2]}.{one.__name__}" for kind, one in reference_loop.HANDLERS.items()} == {
        kind: kind.handler for kind in Kind
    }


def branches() -> Iterator[tuple[str, set[str]]]:
    """Of the kernel's event loop: the kind or rank that a branch is for, and the functions of other modules that it calls."""
    for node in ast.walk(ast.parse(inspect.getsource(event_loop))):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and isinstance(node.test.left, ast.Name):
            (compared,) = node.test.comparators
            if node.test.left.id not in ("kind", "rank") or not isinstance(node.test.ops[0], ast.Eq):
                continue
            calls = {ast.unparse(call.func) for line in node.body for call in ast.walk(line) if isinstance(call, ast.Call)}
            yield compared.attr if isinstance(compared, ast.Attribute) else ast.unparse(compared), calls


def test_the_kernel_has_one_branch_for_each_kind_which_calls_its_handler():
    assert Counter(name for name, _ in branches()) == Counter(kind.name for kind in Kind)
    for name, calls in branches():
        assert Kind[name].handler in calls, name


@pytest.mark.parametrize("kind", [Kind.WAKE, Kind.REPLY], ids=lambda kind: kind.name)
def test_a_kind_without_a_branch_fails_with_its_name(monkeypatch: pytest.MonkeyPatch, kind: Kind):
    """Follow-ups have no branch among the timers."""

    def with_a_stranger(*args, **settings):
        world = kernel_state.world_of(*args, **settings)
        kernel_state._follow(world, np.array([[5, kind, 0]]))
        return world

    monkeypatch.setattr(simulation, "world_of", with_a_stranger)
    with pytest.raises(NotImplementedError, match=rf"event kind {kind.name}.*{re.escape(kind.handler)}"):
        simulation.simulate_kernel(deployment(worker("*:1")), RunTable.empty())


def test_a_kind_without_a_handler_fails_with_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Kind.SETTLE, "handler", "workloop.forgotten")
    with pytest.raises(NotImplementedError, match=r"event kind SETTLE.*workloop\.forgotten"):
        reference_loop.handler_of(Kind.SETTLE)


# --- ranks and subjects are those of the table ---

SCHEDULES = "follow_up|after|at|put|sleep|soon|up|down"


@pytest.mark.parametrize("package", PACKAGES, ids=["reference", "kernel"])
def test_follow_ups_are_scheduled_as_follow_ups_and_nothing_else_is(package: Path):
    found = set()
    for file in package.glob("*.py"):
        for function, name in re.findall(rf"\b(?:({SCHEDULES})\(|yield )[^\n]*Kind\.(\w+)[,.)]", file.read_text()):
            found.add(name)
            assert (function == "follow_up") == (Kind[name].rank is Rank.FOLLOW_UP), f"{file.name}: {function}({name})"
    # The kernel's loop knows when these three come.
    elsewhere = {"ARRIVAL", "OUTAGE", "JANITOR"} if package.name == "kernel" else set()
    assert found == {kind.name for kind in Kind} - elsewhere


CLASSES = {
    Subject.NOTHING: type(None),
    Subject.WORKER: records.Worker,
    Subject.WORKLOOP: records.Workloop,
    Subject.SEGMENT: records.Segment,
    Subject.CLAIM: records.Claim,
    Subject.RUN: records.RunRow,
    Subject.ROW: int,
    Subject.AUTOSCALER: records.Autoscaler,
    Subject.CONNECTION: records.Connection,
    Subject.CHANNEL: records.QueueChannel,
    Subject.HOLD: records.Hold,
    Subject.MESSAGE: records.Message,
    Subject.SERVICE: records.Service,
    Subject.SHARE: records.Share,
}


def test_events_are_about_the_subjects_of_the_table(monkeypatch: pytest.MonkeyPatch):
    seen = set()

    def checked(kind: Kind, handler: reference_loop.Handler) -> reference_loop.Handler:
        def handle(world, subject):
            seen.add(kind)
            assert isinstance(subject, CLASSES[kind.subject]), kind.name
            handler(world, subject)

        return handle

    monkeypatch.setattr(reference_loop, "HANDLERS", {kind: checked(kind, handler) for kind, handler in reference_loop.HANDLERS.items()})
    notified = deployment(
        worker("*:1"), worker("*:1", dispatch="ideal"), debounce=SECOND, notification=SECOND, incidents=Incidents(down=((5, 6),))
    )
    with_everything = deployment(
        worker("*:2", mute=((20 * SECOND, 21 * SECOND),), channel_crashes=(10 * SECOND,), message_timeout=5 * MILLISECOND),
        latency=Latency(up=3 * MILLISECOND, message=MILLISECOND, database=((0, 2 * MILLISECOND),)),
    )
    shared = deployment(worker("*:1"), latency=with_everything.latency, database_processors=1)
    of_all_kinds = table([run(1, 9, logs=[5]), run(2, 9, timeout=5, install=1)])
    calling = table([run(1, 9, calls=[call(1, 1, waits=9), call(2, 3, waits=2), call(3, 99, waits=99)], timeout=20)])
    two = deployment(worker("*:2", dispatch="ideal"))
    using, limited = table([run(1, 9, uses=[(0, 1, 2)])] * 2), replace(two, resources=(Resource("one", processors=1_000, every=SECOND),))
    named = [(deployed, table(rows)) for deployed, rows in [*CASES.values(), (simplified(notified), [run(1, 9), run(2, 9, startup=1)])]]
    named += [(notified, of_all_kinds), (with_everything, of_all_kinds), (shared, of_all_kinds), (two, calling), (limited, using)]
    for deployed, runs in named:
        world = world_of(deployed, runs, RunLog.empty(len(runs)))
        while world.now < 60 * SECOND and reference_loop.simulate(world, 100) != reference_loop.OVER:
            pass
    assert seen == set(Kind)
