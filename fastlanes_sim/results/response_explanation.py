"""What the responses of workflows were made of whose runs wait for runs that they call (K-5): of all their runs, and of the slowest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.attribution import Attribution
from fastlanes_sim.results.called_runs import Standstills
from fastlanes_sim.results.explanation import slowest
from fastlanes_sim.results.response_parts import Part, ResponseParts
from fastlanes_sim.results.split import Split
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import Queue

MOST_WORKFLOWS = 4
"""Those whose runs stood still longest."""


@dataclass(frozen=True, slots=True)
class PartSplit(Split):
    """How the responses of some runs divide among their parts."""

    @property
    def part(self) -> Part:
        """The largest."""
        return Part(max(Part, key=lambda part: (self.micros[part], -part)))

    def to_json(self) -> dict[str, object]:
        """Means in seconds."""
        parts = {f"{part.label.replace(' ', '_')}_s": self.mean(part) / SECOND for part in Part}
        return {"runs": self.runs, "mean_response_s": self.mean() / SECOND, **parts}


@dataclass(frozen=True, slots=True)
class ResponseExplanation:
    """Of one workflow."""

    name: str
    """As its scope is written: `workflow.clinic.import`."""
    workflow: int
    """Index into `Deployment.workflows`."""
    all: PartSplit
    slowest: PartSplit
    """The hundredth of its runs with the longest responses, at least one."""
    awaited: int
    """Index of the workflow that the slowest runs waited for most."""
    awaited_name: str
    """`clinic/match`."""
    awaited_lane: str
    """In which its runs are."""
    of_awaited: str
    """The largest part of the responses of those runs: a cause of a wait (`slots`), or another part."""
    share_of_awaited: float

    @property
    def sentence(self) -> str:
        """`62 % of the response of the slowest 7 runs of workflow.clinic.import (mean 41 s) was child: …`"""
        many = f"the slowest {self.slowest.runs:,} runs" if self.slowest.runs > 1 else "the slowest run"
        mean = f"mean {format_duration(self.slowest.mean())}" if self.slowest.runs > 1 else format_duration(self.slowest.mean())
        why = f"they held their slot and waited for {self.awaited_name}"
        inner = f"of whose response {100 * self.share_of_awaited:.0f} % was `{self.of_awaited}`"
        return (
            f"{100 * self.slowest.share(Part.CHILD):.0f} % of the response of {many} of {self.name} ({mean}) was `child`: {why}, {inner}."
        )

    def to_json(self) -> dict[str, object]:
        """Means in seconds."""
        return {"all": self.all.to_json(), "slowest": self.slowest.to_json(), "waited_for": self.awaited_name, "sentence": self.sentence}


def explain_responses(
    deployment: Deployment, table: RunTable, log: RunLog, still: Standstills, parts: ResponseParts, attribution: Attribution | None
) -> list[ResponseExplanation]:
    """Of each workflow whose runs waited for others, the one that waited longest first; few, so that they can be told from each other."""
    lasted = still.ends - still.begins
    stood = np.bincount(table.workflow[still.caller], weights=lasted, minlength=len(deployment.workflows))
    found = []
    for workflow in np.argsort(-stood, kind="stable")[:MOST_WORKFLOWS].tolist():
        if not stood[workflow]:
            break
        members = np.flatnonzero((table.workflow == workflow) & (log.inserted_at != NEVER))
        late = members[slowest(parts.micros[members].sum(axis=1))]
        mine = np.isin(still.caller, late)
        # None of the slowest has waited: it is told of those that did.
        mine = mine if lasted[mine].any() else table.workflow[still.caller] == workflow
        called = still.called[mine]
        awaited = int(np.bincount(table.workflow[called], weights=lasted[mine]).argmax())
        label, share = _largest_part(called[table.workflow[called] == awaited], parts, attribution)
        found.append(
            ResponseExplanation(
                name=f"workflow.{_name(deployment, workflow, '.')}",
                workflow=workflow,
                all=PartSplit.of(parts.micros[members]),
                slowest=PartSplit.of(parts.micros[late]),
                awaited=awaited,
                awaited_name=_name(deployment, awaited, "/"),
                awaited_lane=Queue(int(table.queue[called[table.workflow[called] == awaited][0]])).label,
                of_awaited=label,
                share_of_awaited=share,
            )
        )
    return found


def standstill_sentence(share: float, explanations: Sequence[ResponseExplanation]) -> str:
    """How much of the slots' time went into waiting for called runs, and for whose most."""
    held = f"{100 * share:.0f} % of the time in which slots were held, the runs in them waited for runs that they had called (`child`)"
    return f"{held}, most of it for {explanations[0].awaited_name}." if explanations else f"{held}."


def _largest_part(rows: npt.NDArray[np.int64], parts: ResponseParts, attribution: Attribution | None) -> tuple[str, float]:
    """Of the responses of these runs: its name, and its share."""
    sums = {part.label: int(parts.of(part)[rows].sum()) for part in Part}
    whole = sum(sums.values())
    if attribution is not None:
        del sums[Part.WAIT.label]
        sums |= {cause.label: int(attribution.of(cause)[rows].sum()) for cause in Cause}
    label = max(sums, key=lambda one: sums[one])
    return label, min(1.0, sums[label] / whole) if whole else 0.0


def _name(deployment: Deployment, workflow: int, between: str) -> str:
    one = deployment.workflows[workflow]
    return f"{deployment.projects[one.project].name}{between}{one.name}"
