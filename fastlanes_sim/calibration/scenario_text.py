"""A calibration as a scenario file for people: what was seen stands as a comment above what was made of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from fastlanes_sim.calibration.calibrate import Calibration, FittedTrigger, FittedWorkflow
from fastlanes_sim.calibration.input_uncertainty import InputUncertainty
from fastlanes_sim.calibration.shared_notes import resource_names
from fastlanes_sim.calibration.shared_systems import SharedSystem
from fastlanes_sim.core.units import spell_duration, spell_exact_duration, spell_number
from fastlanes_sim.scenario.schedule import at_epoch
from fastlanes_sim.scenario.yaml import one_line

_WIDTH = 120
_DISTANCE = "KS: Kolmogorov's distance of the data to the distribution, 0 is perfect"


def scenario_text(found: Calibration, name: str) -> str:
    """The scenario file. It loads and runs at once; `name` must be one that a scenario may have."""
    return "\n".join(_lines(found, name)) + "\n"


def _lines(found: Calibration, name: str) -> Iterator[str]:
    export, deployed = found.export, found.deployed
    local = at_epoch(found.begin).astimezone(ZoneInfo(found.timezone)).replace(tzinfo=None)
    reading = export.reading
    source = "".join(letter if letter.isprintable() else "?" for letter in Path(reading.source).name)
    yield from _comment(f"Calibrated from {source}: {reading.kept:,} of {reading.rows:,} rows.")
    for what, rows in sorted(reading.dropped.items()):
        yield from _comment(f"  {rows:,} dropped: {what}.")
    for what, rows in sorted(reading.notes.items()):
        yield from _comment(f"  {rows:,} {what}.")
    for what, (rows, largest) in sorted(reading.skew.items()):
        yield from _comment(f"  {rows:,} with {what}, by up to {spell_duration(largest)}: clocks differ. Negative times were not fitted.")
    if reading.doubt:
        yield from _comment(f"Attention: {reading.doubt}.")
    for note in found.notes:
        yield from _comment(note)
    yield from _comment(f"Above each trigger: how many runs it stands for, and how well. {_DISTANCE}.")
    yield f"name: {name}"
    yield "seed: 1"
    yield f"start: {local.isoformat(timespec='seconds')}"
    yield f"timezone: {one_line.name(found.timezone)}"
    yield f"horizon: {spell_exact_duration(found.end - found.begin)}"
    for key, part in (("lightning", deployed.lightning), ("network", deployed.network), ("messages", deployed.messages)):
        if part:
            yield f"{key}: {one_line.flow(part)}"
    yield ""
    yield from _comment(f"From a run's launch to its start: {found.startup.words}, {found.startup.runs:,} runs.")
    yield f"startup: {found.startup.family.text}"
    yield ""
    uses = dict(_uses(found))
    if uses:
        yield "resources:"
        yield from (f"  {name}: {{{system.kind}: {spell_number(system.capacity, 4)}}}" for name, system in _resources(found))
        yield ""
    yield "projects:"
    projects: dict[str, list[FittedWorkflow]] = {}
    for fitted in found.workflows:
        projects.setdefault(fitted.workflow.project, []).append(fitted)
    for project, workflows in projects.items():
        yield f"  {one_line.name(project)}:"
        if workflows[0].workflow.project_concurrency is not None:
            yield f"    concurrency: {workflows[0].workflow.project_concurrency}"
        yield "    workflows:"
        for fitted in workflows:
            yield from _workflow(fitted, uses.get((project, fitted.workflow.name)))
    yield ""
    if deployed.guessed:
        yield from _comment(_how_workers_were_guessed(found))
    yield "workers:"
    yield from (f"  - {one_line.flow(group)}" for group in deployed.workers)
    if deployed.slos:
        yield "\nslos:"
        yield from (f"  - {one_line.flow(slo)}" for slo in deployed.slos)
    if found.uncertainty is not None and found.uncertainty.inputs:
        yield from _uncertainty(found.uncertainty)


def _uncertainty(found: InputUncertainty) -> Iterator[str]:
    days = spell_number(found.days, 3)
    yield ""
    yield from _comment(
        f"How sure the values above are: the export has {days} days, and other days would have given other values. Each line has a value "
        f"and what it is multiplied by in {len(found.inputs[0].factors)} resamples of these days. `--inputs` simulates all of them; "
        "nothing else reads them. A value that you change counts as known."
    )
    yield "uncertainty:"
    yield f"  days: {days}"
    yield "  values:"
    for one in found.inputs:
        factors = " ".join(spell_number(factor) for factor in one.factors)
        yield f"    {one_line.name('.'.join(map(str, one.path)))}: {{value: {one_line.flow(one.value)}, factors: {factors}}}"


def _how_workers_were_guessed(found: Calibration) -> str:
    """Names of workers say how many there were; nothing says how many slots they had beyond those that were busy."""
    if found.export.worker is None:
        seen = f"An export does not say which workers there were. {found.most_in_flight} runs at once is the most that this one shows"
    else:
        seen = (
            "As many workers as the export names at once, each with as many slots as one of them had busy. "
            f"{found.most_in_flight} runs at once is the most that all of them had"
        )
    return f"{seen}: write the layout that you have."


def _resources(found: Calibration) -> Iterator[tuple[str, SharedSystem]]:
    """What runs share that is no part of the workers, with its name."""
    return ((name, system) for name, system in zip(resource_names(found.shared), found.shared, strict=True) if system.kind != "cores")


def _uses(found: Calibration) -> Iterator[tuple[tuple[str, str], str]]:
    """Which workflow, by project and name, uses which of them."""
    for name, system in _resources(found):
        for workflow in (found.export.workflows[place] for place in system.workflows):
            yield (workflow.project, workflow.name), name


def _workflow(fitted: FittedWorkflow, resource: str | None) -> Iterator[str]:
    yield f"      {one_line.name(fitted.workflow.name)}:"
    if fitted.workflow.concurrency is not None:
        yield f"        concurrency: {fitted.workflow.concurrency}"
    if fitted.run_timeout is not None:
        yield f"        run_timeout: {spell_exact_duration(fitted.run_timeout)}  # {fitted.timeout_note}"
    if resource is not None:
        yield f"        uses: [{{resource: {resource}}}]"
    yield "        triggers:" if fitted.triggers else "        triggers: []"
    for trigger in fitted.triggers:
        yield from _trigger(trigger)


def _trigger(trigger: FittedTrigger) -> Iterator[str]:
    runs = f"{trigger.runs:,} run{'s' if trigger.runs != 1 else ''}: " if trigger.runs else ""
    text = f"{runs}{trigger.process.kind}. Service: {trigger.service.words}."
    for line in (text, *(f"{note[0].upper()}{note[1:]}." for note in trigger.notes)):
        yield from _comment(line, 10)
    entries = {**trigger.keys, **trigger.process.keys, "service": trigger.service.family.text}
    if trigger.service_factors is not None:
        entries["service_factors"] = trigger.service_factors
    if trigger.startup is not None:
        entries["startup"] = trigger.startup.family.text
    if trigger.startup_factors is not None:
        entries["startup_factors"] = trigger.startup_factors
    if trigger.failures:
        entries["failures"] = spell_number(trigger.failures, 3)
    for place, (key, value) in enumerate(entries.items()):
        yield f"          {'- ' if place == 0 else '  '}{key}: {value}"


def _comment(text: str, indent: int = 0) -> list[str]:
    margin = " " * indent + "# "
    return [margin + line for line in textwrap.wrap(text, _WIDTH - len(margin))]
