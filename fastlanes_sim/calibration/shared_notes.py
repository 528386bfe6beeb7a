"""What a calibration says of what runs share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fastlanes_sim.calibration.durations import services as service_times
from fastlanes_sim.calibration.fitted_distribution import fit
from fastlanes_sim.calibration.shared_services import Growth, Sharing
from fastlanes_sim.calibration.shared_systems import SharedSystem, alone
from fastlanes_sim.core.units import format_number
from fastlanes_sim.exports.export import Export

_MOST_SERVICES = 5
"""Workflows whose services are written."""
_CORES = "the processors of the worker"
_OUTSIDE = "a system outside that all of them call, or the processors of the workers"


def resource_names(systems: Sequence[SharedSystem]) -> list[str]:
    """What the scenario calls each."""
    return ["shared"] if len(systems) == 1 else [f"shared_{number}" for number, _ in enumerate(systems, 1)]


def sharing_notes(export: Export, found: Sharing) -> Iterator[str]:
    """What grows, by how much, and what is made of it."""
    if found.fitted:
        yield from _fitted_notes(export, found)
        return
    for among in dict.fromkeys(one.among for one in found.growths):
        alike = [one for one in found.growths if one.among == among]
        what = f"{_CORES if among == 'on its worker' else _OUTSIDE}, or they wait for runs that they call"
        tried = "No system that was tried explains it"
        if found.explains and not found.is_sure:
            tried = f"It is as if {found.likely[0].words}. But workers were full for long, and services may as well change with time"
        elif found.likely:
            tried = f"The likeliest is that {found.likely[0].words}, but it leaves a rank correlation of {found.left:.2f}"
        yield (
            f"{_grow(export, alike)} among those {among}. They may share {what}. {tried}: the services of this scenario are fitted as if "
            f"runs did not slow each other down, and with more slots real ones would be longer.{_to_try(export, found)}"
        )


def _to_try(export: Export, found: Sharing) -> str:
    """What makes the runs of a scenario share, where that would explain it."""
    if not found.explains:
        return " (docs/resources.md)"
    own = alone(export, found.likely)
    lines, services = [], []
    for name, system in zip(resource_names(found.likely), found.likely, strict=True):
        capacity = f"{system.capacity:g}"
        lines.append(
            f"give the workers `cores: {capacity}`"
            if system.kind == "cores"
            else f"add `resources: {{{name}: {{{system.kind}: {capacity}}}}}`, and to the workflows below `uses: [{{resource: {name}}}]`"
        )
        for workflow in system.workflows[:_MOST_SERVICES]:
            fitted = fit(*service_times(own, np.flatnonzero(own.workflow == workflow)).parts)
            services += [] if fitted is None else [f"{own.workflows[workflow].name} `service: {fitted.family.text}`"]
    return f" To try it, {', '.join(lines)} (docs/resources.md), with the service that each would have alone: {'; '.join(services)}."


def _fitted_notes(export: Export, found: Sharing) -> Iterator[str]:
    for name, system in zip(resource_names(found.fitted), found.fitted, strict=True):
        alike = [one for one in found.growths if one.workflow in system.workflows]
        where = "`cores` of the workers" if system.kind == "cores" else f"resource `{name}`"
        what = _CORES if system.kind == "cores" else _OUTSIDE
        yield (
            f"{_grow(export, alike)}. They are fitted as sharing ({where}): {system.words}. What their services are without that is as if "
            f"each run were alone; it leaves a rank correlation of {found.left:.2f}. An export does not say what it is they share: {what}, "
            "or runs that they call and wait for (docs/resources.md)."
        )


def _grow(export: Export, alike: Sequence[Growth]) -> str:
    first = alike[0]
    name = f"{export.workflows[first.workflow].project}/{export.workflows[first.workflow].name}"
    others = f" (and {len(alike) - 1:,} more workflow{'' if len(alike) == 2 else 's'})" if len(alike) > 1 else ""
    return (
        f"Services of {name}{others} grow with the number of runs that are at work: {format_number(first.times, 2)} times as long in the "
        f"busiest fifth as in the quietest (rank correlation {first.correlation:.2f}; time explains less of it)"
    )
