"""What could be changed where runs hold slots and wait for runs that they have called (K-5, the cause `child`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastlanes_sim.experiments.remedies_of_layouts import more_slots, pinned, preferring, takes_lane
from fastlanes_sim.experiments.remedy import Kind, Overrides, Remedy, Step, below
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Standstill:
    """Runs of one workflow that wait for those of another."""

    project: str
    """Key of the caller's, as in the file."""
    workflow: str
    lane: str
    """In which its runs are."""
    awaited_lane: str
    """And those that they wait for."""


def waiting_less(scenario: Scenario, stands: Sequence[Standstill]) -> Iterator[Remedy]:
    """Slots that take what is called and no callers, fewer callers at once than slots; at last a call that does not wait."""
    for lane in dict.fromkeys(one.awaited_lane for one in stands):
        yield from pinned(scenario, lane)
        yield from preferring(scenario, lane)
        yield from more_slots(scenario, lane)
    for one in stands:
        yield from _fewer_at_once(scenario, one)
        yield from _without_waiting(scenario, one)


def _fewer_at_once(scenario: Scenario, one: Standstill) -> Iterator[Remedy]:
    """L-12: some slot is left to what they call. The fast lane ignores limits (L-14)."""
    if one.lane == Queue.FAST_LANE.label and scenario.lightning.ruleset.has_bypass:
        return
    slots = sum(
        takes_lane(group, one.awaited_lane, scenario) * (group.replicas if group.autoscaling is None else group.autoscaling.max)
        for group in scenario.workers
    )
    present = scenario.projects[one.project].workflows[one.workflow].concurrency
    words = f"a limit of {{:,}} for {one.project}/{one.workflow}, whose runs wait in their slots"
    path = f"projects.{one.project}.workflows.{one.workflow}.concurrency"
    yield Remedy(tuple(Step(words.format(limit), {path: limit}) for limit in below(min(slots, present or slots))))


def _without_waiting(scenario: Scenario, one: Standstill) -> Iterator[Remedy]:
    """K-4: the answer comes too late to be of use to the caller, if it needs one."""
    changes: Overrides = {}
    for number, call in enumerate(scenario.projects[one.project].workflows[one.workflow].calls):
        path = f"projects.{one.project}.workflows.{one.workflow}.calls.{number}"
        if call.wait:
            changes |= {f"{path}.wait": False} | ({} if call.timeout is None else {f"{path}.timeout": None})
    yield Remedy((Step(f"letting {one.project}/{one.workflow} call without waiting for the answer", changes),), Kind.LAST_RESORT)
