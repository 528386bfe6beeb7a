"""Warnings about what workers and Lightning say to each other: timeouts that nothing meets, queries that are broken off, and what nobody
knows of other versions."""

from __future__ import annotations

from collections.abc import Iterator

from fastlanes_sim.core.units import MINUTE, format_duration, format_number
from fastlanes_sim.rules.database import is_broken_off
from fastlanes_sim.rules.polling import whole_timer
from fastlanes_sim.rules.run_messages import Handler
from fastlanes_sim.rules.run_messages import guard as guard_of
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.expectation import ExpectedSource
from fastlanes_sim.scenario.network import Curve
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import RECORDED_VERSIONS, WorkerGroup
from fastlanes_sim.scenario.yaml.places import Finding, Path

_LONGEST_HANDLER = max(len(handler.messages) for handler in Handler)


def lint_messages(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """Every warning about messages and the database."""
    yield from _message_timeouts(scenario)
    yield from _long_outages(scenario)
    yield from _credentials(scenario)
    yield from _log_lines(scenario, sources)
    yield from _database_timeouts(scenario)
    yield from _saturated(scenario, sources)
    yield from _versions(scenario)


def _message_timeouts(scenario: Scenario) -> Iterator[Finding]:
    """W-15, W-22, W-23: at the timeout itself a message has failed."""
    round_trip = scenario.network.round_trip
    for index, group in enumerate(scenario.workers):
        if group.dispatch == "ideal":
            continue
        place, timeout = ("workers", index, "message_timeout"), whole_timer(group.message_timeout)
        words = f"a message fails after {format_duration(timeout)}, and a round trip takes {format_duration(round_trip)}"
        if round_trip >= timeout:
            hint = "no run can join its channel, so none ever starts (W-15): raise message_timeout, or lower the latency"
            yield Finding(place, words, hint)
        elif _LONGEST_HANDLER * round_trip >= guard_of(group.message_timeout):
            hint = f"{_LONGEST_HANDLER} messages in a row outlast 1.1 timeouts, so a run's events overtake each other (W-22): raise it"
            yield Finding(place, words, hint)


def _long_outages(scenario: Scenario) -> Iterator[Finding]:
    """W-13a"""
    real = [(index, group) for index, group in enumerate(scenario.workers) if group.dispatch == "real"]
    spans: list[tuple[Path, int, int, WorkerGroup]] = [
        (("workers", index, "outages", number), outage.begins, outage.ends, group)
        for index, group in real
        for number, outage in enumerate(group.outages)
    ]
    if real:
        shortest = min((group for _, group in real), key=lambda group: group.message_timeout)
        spans += [
            (("incidents", "lightning_down", number), down.begins, down.ends, shortest)
            for number, down in enumerate(scenario.incidents.lightning_down)
        ]
    for place, begins, ends, group in spans:
        lasts, lost_after = ends - begins, 2 * whole_timer(group.message_timeout)
        if lasts >= lost_after and begins <= scenario.horizon:
            message = f"an outage of {format_duration(lasts)} outlasts two message timeouts of {group.name}, {format_duration(lost_after)}"
            hint = "slots of runs that end in it are lost until the process ends (W-13a): raise message_timeout, or deploy afterwards"
            yield Finding(place, message, hint)


def _credentials(scenario: Scenario) -> Iterator[Finding]:
    """W-15c, L-30: they are asked for at once, and answered one after another."""
    network = scenario.network
    timeout = min((whole_timer(group.message_timeout) for group in scenario.workers if group.dispatch == "real"), default=None)
    if timeout is None or network.round_trip >= timeout:
        return
    for path, most in _most_credentials(scenario):
        last = network.up + most * network.message + network.down
        if last >= timeout:
            fails = f"a message fails after {format_duration(timeout)}"
            message = f"the last of {most} credentials is answered after {format_duration(last)}, {fails}"
            yield Finding(path, message, "these runs never start (W-15c): raise message_timeout, or lower network.message")


def _most_credentials(scenario: Scenario) -> Iterator[tuple[Path, int]]:
    if scenario.messages.credentials:
        yield ("messages", "credentials"), scenario.messages.credentials
    for project_name, project in scenario.projects.items():
        for name, workflow in project.workflows.items():
            if workflow.messages is not None and workflow.messages.credentials:
                yield ("projects", project_name, "workflows", name, "messages", "credentials"), workflow.messages.credentials


def _log_lines(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """W-13, W-22: one message a line, one after another. What is not reported by the end of the run keeps its slot."""
    if all(group.dispatch == "ideal" for group in scenario.workers):
        return
    for source in sources:
        _, project, _, name, *_ = source.path
        workflow = scenario.projects[str(project)].workflows[str(name)]
        lines = scenario.messages_of(workflow).log_lines.expectation()
        takes, service = lines * scenario.network.round_trip, source.service
        if source.runs and takes > service:
            message = f"{format_number(lines)} log lines take {format_duration(takes)} to report, the run takes {format_duration(service)}"
            hint = (
                f"the slot is held {format_duration(takes - service)} longer than the run (W-13): write fewer lines, or lower the latency"
            )
            where = ("messages",) if workflow.messages is None else (*source.path[:4], "messages")
            yield Finding((*where, "log_lines"), message, hint)


def _database_timeouts(scenario: Scenario) -> Iterator[Finding]:
    """L-26"""
    if all(group.dispatch == "ideal" for group in scenario.workers):
        return
    curve = scenario.network.database_curve(len(placed_workflows(scenario)))
    yield from _broken_off(scenario, ("network", "database"), curve, "")
    for number, span in enumerate(scenario.incidents.slow_database):
        key = "time" if span.factor is None else "factor"
        yield from _broken_off(scenario, ("incidents", "slow_database", number, key), span.slowed(curve), " in this span")


def _broken_off(scenario: Scenario, place: Path, curve: Curve, when: str) -> Iterator[Finding]:
    timeout = scenario.lightning.database_timeout
    hint = "such queries are broken off (L-26): raise lightning.database_timeout where that limit was raised"
    if all(is_broken_off(time, timeout) for _, time in curve):
        message = f"nothing is claimed{when}: a claim takes {format_duration(curve[0][1])} or more in the database, the timeout is "
        yield Finding(place, message + format_duration(timeout), hint)
    elif is_broken_off(max(time for _, time in curve), timeout):
        active = next(active for active, time in curve if is_broken_off(time, timeout))
        message = f"nothing is claimed{when} while {active:,} runs or more are active: a claim takes longer than the timeout of "
        yield Finding(place, message + format_duration(timeout), hint)


def _saturated(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """L-23, L-25: more runs come than can ever be claimed, however many slots there are."""
    connections = sum(group.most_replicas for group in scenario.workers)
    if any(group.dispatch == "ideal" for group in scenario.workers):
        return
    takes = min(time for _, time in scenario.network.database_curve(len(placed_workflows(scenario))))
    arriving = sum(source.all_runs for source in sources) / scenario.horizon
    come = f"{format_number(arriving * MINUTE)} runs a minute arrive"
    if arriving * takes > connections:
        many = "one connection claims" if connections == 1 else f"{connections:,} connections claim"
        least = f"one claim after another, {format_duration(takes)} each (L-23)"
        message = f"{come}, and {many} at most {format_number(connections * MINUTE / takes)}: {least}"
        yield Finding(("workers",), message, "more workers help (`replicas`), or faster claims; more slots do not", about_key=True)
    elif arriving * takes > scenario.lightning.database_processors:
        most = scenario.lightning.database_processors * MINUTE / takes
        message = f"{come}, and the database decides at most {format_number(most)} claims (L-25)"
        yield Finding(("network", "database"), message, "more processors help (lightning.database_processors), or faster claims")


def _versions(scenario: Scenario) -> Iterator[Finding]:
    for index, group in enumerate(scenario.workers):
        if group.version not in RECORDED_VERSIONS:
            message = f"nobody has recorded what version {group.version} does: it is simulated as {RECORDED_VERSIONS[-1]}"
            hint = f"recorded were {' and '.join(RECORDED_VERSIONS)}; docs/versions.md says how to check another"
            yield Finding(("workers", index, "version"), message, hint)
