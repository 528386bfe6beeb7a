"""Who calls whom (docs/chains.md): which trigger a call means, what is wrong with it, and how many runs come of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import format_number
from fastlanes_sim.scenario.calls import Call
from fastlanes_sim.scenario.schema import Scenario, Workflow
from fastlanes_sim.scenario.triggers import Webhook
from fastlanes_sim.scenario.yaml.places import Finding, Path

Key = tuple[str, str]
"""Of a workflow as written: its project and its own name."""
DIES_OUT = 1 - 1e-9
"""K-10: of runs round a loop fewer than this."""


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call and where it stands."""

    path: Path
    caller: Key
    number: int
    """Among the calls of its workflow."""
    call: Call

    @property
    def parts(self) -> tuple[str, str, str | None]:
        """Project, workflow and trigger that are meant."""
        parts = self.call.to.split(".")
        if len(parts) == 1:
            return self.caller[0], parts[0], None
        return parts[0], parts[1], parts[2] if len(parts) > 2 else None


def placed_calls(scenario: Scenario) -> list[PlacedCall]:
    """Every call as written, in the order of the file."""
    return [
        PlacedCall(("projects", project_name, "workflows", name, "calls", number), (project_name, name), number, call)
        for project_name, project in scenario.projects.items()
        for name, workflow in project.workflows.items()
        for number, call in enumerate(workflow.calls)
    ]


def webhooks(workflow: Workflow) -> dict[str, int]:
    """By name, as in objectives: the places of its webhooks among its triggers."""
    places = [place for place, trigger in enumerate(workflow.triggers) if isinstance(trigger, Webhook)]
    if len(places) == 1:
        return {"webhook": places[0]}
    return {f"webhook{number}": place for number, place in enumerate(places, 1)}


def trigger_of(scenario: Scenario, placed: PlacedCall) -> tuple[Key, int]:
    """The workflow that is called, and the place of the trigger that makes the run. The scenario has been checked."""
    project, name, trigger = placed.parts
    found = webhooks(scenario.projects[project].workflows[name])
    return (project, name), found[trigger or "webhook"]


# --- what is wrong ---


def wrong_calls(scenario: Scenario) -> Iterator[Finding]:
    """Calls of what there is not, or that cannot be made as they are written; and loops in which runs do not die out (K-10)."""
    calls = placed_calls(scenario)
    found = [finding for placed in calls for finding in _wrong_call(scenario, placed)]
    yield from found
    if calls and not found:
        yield from _loops(scenario, calls)


def _wrong_call(scenario: Scenario, placed: PlacedCall) -> Iterator[Finding]:
    project, name, trigger = placed.parts
    place = (*placed.path, "to")
    if project not in scenario.projects:
        yield Finding(place, f"there is no project {show(project)}", suggest(project, scenario.projects))
        return
    workflows = scenario.projects[project].workflows
    if name not in workflows:
        yield Finding(place, f"{project} has no workflow {show(name)}", suggest(name, workflows))
        return
    found = webhooks(workflows[name])
    if not found:
        yield Finding(place, f"{name} has no webhook: a run can call nothing else (K-1)", "add a trigger of type webhook to it")
    elif trigger is None and len(found) > 1:
        yield Finding(place, f"{name} has several webhooks", f"write which one: {project}.{name}.{next(iter(found))}")
    elif trigger is not None and trigger not in found:
        yield Finding(place, f"{name} has no trigger {show(trigger)} that a run can call", suggest(trigger, found))
    elif placed.call.wait and not workflows[name].triggers[found[trigger or "webhook"]].is_sync:
        message = f"{name} answers before its run starts: there is nothing to wait for (K-5)"
        yield Finding((*placed.path, "wait"), message, f"write `reply: after_completion` at {name}, or remove `wait`")


def _loops(scenario: Scenario, calls: list[PlacedCall]) -> Iterator[Finding]:
    """K-10"""
    graph = CallGraph.of(scenario, calls)
    loop = graph.growing_loop()
    if loop is None:
        return
    names = [graph.name(place, scenario) for place in [*loop, loop[0]]]
    step = graph.keys[loop[0]], graph.keys[loop[1 % len(loop)]]
    first = next(placed for placed in calls if (placed.caller, trigger_of(scenario, placed)[0]) == step)
    growth = graph.growth(loop)
    how = f"and of one run come {format_number(growth)} each time round, on average"
    if growth < DIES_OUT:
        how = "and with the other loops among them too many"
    message = f"runs call each other without end: {' calls '.join(names)}, {how}"
    yield Finding((*first.path, "to"), message, "lower `count` or `probability`, so that fewer than 1 come (K-10)")


# --- how many ---


@dataclass(frozen=True, slots=True)
class CallGraph:
    """Workflows as written, and how many runs of each a run of each calls on average."""

    keys: list[Key]
    """Those that call or are called, in the order of the file."""
    calls: npt.NDArray[np.float64]
    """By caller and called."""

    @classmethod
    def of(cls, scenario: Scenario, calls: list[PlacedCall]) -> CallGraph:
        targets = [trigger_of(scenario, placed)[0] for placed in calls]
        named = {*targets, *(placed.caller for placed in calls)}
        written = [(name, workflow) for name, project in scenario.projects.items() for workflow in project.workflows]
        keys = [key for key in written if key in named]
        matrix = np.zeros((len(keys), len(keys)))
        for placed, target in zip(calls, targets, strict=True):
            matrix[keys.index(placed.caller), keys.index(target)] += placed.call.mean_count
        return cls(keys, matrix)

    def name(self, place: int, scenario: Scenario) -> str:
        project, name = self.keys[place]
        return name if len(scenario.projects) == 1 else f"{project}.{name}"

    def growing_loop(self) -> list[int] | None:
        """Workflows, each of which calls the next and the last the first, among which runs do not die out; None: they do everywhere."""
        reach = self.calls > 0
        for middle in range(len(self.keys)):  # Warshall
            reach |= np.outer(reach[:, middle], reach[middle])
        together = reach & reach.T
        for place in range(len(self.keys)):
            members = np.flatnonzero(together[place])
            if len(members) and place == members[0]:
                own = self.calls[np.ix_(members, members)]
                if np.abs(np.linalg.eigvals(own)).max() >= DIES_OUT:
                    return self._loop_among(members)
        return None

    def _loop_among(self, members: npt.NDArray[np.int64]) -> list[int]:
        """The way that most runs take, until it comes back."""
        way = [int(members[0])]
        while True:
            following = int(members[np.argmax(self.calls[way[-1], members])])
            if following in way:
                return way[way.index(following) :]
            way.append(following)

    def growth(self, loop: list[int]) -> float:
        """How many runs come of one, round this loop."""
        return float(np.prod([self.calls[one, other] for one, other in zip(loop, [*loop[1:], loop[0]], strict=True)]))
