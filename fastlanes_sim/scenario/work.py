"""How much work one simulation of a scenario is, before it is simulated: events, time and memory, and which value causes them.

An order of magnitude, from means and from costs that were measured once (`Costs`): enough to tell a minute from a week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.units import DAY, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.rules.creation import QUEUES, Queue
from fastlanes_sim.rules.layout_parser import WILDCARD, ParsedWorkloop, parse_workloops
from fastlanes_sim.rules.worker_options import effective_backoff, parse_backoff
from fastlanes_sim.scenario.expectation import expected_sources
from fastlanes_sim.scenario.placed_loops import placed_loops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup
from fastlanes_sim.scenario.yaml.places import Path


@dataclass(frozen=True, slots=True)
class Costs:
    """What things cost on a machine of 2024. Seconds and bytes."""

    kernel_event: float = 45e-9
    reference_event: float = 10e-6
    attribution: float = 2.0
    """Recording the change points takes so many times as long."""
    more_workloops: float = 0.25e-9
    """What an event takes longer for each workloop that there is: change points look at all of them."""
    source: float = 0.35e-3
    """Drawing the runs of one trigger of one workflow."""
    run: float = 10e-6
    """Drawing one run, and measuring it."""
    result: float = 40e-6
    """All results about a run, where runs are kept: causes of its wait, its row in the table of runs."""
    worker: float = 0.1e-3
    run_bytes: int = 220
    """To simulate it, with the change points."""
    result_bytes: int = 140
    """Of each run, for all results about it."""
    most_in_memory: int = 1_500_000
    """Runs from which on most of what is known of a run is in a file (`core.large_arrays`)."""
    drawn_bytes: int = 100
    """Of each further run: what is in memory while runs are drawn, and while results are computed."""
    claim_bytes: int = 500
    """Of each claim, where they are kept."""
    least_bytes: int = 400_000_000
    """With all libraries, and what is kept of results so that it need not be computed anew."""


COSTS = Costs()
_EVENTS_OF_RUN, _EVENTS_OF_LINE, _EVENTS_OF_CLAIM = 15.0, 3.0, 5.5
_SIMULATED = 0.15
"""Of the claims: the others are polls that must fail, each of which is one event to the kernel."""
_CHAINS_OF_RUN, _MOST_CHAINS = 0.15, 140.0
"""W-7, W-10: each run of a workloop with further slots may leave it with one more claim chain. A chain dies when it wakes to no room
(W-6), and there never are more than so many."""
_MOST_CLAIMS = 15.0
"""A second and workloop, in that equilibrium; more only where the backoff alone makes more."""
_USUAL_CYCLE, _USUAL_HORIZON = 10 * SECOND, DAY


@dataclass(frozen=True, slots=True)
class Part:
    """What makes work."""

    what: str
    """In words, with its number."""
    events: float
    seconds: float
    """Beside those of its events."""
    runs: float
    """Of which there are results."""
    causes: Mapping[Path, float]
    """Values that it comes from, each with how many times what is usual it is."""
    foreseen: float = 0.0
    """Further events, which the kernel computes instead of simulating them: those of polls that must fail."""

    @property
    def cause(self) -> Path:
        """The value that is farthest from what is usual."""
        return max(self.causes, key=lambda path: self.causes[path])


@dataclass(frozen=True, slots=True)
class Work:
    """Of one simulation."""

    parts: tuple[Part, ...]
    runs: float
    claims: float
    workloops: int
    """Of all workers."""

    @property
    def events(self) -> float:
        """How many the kernel has to simulate."""
        return sum(part.events for part in self.parts)

    def seconds(self, engine: Literal["reference", "kernel"] = "kernel", *, attribution: bool = True) -> float:
        """How long it takes, with results."""
        return sum(self.seconds_of(part, engine, attribution=attribution) for part in self.parts)

    def seconds_of(self, part: Part, engine: Literal["reference", "kernel"] = "kernel", *, attribution: bool = True) -> float:
        """How much of that one part takes. `attribution`: with all results about every run."""
        if engine == "reference":
            seconds = (part.events + part.foreseen) * COSTS.reference_event
        else:
            seconds = part.events * (COSTS.kernel_event + COSTS.more_workloops * self.workloops * attribution)
        return seconds * (COSTS.attribution if attribution else 1.0) + part.seconds + part.runs * COSTS.result * attribution

    def memory(self, *, keeps_runs: bool = True, keeps_claims: bool = False) -> float:
        """Bytes that a simulation takes, with the results about every run where runs are kept."""
        in_memory = min(self.runs, COSTS.most_in_memory) if large_arrays.have_files() else self.runs
        of_runs = in_memory * (COSTS.run_bytes + COSTS.result_bytes * keeps_runs) + (self.runs - in_memory) * COSTS.drawn_bytes
        return COSTS.least_bytes + of_runs + self.claims * COSTS.claim_bytes * keeps_claims

    def longest(self, engine: Literal["reference", "kernel"] = "kernel", *, attribution: bool = True) -> Part:
        """The part that takes longest."""
        return max(self.parts, key=lambda part: self.seconds_of(part, engine, attribution=attribution))


def work_of(scenario: Scenario, replayed: int = 0) -> Work:
    """The work that one simulation of the scenario is, with so many runs of an export. Takes milliseconds, however much that is."""
    traffic = list(_runs(scenario))
    if replayed:
        traffic.append((float(replayed), _replayed(replayed)))
    runs = sum(made for made, _ in traffic)
    busy = _Busy.of(scenario, replayed)
    polling = [_claims(scenario, index, group, runs, busy) for index, group in enumerate(scenario.workers) if group.dispatch == "real"]
    parts = [part for _, part in traffic] + [part for _, part in polling]
    parts += [*_workflows(scenario), *_workers(scenario), _janitor(scenario), *_autoscalers(scenario)]
    return Work(tuple(parts), runs, sum(claims for claims, _ in polling), sum(map(_workloops, scenario.workers)))


def _long(scenario: Scenario) -> dict[Path, float]:
    return {("horizon",): scenario.horizon / _USUAL_HORIZON}


def _runs(scenario: Scenario) -> Iterator[tuple[float, Part]]:
    """Of each trigger: its runs, and what they cost."""
    for source in expected_sources(scenario):
        _, project, _, workflow, *_ = source.path
        lines = scenario.messages_of(scenario.projects[str(project)].workflows[str(workflow)]).log_lines.expectation()
        runs = source.all_runs * source.trigger.most_attempts
        place = (*source.path, "arrivals" if hasattr(source.trigger, "arrivals") else "cron")
        a_day = runs * _USUAL_HORIZON / scenario.horizon
        causes = {place: a_day / 10_000, **_long(scenario)}
        yield runs, Part(f"about {runs:,.0f} runs", runs * (_EVENTS_OF_RUN + _EVENTS_OF_LINE * lines), runs * COSTS.run, runs, causes)


def _replayed(runs: int) -> Part:
    return Part(f"{runs:,} runs of an export", runs * _EVENTS_OF_RUN, runs * COSTS.run, runs, {("replay",): runs / 10_000})


@dataclass(frozen=True, slots=True)
class _Busy:
    """How much each lane gives to each slot that serves it."""

    runs: Mapping[str, float]
    """In all, by lane."""
    load: Mapping[str, float]
    """Part of the time in which they hold it, by lane."""

    @classmethod
    def of(cls, scenario: Scenario, replayed: int) -> _Busy:
        """Runs of an export are in the default lane, as long as nobody has read it."""
        runs, load = dict.fromkeys(QUEUES, 0.0), dict.fromkeys(QUEUES, 0.0)
        for source in expected_sources(scenario):
            runs[source.lane] += source.all_runs * source.trigger.most_attempts
            load[source.lane] += source.all_runs * source.busy / scenario.horizon
        runs[Queue.DEFAULT.label] += replayed
        loops = [loop for loop in placed_loops(scenario) if not loop.is_later]
        has_queues = scenario.lightning.ruleset.has_queues
        slots = {lane: max(sum(loop.slots for loop in loops if loop.serves(lane) or not has_queues), 1) for lane in QUEUES}
        return cls({lane: runs[lane] / slots[lane] for lane in QUEUES}, {lane: load[lane] / slots[lane] for lane in QUEUES})

    def chains(self, loop: ParsedWorkloop, has_queues: bool, cycle: float, horizon: int) -> float:
        """Of one workloop, on average."""
        if loop.capacity == 1:
            return 1.0
        served = [lane for lane in QUEUES if not has_queues or lane in loop.queues or WILDCARD in loop.queues]
        born = _CHAINS_OF_RUN * sum(self.runs[lane] for lane in served) * loop.capacity / horizon
        no_room = min(sum(self.load[lane] for lane in served), 1.0) ** loop.capacity
        return 1 + min(born * min(cycle / max(no_room, 1e-9), horizon), _MOST_CHAINS)


def _claims(scenario: Scenario, index: int, group: WorkerGroup, runs: float, busy: _Busy) -> tuple[float, Part]:
    """Of a group of workers: how often they poll (W-3, W-7) and are notified (L-17), and what that costs."""
    place: Path = ("workers", index)
    loops = _workloops(group)
    network = scenario.network
    least, most = (bound * MILLISECOND for bound in effective_backoff(*parse_backoff(group.backoff)))
    cycle = max(least, most) + network.up + network.down + network.database_curve(1)[0][1] + MILLISECOND
    polls = 0.0
    for loop in parse_workloops(group.layout).workloops:
        is_single = group.claim_chains == "single"
        chains = 1.0 if is_single else busy.chains(loop, scenario.lightning.ruleset.has_queues, cycle, scenario.horizon)
        polls += group.most_replicas * scenario.horizon * min(chains / cycle, max(_MOST_CLAIMS / SECOND, 1.7 / cycle))
    lightning = scenario.lightning
    notified = min(runs, scenario.horizon / max(lightning.work_available_debounce, 1)) if lightning.broadcast_work_available else 0.0
    claims = polls + notified * loops
    many = (*place, "replicas" if group.autoscaling is None else "autoscaling")
    causes = {(*place, "backoff"): _USUAL_CYCLE / cycle, many: loops / 10, **_long(scenario)}
    all_events = claims * _EVENTS_OF_CLAIM
    events = claims * (1 + _SIMULATED * (_EVENTS_OF_CLAIM - 1))
    return claims, Part(f"about {claims:,.0f} claims of {loops:,} workloops", events, 0.0, 0.0, causes, all_events - events)


def _workloops(group: WorkerGroup) -> int:
    return len(parse_workloops(group.layout).workloops) * group.most_replicas


def _workflows(scenario: Scenario) -> Iterator[Part]:
    for name, project in scenario.projects.items():
        sources = project.copies * sum(one.copies * max(len(one.triggers), 1) for one in project.workflows.values())
        yield Part(f"{sources:,} triggers, counting all copies", 0.0, sources * COSTS.source, 0.0, {("projects", name): sources / 1_000})


def _workers(scenario: Scenario) -> Iterator[Part]:
    for index, group in enumerate(scenario.workers):
        count = group.most_replicas * (1 + len(group.crashes) + len(group.deploys))
        yield Part(f"{count:,} workers", 0.0, count * COSTS.worker, 0.0, {("workers", index): count / 10})


def _janitor(scenario: Scenario) -> Part:
    """L-18"""
    passes = scenario.horizon / scenario.lightning.janitor_every
    causes = {("lightning", "janitor_every"): 5 * MINUTE / scenario.lightning.janitor_every, **_long(scenario)}
    return Part(f"about {passes:,.0f} passes of the janitor", passes, 0.0, 0.0, causes)


def _autoscalers(scenario: Scenario) -> Iterator[Part]:
    """A-1"""
    for index, group in enumerate(scenario.workers):
        if group.autoscaling is not None:
            polls = scenario.horizon / group.autoscaling.poll
            causes = {("workers", index, "autoscaling", "poll"): 30 * SECOND / group.autoscaling.poll, **_long(scenario)}
            yield Part(f"about {polls:,.0f} polls of the autoscaler", polls, 0.0, 0.0, causes)
