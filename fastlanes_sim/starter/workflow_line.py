"""One workflow on one line, as people say it: `clinic/register sync 2/min 2s..8s`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic_core import PydanticCustomError

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.fields import check_name, read_duration, read_rate
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.scenario.schedule import check_cron

KINDS = {
    "sync": "a webhook whose caller waits for the end of the run (fast lane)",
    "webhook": "a webhook whose caller is answered at once",
    "cron": "runs at set times",
    "kafka": "messages of a Kafka topic",
    "manual": "people who press Run",
}
"""What makes the runs of a workflow, and what it means."""

EXAMPLES = {
    "sync": "clinic/register sync 2/min 2s..8s",
    "webhook": "clinic/notify webhook 60/h,6/h 3s..10s",
    "cron": "clinic/report cron 0 * * * * x20 20s..60s",
    "kafka": "clinic/stream kafka 1/min 1s..3s",
    "manual": "clinic/try manual 5/h 10s",
}
_FORM = "PROJECT/WORKFLOW KIND WHEN SERVICE"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkflowLine:
    """One workflow with one trigger. Rates and times are kept as they were written, after they were checked."""

    project: str
    name: str
    kind: str
    """A key of `KINDS`."""
    service: tuple[str, ...]
    """The median and the 95th percentile, or one duration that every run takes."""
    rates: tuple[str, ...] = ()
    """By day and by night, or one for both. Empty for a cron trigger."""
    cron: str = ""
    runs_per_tick: int = 1


def parse_workflow(text: str) -> WorkflowLine:
    """Read `PROJECT/WORKFLOW KIND WHEN SERVICE`.

    WHEN is a rate (`2/min`), a rate by day and one by night (`2/min,10/h`), or a cron expression of five fields, with `x20` behind it for
    20 runs a tick. SERVICE is a median and a 95th percentile (`2s..8s`), or one duration.

    Raises:
        FastlanesError: the line says something else. It names the part and gives an example.
    """
    words = text.split()
    if len(words) < 4:
        raise FastlanesError(f"{show(text)} is not a workflow: {_FORM}", f"write such as {show(EXAMPLES['sync'])}")
    where, kind, *when, service = words
    project, slash, name = where.partition("/")
    if not slash and "/" in kind:  # `My Clinic/register sync …`
        hint = f"write {where}-{kind} and rename it in the file, or answer the questions of `fastlanes-sim init`"
        raise FastlanesError(f"{show(f'{where} {kind}')}: a name with a space cannot be written on one line", hint)
    if not slash:
        raise FastlanesError(f"{show(where)} does not say which project the workflow is in", f"write such as {show('clinic/' + where)}")
    return make_workflow(project, name, read_kind(kind), " ".join(when), service)


def make_workflow(project: str, name: str, kind: str, when: str, service: str) -> WorkflowLine:
    """The same from its parts.

    Raises:
        FastlanesError: as `parse_workflow`.
    """
    check_project_or_workflow(project)
    check_project_or_workflow(name)
    durations = read_service(service)
    if kind == "cron":
        cron, runs = read_cron(when)
        return WorkflowLine(project, name, kind, durations, cron=cron, runs_per_tick=runs)
    return WorkflowLine(project, name, kind, durations, rates=read_rates(when))


def check_project_or_workflow(name: str) -> str:
    """A name that a project or workflow may have."""
    return _checked(check_name, name)


def read_kind(text: str) -> str:
    """A key of `KINDS`."""
    if text not in KINDS:
        raise FastlanesError(f"{show(text)} is no kind of trigger", suggest(text, KINDS))
    return text


def read_time(text: str) -> str:
    """A duration above zero, as it was written."""
    if _checked(read_duration, text) <= 0:
        raise FastlanesError(f"{show(text)} is no time at all", "write such as 30s")
    return text


def read_rates(text: str) -> tuple[str, ...]:
    """`2/min`, or `2/min,10/h`: by day and by night."""
    rates = tuple(one.strip() for one in text.split(","))
    if len(rates) > 2:
        raise FastlanesError(f"{show(text)} has {len(rates)} rates", "write one, or one by day and one by night, such as 2/min,10/h")
    for rate in rates:
        if _checked(read_rate, rate) <= 0 and len(rates) == 1:
            raise FastlanesError(f"{show(text)}: nothing would ever come", "write a rate above zero, such as 2/min")
    return rates


def read_cron(text: str) -> tuple[str, int]:
    """`0 * * * *`, or `0 * * * * x20`: the expression, and how many runs each tick makes."""
    words = text.strip("\"'").split()
    runs = 1
    if words and words[-1].startswith("x"):
        count = words.pop()[1:]
        if not count.isdecimal() or not int(count):
            raise FastlanesError(f"{show('x' + count)} is not a number of runs", "write such as x20 for 20 runs a tick")
        runs = int(count)
    return _checked(check_cron, " ".join(words).rstrip("\"'")), runs


def read_service(text: str) -> tuple[str, ...]:
    """`2s..8s`, the median and the 95th percentile; or `2s`, which every run takes."""
    durations = tuple(one.strip() for one in text.split(".."))
    values = [_checked(read_duration, one) for one in durations]
    if len(values) > 2 or (len(values) == 2 and not 0 < values[0] < values[1]):
        raise FastlanesError(
            f"{show(text)} is not a service time", "write the median and then the larger 95th percentile, such as 2s..8s, or one duration"
        )
    return durations


def _checked(read: Callable[[str], T], text: str) -> T:
    """What a reader of scenarios makes of a text; its errors as those of a command line."""
    try:
        return read(text)
    except PydanticCustomError as error:
        raise FastlanesError(error.message(), str((error.context or {}).get("hint", ""))) from None
