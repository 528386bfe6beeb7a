"""Changes of the workers' layouts: which lanes their slots take, in which order, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fastlanes_sim.experiments.remedy import Kind, Overrides, Remedy, Step, workers_of
from fastlanes_sim.rules.claim import passes_filter
from fastlanes_sim.rules.layout_parser import WILDCARD, ParsedWorkloop, parse_workloops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup

_MOST_SLOTS = 64
Loops = Sequence[tuple[tuple[str, ...], int]]


def preferring(scenario: Scenario, lane: str) -> Iterator[Remedy]:
    """Slots that may take the lane look at it first: no slot is lost to the others as long as the lane has no run for it (L-6)."""
    if scenario.lightning.ruleset.has_queues:
        yield _relaid(scenario, lane, lambda names: _first(names, lane), f"letting the slots that take {lane} prefer it")
        yield _relaid(scenario, lane, lambda names: (WILDCARD,) if WILDCARD in names else names, "letting no slot prefer any lane")


def sharing(scenario: Scenario, lane: str) -> Iterator[Remedy]:
    """Slots of other lanes help out where they have nothing to do."""
    if not scenario.lightning.ruleset.has_queues:
        return

    def helping(names: tuple[str, ...]) -> tuple[str, ...]:
        return names if passes_filter(lane, names) else (*names, lane)

    yield _relaid(scenario, lane, helping, f"letting slots of other lanes take {lane} where they are idle", of_takers=False)


def serving(scenario: Scenario, lane: str) -> Iterator[Remedy]:
    """For a lane that nobody takes."""

    def taking(names: tuple[str, ...]) -> tuple[str, ...]:
        return names if passes_filter(lane, names) else _first(names, lane)

    yield _relaid(scenario, lane, taking, f"letting the slots take {lane} as well, and first", of_takers=False)
    for number, group in enumerate(scenario.workers):
        layout = [*((loop.queues, loop.capacity) for loop in loops_of(group)), ((lane,), 1)]
        yield Remedy((Step(f"giving {group.name} a workloop {lane}:1", _set(number, group, layout)),), Kind.COSTLY)


def pinned(scenario: Scenario, lane: str) -> Iterator[Remedy]:
    """Slots of the lane's own, taken from the largest workloop that it shares: no more slots than before."""
    if not scenario.lightning.ruleset.has_queues:
        return
    for number, group in enumerate(scenario.workers):
        loops = loops_of(group)
        shared = [loop for loop in loops if _takes(loop, lane, scenario) and loop.queues != (lane,)]
        if not shared or any(loop.queues == (lane,) for loop in loops):
            continue
        largest = max(shared, key=lambda loop: loop.capacity)
        steps = []
        for many in range(1, min(largest.capacity, _MOST_SLOTS)):
            rest = [(loop.queues, loop.capacity - many * (loop is largest)) for loop in loops]
            words = f"pinning {many} of the slots of {largest.id} to {lane}"
            steps.append(Step(words, _set(number, group, [((lane,), many), *rest])))
        yield Remedy(tuple(steps))


def more_slots(scenario: Scenario, lane: str) -> Iterator[Remedy]:
    """For each token that takes the lane, those first that take little else."""
    tokens: dict[tuple[str, ...], int] = {}
    for group in scenario.workers:
        for loop in loops_of(group):
            if _takes(loop, lane, scenario):
                tokens.setdefault(loop.queues, loop.capacity)
    for queues in sorted(tokens, key=lambda names: (WILDCARD in names, len(names))):
        token = f"{'>'.join(queues)}:{tokens[queues]}"
        yield Remedy(tuple(with_slots(scenario, queues, more, token) for more in range(1, _MOST_SLOTS + 1)), Kind.COSTLY)


