"""What runs use of resources, and of their worker's memory (docs/resources.md): nothing of it is random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schema import Scenario, Workflow


def with_memory(table: RunTable, scenario: Scenario) -> RunTable:
    """The table with the memory that each run takes (R-5)."""
    memory = np.array([placed.settings.memory or 0 for placed in placed_workflows(scenario)], np.int64)
    return replace(table, memory=memory[table.workflow]) if memory.any() else table


def with_uses(table: RunTable, scenario: Scenario) -> RunTable:
    """The table with the uses of each run (R-1), as parts of its service, which includes the spacing of its calls (K-3)."""
    workflows = [placed.settings for placed in placed_workflows(scenario)]
    if not any(workflow.uses for workflow in workflows):
        return table
    counts = np.array([len(workflow.uses) for workflow in workflows], np.int64)
    first = np.cumsum([0, *counts[:-1]])
    resource, begins, ends = _parts(scenario, workflows)
    of_row = counts[table.workflow]
    use_first = np.concatenate([[0], np.cumsum(of_row)])
    row = np.repeat(np.arange(len(table)), of_row)
    use = first[table.workflow[row]] + np.arange(len(row)) - use_first[row]
    service = table.service_time[row]
    return replace(
        table, use_first=use_first, use_of=resource[use], use_from=_point(begins[use], service), use_until=_point(ends[use], service)
    )


def _parts(scenario: Scenario, workflows: list[Workflow]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of all uses, workflow by workflow: the resource, and the parts of the service at which it begins and ends."""
    places = {name: place for place, name in enumerate(scenario.resources)}
    uses = [use for workflow in workflows for use in workflow.uses_in_order]
    return (
        np.array([places[use.resource] for use in uses], np.int32),
        np.array([use.begins for use in uses], np.float64),
        np.array([use.ends for use in uses], np.float64),
    )


def _point(part: npt.NDArray[np.float64], service: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.rint(part * service).astype(np.int64)
