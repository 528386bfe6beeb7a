"""A first scenario as a file for people: every line that they may want to change says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.load import slug
from fastlanes_sim.scenario.yaml import one_line
from fastlanes_sim.starter.workflow_line import WorkflowLine

DAY_BEGINS, NIGHT_BEGINS = "06:00", "20:00"
DEFAULT_LAYOUT = "fast_lane:1 manual>*:4"
DEFAULT_DEADLINE = "30s"


@dataclass(frozen=True, slots=True)
class Start:
    """What a first scenario needs to know."""

    name: str
    workflows: Sequence[WorkflowLine]
    layout: str = DEFAULT_LAYOUT
    """WORKER_WORKLOOPS of each worker."""
    replicas: int = 1
    """How many workers."""
    deadline: str = DEFAULT_DEADLINE
    """How long the caller of a sync webhook may wait."""
    horizon: str = "1d"
    timezone: str = "UTC"


MORE = {
    "arrivals: rates by the time of the week": '{piecewise: {"mon-fri 08:00": 10/min, "mon-fri 18:00": 1/min, "sat 00:00": 20/h}}',
    "arrivals: many at once, every six hours": "{burst: {size: 500, over: 10m, every: 6h}}",
    "arrivals: at random, five at a time": "{poisson: 12/h, batch: {fixed: 5}}",
    "service: half take less than the median, one in twenty longer than p95": "{lognormal: {median: 20s, p95: 60s}}",
    "service: each run the same": "20s",
    "service: exponential": "{exponential: {mean: 20s}}",
    "service: values that were measured": "[2s, 2.5s, 3s, 40s]",
}
"""What else may be written in the place of `arrivals` and `service`, by what it means."""


def starter_text(start: Start) -> str:
    """The scenario file. It loads, unless an answer is one that a scenario cannot have (the loader says which).

    Raises:
        FastlanesError: there is no workflow, or one is named twice.
    """
    if not start.workflows:
        raise FastlanesError("there is no workflow", 'add one, such as --workflow "clinic/register sync 2/min 2s..8s"')
    return "\n".join(_lines(start)) + "\n"


def _lines(start: Start) -> Iterator[str]:
    kinds = {one.kind for one in start.workflows}
    yield f"# {_question(start)}"
    yield "#"
    yield "# Every value can be changed here, or for one command: --set workers.0.replicas=2"
    yield f"name: {slug(start.name)}"
    yield "seed: 1"
    yield f"horizon: {start.horizon}  # how long is simulated, from midnight on"
    yield f"timezone: {one_line.name(start.timezone)}  # of crons and times of the day"
    yield ""
    yield "projects:"
    for project, workflows in _by_project(start.workflows).items():
        yield f"  {one_line.name(project)}:"
        yield "    # concurrency: 10  # the most runs of this project at once; without it there is no limit"
        yield "    workflows:"
        for one in workflows:
            yield from _workflow(one, start.deadline)
    yield ""
    yield "workers:"
    yield f"  - replicas: {start.replicas}"
    yield "    # WORKER_WORKLOOPS of each: so many slots that take from these queues, the first preferred"
    yield f"    workloops: {one_line.flow(start.layout)}"
    yield '    # backoff: "1/10"  # seconds from one look for work to the next: at least, at most'
    yield ""
    yield "slos:  # what must hold; the exit code of `run` says whether it does"
    if "sync" in kinds:
        yield f"  - p99(fast_lane.response) < {start.deadline}"
        yield f"  - share(fast_lane.response > {start.deadline}) <= 0.1%"
    if kinds - {"sync", "manual"}:
        yield "  - p95(default.wait) < 10m"
    elif "manual" in kinds:
        yield "  - p95(manual.wait) < 10m"
    yield "  - lost == 0"
    yield ""
    yield "# What else `arrivals` and `service` may be (docs/scenario.md has everything):"
    for meaning, text in MORE.items():
        key, _, words = meaning.partition(": ")
        yield f"#   {key}: {text}  # {words}"


def _question(start: Start) -> str:
    has_callers = any(one.kind == "sync" for one in start.workflows)
    whose = f"Are sync webhooks answered within {start.deadline}" if has_callers else "Does everything start within ten minutes"
    return f"{whose}, with {'this worker' if start.replicas == 1 else f'these {start.replicas} workers'}?"


def _by_project(workflows: Sequence[WorkflowLine]) -> dict[str, list[WorkflowLine]]:
    found: dict[str, list[WorkflowLine]] = {}
    for one in workflows:
        there = found.setdefault(one.project, [])
        if any(other.name == one.name for other in there):
            raise FastlanesError(f"{one.project}/{one.name} appears twice", "give one of them another name")
        there.append(one)
    return found


def _workflow(one: WorkflowLine, deadline: str) -> Iterator[str]:
    margin = " " * 12
    yield f"      {one_line.name(one.name)}:"
    yield "        triggers:"
    if one.kind in ("sync", "webhook"):
        yield "          - type: webhook"
        waits = f"after_completion  # the caller waits, at most {deadline}: fast lane"
        yield f"{margin}reply: {waits if one.kind == 'sync' else 'before_start  # the caller is answered at once'}"
    else:
        yield f"          - type: {one.kind}"
    if one.kind == "cron":
        yield f"{margin}cron: {one_line.flow(one.cron)}"
        yield f"{margin}runs_per_tick: {one.runs_per_tick}"
    elif len(one.rates) == 1:
        yield f"{margin}arrivals: {{poisson: {one.rates[0]}}}  # at random, so many on average"
    else:
        day, night = one.rates
        yield f'{margin}arrivals: {{piecewise: {{"{DAY_BEGINS}": {day}, "{NIGHT_BEGINS}": {night}}}}}  # at random, by day and by night'
    if len(one.service) == 1:
        yield f"{margin}service: {one.service[0]}  # from start to end, each run the same"
    else:
        median, high = one.service
        yield f"{margin}service: {{lognormal: {{median: {median}, p95: {high}}}}}  # from start to end"
