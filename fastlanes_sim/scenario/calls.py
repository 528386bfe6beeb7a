"""What a user may write about runs that call other runs (docs/chains.md). Which trigger is meant is in `call_graph`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from fastlanes_sim.core.fields import Count, Duration, Part, PositiveDuration, Probability, Strict, wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario.dependence import Batch

MOST_PARTS = 3
"""Of the name of what is called."""


def _check_target(text: str) -> str:
    parts = text.split(".")
    if len(parts) > MOST_PARTS or not all(part.strip() for part in parts):
        raise wrong(f"{show(text)} names no workflow", "write WORKFLOW, PROJECT.WORKFLOW or PROJECT.WORKFLOW.TRIGGER")
    return text


class Call(Strict):
    """A run of this workflow asks the same Lightning for runs of another, by its webhook (K-1)."""

    to: Annotated[str, AfterValidator(_check_target)]
    """The workflow that is called: `WORKFLOW` of the same project, or `PROJECT.WORKFLOW`. Where it has several webhooks, also which one, as
    in objectives: `PROJECT.WORKFLOW.webhook2`."""
    at: Part = 1.0
    """How far the caller's own work has come then: 0% is the start of its service, 100% its end (K-2)."""
    probability: Probability = 1.0
    """The probability that a run makes this call at all (K-3)."""
    count: Count | Batch = 1
    """How many runs it asks for: a number, or drawn for each run (K-3)."""
    spacing: Duration = 0
    """Between them. The caller spends it on top of its service (K-3)."""
    wait: bool = False
    """The caller holds its slot and waits for the end of the run that it called (K-5)."""
    timeout: PositiveDuration | None = None
    """How long it waits at most, and no longer than `webhook_response_timeout`, which is the default (K-5)."""
    if_unanswered: Literal["fail", "go_on"] = "fail"
    """What the caller does if its call is refused, or if it has waited in vain (K-6)."""

    @property
    def mean_count(self) -> float:
        """How many runs one run calls on average."""
        return self.probability * (self.count.mean if isinstance(self.count, Batch) else self.count)

    @property
    def mean_spacing(self) -> float:
        """µs that one run spends between its calls on average."""
        count = self.count.mean if isinstance(self.count, Batch) else self.count
        return self.probability * (count - 1) * self.spacing

    @model_validator(mode="after")
    def is_patient_only_if_it_waits(self) -> Call:
        if self.timeout is not None and not self.wait:
            raise wrong("a call that does not wait has no timeout", "write `wait: true`, or remove `timeout`")
        return self