def with_slots(scenario: Scenario, queues: tuple[str, ...], more: int, token: str) -> Step:
    """So many slots more for each workloop of these queues, or fewer."""
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        loops = loops_of(group)
        if any(loop.queues == queues for loop in loops):
            layout = [(loop.queues, loop.capacity + more * (loop.queues == queues)) for loop in loops]
            changes |= _set(number, group, [(names, slots) for names, slots in layout if slots])
    many = f"{abs(more)} more slot" if more > 0 else f"{abs(more)} slot"
    words = f"{'giving' if more > 0 else 'taking from'} {token} {many}{'s' if abs(more) > 1 else ''}"
    return Step(words, changes)


def more_of_everything(scenario: Scenario) -> Step:
    """What comes to mind first, to be held against the advice: twice the slots."""
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        changes |= _set(number, group, [(loop.queues, 2 * loop.capacity) for loop in loops_of(group)])
    return Step("twice the slots of every workloop", changes)


def fewer_slots(scenario: Scenario) -> Iterator[Remedy]:
    """What could be saved: workers, then slots of each token, the largest first."""
    for number, group in enumerate(scenario.workers):
        if group.autoscaling is None and group.replicas > 1:
            words = f"going from {group.replicas:,} to {{:,}} {workers_of(group)}"
            fewer = range(group.replicas - 1, 0, -1)
            yield Remedy(tuple(Step(words.format(many), {f"workers.{number}.replicas": many}) for many in fewer))
    tokens: dict[tuple[str, ...], int] = {}
    for group in scenario.workers:
        for loop in loops_of(group):
            tokens[loop.queues] = min(loop.capacity, tokens.get(loop.queues, loop.capacity))
    for queues, slots in sorted(tokens.items(), key=lambda one: -one[1]):
        token = f"{'>'.join(queues)}:{slots}"
        yield Remedy(tuple(with_slots(scenario, queues, -fewer, token) for fewer in range(1, slots)))


def scaled(number: int, group: WorkerGroup, slots: int) -> tuple[str, Overrides]:
    """So many slots of each worker of a group, at least one of each workloop, in the same proportions: in words, and what to set."""
    present = slots_of(group)
    layout = [(loop.queues, max(1, round(loop.capacity * slots / present))) for loop in loops_of(group)]
    now = sum(many for _, many in layout)
    return f"going from {present:,} to {now:,} slot{'' if now == 1 else 's'} a {workers_of(group, 1)}", _set(number, group, layout)


def slots_of(group: WorkerGroup) -> int:
    """Of one worker."""
    return sum(loop.capacity for loop in loops_of(group))


def loops_of(group: WorkerGroup) -> tuple[ParsedWorkloop, ...]:
    return parse_workloops(group.layout).workloops


def takes_lane(group: WorkerGroup, lane: str, scenario: Scenario) -> int:
    """How many slots of one worker take the lane."""
    return sum(loop.capacity for loop in loops_of(group) if _takes(loop, lane, scenario))


def _takes(loop: ParsedWorkloop, lane: str, scenario: Scenario) -> bool:
    return not scenario.lightning.ruleset.has_queues or passes_filter(lane, loop.queues)


def _first(names: tuple[str, ...], lane: str) -> tuple[str, ...]:
    return (lane, *(name for name in names if name != lane))


def _relaid(
    scenario: Scenario, lane: str, change: Callable[[tuple[str, ...]], tuple[str, ...]], words: str, *, of_takers: bool = True
) -> Remedy:
    """Every workloop's names changed, where that makes a difference."""
    changes: Overrides = {}
    for number, group in enumerate(scenario.workers):
        loops = loops_of(group)
        layout = [(change(loop.queues) if not of_takers or _takes(loop, lane, scenario) else loop.queues, loop.capacity) for loop in loops]
        if layout != [(loop.queues, loop.capacity) for loop in loops]:
            changes |= _set(number, group, layout)
    return Remedy((Step(words, changes),) if changes else ())


def _set(number: int, group: WorkerGroup, loops: Loops) -> Overrides:
    without: Overrides = {} if group.capacity is None else {f"workers.{number}.capacity": None}
    return without | {f"workers.{number}.workloops": " ".join(f"{'>'.join(names)}:{slots}" for names, slots in loops)}
