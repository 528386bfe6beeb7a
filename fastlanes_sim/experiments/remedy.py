"""A change of a scenario that might help, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import format_size
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup

MOST_STEPS = 60
Overrides = dict[str, object]


class Kind(IntEnum):
    """In the order in which they are tried and recommended."""

    FREE = 0
    """A setting."""
    LAST_RESORT = 1
    """A setting that gives in instead of curing, such as a longer patience."""
    COSTLY = 2
    """Slots or workers."""
    WHAT_IF = 3
    """Nobody can set it, but it says how much there is to gain."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a scenario."""

    words: str
    """What it does, as in `raising its limit from 2 to 4`."""
    overrides: Overrides
    """By dotted path, as `--set` takes them."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One kind of change, in steps of which each goes further than the one before."""

    steps: tuple[Step, ...]
    kind: Kind = Kind.FREE

    @property
    def is_real(self) -> bool:
        return self.kind is not Kind.WHAT_IF


@dataclass(frozen=True, slots=True)
class Fleet:
    """What a deployment costs: of autoscaled groups the least and the most there can be."""

    slots: int
    workers: int
    least: int
    """Slots that are always there."""
    eagerness: float
    """Of autoscaling: workers for each run that is counted. More of it keeps more workers running."""
    cores: float = 0.0
    memory: int = 0
    """Bytes, of all workers that have a limit; so are cores."""

    @classmethod
    def of(cls, scenario: Scenario) -> Fleet:
        slots = workers = least = memory = 0
        eagerness = cores = 0.0
        for group in scenario.workers:
            each = sum(loop.capacity for loop in parse_workloops(group.layout).workloops)
            scaling = group.autoscaling
            most, fewest = (group.replicas, group.replicas) if scaling is None else (scaling.max, scaling.min)
            slots, workers, least = slots + most * each, workers + most, least + fewest * each
            eagerness += 0.0 if scaling is None else 1 / scaling.runs_per_replica
            cores, memory = cores + most * (group.cores or 0) / 1_000, memory + most * (group.memory or 0)
        return cls(slots, workers, least, eagerness, cores, memory)


def _served(scenario: Scenario) -> dict[str, float]:
    """By resource, how much it does: uses at once, and uses that begin in a second; what is not limited counts as nothing."""
    return {name: (resource.at_once or 0.0) + (resource.rate or 0.0) for name, resource in scenario.resources.items()}


@dataclass(frozen=True, slots=True)
class Price:
    """What a change costs beyond what there is; less than 0 is saved."""

    slots: int = 0
    workers: int = 0
    always: int = 0
    """Of the slots, how many more are always there."""
    eagerness: float = 0.0
    cores: float = 0.0
    memory: int = 0
    """Bytes."""
    served: float = 0.0
    """Uses at once, or uses a second, that resources do more."""
    resources: tuple[str, ...] = ()
    """Which."""

    @classmethod
    def between(cls, before: Scenario, after: Scenario) -> Price:
        one, two = Fleet.of(before), Fleet.of(after)
        less, more = _served(before), _served(after)
        grown = tuple(name for name in more if more[name] != less.get(name))
        return cls(
            two.slots - one.slots,
            two.workers - one.workers,
            two.least - one.least,
            two.eagerness - one.eagerness,
            two.cores - one.cores,
            two.memory - one.memory,
            sum(more[name] - less.get(name, 0.0) for name in grown),
            grown,
        )

    @property
    def rank(self) -> float:
        """For comparing prices: a slot that may be there counts half of one that always is. What is no slot has no price in slots. A core,
        a gigabyte, and one more use of a resource at once or in a second count as one, so that less of it comes before more."""
        others = self.cores + self.memory / 10**9 + self.served
        return (self.slots + self.always) / 2 + (self.eagerness > 0) * 0.5 + others

    @property
    def is_free(self) -> bool:
        return self == Price()

    def __str__(self) -> str:
        """`free`, `2 slots more`, `1 worker more (5 slots)`, `1 worker more, 1 slot fewer`, `4 cores more`, `a larger records`."""
        if self.is_free:
            return "free"
        others = [] if not self.cores else [_more(self.cores, "core")]
        others += [] if not self.memory else [f"{format_size(abs(self.memory))} {'more' if self.memory > 0 else 'less'} memory"]
        others += [f"a {'larger' if self.served > 0 else 'smaller'} {name}" for name in self.resources]
        has_slots = self.slots or self.workers or self.always or self.eagerness
        return ", ".join([*([self._of_slots] if has_slots else []), *others])

    @property
    def _of_slots(self) -> str:
        if self.workers:
            return f"{_more(self.workers, 'worker')}{self._slots_of_workers}"
        if self.slots:
            return _more(self.slots, "slot")
        if self.always:
            return f"{_more(self.always, 'slot')} all the time"
        return "more workers while there is work" if self.eagerness > 0 else "fewer workers while there is work"

    @property
    def _slots_of_workers(self) -> str:
        if not self.slots:
            return ", as many slots"
        is_alike = (self.slots > 0) == (self.workers > 0)
        return f" ({counted(abs(self.slots), 'slot')})" if is_alike else f", {_more(self.slots, 'slot')}"

    def to_json(self) -> dict[str, object]:
        return {"slots": self.slots, "workers": self.workers, "slots_always": self.always, "text": str(self)} | self._more_json

    @property
    def _more_json(self) -> dict[str, object]:
        more = {"cores": self.cores, "memory_bytes": self.memory, "resources": list(self.resources)}
        return {name: value for name, value in more.items() if value}


def _more(number: float, what: str) -> str:
    return f"{_digits(abs(number))} {what}{'s' if abs(number) != 1 else ''} {'more' if number > 0 else 'fewer'}"


def _digits(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,g}"


def beyond(limit: int) -> tuple[int, ...]:
    """Larger limits: one by one at first, by a tenth further out."""
    found: list[int] = []
    while len(found) < MOST_STEPS:
        limit = max(limit + 1, round(1.1 * limit))
        found.append(limit)
    return tuple(found)


def below(limit: int) -> tuple[int, ...]:
    """Smaller ones down to 1: one by one at the end, by a third further up."""
    found: list[int] = []
    while limit > 1:
        limit = min(limit - 1, max(1, round(limit / 1.4)))
        found.append(limit)
    return tuple(found)


def workers_of(group: WorkerGroup, number: int = 2) -> str:
    """`workers`, or `worker` of one, with the name of their group unless that says nothing more."""
    word = "worker" if number == 1 else "workers"
    return word if group.name == "worker" else f"{group.name} {word}"
